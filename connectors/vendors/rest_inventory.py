"""Stock, reorder rules, demand and supplier terms read from a REST interface."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from threading import Lock
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
Key = TypeVar("Key")
Value = TypeVar("Value")

_RULE, _STOCK, _DEMAND = RecordReader(ReorderRule), RecordReader(StockLevel), RecordReader(DemandRecord)
_TERMS, _BREAK = RecordReader(SupplierTerms, frozenset({"breaks"})), RecordReader(SupplierBreak)
_PART = RecordReader(KitPart)

# Whoever works through lists piece by piece gets all pieces from one reading, unless that was so long ago.
READING_HOLDS = timedelta(minutes=10)
# How many days of demand are asked for to see whether its mapping fits.
TRIED_DAYS = timedelta(days=7)


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
    """Reads; the contract has nothing to write. Each list is read once for all pieces of a run.

    A run begins where rules or stock are listed from the start: all lists are then read anew.
    """

    def __init__(self, source: RestSource, lists: InventoryLists, now: Callable[[], datetime]) -> None:
        self._source = source
        self._lists = lists
        self._now = now
        self._rules: _Held[Mapping[ItemSite, ReorderRule]] = _Held(now)
        self._stock: _Held[Mapping[ItemSite, StockLevel]] = _Held(now)
        self._demand: _Held[Mapping[ItemSite, Sequence[DemandRecord]]] = _Held(now)
        self._terms: _Held[Mapping[str, Sequence[SupplierTerms]]] = _Held(now)

    def list_rules(
        self, after: ItemSite | None = None, limit: int = 1000, site: str | None = None
    ) -> Sequence[ReorderRule]:
        self._begin(after)
        return _piece(self._all_rules(), after, limit, site)

    def find_rules(self, keys: Iterable[ItemSite]) -> Mapping[ItemSite, ReorderRule]:
        return _found(self._all_rules(), keys)

    def list_stock(
        self, after: ItemSite | None = None, limit: int = 1000, site: str | None = None
    ) -> Sequence[StockLevel]:
        self._begin(after)
        return _piece(self._all_stock(), after, limit, site)

    def find_stock(self, keys: Iterable[ItemSite]) -> Mapping[ItemSite, StockLevel]:
        return _found(self._all_stock(), keys)

    def find_demand(
        self, keys: Iterable[ItemSite], first: date, last: date
    ) -> Mapping[ItemSite, Sequence[DemandRecord]]:
        return _found(self._demand.value(lambda: self._read_demand(first, last), (first, last)), keys)

    def find_terms(self, items: Iterable[str]) -> Mapping[str, Sequence[SupplierTerms]]:
        return _found(self._terms.value(self._read_terms), items)

    def kits(self) -> Mapping[str, Sequence[KitPart]]:
        wanted = self._lists.kits
        found: dict[str, list[KitPart]] = {}
        for page in self._source.pages(wanted) if wanted.path else ():
            for row in page:
                found.setdefault(str(wanted.mapping.value("kit", row)), []).append(self._part_of(row))
        return found

    def check(self) -> str:
        tried = [(wanted.name, self._source.first_page(wanted, places), read) for wanted, places, read in self._told()]
        counts = ", ".join(f"{len([read(row) for row in page])} of {name}" for name, page, read in tried)
        return f"{self._source.host} answers; the rows on first pages: {counts}."

    def preview(self, limit: int) -> Sequence[PreviewRow]:
        """Rows of each list that is filled in."""
        told = self._told()
        each = max(1, limit // len(told))
        return [row for wanted, places, read in told for row in self._source.preview(wanted, each, read, places)]

    def _told(self) -> Sequence[tuple[RestList, Mapping[str, str], Callable[[Any], object]]]:
        """The lists that the connection names, with what their addresses are filled with, and what reads their rows."""
        lists, today = self._lists, self._now().date()
        readers: Sequence[tuple[RestList, Callable[[Any], object]]] = (
            (lists.stock, lambda row: self._read(lists.stock, _STOCK, row)),
            (lists.rules, lambda row: self._read(lists.rules, _RULE, row)),
            (lists.demand, lambda row: self._read(lists.demand, _DEMAND, row)),
            (lists.terms, self._terms_of),
            (lists.kits, self._part_of),
        )
        days = _days(today - TRIED_DAYS, today)
        return [(wanted, days, read) for wanted, read in readers if wanted.path or wanted is lists.stock]

    def _begin(self, after: ItemSite | None) -> None:
        if after is None:
            for held in (self._rules, self._stock, self._demand, self._terms):
                held.forget()

    def _all_rules(self) -> Mapping[ItemSite, ReorderRule]:
        return self._rules.value(lambda: _by_key(self._all(self._lists.rules, _RULE)))

    def _all_stock(self) -> Mapping[ItemSite, StockLevel]:
        return self._stock.value(lambda: _by_key(self._all(self._lists.stock, _STOCK)))

    def _read_demand(self, first: date, last: date) -> Mapping[ItemSite, Sequence[DemandRecord]]:
        found: dict[ItemSite, list[DemandRecord]] = {}
        for record in self._all(self._lists.demand, _DEMAND, _days(first, last)):
            if first <= record.on <= last:
                found.setdefault(ItemSite(record.item, record.site), []).append(record)
        return {key: sorted(records, key=lambda record: record.on) for key, records in found.items()}

    def _read_terms(self) -> Mapping[str, Sequence[SupplierTerms]]:
        found: dict[str, list[SupplierTerms]] = {}
        for page in self._source.pages(self._lists.terms):
            for terms in map(self._terms_of, page):
                found.setdefault(terms.item, []).append(terms)
        return {item: sorted(terms, key=lambda each: each.supplier) for item, terms in found.items()}

    def _all(
        self, wanted: RestList, reader: RecordReader[Record], places: Mapping[str, str] | None = None
    ) -> Iterator[Record]:
        return (self._read(wanted, reader, row) for page in self._source.pages(wanted, places) for row in page)

    def _terms_of(self, source: Any) -> SupplierTerms:
        mapping = self._lists.terms.mapping
        name = f"terms of {mapping.value('item', source)}"
        breaks = sorted(mapping.items(_BREAK, source, name), key=lambda each: each.from_units)
        return mapping.read(_TERMS, source, name, breaks=tuple(breaks))

    def _part_of(self, source: Any) -> KitPart:
        mapping = self._lists.kits.mapping
        return mapping.read(_PART, source, f"kits, {mapping.value('kit', source)}")

    @staticmethod
    def _read(wanted: RestList, reader: RecordReader[Record], source: Any) -> Record:
        return wanted.mapping.read(reader, source, f"{wanted.name} of {wanted.mapping.value('item', source)}")


class _Held(Generic[Value]):
    """What was read, for a while. Whoever asks while it is being read waits for it instead of reading it again."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._lock = Lock()
        self._last: tuple[datetime, object, Value] | None = None

    def value(self, read: Callable[[], Value], about: object = None) -> Value:
        """`about` says what of the list is wanted; only the last of that is held."""
        with self._lock:
            now, last = self._now(), self._last
            if last is None or last[1] != about or now >= last[0] + READING_HOLDS:
                # Two of a long list need not be held at once.
                self._last = None
                self._last = last = (now, about, read())
            return last[2]

    def forget(self) -> None:
        with self._lock:
            self._last = None


def _days(first: date, last: date) -> Mapping[str, str]:
    return {"first": first.isoformat(), "last": last.isoformat()}


def _by_key(records: Iterable[Keyed]) -> Mapping[ItemSite, Keyed]:
    return {record.key: record for record in sorted(records, key=lambda record: record.key)}


def _piece(records: Mapping[ItemSite, Keyed], after: ItemSite | None, limit: int, site: str | None) -> Sequence[Keyed]:
    keys = (key for key in records if (after is None or key > after) and site in (None, key.site))
    return [records[key] for key in islice(keys, limit)]


def _found(records: Mapping[Key, Value], keys: Iterable[Key]) -> Mapping[Key, Value]:
    return {key: records[key] for key in keys if key in records}
