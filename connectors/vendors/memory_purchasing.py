"""Purchase orders and supplier documents in memory, for tests and trials."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from connectors.contracts.documents import DocumentType
from connectors.contracts.purchasing import (
    BilledLine,
    DocumentToPost,
    PostedDocument,
    PurchaseOrder,
    PurchaseOrderLine,
    PurchaseOrderState,
    PurchaseRequest,
    ReceivedGoods,
    UnitConversion,
    still_awaited,
)
from connectors.errors import NotFound, Rejected


class MemoryPurchasing:
    """Orders and documents that live as long as this object."""

    def __init__(
        self,
        orders: Iterable[PurchaseOrder] = (),
        posted: Iterable[PostedDocument] = (),
        conversions: Iterable[UnitConversion] = (),
        blocked: Mapping[str, str] | None = None,
        without_order: Iterable[PostedDocument] = (),
    ) -> None:
        self._orders = {order.number: order for order in orders}
        self._posted = list(posted)
        self._conversions = list(conversions)
        self._blocked = dict(blocked or {})
        self._without_order = tuple(without_order)
        self._by_key: dict[str, tuple[str, DocumentToPost]] = {}
        self._requests: dict[tuple[str, str], PurchaseRequest] = {}
        self._sent: dict[str, tuple[str, PurchaseOrder]] = {}
        self._received: list[ReceivedGoods] = []

    def add(self, order: PurchaseOrder) -> None:
        self._orders[order.number] = order

    def receive(
        self,
        order_number: str,
        line: str,
        quantity: Decimal,
        accepted: Decimal | None = None,
        received_on: date | None = None,
    ) -> None:
        """Let goods arrive; `accepted` is all of them unless said otherwise, the day that of the order."""
        order = self._orders[order_number]
        accepted = quantity if accepted is None else accepted
        arrived_on = received_on or order.ordered_on
        self._received += [
            ReceivedGoods(each.item, order.site, each.uom, order.ordered_on, arrived_on, accepted)
            for each in order.lines
            if each.line == line
        ]
        self._orders[order_number] = replace(
            order,
            lines=tuple(
                replace(each, received=each.received + quantity, accepted=each.accepted + accepted)
                if each.line == line
                else each
                for each in order.lines
            ),
        )

    def find_orders(self, numbers: Iterable[str]) -> Mapping[str, PurchaseOrder]:
        return {number: self._orders[number] for number in numbers if number in self._orders}

    def open_orders(self, suppliers: Iterable[str]) -> Sequence[PurchaseOrder]:
        wanted = set(suppliers)
        found = (
            order
            for order in self._orders.values()
            if order.supplier in wanted and order.state is PurchaseOrderState.OPEN
        )
        return sorted(found, key=lambda order: order.number)

    def current_orders(self, received_since: date) -> Sequence[PurchaseOrder]:
        found = (
            order
            for order in self._orders.values()
            if order.state is PurchaseOrderState.OPEN or any(line.received for line in order.lines)
        )
        return sorted(found, key=lambda order: order.number)

    def documents_without_order(self, posted_since: date) -> Sequence[PostedDocument]:
        return tuple(document for document in self._without_order if not document.is_cancelled)

    def unit_conversions(self, items: Iterable[str]) -> Sequence[UnitConversion]:
        wanted = {*items, None}
        return [conversion for conversion in self._conversions if conversion.item in wanted]

    def blocked_suppliers(self, suppliers: Iterable[str]) -> Mapping[str, str]:
        return {name: self._blocked[name] for name in suppliers if name in self._blocked}

    def block(self, supplier: str, reason: str) -> None:
        self._blocked[supplier] = reason

    def unblock(self, supplier: str) -> None:
        del self._blocked[supplier]

    def awaited_orders(self, items: Iterable[str]) -> Sequence[PurchaseOrder]:
        return still_awaited(self._orders.values(), items)

    def receipts(self, items: Iterable[str], first: date, last: date) -> Sequence[ReceivedGoods]:
        wanted = set(items)
        found = (one for one in self._received if one.item in wanted and first <= one.received_on <= last)
        return sorted(found, key=lambda one: one.received_on)

    def posted_documents(self, suppliers: Iterable[str]) -> Sequence[PostedDocument]:
        wanted = set(suppliers)
        return tuple(document for document in self._posted if document.supplier in wanted)

    def post_document(self, document: DocumentToPost) -> str:
        known = self._by_key.get(document.idempotency_key)
        if known is not None:
            if known[1] != document:
                raise Rejected(f"Another document was already posted with the key {document.idempotency_key!r}.")
            return known[0]
        self._bill(document)
        document_id = str(len(self._posted) + 1)
        self._by_key[document.idempotency_key] = (document_id, document)
        self._posted.append(
            PostedDocument(
                id=document_id,
                supplier=document.supplier,
                type=document.type,
                number=document.number,
                issue_date=document.issue_date,
                currency=document.currency,
                total=document.total,
                idempotency_key=document.idempotency_key,
            )
        )
        return document_id

    def open_requests(self, items: Iterable[str] | None = None) -> Sequence[PurchaseRequest]:
        wanted = None if items is None else set(items)
        found = (self._requests[key] for key in sorted(self._requests))
        return tuple(request for request in found if wanted is None or request.item in wanted)

    def put_request(self, request: PurchaseRequest) -> None:
        ordered = {line.request_key for order in self._orders.values() for line in order.lines}
        if request.idempotency_key not in ordered:
            self._requests[request.item, request.site] = request

    def withdraw_request(self, item: str, site: str) -> None:
        self._requests.pop((item, site), None)

    def send_order(self, order: PurchaseOrder, idempotency_key: str) -> str:
        if known := self._sent.get(idempotency_key):
            if [line.request_key for line in order.lines] != [line.request_key for line in known[1].lines]:
                raise Rejected(f"Another order was already sent with the key {idempotency_key!r}.")
            return known[0]
        for line in order.lines:
            request = self._requests.get((line.item, order.site))
            if request is None or request.idempotency_key != line.request_key:
                raise Rejected(f"The request for {line.item!r} at {order.site!r} was changed meanwhile.")
        number = f"PO-R{len(self._sent) + 1:06d}"
        self._sent[idempotency_key] = (number, order)
        self._orders[number] = replace(order, number=number)
        for line in order.lines:
            self.withdraw_request(line.item, order.site)
        return number

    def sent_orders(self, idempotency_keys: Iterable[str]) -> Mapping[str, str]:
        return {key: self._sent[key][0] for key in idempotency_keys if key in self._sent}

    def check(self) -> str:
        return f"The memory holds {len(self._orders)} purchase orders and {len(self._posted)} supplier documents."

    def _bill(self, document: DocumentToPost) -> None:
        order = self._orders.get(document.order_number)
        lines = {} if order is None else {line.line: line for line in order.lines}
        sign = -1 if document.type is DocumentType.CREDIT_NOTE else 1
        for billed in document.lines:
            if billed.order_line not in lines:
                raise NotFound(f"Order {document.order_number!r} has no line {billed.order_line!r}.")
            lines[billed.order_line] = _bill_line(lines[billed.order_line], billed, sign)
        if order is not None:
            self._orders[order.number] = replace(order, lines=tuple(lines.values()))


def _bill_line(line: PurchaseOrderLine, billed: BilledLine, sign: int) -> PurchaseOrderLine:
    return replace(
        line,
        billed=line.billed + sign * billed.quantity,
        billed_amount=line.billed_amount + sign * billed.amount,
    )
