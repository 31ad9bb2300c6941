"""Stock, demand, rules and terms that an admin's queries find in somebody else's database."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from operator import attrgetter
from typing import Any

from connectors.contracts.inventory import (
    DemandRecord,
    ItemSite,
    KitPart,
    ReorderRule,
    StockLevel,
    SupplierBreak,
    SupplierTerms,
)
from connectors.records import RecordReader
from connectors.vendors.sql_contract import SqlContract
from connectors.vendors.sql_queries import Query
from connectors.vendors.sql_source import in_pieces

_RULE, _STOCK = RecordReader(ReorderRule), RecordReader(StockLevel)
# An empty text stands for "from the start" and "of every site": a NULL has no type that a database could guess.
_FROM_START: Mapping[str, Any] = {"after_item": "", "after_site": "", "site": "", "limit": 1}
_ITEMS: Mapping[str, Any] = {"items": ("0",)}
_FIRST_DAY = date(1970, 1, 1)


class SqlInventory(SqlContract):
    """Inventory. Lists come in the order of item and site as the database sorts them."""

    QUERIES = (
        Query("list_rules", _RULE, _FROM_START, is_listed=True),
        Query("find_rules", _RULE, _ITEMS),
        Query("list_stock", _STOCK, _FROM_START, is_listed=True),
        Query("find_stock", _STOCK, _ITEMS),
        Query("find_demand", RecordReader(DemandRecord), {**_ITEMS, "first": _FIRST_DAY, "last": _FIRST_DAY}),
        Query("find_terms", RecordReader(SupplierTerms, frozenset({"breaks"})), _ITEMS, given=("breaks",)),
        Query("find_breaks", RecordReader(SupplierBreak), _ITEMS, key=("item", "supplier"), is_required=False),
        Query("kits", RecordReader(KitPart), key=("kit",), is_required=False),
    )

    def list_rules(
        self, after: ItemSite | None = None, limit: int = 1000, site: str | None = None
    ) -> Sequence[ReorderRule]:
        return tuple(self._listed("list_rules", after, limit, site))

    def find_rules(self, keys: Iterable[ItemSite]) -> Mapping[ItemSite, ReorderRule]:
        return self._by_key("find_rules", keys)

    def list_stock(
        self, after: ItemSite | None = None, limit: int = 1000, site: str | None = None
    ) -> Sequence[StockLevel]:
        return tuple(self._listed("list_stock", after, limit, site))

    def find_stock(self, keys: Iterable[ItemSite]) -> Mapping[ItemSite, StockLevel]:
        return self._by_key("find_stock", keys)

    def find_demand(
        self, keys: Iterable[ItemSite], first: date, last: date
    ) -> Mapping[ItemSite, Sequence[DemandRecord]]:
        wanted = set(keys)
        found: defaultdict[ItemSite, list[DemandRecord]] = defaultdict(list)
        for record in self._of_items("find_demand", (key.item for key in wanted), first=first, last=last):
            key = ItemSite(record.item, record.site)
            if key in wanted:
                found[key].append(record)
        return {key: sorted(records, key=lambda one: one.on) for key, records in found.items()}

    def find_terms(self, items: Iterable[str]) -> Mapping[str, Sequence[SupplierTerms]]:
        wanted = sorted(set(items))
        breaks = self._breaks(wanted)
        found: defaultdict[str, list[SupplierTerms]] = defaultdict(list)
        for piece in in_pieces(wanted):
            for row in self.source.rows("find_terms", items=piece):
                steps = tuple(breaks[str(row.get("item")), str(row.get("supplier"))])
                terms: SupplierTerms = self.source.read("find_terms", row, breaks=steps)
                found[terms.item].append(terms)
        return {item: sorted(terms, key=lambda one: one.supplier) for item, terms in found.items()}

    def kits(self) -> Mapping[str, Sequence[KitPart]]:
        found: defaultdict[str, list[KitPart]] = defaultdict(list)
        if self.source.has("kits"):
            for row in self.source.rows("kits"):
                found[str(row["kit"])].append(self.source.read("kits", row))
        return dict(found)

    def _listed(self, query: str, after: ItemSite | None, limit: int, site: str | None) -> Iterator[Any]:
        start = after or ItemSite("", "")
        return self.source.records(query, after_item=start.item, after_site=start.site, site=site or "", limit=limit)

    def _by_key(self, query: str, keys: Iterable[ItemSite]) -> dict[ItemSite, Any]:
        wanted = set(keys)
        found = self._of_items(query, (key.item for key in wanted))
        return {key: record for record in found if (key := ItemSite(record.item, record.site)) in wanted}

    def _of_items(self, query: str, items: Iterable[str], **parameters: Any) -> Iterator[Any]:
        for piece in in_pieces(sorted(set(items))):
            yield from self.source.records(query, items=piece, **parameters)

    def _breaks(self, items: Sequence[str]) -> Mapping[tuple[str, str], list[SupplierBreak]]:
        found: defaultdict[tuple[str, str], list[SupplierBreak]] = defaultdict(list)
        if self.source.has("find_breaks"):
            for piece in in_pieces(items):
                for row in self.source.rows("find_breaks", items=piece):
                    found[str(row["item"]), str(row["supplier"])].append(self.source.read("find_breaks", row))
        for steps in found.values():
            steps.sort(key=attrgetter("from_units"))
        return found
