"""The stock report: cover of all stock, and a replay of recorded demand for the part that matters most."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

from automations.reorder.offers import OfferMaker
from automations.reorder.stock_figures import (
    DAYS_PER_WEEK,
    CoveredItem,
    LeftOut,
    ReplayedItem,
    StockChoice,
    StockReport,
    Way,
    WeeklyStock,
)
from automations.reorder.stock_records import DemandByDay, Receipts, RecordReader, all_stock
from automations.rules.reorder.demand_pattern import InvalidHistoryError
from automations.rules.reorder.lots import InvalidRuleError
from automations.rules.reorder.opening_stock import reckon_back
from automations.rules.reorder.replay import RecordedDemand, ReplayResult, replay_receipts, replay_rule
from automations.rules.reorder.rule_replay import ReplayDefaults, RuleFollower
from automations.rules.reorder.stock_cover import USUAL_COVER, StockedItem, measure_cover
from automations.rules.reorder.supplier_choice import Offer, is_sound
from connectors.contracts.inventory import Inventory, ItemSite, ReorderRule, StockLevel
from connectors.contracts.purchasing import Purchasing

# A replay costs some milliseconds; of more items those that matter most are replayed, and the report says so.
MOST_REPLAYED = 500
PIECE = 100
DEFAULTS = ReplayDefaults()


def report_stock(inventory: Inventory, purchasing: Purchasing, choice: StockChoice, today: date) -> StockReport:
    return _Reporter(inventory, purchasing, choice, today).report()


class _Reporter:
    """Reads piece by piece; of each item only its figures stay."""

    def __init__(self, inventory: Inventory, purchasing: Purchasing, choice: StockChoice, today: date) -> None:
        self._inventory = inventory
        self._choice = choice
        self._today = today
        self._first_day = choice.first_day(today)
        self._records = RecordReader(inventory, purchasing)
        self._offers = OfferMaker(today)
        self._first_sites: dict[str, str] = {}
        self._weekly = WeeklyStock()
        self._left_out: Counter[LeftOut] = Counter()

    def report(self) -> StockReport:
        stocked, sites, unreadable = self._read_stock()
        covered = [item for found in stocked.items() for item in _measure(*found)]
        chosen = [one for one in covered if self._choice.abc_class in (None, one.cover.abc_class)]
        ranked = sorted(chosen, key=lambda one: (one.cover.abc_class, -one.cover.value_used, one.key))
        self._left_out[LeftOut.TOO_MANY] = max(len(ranked) - MOST_REPLAYED, 0)
        replayed = [one for piece in _pieces(ranked[:MOST_REPLAYED]) for one in self._replay(piece)]
        return StockReport(
            self._today, self._choice, sites, chosen, unreadable, replayed, self._weekly, +self._left_out
        )

    def _read_stock(self) -> tuple[Mapping[tuple[str, str], Sequence[StockedItem]], Sequence[str], int]:
        """By site and currency what is stocked, all sites, and how many figures cannot be read."""
        stocked: defaultdict[tuple[str, str], list[StockedItem]] = defaultdict(list)
        sites: set[str] = set()
        unreadable = 0
        since = self._today - timedelta(days=USUAL_COVER.window_days - 1)
        for piece in all_stock(self._inventory):
            for level in piece:
                sites.add(level.site)
                self._first_sites.setdefault(level.item, level.site)
            wanted = [level for level in piece if self._choice.site in ("", level.site)]
            demand = self._records.read_demand([level.key for level in wanted], since, self._today) if wanted else {}
            for level in wanted:
                one = StockedItem(level.item, level.on_hand, demand.get(level.key, _NOTHING).left, level.unit_cost)
                if _is_readable(one):
                    stocked[level.site, level.currency].append(one)
                else:
                    unreadable += 1
        return stocked, sorted(sites), unreadable

    def _replay(self, piece: Sequence[CoveredItem]) -> Iterator[ReplayedItem]:
        keys = [one.key for one in piece]
        items = {key.item for key in keys}
        levels, rules = self._inventory.find_stock(keys), self._inventory.find_rules(keys)
        terms = self._inventory.find_terms(items)
        history = self._first_day - timedelta(days=DEFAULTS.history_weeks * DAYS_PER_WEEK)
        demand = self._records.read_demand(keys, history, self._today)
        receipts = self._records.read_receipts(levels, self._first_sites, self._first_day, self._today)
        for one in piece:
            offered = [offer for offer in terms.get(one.key.item, ()) if is_sound(offer) and not offer.is_blocked]
            level, rule = levels.get(one.key), rules.get(one.key)
            problem = _problem_of(level, rule, offered)
            if level is None or rule is None or problem is not None:
                self._left_out[problem or LeftOut.INVALID] += 1
                continue
            wanted, came = demand.get(one.key, _NOTHING), receipts.get(one.key, Receipts())
            try:
                ways = self._live_twice(rule, level, [self._offers.make(each) for each in offered], wanted, came)
            except (InvalidHistoryError, InvalidRuleError):
                self._left_out[LeftOut.INVALID] += 1
                continue
            yield ReplayedItem(one, self._remember(ways, level))

    def _live_twice(
        self, rule: ReorderRule, level: StockLevel, offers: Sequence[Offer], demand: DemandByDay, receipts: Receipts
    ) -> Mapping[Way, ReplayResult]:
        if not receipts.is_readable:
            raise InvalidHistoryError(f"A receipt of {level.item} is in a unit that nobody can convert: add it.")
        recorded: RecordedDemand = reckon_back(
            level, demand.wanted, receipts.all, self._first_day, self._today, self._choice.shortage
        )
        follower = RuleFollower(
            rule, level, offers, demand.wanted, self._first_day - timedelta(days=1), receipts.in_transit, DEFAULTS
        )
        return {
            Way.AS_IT_WAS: replay_receipts(recorded, receipts.all),
            Way.WITH_RULE: replay_rule(recorded, follower, follower.offer.lead_time, receipts.in_transit),
        }

    def _remember(self, ways: Mapping[Way, ReplayResult], level: StockLevel) -> dict[Way, ReplayResult]:
        for way, result in ways.items():
            self._weekly.add(way, level.currency, result.stock_by_day, level.unit_cost)
        return {way: replace(result, stock_by_day=()) for way, result in ways.items()}


_NOTHING = DemandByDay()


def _measure(place: tuple[str, str], stocked: Sequence[StockedItem]) -> Iterator[CoveredItem]:
    site, currency = place
    return (CoveredItem(ItemSite(one.item, site), currency, one) for one in measure_cover(stocked).items)


def _is_readable(one: StockedItem) -> bool:
    is_finite = all(figure.is_finite() for figure in (one.on_hand, one.used, one.unit_cost))
    return is_finite and one.used >= 0 and one.unit_cost >= 0


def _problem_of(level: StockLevel | None, rule: ReorderRule | None, offered: Sequence[object]) -> LeftOut | None:
    if rule is None:
        return LeftOut.NO_RULE
    if not offered:
        return LeftOut.NO_SUPPLIER
    return LeftOut.INVALID if level is None else None


def _pieces(items: Sequence[CoveredItem]) -> Iterable[Sequence[CoveredItem]]:
    return (items[start : start + PIECE] for start in range(0, len(items), PIECE))
