"""What was ordered, received, billed and posted, as one run sees it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from automations.engine.packed_values import PackedValues
from automations.invoices.conversions import Conversions
from automations.invoices.suppliers import supplier_key
from automations.rules.duplicates import DuplicateIndex, DuplicatePolicy, DuplicateReason, describe_incoming
from automations.rules.order_reference import order_reference_candidates
from connectors.contracts.documents import DocumentType, Invoice
from connectors.contracts.purchasing import BilledLine, PostedDocument, PurchaseOrder, PurchaseOrderLine, Purchasing

# Those that the documents in hand are compared with; the others wait packed for a later document that names them.
MOST_OPEN_ORDERS = 1_000


@dataclass(frozen=True, slots=True)
class LookAlike:
    """Another document that this one may repeat, and why."""

    other: PostedDocument
    reasons: tuple[DuplicateReason, ...]


class Ledger:
    """The purchasing system at the first look of this run, plus what the run itself has decided since.

    Each order and each supplier is asked for once a run, when a document first names it. What the run posts
    afterwards is added here and never read again, so nothing is counted twice, and a dry run counts the same.
    """

    def __init__(self, purchasing: Purchasing) -> None:
        self._purchasing = purchasing
        self._asked_numbers: set[str] = set()
        self._orders: PackedValues[PurchaseOrder] = PackedValues(MOST_OPEN_ORDERS)
        self._asked_suppliers: set[str] = set()
        self._spellings: dict[str, str] = {}
        self._look_alikes: dict[str, DuplicateIndex] = {}
        self._documents: dict[str, PostedDocument] = {}
        self._posted_keys: set[str] = set()
        self._open_orders: dict[str, list[str]] = {}
        self._blocked: dict[str, str] = {}
        self.conversions = Conversions(purchasing)

    def look_up(self, invoices: Sequence[Invoice]) -> None:
        """Ask for all orders and suppliers that these invoices name and nobody asked for yet: a few questions."""
        self.look_up_orders(number for invoice in invoices for number in _order_numbers(invoice))
        suppliers = {invoice.supplier for invoice in invoices}
        suppliers.update(order.supplier for invoice in invoices if (order := self.find_order(invoice)))
        self.look_up_suppliers(suppliers)
        lost = [invoice for invoice in invoices if self.find_order(invoice) is None]
        self._look_up_open_orders({invoice.supplier for invoice in lost})
        self.conversions.look_up(_items(invoice, self._orders_of(invoice)) for invoice in invoices)

    def look_up_orders(self, numbers: Iterable[str]) -> None:
        unknown = set(numbers) - self._asked_numbers
        if unknown:
            for number, order in self._purchasing.find_orders(unknown).items():
                self._orders[number] = order
            self._asked_numbers |= unknown

    def look_up_suppliers(self, names: Iterable[str]) -> None:
        unknown = set(names) - self._asked_suppliers
        if not unknown:
            return
        by_supplier: defaultdict[str, list[PostedDocument]] = defaultdict(list)
        for document in self._purchasing.posted_documents(unknown):
            by_supplier[supplier_key(document.supplier)].append(document)
            if document.idempotency_key is not None:
                self._posted_keys.add(document.idempotency_key)
        self._blocked.update(self._purchasing.blocked_suppliers(unknown))
        self._asked_suppliers |= unknown
        for documents in by_supplier.values():
            self._remember_all(documents)

    def find_order(self, invoice: Invoice) -> PurchaseOrder | None:
        """The order that the invoice refers to, among those looked up."""
        number = next((number for number in _order_numbers(invoice) if number in self._orders), None)
        return None if number is None else self._orders[number]

    def open_orders(self, supplier: str) -> Sequence[PurchaseOrder]:
        """The open orders of a supplier who sent a document without an order, with what this run has billed."""
        return [self._orders[number] for number in self._open_orders.get(supplier, ())]

    def block_of(self, supplier: str) -> str | None:
        """Why nothing of this supplier may be posted; None = it may."""
        return self._blocked.get(supplier)

    def is_posted(self, idempotency_key: str) -> bool:
        """Whether these very bytes were posted before, by this run or an earlier one."""
        return idempotency_key in self._posted_keys

    def find_look_alikes(self, invoice: Invoice, policy: DuplicatePolicy) -> Sequence[LookAlike]:
        key = supplier_key(invoice.supplier)
        index = self._look_alikes.get(key)
        if index is None:
            return ()
        incoming = describe_incoming(invoice)
        if incoming.supplier != self._spellings[key]:
            incoming = replace(incoming, supplier=self._spellings[key])
        found = index.find(incoming, policy)
        return [LookAlike(self._documents[duplicate.document_id], duplicate.reasons) for duplicate in found]

    def remember(self, document: PostedDocument) -> None:
        """Let later documents of this run be compared with this one; posted or not, it was there before them."""
        self._remember_all([document])

    def bill(self, key: str, order_number: str, type_: DocumentType, lines: Iterable[BilledLine]) -> None:
        """Count what a matched document bills, unless the purchasing system counted it before our first look."""
        if key in self._posted_keys:
            return
        self._posted_keys.add(key)
        if order_number in self._orders:
            sign = -1 if type_ is DocumentType.CREDIT_NOTE else 1
            self._orders[order_number] = _bill(self._orders[order_number], lines, sign)

    def _look_up_open_orders(self, suppliers: Iterable[str]) -> None:
        unknown = set(suppliers) - self._open_orders.keys()
        if not unknown:
            return
        self._open_orders.update((supplier, []) for supplier in unknown)
        for order in self._purchasing.open_orders(unknown):
            # What is known already was counted since.
            if order.number not in self._orders:
                self._orders[order.number] = order
            self._open_orders[order.supplier].append(order.number)

    def _orders_of(self, invoice: Invoice) -> Sequence[PurchaseOrder]:
        order = self.find_order(invoice)
        return self.open_orders(invoice.supplier) if order is None else (order,)

    def _remember_all(self, documents: Sequence[PostedDocument]) -> None:
        """Documents of one supplier; the index knows it by the spelling that was seen first."""
        key = supplier_key(documents[0].supplier)
        spelling = self._spellings.setdefault(key, documents[0].supplier)
        respelled = [
            document if document.supplier == spelling else replace(document, supplier=spelling)
            for document in documents
        ]
        self._documents.update((document.id, document) for document in documents)
        index = self._look_alikes.get(key)
        if index is None:
            self._look_alikes[key] = DuplicateIndex(respelled)
            return
        for document in respelled:
            index.add(document)


def _items(invoice: Invoice, orders: Sequence[PurchaseOrder]) -> set[str]:
    """The items whose units may have to be converted: none where everything is in one unit."""
    units = {line.uom for line in invoice.lines}
    units.update(line.uom for order in orders for line in order.lines if line.amount is None)
    return set() if len(units) == 1 else {line.item for order in orders for line in order.lines}


def _bill(order: PurchaseOrder, billed: Iterable[BilledLine], sign: int) -> PurchaseOrder:
    by_line = {line.order_line: line for line in billed}
    lines = tuple(_add(line, by_line[line.line], sign) if line.line in by_line else line for line in order.lines)
    return replace(order, lines=lines)


def _add(line: PurchaseOrderLine, billed: BilledLine, sign: int) -> PurchaseOrderLine:
    return replace(
        line,
        billed=line.billed + sign * billed.quantity,
        billed_amount=line.billed_amount + sign * billed.amount,
    )


_candidates = lru_cache(maxsize=4096)(order_reference_candidates)


def _order_numbers(invoice: Invoice) -> tuple[str, ...]:
    """What the header's reference can mean; without one, the reference that all lines share."""
    reference = invoice.order_reference
    candidates = _candidates(reference)
    if not candidates:
        references = {line.order_reference for line in invoice.lines}
        reference = references.pop() if len(references) == 1 else None
        candidates = _candidates(reference)
    return (reference.strip(), *candidates) if reference and candidates else candidates
