"""Reading what was recorded of items at sites for the stock report, in bulk: demand by day, and receipts."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from automations.rules.matching.units import UnitConversions
from automations.rules.reorder.kits import resolve_kits
from automations.rules.reorder.time_phased import StockMove
from connectors.contracts.inventory import DemandKind, Inventory, ItemSite, StockLevel
from connectors.contracts.purchasing import Purchasing
from connectors.money import ZERO

PIECE = 1000


@dataclass(slots=True)
class DemandByDay:
    """What customers asked for on each day, and what was lost in all."""

    wanted: dict[date, Decimal] = field(default_factory=dict)
    lost: Decimal = ZERO

    @property
    def left(self) -> Decimal:
        return sum(self.wanted.values(), ZERO) + self.lost


@dataclass(slots=True)
class Receipts:
    """What came in stock units; `in_transit` had been ordered before the first day. None stands for a unit unknown."""

    all: list[StockMove] = field(default_factory=list)
    in_transit: list[StockMove] = field(default_factory=list)
    is_readable: bool = True


def all_stock(inventory: Inventory) -> Iterator[Sequence[StockLevel]]:
    """All stock in pieces, by item and site."""
    piece = inventory.list_stock(None, PIECE)
    while piece:
        yield piece
        piece = inventory.list_stock(piece[-1].key, PIECE)


class RecordReader:
    """Which kits take which components along is read once."""

    def __init__(self, inventory: Inventory, purchasing: Purchasing) -> None:
        self._inventory = inventory
        self._purchasing = purchasing
        self._used_in = resolve_kits(inventory.kits()).used_in

    def read_demand(self, keys: Sequence[ItemSite], first: date, last: date) -> Mapping[ItemSite, DemandByDay]:
        """With what kits took along."""
        sources = {key: self._sources(key) for key in keys}
        asked = {source for found in sources.values() for source in found}
        records = self._inventory.find_demand(asked, first, last)
        demand: defaultdict[ItemSite, DemandByDay] = defaultdict(DemandByDay)
        for key, found in sources.items():
            for source, times in found.items():
                for record in records.get(source, ()):
                    if record.kind is DemandKind.CUSTOMER:
                        wanted = demand[key].wanted
                        wanted[record.on] = wanted.get(record.on, ZERO) + record.quantity * times
                    else:
                        demand[key].lost += record.quantity * times
        return demand

    def read_receipts(
        self, levels: Mapping[ItemSite, StockLevel], first_sites: Mapping[str, str], first: date, last: date
    ) -> Mapping[ItemSite, Receipts]:
        """`first_sites` is where goods are taken to have come whose order names no site."""
        items = {key.item for key in levels}
        conversions = UnitConversions(self._purchasing.unit_conversions(items))
        receipts: defaultdict[ItemSite, Receipts] = defaultdict(Receipts)
        for one in self._purchasing.receipts(items, first, last):
            key = ItemSite(one.item, one.site or first_sites[one.item])
            if key not in levels:
                continue
            ratio = conversions.ratio(one.item, one.uom, levels[key].uom)
            if ratio is None:
                receipts[key].is_readable = False
                continue
            move = StockMove(one.received_on, ratio.convert_quantity(one.quantity))
            receipts[key].all.append(move)
            if one.ordered_on < first:
                receipts[key].in_transit.append(move)
        return receipts

    def _sources(self, key: ItemSite) -> Mapping[ItemSite, Decimal]:
        kits = self._used_in.get(key.item, {})
        return {key: Decimal(1), **{ItemSite(kit, key.site): quantity for kit, quantity in kits.items()}}
