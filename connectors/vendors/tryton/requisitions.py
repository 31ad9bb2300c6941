"""Purchase requests in Tryton. Only Tryton itself may make them, so each is asked for by a requisition of ours."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from connectors.contracts.purchasing import PurchaseRequest
from connectors.errors import NotFound
from connectors.vendors.tryton.failures import expecting_known_shapes
from connectors.vendors.tryton.purchase_orders import MARK, SEPARATOR, key_of
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


class Requisitions:
    """Drafts as Tryton's purchase requests: the one of an item and a site that has our key, or anybody's."""

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
        elif all(known != key for _draft, known in self.drafts_for(request.item, request.site)):
            # It was ordered or taken back meanwhile, and what stands there now came later.
            return
        self._remove(request.item, request.site, keep=key)

    def withdraw(self, item: str, site: str) -> None:
        self._remove(item, site)

    def drafts_for(self, item: str, site: str) -> Sequence[tuple[Record, str | None]]:
        """The open requests of an item at a site, with our keys."""
        domain = [["state", "=", "draft"], ["product.code", "=", item], at_site(site)]
        found = list(self._drafts(domain))
        lines = self._lines_of(found)
        return [(draft, _key(lines.get(draft["origin"]))) for draft in found]

    def with_keys(self, keys: Iterable[str]) -> Domain:
        """The condition that a requisition's line was asked for with one of these keys."""
        return ["OR", *(["requisition.description", "like", _pattern(key)] for key in keys)]

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
        told = _Terms.read(at(line, "requisition.description") if line else None)
        price = told.price or (Decimal(line["unit_price"] or 0) if line else Decimal(0))
        supply_on = draft["supply_date"] or date.max
        return PurchaseRequest(
            # A request that somebody else made is known by what it is in Tryton.
            idempotency_key=_key(line) or f"tryton:{draft['id']}",
            item=at(draft, "product.code") or "",
            site=at(draft, "warehouse.code") or at(draft, "warehouse.name") or "",
            supplier=at(draft, "party.name") or "",
            quantity=plain(self._units.convert(Decimal(draft["quantity"]), draft["unit"], unit)),
            uom=self._units.code(unit),
            price=plain(price),
            currency=(at(line, "requisition.currency.code") if line else None) or "",
            order_on=told.order_on or draft["purchase_date"] or supply_on,
            expected_on=supply_on,
            price_per=told.price_per,
            explanation=told.explanation,
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
            "description": _Terms.of(request).write(request.idempotency_key),
            "supply_date": request.expected_on,
            "warehouse": site["id"],
            "currency": money["id"],
            "lines": [["create", [line]]],
        }

    def _finish(self, key: str) -> bool:
        """Whether there is a requisition with this key; one that stopped half way is pushed on."""
        domain = [["description", "like", _pattern(key)], ["state", "!=", "cancelled"]]
        for found in self._session.search("purchase.requisition", domain, ["state", "description"]):
            if key_of(found["description"]) == key:
                self._push(found["id"], found["state"])
                return True
        return False

    def _push(self, requisition: int, state: str) -> None:
        for button in _BUTTONS.get(state, ()):
            self._session.write(f"{REQUISITION}.{button}", [requisition])

    def _remove(self, item: str, site: str, keep: str | None = None) -> None:
        drafts = self.drafts_for(item, site)
        gone = [draft["id"] for draft, key in drafts if keep is None or key != keep]
        if gone:
            self._session.write(f"{REQUEST}.delete", gone)


class _Terms:
    """What a draft says that Tryton's request has no field for: readable in the requisition's description."""

    def __init__(
        self,
        order_on: date | None = None,
        price: Decimal | None = None,
        price_per: Decimal = Decimal(1),
        explanation: str = "",
    ) -> None:
        self.order_on = order_on
        self.price = price
        self.price_per = price_per
        self.explanation = explanation

    @classmethod
    def of(cls, request: PurchaseRequest) -> "_Terms":
        return cls(request.order_on, request.price, request.price_per, request.explanation)

    @classmethod
    def read(cls, description: str | None) -> "_Terms":
        if key_of(description) is None or description is None:
            return cls()
        _key_part, order_on, price, *rest = description.split(SEPARATOR)
        amount, _, per = price.partition(" per ")
        return cls(date.fromisoformat(order_on), Decimal(amount), Decimal(per or 1), SEPARATOR.join(rest))

    def write(self, key: str) -> str:
        price = f"{self.price} per {self.price_per}"
        return SEPARATOR.join([f"{MARK}{key}", str(self.order_on), price, self.explanation])


def _pattern(key: str) -> str:
    return escape_pattern(f"{MARK}{key}{SEPARATOR}") + "%"


def site_is(site: str) -> Domain:
    """The condition that a warehouse is this site: by code, or by name where it has no code."""
    return ["OR", ["code", "=", site], [["code", "=", None], ["name", "=", site]]]


def at_site(site: str) -> Domain:
    """The same of a record's warehouse."""
    return ["OR", ["warehouse.code", "=", site], [["warehouse.code", "=", None], ["warehouse.name", "=", site]]]


def _key(line: Record | None) -> str | None:
    return key_of(at(line, "requisition.description")) if line else None


def _one(found: Sequence[Record], name: str) -> Sequence[Record]:
    if len(found) != 1:
        raise NotFound(f"Tryton has {'more than one' if found else 'no'} {name!r}; correct it there.")
    return found
