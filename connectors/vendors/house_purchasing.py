"""Purchase orders, receipts and supplier documents kept in our own database."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TypeVar

from sqlalchemy import Row, Select, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from connectors.contracts.documents import DocumentType
from connectors.contracts.purchasing import (
    DocumentToPost,
    PlannedCharge,
    PostedDocument,
    PurchaseOrder,
    PurchaseOrderLine,
    PurchaseOrderState,
    still_awaited,
)
from connectors.database.failures import explain_failures
from connectors.database.models.purchasing import (
    PlannedChargeRow,
    PurchaseOrderLineRow,
    PurchaseOrderRow,
    Receipt,
    SupplierDocument,
)
from connectors.database.session import Database
from connectors.money import ZERO
from connectors.vendors.house_posting import find_posted, post

# SQLite takes 32,766 bound values in one statement, PostgreSQL 65,535; 1,000 keeps the plan in its cache.
NUMBERS_PER_QUERY = 1_000

T = TypeVar("T")
Sums = dict[int, tuple[Decimal, Decimal]]
_LINE = PurchaseOrderLineRow
_ORDER_COLUMNS = (
    PurchaseOrderRow.number,
    PurchaseOrderRow.supplier,
    PurchaseOrderRow.currency,
    PurchaseOrderRow.ordered_on,
    PurchaseOrderRow.state,
    PurchaseOrderRow.owner,
    PurchaseOrderRow.expected_on,
)
_LINE_COLUMNS = (
    _LINE.id,
    _LINE.order_number,
    _LINE.line,
    _LINE.item,
    _LINE.quantity,
    _LINE.uom,
    _LINE.unit_price,
    _LINE.price_per,
    _LINE.tax_percent,
    _LINE.amount,
    _LINE.description,
    _LINE.billed,
    _LINE.billed_amount,
)


class HousePurchasing:
    """Purchasing in our own tables; four queries find any thousand orders with their receipts and charges."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find_orders(self, numbers: Iterable[str]) -> Mapping[str, PurchaseOrder]:
        found: dict[str, PurchaseOrder] = {}
        with explain_failures(), self._database.read() as session:
            for chunk in _in_chunks(sorted(set(numbers))):
                found.update((order.number, order) for order in _read_orders(session, chunk))
        return found

    def awaited_orders(self, items: Iterable[str]) -> Sequence[PurchaseOrder]:
        wanted = sorted(set(items))
        numbers: set[str] = set()
        with explain_failures(), self._database.read() as session:
            for chunk in _in_chunks(wanted):
                numbers.update(session.scalars(_open_orders_query(chunk)))
        return still_awaited(self.find_orders(numbers).values(), wanted)

    def posted_documents(self, suppliers: Iterable[str]) -> Sequence[PostedDocument]:
        documents: list[PostedDocument] = []
        with explain_failures(), self._database.read() as session:
            for chunk in _in_chunks(sorted(set(suppliers))):
                documents += map(_read_posted, session.execute(_posted_query(chunk)))
        return tuple(documents)

    def post_document(self, document: DocumentToPost) -> str:
        with explain_failures():
            try:
                with self._database.write() as session:
                    return find_posted(session, document) or post(session, document)
            except IntegrityError:
                # Another process posted the same key between our look and our insert; its document is the one.
                with self._database.read() as session:
                    posted_id = find_posted(session, document)
                if posted_id is None:
                    raise
                return posted_id

    def check(self) -> str:
        with explain_failures(), self._database.read() as session:
            orders = session.scalar(select(func.count()).select_from(PurchaseOrderRow))
            documents = session.scalar(select(func.count()).select_from(SupplierDocument))
        return f"Our own database holds {orders} purchase orders and {documents} supplier documents."


def _in_chunks(values: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(values), NUMBERS_PER_QUERY):
        yield values[start : start + NUMBERS_PER_QUERY]


def _read_orders(session: Session, numbers: Sequence[str]) -> Iterator[PurchaseOrder]:
    lines = _read_lines(session, numbers)
    charges: defaultdict[str, list[PlannedCharge]] = defaultdict(list)
    for order_number, kind, amount in session.execute(
        select(PlannedChargeRow.order_number, PlannedChargeRow.kind, PlannedChargeRow.amount)
        .where(PlannedChargeRow.order_number.in_(numbers))
        .order_by(PlannedChargeRow.id)
    ):
        charges[order_number].append(PlannedCharge(kind, amount))
    for row in session.execute(select(*_ORDER_COLUMNS).where(PurchaseOrderRow.number.in_(numbers))):
        yield PurchaseOrder(
            number=row.number,
            supplier=row.supplier,
            currency=row.currency,
            ordered_on=row.ordered_on,
            state=PurchaseOrderState(row.state),
            lines=tuple(lines.get(row.number, ())),
            charges=tuple(charges.get(row.number, ())),
            owner=row.owner,
            expected_on=row.expected_on,
        )


def _read_lines(session: Session, numbers: Sequence[str]) -> Mapping[str, list[PurchaseOrderLine]]:
    received = _sum_receipts(session, numbers)
    lines: defaultdict[str, list[PurchaseOrderLine]] = defaultdict(list)
    query = select(*_LINE_COLUMNS).where(_LINE.order_number.in_(numbers)).order_by(_LINE.id)
    for row in session.execute(query):
        quantity, accepted = received.get(row.id, (ZERO, ZERO))
        lines[row.order_number].append(_read_line(row, quantity, accepted))
    return lines


def _read_line(row: Row[*tuple[object, ...]], received: Decimal, accepted: Decimal) -> PurchaseOrderLine:
    return PurchaseOrderLine(
        line=row.line,
        item=row.item,
        quantity=row.quantity,
        uom=row.uom,
        unit_price=row.unit_price,
        price_per=row.price_per,
        tax_percent=row.tax_percent,
        amount=row.amount,
        description=row.description,
        received=received,
        accepted=accepted,
        billed=row.billed,
        billed_amount=row.billed_amount,
    )


def _sum_receipts(session: Session, numbers: Sequence[str]) -> Sums:
    """Sums are made here and not in SQL, because SQLite would add decimals as floats."""
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


def _open_orders_query(items: Sequence[str]) -> Select[str]:
    return (
        select(_LINE.order_number)
        .join(PurchaseOrderRow, PurchaseOrderRow.number == _LINE.order_number)
        .where(_LINE.item.in_(items), PurchaseOrderRow.state == PurchaseOrderState.OPEN)
    )


def _posted_query(suppliers: Sequence[str]) -> Select[*tuple[object, ...]]:
    row = SupplierDocument
    return (
        select(
            row.id,
            row.supplier,
            row.type,
            row.number,
            row.issue_date,
            row.currency,
            row.total,
            row.is_cancelled,
            row.is_fully_credited,
            row.idempotency_key,
        )
        .where(row.supplier.in_(suppliers))
        .order_by(row.id)
    )


def _read_posted(row: Row[*tuple[object, ...]]) -> PostedDocument:
    return PostedDocument(
        id=str(row.id),
        supplier=row.supplier,
        type=DocumentType(row.type),
        number=row.number,
        issue_date=row.issue_date,
        currency=row.currency,
        total=row.total,
        is_cancelled=row.is_cancelled,
        is_fully_credited=row.is_fully_credited,
        idempotency_key=row.idempotency_key,
    )
