"""Receipts in our own tables: added up for each order line, or one by one for an item."""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from connectors.contracts.purchasing import ReceivedGoods
from connectors.database.models.purchasing import PurchaseOrderLineRow, PurchaseOrderRow, Receipt

Sums = dict[int, tuple[Decimal, Decimal]]
_LINE = PurchaseOrderLineRow


def sum_receipts(session: Session, numbers: Sequence[str]) -> Sums:
    """By line what came and what was accepted; not added up in SQL, because SQLite would add decimals as floats."""
    sums: Sums = {}
    query = (
        select(Receipt.line_id, Receipt.quantity, Receipt.accepted)
        .join(_LINE, _LINE.id == Receipt.line_id)
        .where(_LINE.order_number.in_(numbers))
    )
    for line_id, quantity, accepted in session.execute(query):
        before = sums.get(line_id)
        sums[line_id] = (quantity, accepted) if before is None else (before[0] + quantity, before[1] + accepted)
    return sums


def read_receipts(session: Session, items: Sequence[str], first: date, last: date) -> Iterator[ReceivedGoods]:
    order = PurchaseOrderRow
    query = (
        select(_LINE.item, order.site, _LINE.uom, order.ordered_on, Receipt.received_on, Receipt.accepted)
        .join(_LINE, _LINE.id == Receipt.line_id)
        .join(order, order.number == _LINE.order_number)
        .where(_LINE.item.in_(items), Receipt.received_on.between(first, last))
        .order_by(Receipt.received_on, Receipt.id)
    )
    return (ReceivedGoods(*row) for row in session.execute(query))
