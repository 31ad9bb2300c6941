"""Purchase orders, receipts and supplier documents kept in our own database."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal

from sqlalchemy import ColumnElement, Row, Select, func, select
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
    PurchaseRequest,
    ReceivedGoods,
    UnitConversion,
    still_awaited,
)
from connectors.database.chunks import in_chunks
from connectors.database.failures import explain_failures
from connectors.database.models.purchasing import (
    PlannedChargeRow,
    PurchaseOrderLineRow,
    PurchaseOrderRow,
    Receipt,
    SupplierBlock,
    SupplierDocument,
    UnitConversionRow,
)
from connectors.database.session import Database
from connectors.money import ZERO
from connectors.vendors.house_posting import find_posted, post
from connectors.vendors.house_receipts import read_receipts, sum_receipts
from connectors.vendors.house_requests import find_sent, put_request, read_requests, send_order, withdraw_request

_LINE = PurchaseOrderLineRow
_ORDER_COLUMNS = (
    PurchaseOrderRow.number,
    PurchaseOrderRow.supplier,
    PurchaseOrderRow.currency,
    PurchaseOrderRow.ordered_on,
    PurchaseOrderRow.state,
    PurchaseOrderRow.owner,
    PurchaseOrderRow.expected_on,
    PurchaseOrderRow.supplier_reference,
    PurchaseOrderRow.site,
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
    _LINE.item_group,
    _LINE.request_key,
)


class HousePurchasing:
    """Purchasing in our own tables; four queries find any thousand orders with their receipts and charges."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find_orders(self, numbers: Iterable[str]) -> Mapping[str, PurchaseOrder]:
        found: dict[str, PurchaseOrder] = {}
        with explain_failures(), self._database.read() as session:
            for chunk in in_chunks(sorted(set(numbers))):
                found.update((order.number, order) for order in _read_orders(session, chunk))
        return found

    def open_orders(self, suppliers: Iterable[str]) -> Sequence[PurchaseOrder]:
        numbers: list[str] = []
        with explain_failures(), self._database.read() as session:
            for chunk in in_chunks(sorted(set(suppliers))):
                numbers += session.scalars(
                    select(PurchaseOrderRow.number).where(
                        PurchaseOrderRow.supplier.in_(chunk), PurchaseOrderRow.state == PurchaseOrderState.OPEN
                    )
                )
        found = self.find_orders(numbers)
        return [found[number] for number in sorted(found)]

    def current_orders(self, received_since: date) -> Sequence[PurchaseOrder]:
        received = select(_LINE.order_number).join(Receipt, Receipt.line_id == _LINE.id)
        is_open = select(PurchaseOrderRow.number).where(PurchaseOrderRow.state == PurchaseOrderState.OPEN)
        with explain_failures(), self._database.read() as session:
            numbers = set(session.scalars(received.where(Receipt.received_on >= received_since).distinct()))
            numbers.update(session.scalars(is_open))
        found = self.find_orders(numbers)
        return [found[number] for number in sorted(found)]

    def documents_without_order(self, posted_since: date) -> Sequence[PostedDocument]:
        row = SupplierDocument
        since = datetime.combine(posted_since, time(), UTC)
        query = _posted_query(row.order_number.is_(None), row.is_cancelled.is_(False), row.posted_at >= since)
        with explain_failures(), self._database.read() as session:
            return tuple(_read_posted(each) for each in session.execute(query))

    def unit_conversions(self, items: Iterable[str]) -> Sequence[UnitConversion]:
        row = UnitConversionRow
        query = select(row.from_uom, row.to_uom, row.factor, row.item).order_by(row.id)
        with explain_failures(), self._database.read() as session:
            found = list(session.execute(query.where(row.item.is_(None))))
            for chunk in in_chunks(sorted(set(items))):
                found += session.execute(query.where(row.item.in_(chunk)))
        # A factor of nothing converts nothing: the unit stays unknown and the invoice is held for it.
        return [UnitConversion(*each) for each in found if each.factor > 0]

    def blocked_suppliers(self, suppliers: Iterable[str]) -> Mapping[str, str]:
        row = SupplierBlock
        blocked: dict[str, str] = {}
        with explain_failures(), self._database.read() as session:
            for chunk in in_chunks(sorted(set(suppliers))):
                pairs = session.execute(select(row.supplier, row.reason).where(row.supplier.in_(chunk)))
                blocked.update((supplier, reason) for supplier, reason in pairs)
        return blocked

    def awaited_orders(self, items: Iterable[str]) -> Sequence[PurchaseOrder]:
        wanted = sorted(set(items))
        numbers: set[str] = set()
        with explain_failures(), self._database.read() as session:
            for chunk in in_chunks(wanted):
                numbers.update(session.scalars(_open_orders_query(chunk)))
        return still_awaited(self.find_orders(numbers).values(), wanted)

    def receipts(self, items: Iterable[str], first: date, last: date) -> Sequence[ReceivedGoods]:
        with explain_failures(), self._database.read() as session:
            found = [
                one for chunk in in_chunks(sorted(set(items))) for one in read_receipts(session, chunk, first, last)
            ]
        return sorted(found, key=lambda one: one.received_on)

    def posted_documents(self, suppliers: Iterable[str]) -> Sequence[PostedDocument]:
        documents: list[PostedDocument] = []
        with explain_failures(), self._database.read() as session:
            for chunk in in_chunks(sorted(set(suppliers))):
                documents += map(_read_posted, session.execute(_posted_query(SupplierDocument.supplier.in_(chunk))))
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

    def open_requests(self, items: Iterable[str] | None = None) -> Sequence[PurchaseRequest]:
        with explain_failures(), self._database.read() as session:
            if items is None:
                return read_requests(session)
            return [found for chunk in in_chunks(sorted(set(items))) for found in read_requests(session, chunk)]

    def put_request(self, request: PurchaseRequest) -> None:
        with explain_failures(), self._database.write() as session:
            put_request(session, request)

    def withdraw_request(self, item: str, site: str) -> None:
        with explain_failures(), self._database.write() as session:
            withdraw_request(session, item, site)

    def send_order(self, order: PurchaseOrder, idempotency_key: str) -> str:
        with explain_failures(), self._database.write() as session:
            return send_order(session, order, idempotency_key)

    def sent_orders(self, idempotency_keys: Iterable[str]) -> Mapping[str, str]:
        with explain_failures(), self._database.read() as session:
            return find_sent(session, sorted(set(idempotency_keys)))

    def check(self) -> str:
        with explain_failures(), self._database.read() as session:
            orders = session.scalar(select(func.count()).select_from(PurchaseOrderRow))
            documents = session.scalar(select(func.count()).select_from(SupplierDocument))
        return f"Our own database holds {orders} purchase orders and {documents} supplier documents."


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
            supplier_reference=row.supplier_reference,
            site=row.site,
        )


def _read_lines(session: Session, numbers: Sequence[str]) -> Mapping[str, list[PurchaseOrderLine]]:
    received = sum_receipts(session, numbers)
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
        item_group=row.item_group,
        request_key=row.request_key,
    )


def _open_orders_query(items: Sequence[str]) -> Select[str]:
    return (
        select(_LINE.order_number)
        .join(PurchaseOrderRow, PurchaseOrderRow.number == _LINE.order_number)
        .where(_LINE.item.in_(items), PurchaseOrderRow.state == PurchaseOrderState.OPEN)
    )


def _posted_query(*conditions: ColumnElement[bool]) -> Select[*tuple[object, ...]]:
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
        .where(*conditions)
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
