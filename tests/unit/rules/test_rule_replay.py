"""A reorder rule lived through recorded days, and the stock from which such a replay starts."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automations.rules.reorder.demand_pattern import InvalidHistoryError
from automations.rules.reorder.lots import InvalidRuleError
from automations.rules.reorder.opening_stock import reckon_back
from automations.rules.reorder.order_point import OrderPointRule, StockPosition
from automations.rules.reorder.replay import (
    RecordedDemand,
    ReplayResult,
    Shortage,
    follow_order_point,
    replay_receipts,
    replay_rule,
)
from automations.rules.reorder.rule_replay import RuleFollower, weekly_demand
from automations.rules.reorder.supplier_choice import Offer
from automations.rules.reorder.supply import LeadTime
from automations.rules.reorder.time_phased import StockMove
from connectors.contracts.inventory import ReorderPolicy, ReorderRule, StockLevel, SupplierTerms

MONDAY = date(2026, 6, 1)
EVE = MONDAY - timedelta(days=1)
LEVEL = StockLevel("MUG", "PRG", "H87", Decimal(10), Decimal(0), Decimal(2), "EUR")
MIN_MAX = ReorderRule(
    "MUG", "PRG", ReorderPolicy.ORDER_POINT, {"minimum": Decimal(6), "maximum": Decimal(12)}, forecast="none"
)
REVIEW = ReorderRule("MUG", "PRG", ReorderPolicy.PERIODIC_REVIEW, {"review_days": Decimal(7)})
PHASED = ReorderRule(
    "MUG", "PRG", ReorderPolicy.TIME_PHASED, {"minimum": Decimal(2), "target": Decimal(20)}, forecast="moving_average"
)
DAYS = 56
counts = st.integers(0, 9).map(Decimal)
histories = st.lists(counts, min_size=DAYS, max_size=DAYS)


def offer(days: int = 3, supplier: str = "Atelier", **terms: object) -> Offer:
    asked = SupplierTerms("MUG", supplier, "EUR", Decimal(5), lead_time_days=days)
    lead_time = LeadTime(days)
    return Offer(replace(asked, **terms), lead_time, lead_time.arrival(MONDAY))  # type: ignore[arg-type]


def steady(first: date, days: int, quantity: int = 2) -> dict[date, Decimal]:
    return {first + timedelta(days=number): Decimal(quantity) for number in range(days)}


def follow(rule: ReorderRule, demand: Mapping[date, Decimal], *offers: Offer) -> RuleFollower:
    return RuleFollower(rule, LEVEL, offers or (offer(),), demand, EVE)


def replay(rule: ReorderRule, demand: Mapping[date, Decimal], days: int = DAYS) -> ReplayResult:
    per_day = tuple(demand.get(MONDAY + timedelta(days=number), Decimal(0)) for number in range(days))
    follower = follow(rule, demand)
    return replay_rule(RecordedDemand(MONDAY, Decimal(10), per_day), follower, follower.offer.lead_time)


@given(history=histories)
def test_a_rule_with_fixed_figures_orders_as_its_order_point_does(history: list[Decimal]) -> None:
    recorded = RecordedDemand(MONDAY, Decimal(10), tuple(history))
    plain = follow_order_point(OrderPointRule(Decimal(6), Decimal(12)))
    assert replay_rule(recorded, follow(MIN_MAX, {}), LeadTime(3)) == replay_rule(recorded, plain, LeadTime(3))


@pytest.mark.parametrize("rule", [REVIEW, PHASED])
@given(history=histories, day=st.integers(0, DAYS - 1), later=counts)
def test_what_comes_later_changes_no_earlier_stock(
    rule: ReorderRule, history: list[Decimal], day: int, later: Decimal
) -> None:
    before = steady(MONDAY - timedelta(days=70), 70)
    known = before | {MONDAY + timedelta(days=number): quantity for number, quantity in enumerate(history)}
    changed = known | {MONDAY + timedelta(days=number): later for number in range(day + 1, DAYS)}
    assert replay(rule, known).stock_by_day[: day + 1] == replay(rule, changed).stock_by_day[: day + 1]


def test_a_periodic_rule_orders_on_mondays_only() -> None:
    follower = follow(REVIEW, steady(MONDAY - timedelta(days=70), 70))
    empty = StockPosition(Decimal(0))
    ordered = [bool(follower(empty, MONDAY + timedelta(days=number))) for number in range(14)]
    assert ordered == [True, *[False] * 6, True, *[False] * 6]


def test_a_forecast_is_made_afresh_every_four_weeks() -> None:
    """Sales fall from 14 a week to nothing; the rule notices on the 28th evening, not before."""
    follower = follow(REVIEW, steady(MONDAY - timedelta(days=70), 70))
    # Ten days of 2 a day: 3 days of lead time and 7 until the next look, no deviation.
    assert [follower(StockPosition(Decimal(0)), MONDAY + timedelta(days=7 * week)) for week in range(4)] == [20] * 4
    assert follower(StockPosition(Decimal(0)), MONDAY + timedelta(days=28)) != 20


def test_a_time_phased_rule_remembers_what_it_ordered() -> None:
    follower = follow(PHASED, steady(MONDAY - timedelta(days=70), 70))
    first = follower(StockPosition(Decimal(4)), MONDAY)
    assert first > 0
    # The next evening nothing has come yet and 2 are gone: what is on its way is enough.
    assert follower(StockPosition(Decimal(2), on_order=first), MONDAY + timedelta(days=1)) <= Decimal(2)


def test_orders_are_rounded_to_packs_and_the_minimum() -> None:
    packs = offer(moq=Decimal(10), multiple=Decimal(4))
    assert follow(MIN_MAX, {}, packs)(StockPosition(Decimal(5)), MONDAY) == 12  # 7 -> 10 -> 12
    assert follow(MIN_MAX, {}, packs)(StockPosition(Decimal(6)), MONDAY) == 0


def test_of_two_suppliers_the_cheaper_is_asked() -> None:
    cheap, dear = offer(9, "Sklo", list_price=Decimal(4)), offer(2, "Atelier")
    assert follow(MIN_MAX, {}, dear, cheap).offer is cheap


def test_a_rule_that_rests_until_next_year_is_replayed_all_the_same() -> None:
    snoozed = replace(MIN_MAX, snoozed_until=date(2027, 1, 1))
    assert follow(snoozed, {})(StockPosition(Decimal(0)), MONDAY) == 12


def test_rules_that_cannot_be_followed_say_so_before_the_first_day() -> None:
    with pytest.raises(InvalidHistoryError):
        follow(REVIEW, steady(MONDAY, 30))
    with pytest.raises(InvalidRuleError, match="tea leaves"):
        follow(replace(REVIEW, forecast="tea leaves"), steady(EVE, 1))
    with pytest.raises(InvalidRuleError, match="Nobody delivers MUG"):
        RuleFollower(MIN_MAX, LEVEL, [], {}, EVE)


def test_weeks_end_with_the_day_on_which_one_looks() -> None:
    days = [(EVE - timedelta(days=7), Decimal(3)), (EVE - timedelta(days=6), Decimal(2)), (EVE, Decimal(1))]
    assert weekly_demand([*days, (MONDAY, Decimal(99))], EVE, 4) == [3.0, 3.0]
    assert weekly_demand([], EVE, 4) == []


def reckoned(level: StockLevel, demand: dict[date, Decimal], *receipts: StockMove) -> RecordedDemand:
    return reckon_back(level, demand, receipts, MONDAY, MONDAY + timedelta(days=DAYS - 1), Shortage.BACKORDERS)


@given(history=histories, came=histories, on_hand=counts, reserved=counts)
def test_a_replay_of_what_was_done_ends_with_what_is_there_today(
    history: list[Decimal], came: list[Decimal], on_hand: Decimal, reserved: Decimal
) -> None:
    level = replace(LEVEL, on_hand=on_hand, reserved=reserved)
    demand = {MONDAY + timedelta(days=number): quantity for number, quantity in enumerate(history)}
    receipts = [StockMove(MONDAY + timedelta(days=number), quantity) for number, quantity in enumerate(came)]
    try:
        recorded = reckoned(level, demand, *receipts)
    except InvalidHistoryError:
        assert sum(came) > sum(history) + on_hand - reserved
        return
    assert replay_receipts(recorded, receipts).stock_by_day[-1] == max(on_hand - reserved, Decimal(0))


def test_opening_stock_is_reckoned_back() -> None:
    # 10 on hand, 3 of them reserved; 8 were asked for and 5 came: 7 + 8 - 5 = 10. What came before does not count.
    level = replace(LEVEL, reserved=Decimal(3))
    came = [StockMove(MONDAY, Decimal(5)), StockMove(EVE, Decimal(100))]
    recorded = reckoned(level, {MONDAY: Decimal(8)}, *came)
    assert [recorded.opening_stock, recorded.per_day[0], recorded.unit_cost] == [Decimal(10), Decimal(8), Decimal(2)]


def test_who_waited_on_the_first_morning_asks_on_the_first_day() -> None:
    # 10 + 6 - 20 = -4: four units were owed already.
    recorded = reckoned(LEVEL, {MONDAY + timedelta(days=2): Decimal(6)}, StockMove(MONDAY, Decimal(20)))
    assert recorded.opening_stock == 0
    assert recorded.per_day[:3] == (Decimal(4), Decimal(0), Decimal(6))


@pytest.mark.parametrize("figure", [Decimal("NaN"), Decimal("Infinity")])
def test_records_that_do_not_add_up_are_refused(figure: Decimal) -> None:
    with pytest.raises(InvalidHistoryError, match="do not add up"):
        reckoned(LEVEL, {MONDAY: Decimal(6)}, StockMove(MONDAY, Decimal(1000)))
    with pytest.raises(InvalidHistoryError, match="no number"):
        reckoned(replace(LEVEL, on_hand=figure), {MONDAY: Decimal(6)})
