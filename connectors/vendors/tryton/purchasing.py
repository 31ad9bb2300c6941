"""Purchasing in Tryton: purchases, receipts, supplier invoices, purchase requests."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from connectors.contracts.purchasing import (
    DocumentToPost,
    PostedDocument,
    PurchaseOrder,
    PurchaseRequest,
    ReceivedGoods,
    UnitConversion,
    still_awaited,
)
from connectors.database.chunks import in_chunks
from connectors.vendors.tryton.failures import expecting_known_shapes
from connectors.vendors.tryton.posted_invoices import InvoiceBook
from connectors.vendors.tryton.posting import InvoicePosting
from connectors.vendors.tryton.purchase_orders import OPEN_STATES, PurchaseBook
from connectors.vendors.tryton.requisitions import Requisitions
from connectors.vendors.tryton.sending import OrderSending
from connectors.vendors.tryton.session import Domain, TrytonSession, named
from connectors.vendors.tryton.units import Units

IS_OPEN: Domain = ["state", "in", OPEN_STATES]


class TrytonPurchasing:
    """The contract over one session; each method says itself how many questions it costs."""

    def __init__(self, session: TrytonSession) -> None:
        self._session = session
        self._units = Units(session)
        self._orders = PurchaseBook(session, self._units)
        self._invoices = InvoiceBook(session)
        self._requisitions = Requisitions(session, self._units)

    def find_orders(self, numbers: Iterable[str]) -> Mapping[str, PurchaseOrder]:
        return {order.number: order for order in self._find("number", numbers)}

    def open_orders(self, suppliers: Iterable[str]) -> Sequence[PurchaseOrder]:
        found = [
            order
            for chunk in in_chunks(sorted(set(suppliers)))
            for order in self._orders.find([IS_OPEN, named("party.name", chunk)])
        ]
        return sorted(found, key=lambda order: order.number)

    def current_orders(self, received_since: date) -> Sequence[PurchaseOrder]:
        received = [["lines.moves.state", "=", "done"], ["lines.moves.effective_date", ">=", received_since]]
        found = self._orders.find(["OR", IS_OPEN, received])
        return sorted(found, key=lambda order: order.number)

    def documents_without_order(self, posted_since: date) -> Sequence[PostedDocument]:
        return tuple(self._invoices.without_order(posted_since))

    def unit_conversions(self, items: Iterable[str]) -> Sequence[UnitConversion]:
        """Tryton's units hold for every item."""
        with expecting_known_shapes():
            return self._units.conversions()

    def blocked_suppliers(self, suppliers: Iterable[str]) -> Mapping[str, str]:
        """Parties that were put out of use."""
        wanted = set(suppliers)
        blocked: dict[str, str] = {}
        for chunk in in_chunks(sorted(wanted)):
            domain = [["active", "=", False], named("name", chunk)]
            for party in self._session.all("party.party", domain, ["name"], active_test=False):
                blocked[party["name"]] = "The party is not active in Tryton."
        return blocked

    def awaited_orders(self, items: Iterable[str]) -> Sequence[PurchaseOrder]:
        wanted = sorted(set(items))
        found: dict[str, PurchaseOrder] = {}
        for chunk in in_chunks(wanted):
            domain = [IS_OPEN, ["lines.product.code", "in", list(chunk)]]
            found.update((order.number, order) for order in self._orders.find(domain))
        return still_awaited(found.values(), wanted)

    def receipts(self, items: Iterable[str], first: date, last: date) -> Sequence[ReceivedGoods]:
        found = [
            one for chunk in in_chunks(sorted(set(items))) for one in self._orders.receipts(list(chunk), first, last)
        ]
        return sorted(found, key=lambda one: one.received_on)

    def posted_documents(self, suppliers: Iterable[str]) -> Sequence[PostedDocument]:
        names = in_chunks(sorted(set(suppliers)))
        return tuple(document for chunk in names for document in self._invoices.of_suppliers(chunk))

    def post_document(self, document: DocumentToPost) -> str:
        return InvoicePosting(self._session, self._units).post(document)

    def open_requests(self, items: Iterable[str] | None = None) -> Sequence[PurchaseRequest]:
        return self._requisitions.open_requests(items)

    def put_request(self, request: PurchaseRequest) -> None:
        self._requisitions.put(request)

    def withdraw_request(self, item: str, site: str) -> None:
        self._requisitions.withdraw(item, site)

    def send_order(self, order: PurchaseOrder, idempotency_key: str) -> str:
        return OrderSending(self._session, self._requisitions).send(order, idempotency_key)

    def sent_orders(self, idempotency_keys: Iterable[str]) -> Mapping[str, str]:
        return OrderSending(self._session, self._requisitions).sent(idempotency_keys)

    def check(self) -> str:
        count = self._session.read("model.purchase.purchase.search_count", [])
        billed = self._session.read("model.account.invoice.search_count", [["type", "=", "in"]])
        self._session.read("model.purchase.requisition.search_count", [])
        return f"Tryton holds {count} purchases and {billed} supplier invoices."

    def _find(self, field_name: str, names: Iterable[str]) -> Iterable[PurchaseOrder]:
        for chunk in in_chunks(sorted(set(names))):
            yield from self._orders.find([[field_name, "in", list(chunk)]])
