"""Purchase requests in Tryton. Only Tryton itself may make them, so each is asked for by a requisition of ours."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from connectors.contracts.purchasing import PurchaseRequest
from connectors.errors import NotFound
from connectors.vendors.tryton.failures import expecting_known_shapes
from connectors.vendors.tryton.purchase_orders import MARK, SEPARATOR
from connectors.vendors.tryton.request_terms import RequestTerms, read_request_terms, write_request_terms
from connectors.vendors.tryton.session import Domain, Record, TrytonSession, at, escape_pattern
from connectors.vendors.tryton.units import Units, plain

REQUISITION, REQUEST = "model.purchase.requisition", "model.purchase.request"
ORIGIN = "purchase.requisition.line"
# A requisition goes through these by itself once it is written; one that stopped on the way is pushed on.
_BUTTONS: Mapping[str, Sequence[str]] = {
    "draft": ("wait", "approve"),
    "waiting": ("approve",),
    "approved": ("process",),
}
# The furthest first. Of requisitions with one key, the one that got on is the one that counts.
_STATES = ("done", "processing", "approved", "waiting", "draft", "rejected")
# Requests that Tryton makes of its order points, anew each time: nobody wrote them.
_ORDER_POINT = "stock.order_point,"
# What the key of a request begins with that is known by nothing but its number in Tryton.
_FOREIGN = "tryton:"
_PRICE_DECIMALS = 4

_REQUEST_FIELDS = (
    "product.code",
    "product.default_uom",
    "warehouse.code",
    "warehouse.name",
    "party.name",
    "quantity",
    "unit",
    "purchase_date",
    "supply_date",
    "origin",
)
_LINE_FIELDS = ("requisition.description", "requisition.currency.code", "unit", "unit_price")


@dataclass(frozen=True, slots=True)
class OpenRequest:
    """A purchase request by its number, and the key that it is known by; what a person asked for is not replaceable."""

    id: int
    key: str
    is_replaceable: bool


class Requisitions:
    """Drafts as Tryton's purchase requests: ours, and those that people and Tryton's order points made."""

    def __init__(self, session: TrytonSession, units: Units) -> None:
        self._session = session
        self._units = units

    def open_requests(self, items: Iterable[str] | None = None) -> Sequence[PurchaseRequest]:
        domain: Domain = [["state", "=", "draft"], ["product", "!=", None], ["warehouse", "!=", None]]
        if items is not None:
            domain.append(["product.code", "in", sorted(set(items))])
        found = list(self._drafts(domain))
        with expecting_known_shapes():
            lines = self._lines_of(found)
            requests = [self._read(draft, lines.get(draft["origin"])) for draft in found]
        return sorted(requests, key=lambda one: (one.item, one.site))

    def put(self, request: PurchaseRequest) -> None:
        """Make the request, then take away the one that it replaces: better two for a moment than none."""
        key = request.idempotency_key
        if not self._finish(key):
            self._write(request)
        elif all(draft.key != key for draft in self.drafts_for(request.item, request.site)):
            # It was ordered or taken back meanwhile, and what stands there now came later.
            return
        self._remove(request.item, request.site, keep=key)

    def withdraw(self, item: str, site: str) -> None:
        self._remove(item, site)

    def drafts_for(self, item: str, site: str) -> Sequence[OpenRequest]:
        """The open requests of an item at a site, the oldest first."""
        found = list(self._drafts([["state", "=", "draft"], ["product.code", "=", item], at_site(site)]))
        lines = self._lines_of(found)
        with expecting_known_shapes():
            return [_open_request(draft, lines.get(draft["origin"])) for draft in found]

    def with_keys(self, keys: Iterable[str]) -> Domain:
        """The condition that a purchase request is known by one of these keys."""
        wanted = set(keys)
        foreign = sorted(int(key.removeprefix(_FOREIGN)) for key in wanted if key.startswith(_FOREIGN))
        patterns = [["requisition.description", "like", _pattern(key)] for key in sorted(wanted)]
        lines = self._session.all(ORIGIN, ["OR", *patterns], ["id"]) if wanted else ()
        return ["OR", ["id", "in", foreign], ["origin", "in", [f"{ORIGIN},{line['id']}" for line in lines]]]

    def _drafts(self, domain: Domain) -> Iterator[Record]:
        scope = [*domain, ["company", "=", self._session.company()], ["purchase_line", "=", None]]
        return self._session.all("purchase.request", scope, _REQUEST_FIELDS)

    def _lines_of(self, drafts: Sequence[Record]) -> Mapping[str, Record]:
        origins = {draft["origin"] or "" for draft in drafts}
        ids = sorted(int(one.partition(",")[2]) for one in origins if one.startswith(f"{ORIGIN},"))
        if not ids:
            return {}
        found = self._session.all(ORIGIN, [["id", "in", ids]], _LINE_FIELDS)
        return {f"{ORIGIN},{line['id']}": line for line in found}

    def _read(self, draft: Record, line: Record | None) -> PurchaseRequest:
        unit = at(draft, "product.default_uom")
        told = _terms(line)
        price = told.price if told else Decimal((line["unit_price"] if line else None) or 0)
        supply_on = draft["supply_date"] or date.max
        return PurchaseRequest(
            idempotency_key=_open_request(draft, line).key,
            item=at(draft, "product.code") or "",
            site=at(draft, "warehouse.code") or at(draft, "warehouse.name") or "",
            supplier=at(draft, "party.name") or "",
            quantity=plain(self._units.convert(Decimal(draft["quantity"]), draft["unit"], unit)),
            uom=self._units.code(unit),
            price=plain(price),
            currency=(at(line, "requisition.currency.code") if line else None) or "",
            order_on=told.order_on if told else draft["purchase_date"] or supply_on,
            expected_on=supply_on,
            price_per=told.price_per if told else Decimal(1),
            explanation=told.explanation if told else "",
        )

    def _write(self, request: PurchaseRequest) -> None:
        values = self._values(request)
        (created,) = self._session.write(f"{REQUISITION}.create", [values])
        self._push(created, "draft")

    def _values(self, request: PurchaseRequest) -> dict[str, Any]:
        search = self._session.search
        (product,) = _one(search("product.product", [["code", "=", request.item]], ["default_uom"]), request.item)
        (site,) = _one(search("stock.location", [["type", "=", "warehouse"], site_is(request.site)], []), request.site)
        (party,) = _one(search("party.party", [["name", "=", request.supplier]], []), request.supplier)
        (money,) = _one(search("currency.currency", [["code", "=", request.currency]], []), request.currency)
        with expecting_known_shapes():
            stock_unit = product["default_uom"]
            unit = self._units.find(request.uom, stock_unit) or stock_unit
        line = {
            "product": product["id"],
            "quantity": float(request.quantity),
            "unit": unit,
            "unit_price": round(request.price / request.price_per, _PRICE_DECIMALS),
            "supplier": party["id"],
        }
        return {
            "company": self._session.company(),
            "description": write_request_terms(request),
            "supply_date": request.expected_on,
            "warehouse": site["id"],
            "currency": money["id"],
            "lines": [["create", [line]]],
        }

    def _finish(self, key: str) -> bool:
        """Whether there is a requisition with this key; one that stopped half way is pushed on."""
        domain = [["description", "like", _pattern(key)], ["state", "!=", "cancelled"]]
        found = self._session.search("purchase.requisition", domain, ["state"], [["id", "ASC"]])
        with expecting_known_shapes():
            known = sorted(found, key=lambda one: _STATES.index(one["state"]))
        # What came late of a call that was given up is not to be asked for again.
        late = [one["id"] for one in known[1:] if one["state"] == "draft"]
        if late:
            self._session.write(f"{REQUISITION}.cancel", late)
        for first in known[:1]:
            self._push(first["id"], first["state"])
        return bool(known)

    def _push(self, requisition: int, state: str) -> None:
        for button in _BUTTONS.get(state, ()):
            self._session.write(f"{REQUISITION}.{button}", [requisition])

    def _remove(self, item: str, site: str, keep: str | None = None) -> None:
        """Take away what is ours, but for the oldest with the key to keep."""
        drafts = self.drafts_for(item, site)
        kept = next((draft.id for draft in drafts if draft.key == keep), None)
        gone = [draft.id for draft in drafts if draft.is_replaceable and draft.id != kept]
        if gone:
            self._session.write(f"{REQUEST}.delete", gone)


def _pattern(key: str) -> str:
    return escape_pattern(f"{MARK}{key}{SEPARATOR}") + "%"


def site_is(site: str) -> Domain:
    """The condition that a warehouse is this site: by code, or by name where it has no code."""
    return ["OR", ["code", "=", site], [["code", "=", None], ["name", "=", site]]]


def at_site(site: str) -> Domain:
    """The same of a record's warehouse."""
    return ["OR", ["warehouse.code", "=", site], [["warehouse.code", "=", None], ["warehouse.name", "=", site]]]


def _terms(line: Record | None) -> RequestTerms | None:
    return read_request_terms(at(line, "requisition.description")) if line else None


def _open_request(draft: Record, line: Record | None) -> OpenRequest:
    terms = _terms(line)
    is_replaceable = terms is not None or (draft["origin"] or "").startswith(_ORDER_POINT)
    return OpenRequest(draft["id"], terms.key if terms else f"{_FOREIGN}{draft['id']}", is_replaceable)


def _one(found: Sequence[Record], name: str) -> Sequence[Record]:
    if len(found) != 1:
        raise NotFound(f"Tryton has {'more than one' if found else 'no'} {name!r}; correct it there.")
    return found
