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
class SalesInvoice:
    """An invoice as it was issued; amounts in `currency`, totals are the sums of the printed lines."""

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


class SalesInvoices(Protocol):
    """Where issued invoices are kept.

    Raises:
        Unavailable, RateLimited, AuthFailed: any method, when the system says so.
    """

    def invoices_of(self, order_number: str) -> Sequence[SalesInvoice]:
        """The invoices of one order, oldest first; empty before it was billed."""
        ...
