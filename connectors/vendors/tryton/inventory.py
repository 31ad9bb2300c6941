"""Stock in Tryton: what lies in its warehouses, what left them, its order points and its suppliers' prices."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import islice

from connectors.contracts.inventory import (
    DemandKind,
    DemandRecord,
    ItemSite,
    KitPart,
    ReorderPolicy,
    ReorderRule,
    StockLevel,
    SupplierTerms,
)
from connectors.database.base import utc_now
from connectors.database.chunks import in_chunks
from connectors.money import ZERO
from connectors.vendors.tryton.failures import expecting_known_shapes
from connectors.vendors.tryton.places import Places
from connectors.vendors.tryton.session import Domain, Record, TrytonSession, at
from connectors.vendors.tryton.standing import Standing, read_currency
from connectors.vendors.tryton.supplier_terms import TERMS_FIELDS, read_terms
from connectors.vendors.tryton.units import Units, plain

GOODS: Domain = [["type", "=", "goods"], ["code", "!=", None]]
# Where goods go that leave a warehouse for good, and whether somebody wanted them.
LEAVING: Mapping[str, DemandKind] = {"customer": DemandKind.CUSTOMER, "lost_found": DemandKind.LOSS}
_RULE_FIELDS = ("product.code", "location.code", "location.name", "min_quantity", "target_quantity")
_STOCK_FIELDS = ("code", "default_uom", "cost_price", "quantity")
_MOVE_FIELDS = ("product.code", "from_location", "to_location.type", "effective_date", "internal_quantity")


# As long as somebody may take to go through a list piece by piece.
SWEEP = timedelta(minutes=10)


class TrytonInventory:
    """Every goods product lies at every warehouse, if only with nothing.

    An order point is a rule of the kind (minimum, maximum). What is promised to customers and has not left is
    reserved. Tryton sorts by the language of its database and we by characters, so lists are read once when their first
    piece is asked for, and sorted here.
    """

    def __init__(self, session: TrytonSession, now: Callable[[], datetime] = utc_now) -> None:
        self._session = session
        self._units = Units(session)
        self._now = now
        self._places = Standing(lambda: Places(session), now)
        self._currency = Standing(lambda: read_currency(session), now)
        self._codes = Standing(self._read_codes, now, SWEEP)
        self._sorted_rules = Standing(self._read_rules, now, SWEEP)

    def list_rules(
        self, after: ItemSite | None = None, limit: int = 1000, site: str | None = None
    ) -> Sequence[ReorderRule]:
        known = self._sorted_rules.renew() if after is None else self._sorted_rules.get()
        chosen = (rule for rule in known if after is None or rule.key > after)
        return list(islice((rule for rule in chosen if site in (None, rule.site)), limit))

    def find_rules(self, keys: Iterable[ItemSite]) -> Mapping[ItemSite, ReorderRule]:
        wanted = set(keys)
        found = (rule for items in _items_of(wanted) for rule in self._rules([["product.code", "in", items]]))
        return {rule.key: rule for rule in found if rule.key in wanted}

    def list_stock(
        self, after: ItemSite | None = None, limit: int = 1000, site: str | None = None
    ) -> Sequence[StockLevel]:
        codes = self._codes.renew() if after is None else self._codes.get()
        sites = sorted(name for name in self._places.get().sites if site in (None, name))
        keys = (ItemSite(code, name) for code in codes for name in sites)
        chosen = list(islice((key for key in keys if after is None or key > after), limit))
        found = self._levels({key.item for key in chosen})
        levels = [found[key] for key in chosen if key in found]
        # An empty piece would be the end, and all goods of this one may have been put out of use meanwhile.
        return self.list_stock(chosen[-1], limit, site) if chosen and not levels else levels

    def find_stock(self, keys: Iterable[ItemSite]) -> Mapping[ItemSite, StockLevel]:
        wanted = set(keys)
        found = self._levels({key.item for key in wanted}) if wanted else {}
        return {key: level for key, level in found.items() if key in wanted}

    def find_demand(
        self, keys: Iterable[ItemSite], first: date, last: date
    ) -> Mapping[ItemSite, Sequence[DemandRecord]]:
        wanted = set(keys)
        found: defaultdict[ItemSite, list[DemandRecord]] = defaultdict(list)
        days = [["state", "=", "done"], ["effective_date", ">=", first], ["effective_date", "<=", last]]
        for key, move in self._leaving(wanted, days):
            kind = LEAVING[at(move, "to_location.type")]
            record = DemandRecord(
                key.item, key.site, move["effective_date"], plain(Decimal(move["internal_quantity"])), kind
            )
            found[key].append(record)
        return {key: sorted(records, key=lambda record: record.on) for key, records in found.items()}

    def find_terms(self, items: Iterable[str]) -> Mapping[str, Sequence[SupplierTerms]]:
        wanted = set(items)
        found: defaultdict[str, list[SupplierTerms]] = defaultdict(list)
        for chunk in in_chunks(sorted(wanted)):
            codes = ["OR", ["product.code", "in", list(chunk)], ["template.products.code", "in", list(chunk)]]
            domain = [codes, ["OR", ["company", "=", self._session.company()], ["company", "=", None]]]
            for record in self._session.all("purchase.product_supplier", domain, TERMS_FIELDS):
                with expecting_known_shapes():
                    for terms in read_terms(record, self._units):
                        found[terms.item].append(terms)
        return {item: sorted(terms, key=lambda one: one.supplier) for item, terms in found.items() if item in wanted}

    def kits(self) -> Mapping[str, Sequence[KitPart]]:
        """Tryton keeps kits in a module of its own (product_kit), which is not read."""
        return {}

    def check(self) -> str:
        count = self._session.read("model.product.product.search_count", GOODS)
        rules = self._session.read("model.stock.order_point.search_count", [["type", "=", "purchase"]])
        sites = self._session.read("model.stock.location.search_count", [["type", "=", "warehouse"]])
        return f"Tryton holds {count} goods in {sites} warehouses, with {rules} order points."

    def _rules(self, domain: Domain) -> Iterator[ReorderRule]:
        own = [*domain, ["type", "=", "purchase"], ["company", "=", self._session.company()]]
        for record in self._session.all("stock.order_point", own, _RULE_FIELDS):
            with expecting_known_shapes():
                figures = {"minimum": record["min_quantity"] or 0, "maximum": record["target_quantity"]}
                yield ReorderRule(
                    at(record, "product.code") or "",
                    at(record, "location.code") or at(record, "location.name"),
                    ReorderPolicy.ORDER_POINT.value,
                    {name: plain(Decimal(figure)) for name, figure in figures.items()},
                )

    def _read_rules(self) -> Sequence[ReorderRule]:
        return sorted(self._rules([]), key=lambda rule: rule.key)

    def _read_codes(self) -> Sequence[str]:
        return sorted({one["code"] for one in self._session.all("product.product", GOODS, ["code"], size=1000)})

    def _levels(self, items: set[str]) -> Mapping[ItemSite, StockLevel]:
        if not items:
            return {}
        places = self._places.get()
        keys = {ItemSite(item, site) for item in items for site in places.sites}
        promised: defaultdict[ItemSite, Decimal] = defaultdict(Decimal)
        for key, move in self._leaving(keys, [["state", "in", ["draft", "assigned"]]]):
            if at(move, "to_location.type") == "customer":
                promised[key] += Decimal(move["internal_quantity"])
        currency = self._currency.get()
        found: dict[ItemSite, StockLevel] = {}
        for site, warehouse in places.sites.items():
            for product in self._products(items, warehouse):
                key = ItemSite(product["code"], site)
                found[key] = StockLevel(
                    *key,
                    self._units.code(product["default_uom"]),
                    plain(Decimal(product["quantity"] or 0)),
                    plain(promised.get(key, ZERO)),
                    plain(Decimal(product["cost_price"] or 0)),
                    currency,
                )
        return found

    def _products(self, items: set[str], warehouse: int) -> Iterator[Record]:
        """Products with what of them lies in one warehouse today."""
        here = {"locations": [warehouse], "with_childs": True, "stock_date_end": self._now().date()}
        for codes in _items_of(ItemSite(item, "") for item in items):
            yield from self._session.all("product.product", [*GOODS, ["code", "in", codes]], _STOCK_FIELDS, **here)

    def _leaving(self, keys: set[ItemSite], domain: Domain) -> Iterator[tuple[ItemSite, Record]]:
        """Moves out of the warehouses to customers or losses."""
        if not keys:
            return
        places = self._places.get()
        scope = [*domain, ["company", "=", self._session.company()], ["to_location.type", "in", list(LEAVING)]]
        for items in _items_of(keys):
            codes = ["product.code", "in", items]
            for move in self._session.all("stock.move", [*scope, codes], _MOVE_FIELDS):
                with expecting_known_shapes():
                    key = ItemSite(at(move, "product.code"), places.site_of(move["from_location"]) or "")
                if key in keys:
                    yield key, move


def _items_of(keys: Iterable[ItemSite]) -> Iterator[list[str]]:
    return (list(chunk) for chunk in in_chunks(sorted({key.item for key in keys})))
