"""The figures of the stock report: what lies there and for how long, and what a replay of recorded demand came to."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from automations.rules.reorder.replay import ReplayResult, Shortage
from automations.rules.reorder.stock_cover import USUAL_COVER, AbcClass, ItemCover
from connectors.contracts.inventory import ItemSite
from connectors.money import ZERO

DAYS_PER_WEEK = 7
WEEKS_TO_REPLAY = (13, 26, 39)


class CoverBand(StrEnum):
    """How long stock lasts; `UNUSED` lies there and nobody takes it, `NONE` is an empty shelf."""

    NONE = "cover-none"
    TO_30 = "cover-30"
    TO_90 = "cover-90"
    TO_180 = "cover-180"
    OVER_180 = "cover-over-180"
    UNUSED = "cover-unused"


_LIMITS = ((30, CoverBand.TO_30), (90, CoverBand.TO_90), (180, CoverBand.TO_180))


class Way(StrEnum):
    """What was really done, and what the rule would have done."""

    AS_IT_WAS = "as-it-was"
    WITH_RULE = "with-rule"


class LeftOut(StrEnum):
    """Why an item is not replayed. `INVALID` are figures that no rule can read or that do not add up."""

    NO_RULE = "no-rule"
    NO_SUPPLIER = "no-supplier"
    INVALID = "invalid"
    TOO_MANY = "too-many"


@dataclass(frozen=True, slots=True)
class StockChoice:
    """Which stock, and how it is replayed: over the last `weeks`, with what became of unserved demand."""

    site: str = ""
    abc_class: AbcClass | None = None
    weeks: int = 26
    shortage: Shortage = Shortage.BACKORDERS

    def first_day(self, today: date) -> date:
        """The replay ends with today."""
        return today - timedelta(days=self.weeks * DAYS_PER_WEEK - 1)


@dataclass(frozen=True, slots=True)
class CoveredItem:
    """An item at a site with its cover; money in `currency`."""

    key: ItemSite
    currency: str
    cover: ItemCover

    @property
    def band(self) -> CoverBand:
        if self.cover.on_hand <= 0:
            return CoverBand.NONE
        days = self.cover.days_of_cover
        if days is None:
            return CoverBand.UNUSED
        return next((band for limit, band in _LIMITS if days <= limit), CoverBand.OVER_180)


@dataclass(frozen=True, slots=True)
class CoverSum:
    """Items of one currency together; `days_of_cover` is by value, None where nothing was used.

    `without_stock` is how many of the items have nothing on hand.
    """

    items: int
    without_stock: int
    money_tied_up: Decimal
    money_in_slow_movers: Decimal
    days_of_cover: Decimal | None


@dataclass(frozen=True, slots=True)
class ReplayedItem:
    """Both ways of one item, without the stock of each day."""

    item: CoveredItem
    ways: dict[Way, ReplayResult]


@dataclass(slots=True)
class WeeklyStock:
    """What all replayed items come to at the end of each week; `empty` counts items times days without stock."""

    value: dict[tuple[Way, str], list[Decimal]] = field(default_factory=dict)
    empty: dict[Way, list[int]] = field(default_factory=dict)

    def add(self, way: Way, currency: str, stock_by_day: Sequence[Decimal], unit_cost: Decimal) -> None:
        weeks = list(_weeks_of(stock_by_day))
        values = self.value.setdefault((way, currency), [ZERO] * len(weeks))
        empty = self.empty.setdefault(way, [0] * len(weeks))
        for number, days in enumerate(weeks):
            values[number] += days[-1] * unit_cost
            empty[number] += sum(stock == 0 for stock in days)


@dataclass(frozen=True, slots=True)
class StockReport:
    """`items` is the chosen stock, `unreadable` how many have figures that nobody can add up; `sites` are all."""

    today: date
    choice: StockChoice
    sites: Sequence[str]
    items: Sequence[CoveredItem]
    unreadable: int
    replayed: Sequence[ReplayedItem]
    weekly: WeeklyStock
    left_out: Counter[LeftOut]


def sum_cover(items: Iterable[CoveredItem]) -> CoverSum:
    summed = list(items)
    covers = [one.cover for one in summed]
    money = sum((one.money_tied_up for one in covers), ZERO)
    used = sum((one.value_used for one in covers), ZERO)
    return CoverSum(
        len(covers),
        sum(one.band is CoverBand.NONE for one in summed),
        money,
        sum((one.money_tied_up for one in covers if one.moves_slowly), ZERO),
        money * USUAL_COVER.window_days / used if used else None,
    )


def _weeks_of(days: Sequence[Decimal]) -> Iterator[Sequence[Decimal]]:
    return (days[start : start + DAYS_PER_WEEK] for start in range(0, len(days), DAYS_PER_WEEK))
