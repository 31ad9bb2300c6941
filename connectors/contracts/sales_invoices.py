"""Sales invoices: what we billed our customers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol

from connectors.contracts.orders import Address


@dataclass(frozen=True, slots=True)
class SalesInvoiceLine:
    """`net` is quantity × unit price without tax, rounded as printed."""

    description: str
    quantity: Decimal
    unit_price: Decimal
    tax_percent: Decimal
    net: Decimal


@dataclass(frozen=True, slots=True)
class BilledCustomer:
    """Whom an invoice went to; `language` and `country` (ISO 3166, two letters) where the system knows them."""

    email: str
    language: str | None = None
    country: str | None = None


@dataclass(frozen=True, slots=True)
class SalesInvoice:
    """An invoice as it was issued; amounts in `currency`, totals are the sums of the printed lines.

    `due_on` is the last day to pay, None when it was paid beforehand. `paid` counts what has come in, less what went
    back. `promised_on` is the day by which the customer said they would pay. `is_with_person`: somebody in accounting
    handles it by hand.
    """

    number: str
    order_number: str
    issued_on: date
    customer_name: str
    address: Address | None
    currency: str
    lines: tuple[SalesInvoiceLine, ...]
    net_total: Decimal
    tax_total: Decimal
    gross_total: Decimal
    due_on: date | None = None
    paid: Decimal = Decimal(0)
    is_disputed: bool = False
    has_payment_plan: bool = False
    is_with_person: bool = False
    promised_on: date | None = None
    customer: BilledCustomer | None = None

    @property
    def open_amount(self) -> Decimal:
        """What is still owed; negative when too much was paid."""
        return self.gross_total - self.paid


class SalesInvoices(Protocol):
    """Where issued invoices are kept.

    Raises:
        Unavailable, RateLimited, AuthFailed: any method, when the system says so.
    """

    def invoices_of(self, order_number: str) -> Sequence[SalesInvoice]:
        """The invoices of one order, oldest first; empty before it was billed."""
        ...

    def overdue_invoices(self, day: date) -> Sequence[SalesInvoice]:
        """Those whose last day to pay lies before `day` and of which something is still owed, longest overdue first.

        Whatever else is known of them (disputed, promised …) leaves none out.
        """
        ...
