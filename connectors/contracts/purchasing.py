"""Purchasing: what we ordered from suppliers, what came, what was billed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from connectors.contracts.documents import NO_TERMS, DocumentType, PaymentTerms
from connectors.money import round_money


class PurchaseOrderState(StrEnum):
    """`draft` is not approved yet: nothing may be received or billed on it."""

    DRAFT = "draft"
    OPEN = "open"
    CLOSED = "closed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class PurchaseOrderLine:
    """One ordered line. A service line has `amount` instead of quantity and price.

    `received` and `accepted` are sums over all receipts, `billed` and `billed_amount` over all posted
    documents less credit notes; quantities in `uom`, money in the order's currency. `item_group` is the group of
    goods that the item belongs to, None = none; `request_key` is the key of the purchase request that became this line.
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
    item_group: str | None = None
    request_key: str | None = None

    @property
    def is_awaited(self) -> bool:
        """Whether something of it is still to come, as far as anybody can tell."""
        owed = self.quantity - self.received
        return not owed.is_finite() or owed > 0


@dataclass(frozen=True, slots=True)
class PlannedCharge:
    """A charge agreed with the order, for example freight."""

    kind: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class PurchaseOrder:
    """An order of ours; `expected_on` is when the supplier promised to deliver, None when it did not.

    `supplier_reference` is the number under which the supplier keeps it, None = we were not told. `site` is where it
    is delivered; empty where the order does not say.
    """

    number: str
    supplier: str
    currency: str
    ordered_on: date
    state: PurchaseOrderState
    lines: tuple[PurchaseOrderLine, ...]
    charges: tuple[PlannedCharge, ...] = ()
    owner: str | None = None
    expected_on: date | None = None
    supplier_reference: str | None = None
    site: str = ""


@dataclass(frozen=True, slots=True)
class PurchaseRequest:
    """A draft: what is to be ordered for an item at a site, until it is sent, replaced or withdrawn.

    `quantity` in `uom`, the item's stock unit; `price` for `price_per` stock units, in `currency`. `explanation` names
    the run and item that say why ("<run>/<item>").
    """

    idempotency_key: str
    item: str
    site: str
    supplier: str
    quantity: Decimal
    uom: str
    price: Decimal
    currency: str
    order_on: date
    expected_on: date
    price_per: Decimal = Decimal(1)
    explanation: str = ""

    @property
    def amount(self) -> Decimal:
        return round_money(self.quantity * self.price / self.price_per)

    def expected_if_ordered(self, today: date) -> date:
        """When it comes if it is ordered today: as much later as that is."""
        return self.expected_on + max(today - self.order_on, timedelta())


@dataclass(frozen=True, slots=True)
class ReceivedGoods:
    """What one receipt brought of an item and was accepted, in `uom`; `site` is that of its order."""

    item: str
    site: str
    uom: str
    ordered_on: date
    received_on: date
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class UnitConversion:
    """1 `from_uom` = `factor` `to_uom`, for one `item` or, where it is None, for all."""

    from_uom: str
    to_uom: str
    factor: Decimal
    item: str | None = None

    def __post_init__(self) -> None:
        if not self.factor.is_finite() or self.factor <= 0:
            raise ValueError(
                f"1 {self.from_uom} cannot be {self.factor} {self.to_uom}: enter a conversion factor above 0"
            )


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
    terms: PaymentTerms = NO_TERMS


def still_awaited(orders: Iterable[PurchaseOrder], items: Iterable[str]) -> Sequence[PurchaseOrder]:
    """The open ones of these orders with a line for one of the items that has not come in full.

    The earliest expected come first, those without a date last.
    """
    wanted = set(items)
    awaited = [
        order
        for order in orders
        if order.state is PurchaseOrderState.OPEN
        and any(line.item in wanted and line.is_awaited for line in order.lines)
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

    def open_orders(self, suppliers: Iterable[str]) -> Sequence[PurchaseOrder]:
        """All orders of these suppliers that are open, by number."""
        ...

    def current_orders(self, received_since: date) -> Sequence[PurchaseOrder]:
        """All open orders, and those in any other state of which something was received since that day; by number."""
        ...

    def documents_without_order(self, posted_since: date) -> Sequence[PostedDocument]:
        """What was posted since that day without an order, cancelled documents left out, oldest first."""
        ...

    def unit_conversions(self, items: Iterable[str]) -> Sequence[UnitConversion]:
        """The conversions of these items, and all that hold for every item."""
        ...

    def blocked_suppliers(self, suppliers: Iterable[str]) -> Mapping[str, str]:
        """Those of these suppliers whose invoices must not be posted, with the reason that was given."""
        ...

    def awaited_orders(self, items: Iterable[str]) -> Sequence[PurchaseOrder]:
        """As `still_awaited` picks them from all orders."""
        ...

    def receipts(self, items: Iterable[str], first: date, last: date) -> Sequence[ReceivedGoods]:
        """What came of these items from the first to the last day, both included, the oldest first."""
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

    def open_requests(self, items: Iterable[str] | None = None) -> Sequence[PurchaseRequest]:
        """All drafts, or those for these items, in order of item and site; those of people stand beside ours."""
        ...

    def put_request(self, request: PurchaseRequest) -> None:
        """Our one draft of its item and site: it takes the place of the one before, and of nobody else's.

        A request whose key has become a line of an order already is left out, so that putting it late orders nothing
        twice.
        """
        ...

    def withdraw_request(self, item: str, site: str) -> None:
        """Take our draft of this item and site back; where there is none, nothing happens."""
        ...

    def send_order(self, order: PurchaseOrder, idempotency_key: str) -> str:
        """Make a purchase order of open requests, and return its number; the same key again returns the same number.

        Each line names the request that it fulfils; these are open no longer. The order's own number does not count.

        Raises:
            Rejected: a request was replaced, withdrawn or ordered meanwhile, or the key belongs to another order.
        """
        ...

    def sent_orders(self, idempotency_keys: Iterable[str]) -> Mapping[str, str]:
        """The numbers of the orders that were sent with these keys."""
        ...
