"""Purchasing: what we ordered from suppliers, what came, what was billed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from connectors.contracts.documents import DocumentType


class PurchaseOrderState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class PurchaseOrderLine:
    """One ordered line. A service line has `amount` instead of quantity and price.

    `received` and `accepted` are sums over all receipts, `billed` and `billed_amount` over all posted
    documents less credit notes; quantities in `uom`, money in the order's currency.
    """

    line: str
    item: str
    quantity: Decimal
    uom: str
    unit_price: Decimal
    price_per: Decimal = Decimal(1)
    tax_percent: Decimal | None = None
    amount: Decimal | None = None
    description: str = ""
    received: Decimal = Decimal(0)
    accepted: Decimal = Decimal(0)
    billed: Decimal = Decimal(0)
    billed_amount: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class PlannedCharge:
    """A charge agreed with the order, for example freight."""

    kind: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class PurchaseOrder:
    """An order of ours; `expected_on` is when the supplier promised to deliver, None when it did not."""

    number: str
    supplier: str
    currency: str
    ordered_on: date
    state: PurchaseOrderState
    lines: tuple[PurchaseOrderLine, ...]
    charges: tuple[PlannedCharge, ...] = ()
    owner: str | None = None
    expected_on: date | None = None


@dataclass(frozen=True, slots=True)
class PostedDocument:
    """A supplier document that the purchasing system already has.

    `idempotency_key` is the one that it was posted with; None when the system does not know it or somebody
    entered the document by hand.
    """

    id: str
    supplier: str
    type: DocumentType
    number: str
    issue_date: date | None
    currency: str
    total: Decimal
    is_cancelled: bool = False
    is_fully_credited: bool = False
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class BilledLine:
    """What one line of a document to be posted bills on one order line, in the unit of the order line.

    On a credit note both figures are those of the note (positive); posting it lowers what was billed.
    """

    order_line: str
    quantity: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class DocumentToPost:
    """A matched document on its way into the purchasing system; `idempotency_key` makes posting it twice harmless."""

    idempotency_key: str
    supplier: str
    type: DocumentType
    number: str
    issue_date: date | None
    currency: str
    total: Decimal
    order_number: str
    lines: tuple[BilledLine, ...]


def still_awaited(orders: Iterable[PurchaseOrder], items: Iterable[str]) -> Sequence[PurchaseOrder]:
    """The open ones of these orders with a line for one of the items that has not come in full.

    The earliest expected come first, those without a date last.
    """
    wanted = set(items)
    awaited = [
        order
        for order in orders
        if order.state is PurchaseOrderState.OPEN
        and any(line.item in wanted and line.received < line.quantity for line in order.lines)
    ]
    return sorted(awaited, key=lambda order: (order.expected_on or date.max, order.number))


class Purchasing(Protocol):
    """The purchasing side of an ERP.

    Raises:
        Unavailable, RateLimited, AuthFailed: any method, when the system says so.
    """

    def find_orders(self, numbers: Iterable[str]) -> Mapping[str, PurchaseOrder]:
        """The orders with these numbers; numbers without an order are missing in the answer."""
        ...

    def awaited_orders(self, items: Iterable[str]) -> Sequence[PurchaseOrder]:
        """As `still_awaited` picks them from all orders."""
        ...

    def posted_documents(self, suppliers: Iterable[str]) -> Sequence[PostedDocument]:
        """All documents of these suppliers, cancelled ones included."""
        ...

    def post_document(self, document: DocumentToPost) -> str:
        """Post a matched document and return its id; the same idempotency key again returns the same id.

        Raises:
            NotFound: an order line that the document bills does not exist.
            Rejected: another document with this key but other content was posted.
        """
        ...
