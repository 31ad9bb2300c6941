"""Purchase requests in our own tables, and the orders that they become."""

from collections.abc import Mapping, Sequence

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from connectors.contracts.purchasing import PurchaseOrder, PurchaseOrderState, PurchaseRequest
from connectors.database.models.inventory import PurchaseRequestRow
from connectors.database.models.purchasing import PlannedChargeRow, PurchaseOrderLineRow, PurchaseOrderRow
from connectors.database.session import wait_in_line
from connectors.errors import Rejected

_FIELDS = (
    "idempotency_key",
    "item",
    "site",
    "supplier",
    "quantity",
    "uom",
    "price",
    "currency",
    "order_on",
    "expected_on",
    "price_per",
    "explanation",
)
# Orders that a person numbered do not begin so.
NUMBER_PREFIX = "PO-R"
_COLUMNS = [getattr(PurchaseRequestRow, name) for name in _FIELDS]


def read_requests(session: Session, items: Sequence[str] | None = None) -> Sequence[PurchaseRequest]:
    query = select(*_COLUMNS).order_by(PurchaseRequestRow.item, PurchaseRequestRow.site)
    if items is not None:
        query = query.where(PurchaseRequestRow.item.in_(items))
    return [PurchaseRequest(*row) for row in session.execute(query)]


def put_request(session: Session, request: PurchaseRequest) -> None:
    """Replace the draft of the item and site, unless this very request was ordered already."""
    wait_in_line(session, _line_of(request.item, request.site))
    line = PurchaseOrderLineRow
    if session.scalar(select(line.id).where(line.request_key == request.idempotency_key).limit(1)) is not None:
        return
    withdraw_request(session, request.item, request.site)
    session.add(PurchaseRequestRow(**{name: getattr(request, name) for name in _FIELDS}))


def withdraw_request(session: Session, item: str, site: str) -> None:
    row = PurchaseRequestRow
    session.execute(delete(row).where(row.item == item, row.site == site))


def find_sent(session: Session, keys: Sequence[str]) -> Mapping[str, str]:
    row = PurchaseOrderRow
    rows = session.execute(select(row.sending_key, row.number).where(row.sending_key.in_(keys)))
    return {key: number for key, number in rows if key is not None}


def send_order(session: Session, order: PurchaseOrder, key: str) -> str:
    """Turn open requests into an order.

    Raises:
        Rejected: a request of a line is not open any more, or the key belongs to another order.
    """
    wait_in_line(session, "purchase_order:number")
    if number := find_sent(session, [key]).get(key):
        _require_same(session, number, order, key)
        return number
    _require_open_requests(session, order)
    last = session.scalar(
        select(func.max(PurchaseOrderRow.number)).where(PurchaseOrderRow.number.startswith(NUMBER_PREFIX))
    )
    number = f"{NUMBER_PREFIX}{int((last or '0').removeprefix(NUMBER_PREFIX)) + 1:06d}"
    session.add(
        PurchaseOrderRow(
            number=number,
            supplier=order.supplier,
            currency=order.currency,
            ordered_on=order.ordered_on,
            state=PurchaseOrderState.OPEN.value,
            owner=order.owner,
            expected_on=order.expected_on,
            supplier_reference=order.supplier_reference,
            site=order.site,
            sending_key=key,
            lines=_line_rows(order),
        )
    )
    session.flush()
    session.add_all(PlannedChargeRow(order_number=number, kind=c.kind, amount=c.amount) for c in order.charges)
    for line in order.lines:
        withdraw_request(session, line.item, order.site)
    return number


def _line_rows(order: PurchaseOrder) -> list[PurchaseOrderLineRow]:
    names = ("line", "item", "description", "quantity", "uom", "unit_price", "price_per", "tax_percent", "amount")
    more = ("item_group", "request_key")
    return [PurchaseOrderLineRow(**{name: getattr(line, name) for name in names + more}) for line in order.lines]


def _require_same(session: Session, number: str, order: PurchaseOrder, key: str) -> None:
    line = PurchaseOrderLineRow
    sent = session.scalars(select(line.request_key).where(line.order_number == number).order_by(line.id))
    if list(sent) != [line.request_key for line in order.lines]:
        raise Rejected(f"Another order was already sent with the key {key!r}.")


def _require_open_requests(session: Session, order: PurchaseOrder) -> None:
    row = PurchaseRequestRow
    # Locked in one order by everybody, so that two senders wait for each other on PostgreSQL.
    query = select(row.item, row.idempotency_key).where(
        row.site == order.site, row.item.in_([line.item for line in order.lines])
    )
    rows = session.execute(query.order_by(row.item).with_for_update())
    is_open = {(item, key) for item, key in rows}
    for line in order.lines:
        if (line.item, line.request_key) not in is_open:
            raise Rejected(f"The request for {line.item!r} at {order.site!r} was changed meanwhile.")


def _line_of(item: str, site: str) -> str:
    return f"purchase_request:{item}@{site}"
