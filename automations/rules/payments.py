"""Allocating a payment to invoices: the oldest first, or as the payer asked, and never more than is open."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from connectors.money import ZERO


@dataclass(frozen=True, slots=True)
class OpenInvoice:
    """An invoice with what was credited and paid; `requested` is what the payer wants to pay of it.

    Amounts of suppliers' invoices are negative, as are the payments to them.
    """

    total: Decimal
    credited: Decimal = ZERO
    paid: Decimal = ZERO
    requested: Decimal | None = None

    @property
    def open(self) -> Decimal:
        return self.total - self.credited - self.paid


@dataclass(frozen=True, slots=True)
class Allocation:
    """What goes to each invoice, in their order, what of the payment is left, and what stays open in all."""

    allocated: tuple[Decimal, ...]
    unallocated: Decimal
    still_open: Decimal


class OverAllocationError(ValueError):
    """More was requested than is open; `open` is what there is."""

    def __init__(self, requested: Decimal, is_open: Decimal) -> None:
        super().__init__(f"{requested} cannot be allocated where only {is_open} is open.")
        self.open = is_open


def allocate_payment(payment: Decimal, invoices: Sequence[OpenInvoice]) -> Allocation:
    """Requested amounts first, then what is left to the oldest; `invoices` are ordered so.

    Raises OverAllocationError where a request exceeds what is open of its invoice, or all of them the payment.
    """
    requested = [invoice.requested for invoice in invoices if invoice.requested is not None]
    for invoice in invoices:
        if invoice.requested is not None and _exceeds(invoice.requested, invoice.open):
            raise OverAllocationError(invoice.requested, invoice.open)
    if requested and _exceeds(sum(requested, ZERO), payment):
        raise OverAllocationError(sum(requested, ZERO), payment)
    left, allocated = payment, []
    for invoice in invoices:
        share = _smaller(left, invoice.open) if invoice.requested is None and not requested else invoice.requested
        allocated.append(share or ZERO)
        left -= allocated[-1]
    still_open = sum((invoice.open for invoice in invoices), ZERO) - sum(allocated, ZERO)
    return Allocation(tuple(allocated), left, still_open)


def _exceeds(amount: Decimal, limit: Decimal) -> bool:
    """Whether an amount goes beyond a limit, or to its other side."""
    return abs(amount) > abs(limit) or amount * limit < 0


def _smaller(left: Decimal, is_open: Decimal) -> Decimal:
    """What fits of two amounts of one sign; nothing where their signs differ."""
    if left * is_open <= 0:
        return ZERO
    return min(left, is_open, key=abs)
