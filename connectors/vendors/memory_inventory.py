"""Stock, demand, reorder rules and supplier terms in memory, for tests and trials."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol, TypeVar

from connectors.contracts.inventory import DemandRecord, ItemSite, KitPart, ReorderRule, StockLevel, SupplierTerms


class _Keyed(Protocol):
    @property
    def key(self) -> ItemSite: ...


Record = TypeVar("Record", bound=_Keyed)


@dataclass
class MemoryInventory:
    """Whatever a test puts into its lists."""

    stock: list[StockLevel] = field(default_factory=list)
    rules: list[ReorderRule] = field(default_factory=list)
    demand: list[DemandRecord] = field(default_factory=list)
    terms: list[SupplierTerms] = field(default_factory=list)
    parts: dict[str, tuple[KitPart, ...]] = field(default_factory=dict)

    def list_rules(
        self, after: ItemSite | None = None, limit: int = 1000, site: str | None = None
    ) -> Sequence[ReorderRule]:
        return _page(self.rules, after, limit, site)

    def find_rules(self, keys: Iterable[ItemSite]) -> Mapping[ItemSite, ReorderRule]:
        return _find(self.rules, keys)

    def list_stock(
        self, after: ItemSite | None = None, limit: int = 1000, site: str | None = None
    ) -> Sequence[StockLevel]:
        return _page(self.stock, after, limit, site)

    def find_stock(self, keys: Iterable[ItemSite]) -> Mapping[ItemSite, StockLevel]:
        return _find(self.stock, keys)

    def find_demand(
        self, keys: Iterable[ItemSite], first: date, last: date
    ) -> Mapping[ItemSite, Sequence[DemandRecord]]:
        wanted = set(keys)
        found: defaultdict[ItemSite, list[DemandRecord]] = defaultdict(list)
        for record in sorted(self.demand, key=lambda record: record.on):
            key = ItemSite(record.item, record.site)
            if key in wanted and first <= record.on <= last:
                found[key].append(record)
        return dict(found)

    def find_terms(self, items: Iterable[str]) -> Mapping[str, Sequence[SupplierTerms]]:
        wanted = set(items)
        found: defaultdict[str, list[SupplierTerms]] = defaultdict(list)
        for terms in sorted(self.terms, key=lambda terms: terms.supplier):
            if terms.item in wanted:
                found[terms.item].append(terms)
        return dict(found)

    def kits(self) -> Mapping[str, Sequence[KitPart]]:
        return dict(self.parts)

    def check(self) -> str:
        return f"The memory holds {len(self.stock)} stock levels and {len(self.rules)} reorder rules."


def _page(records: Sequence[Record], after: ItemSite | None, limit: int, site: str | None) -> Sequence[Record]:
    wanted = (record for record in records if site in (None, record.key.site))
    later = (record for record in wanted if after is None or record.key > after)
    return sorted(later, key=lambda record: record.key)[:limit]


def _find(records: Sequence[Record], keys: Iterable[ItemSite]) -> Mapping[ItemSite, Record]:
    wanted = set(keys)
    return {record.key: record for record in records if record.key in wanted}
