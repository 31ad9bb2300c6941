"""Purchase orders and supplier documents in memory, for tests and trials."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from connectors.contracts.documents import DocumentType
from connectors.contracts.purchasing import (
    BilledLine,
    DocumentToPost,
    PostedDocument,
    PurchaseOrder,
    PurchaseOrderLine,
    still_awaited,
)
from connectors.errors import NotFound, Rejected


class MemoryPurchasing:
    """Orders and documents that live as long as this object."""

    def __init__(self, orders: Iterable[PurchaseOrder] = (), posted: Iterable[PostedDocument] = ()) -> None:
        self._orders = {order.number: order for order in orders}
        self._posted = list(posted)
        self._by_key: dict[str, tuple[str, DocumentToPost]] = {}

    def add(self, order: PurchaseOrder) -> None:
        self._orders[order.number] = order

    def receive(self, order_number: str, line: str, quantity: Decimal, accepted: Decimal | None = None) -> None:
        """Let goods arrive; `accepted` is all of them unless said otherwise."""
        order = self._orders[order_number]
        accepted = quantity if accepted is None else accepted
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

    def awaited_orders(self, items: Iterable[str]) -> Sequence[PurchaseOrder]:
        return still_awaited(self._orders.values(), items)

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
