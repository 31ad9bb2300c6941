"""Purchase requests that become an order: made by Tryton's own wizard, marked with our key, then confirmed."""

from collections.abc import Iterable, Mapping, Sequence

from connectors.contracts.purchasing import PurchaseOrder
from connectors.errors import Rejected
from connectors.vendors.tryton.failures import expecting_known_shapes
from connectors.vendors.tryton.purchase_orders import MARK, OPEN_STATES, key_of
from connectors.vendors.tryton.requisitions import Requisitions
from connectors.vendors.tryton.session import Record, TrytonSession, at

PURCHASE, WIZARD = "model.purchase.purchase", "wizard.purchase.request.create_purchase"
SENT_STATES = [*OPEN_STATES, "done"]
_BUTTONS: Mapping[str, Sequence[str]] = {"draft": ("quote", "confirm"), "quotation": ("confirm",)}
_FIELDS = ("number", "state", "description")


class OrderSending:
    """One order for one key. Whatever a death leaves behind, the requests know the purchase that they became."""

    def __init__(self, session: TrytonSession, requisitions: Requisitions) -> None:
        self._session = session
        self._requisitions = requisitions

    def send(self, order: PurchaseOrder, key: str) -> str:
        """The number that Tryton gives the order.

        Raises:
            Rejected: a request is not open any more, or the key belongs to another order.
        """
        purchase = self._find(key) or self._purchase_of(order) or self._make(order)
        if key_of(purchase["description"]) not in (None, key):
            raise Rejected("A request of this order was ordered meanwhile with another one.")
        self._require_same(purchase, order, key)
        if purchase["description"] is None:
            self._mark(purchase["id"], order, key)
        for button in _BUTTONS.get(purchase["state"], ()):
            self._session.write(f"{PURCHASE}.{button}", [purchase["id"]])
        (sent,) = self._session.search("purchase.purchase", [["id", "=", purchase["id"]]], ["number"])
        number: str = sent["number"]
        return number

    def sent(self, keys: Iterable[str]) -> Mapping[str, str]:
        """By key the numbers of orders that were confirmed."""
        wanted = [f"{MARK}{key}" for key in sorted(set(keys))]
        domain = [["description", "in", wanted], ["state", "in", SENT_STATES]]
        found = self._session.all("purchase.purchase", domain, _FIELDS)
        with expecting_known_shapes():
            return {key_of(one["description"]) or "": one["number"] for one in found}

    def _find(self, key: str) -> Record | None:
        domain = [["description", "=", f"{MARK}{key}"], ["state", "!=", "cancelled"]]
        found = self._session.search("purchase.purchase", domain, _FIELDS)
        return found[0] if found else None

    def _purchase_of(self, order: PurchaseOrder) -> Record | None:
        """The draft that a death left without our key: all requests of the order became lines of it."""
        ids = {at(request, "purchase_line.purchase") for request in self._requests_of(order)}
        if len(ids) != 1 or None in ids:
            return None
        domain = [["id", "in", list(ids)], ["state", "=", "draft"]]
        found = self._session.search("purchase.purchase", domain, _FIELDS)
        return found[0] if found else None

    def _make(self, order: PurchaseOrder) -> Record:
        requests = []
        for line in order.lines:
            known = {draft.key: draft.id for draft in self._requisitions.drafts_for(line.item, order.site)}
            if line.request_key not in known:
                raise Rejected(f"The request for {line.item!r} at {order.site!r} was changed meanwhile.")
            requests.append(known[line.request_key])
        active = {"active_model": "purchase.request", "active_ids": requests, "active_id": requests[0]}
        with expecting_known_shapes():
            wizard, *_states = self._session.write(f"{WIZARD}.create", **active)
        try:
            self._session.write(f"{WIZARD}.execute", wizard, {}, "start", **active)
        finally:
            self._session.write(f"{WIZARD}.delete", wizard)
        made = self._purchase_of(order)
        if made is None:
            raise Rejected("Tryton made several orders of these requests: supplier or currency differ. Look there.")
        return made

    def _mark(self, purchase: int, order: PurchaseOrder, key: str) -> None:
        values = {"description": f"{MARK}{key}", "purchase_date": order.ordered_on, "delivery_date": order.expected_on}
        if order.supplier_reference:
            values["reference"] = order.supplier_reference
        told = {name: value for name, value in values.items() if value is not None}
        self._session.write(f"{PURCHASE}.write", [purchase], told)

    def _require_same(self, purchase: Record, order: PurchaseOrder, key: str) -> None:
        ids = {at(request, "purchase_line.purchase") for request in self._requests_of(order)}
        if ids != {purchase["id"]}:
            raise Rejected(f"Another order was already sent with the key {key!r}.")

    def _requests_of(self, order: PurchaseOrder) -> Sequence[Record]:
        """The requests whose keys the lines name, whatever became of them."""
        wanted = [line.request_key for line in order.lines if line.request_key is not None]
        domain = self._requisitions.with_keys(wanted)
        return list(self._session.all("purchase.request", domain, ["purchase_line.purchase"]))
