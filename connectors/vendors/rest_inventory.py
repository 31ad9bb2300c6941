"""Stock, reorder rules, demand and supplier terms read from a REST interface."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Generic, TypeVar

from connectors.contracts.inventory import (
    DemandRecord,
    ItemSite,
    KitPart,
    ReorderRule,
    StockLevel,
    SupplierBreak,
    SupplierTerms,
)
from connectors.records import Record, RecordReader
from connectors.vendor import PreviewRow
from connectors.vendors.rest_source import RestList, RestSource

Keyed = TypeVar("Keyed", ReorderRule, StockLevel)

_RULE, _STOCK, _DEMAND = RecordReader(ReorderRule), RecordReader(StockLevel), RecordReader(DemandRecord)
_TERMS, _BREAK = RecordReader(SupplierTerms, frozenset({"breaks"})), RecordReader(SupplierBreak)
_PART = RecordReader(KitPart)

# Whoever reads a list in pieces gets all pieces from one reading, unless the last one was so long ago.
READING_HOLDS = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class InventoryLists:
    """`demand` may hold the places {first} and {last}, days like 2026-11-02; the items of `terms` are price breaks.

    `kits` may be left out by who has none.
    """

    stock: RestList
    rules: RestList
    demand: RestList
    terms: RestList
    kits: RestList


class RestInventory:
    """Reads; the contract has nothing to write."""

    def __init__(self, source: RestSource, lists: InventoryLists, now: Callable[[], datetime]) -> None:
        self._source = source
        self._lists = lists
        self._rules = _Reading(lambda: self._all(lists.rules, _RULE), now)
        self._stock = _Reading(lambda: self._all(lists.stock, _STOCK), now)

    def list_rules(
        self, after: ItemSite | None = None, limit: int = 1000, site: str | None = None
    ) -> Sequence[ReorderRule]:
        return self._rules.piece(after, limit, site)

    def find_rules(self, keys: Iterable[ItemSite]) -> Mapping[ItemSite, ReorderRule]:
        return self._rules.find(keys)

    def list_stock(
        self, after: ItemSite | None = None, limit: int = 1000, site: str | None = None
    ) -> Sequence[StockLevel]:
        return self._stock.piece(after, limit, site)

    def find_stock(self, keys: Iterable[ItemSite]) -> Mapping[ItemSite, StockLevel]:
        return self._stock.find(keys)

    def find_demand(
        self, keys: Iterable[ItemSite], first: date, last: date
    ) -> Mapping[ItemSite, Sequence[DemandRecord]]:
        places = {"first": first.isoformat(), "last": last.isoformat()}
        found: dict[ItemSite, list[DemandRecord]] = {key: [] for key in keys}
        for record in self._all(self._lists.demand, _DEMAND, places):
            key = ItemSite(record.item, record.site)
            if key in found and first <= record.on <= last:
                found[key].append(record)
        return {key: sorted(records, key=lambda record: record.on) for key, records in found.items() if records}

    def find_terms(self, items: Iterable[str]) -> Mapping[str, Sequence[SupplierTerms]]:
        found: dict[str, list[SupplierTerms]] = {item: [] for item in items}
        for page in self._source.pages(self._lists.terms):
            for terms in map(self._read_terms, page):
                if terms.item in found:
                    found[terms.item].append(terms)
        return {item: sorted(terms, key=lambda each: each.supplier) for item, terms in found.items() if terms}

    def kits(self) -> Mapping[str, Sequence[KitPart]]:
        wanted = self._lists.kits
        if not wanted.path:
            return {}
        found: dict[str, list[KitPart]] = {}
        for page in self._source.pages(wanted):
            for row in page:
                kit = str(wanted.mapping.value("kit", row))
                found.setdefault(kit, []).append(wanted.mapping.read(_PART, row, f"kits, {kit}"))
        return found

    def check(self) -> str:
        page = [self._read(self._lists.stock, _STOCK, row) for row in self._source.first_page(self._lists.stock)]
        return f"{self._source.host} answers; its first page holds {len(page)} stock levels."

    def preview(self, limit: int) -> Sequence[PreviewRow]:
        return self._source.preview(self._lists.stock, limit, lambda row: self._read(self._lists.stock, _STOCK, row))

    def _all(
        self, wanted: RestList, reader: RecordReader[Record], places: Mapping[str, str] | None = None
    ) -> list[Record]:
        return [self._read(wanted, reader, row) for page in self._source.pages(wanted, places) for row in page]

    def _read_terms(self, source: Any) -> SupplierTerms:
        mapping = self._lists.terms.mapping
        name = f"terms of {mapping.value('item', source)}"
        breaks = sorted(mapping.items(_BREAK, source, name), key=lambda each: each.from_units)
        return mapping.read(_TERMS, source, name, breaks=tuple(breaks))

    @staticmethod
    def _read(wanted: RestList, reader: RecordReader[Record], source: Any) -> Record:
        return wanted.mapping.read(reader, source, f"{wanted.name} of {wanted.mapping.value('item', source)}")


class _Reading(Generic[Keyed]):
    """All records of a list, by key; read anew when the first piece is asked for."""

    def __init__(self, read: Callable[[], Sequence[Keyed]], now: Callable[[], datetime]) -> None:
        self._read: Callable[[], Sequence[Keyed]] = read
        self._now = now
        self._last: tuple[datetime, dict[ItemSite, Keyed]] | None = None

    def piece(self, after: ItemSite | None, limit: int, site: str | None) -> Sequence[Keyed]:
        held = self._last
        is_fresh = after is not None and held is not None and self._now() < held[0] + READING_HOLDS
        records = held[1] if is_fresh and held is not None else self._read_all()
        keys = (key for key in records if (after is None or key > after) and site in (None, key.site))
        return [records[key] for key, _ in zip(keys, range(limit), strict=False)]

    def find(self, keys: Iterable[ItemSite]) -> Mapping[ItemSite, Keyed]:
        records = self._read_all()
        return {key: records[key] for key in keys if key in records}

    def _read_all(self) -> dict[ItemSite, Keyed]:
        records = {record.key: record for record in sorted(self._read(), key=lambda record: record.key)}
        self._last = (self._now(), records)
        return records
