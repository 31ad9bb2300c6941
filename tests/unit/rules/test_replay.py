"""Replaying recorded demand: stock-outs and stock held under a rule and as it was."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automations.rules.reorder.demand_pattern import InvalidHistoryError
from automations.rules.reorder.lots import InvalidRuleError
from automations.rules.reorder.order_point import OrderPointRule, StockPosition
from automations.rules.reorder.replay import (
    RecordedDemand,
    ReplayResult,
    Shortage,
    follow_order_point,
    replay_receipts,
    replay_rule,
    total_replays,
)
from automations.rules.reorder.supply import LeadTime
from automations.rules.reorder.time_phased import StockMove
from automations.rules.working_days import WorkingDays

MONDAY = date(2026, 6, 1)
UP_TO_TWELVE = follow_order_point(OrderPointRule(minimum=Decimal(6), maximum=Decimal(12)))


def three_a_day(shortage: Shortage = Shortage.LOST_SALES) -> RecordedDemand:
    return RecordedDemand(MONDAY, Decimal(10), (Decimal(3),) * 10, unit_cost=Decimal(2), shortage=shortage)


def stock_of(result: ReplayResult) -> list[int]:
    return [int(stock) for stock in result.stock_by_day]


def test_an_order_arrives_before_the_shelf_is_empty() -> None:
    # 8 ordered on the 2nd day (4 left) for the 4th, 9 on the 5th for the 7th, 9 on the 8th for the 10th.
    result = replay_rule(three_a_day(), UP_TO_TWELVE, LeadTime(2))
    assert stock_of(result) == [7, 4, 1, 6, 3, 0, 6, 3, 0, 6]
    assert (result.orders_placed, result.days_short, result.days_out_of_stock) == (3, 0, 2)
    assert (result.units_short, result.fill_rate) == (Decimal(0), Decimal(1))
    assert (result.average_stock, result.money_tied_up) == (Decimal("3.6"), Decimal("7.2"))


def test_lost_sales_are_gone() -> None:
    # A day later: 8 for the 5th day, 7 for the 8th, 8 too late; short by 2, 1 and 2.
    result = replay_rule(three_a_day(), UP_TO_TWELVE, LeadTime(3))
    assert stock_of(result) == [7, 4, 1, 0, 5, 2, 0, 4, 1, 0]
    assert (result.days_short, result.days_out_of_stock, result.orders_placed) == (3, 3, 3)
    assert (result.units_short, result.fill_rate) == (Decimal(5), Decimal(25) / 30)


def test_backorders_are_served_first_and_ordered_for() -> None:
    # 2 wait on the 4th day and 3 on the 7th; 8 arrive on the 5th day, 9 on the 8th, 9 are under way.
    result = replay_rule(three_a_day(Shortage.BACKORDERS), UP_TO_TWELVE, LeadTime(3))
    assert stock_of(result) == [7, 4, 1, 0, 3, 0, 0, 3, 0, 0]
    assert (result.days_short, result.days_out_of_stock, result.orders_placed) == (3, 5, 3)
    assert result.units_short == 8


def test_what_customers_wait_for_is_ordered_on_top() -> None:
    # 5 wait: 12 are missing and 5 owed.
    owed = RecordedDemand(MONDAY, Decimal(0), (Decimal(5), *[Decimal(0)] * 3), shortage=Shortage.BACKORDERS)
    assert stock_of(replay_rule(owed, UP_TO_TWELVE, LeadTime(2))) == [0, 0, 12, 12]


def test_what_was_really_done_is_replayed_with_the_recorded_receipts() -> None:
    after_the_end = StockMove(MONDAY + timedelta(days=10), Decimal(50))
    result = replay_receipts(three_a_day(), [StockMove(MONDAY + timedelta(days=2), Decimal(20)), after_the_end])
    assert stock_of(result) == [7, 4, 21, 18, 15, 12, 9, 6, 3, 0]
    assert (result.orders_placed, result.average_stock, result.money_tied_up) == (1, Decimal("9.5"), Decimal(19))


def test_an_order_without_lead_time_is_there_in_the_morning() -> None:
    result = replay_rule(three_a_day(), UP_TO_TWELVE, LeadTime(0))
    assert stock_of(result)[:4] == [7, 4, 9, 6]


def test_a_supplier_who_rests_at_weekends_delivers_later() -> None:
    # Ordered on Tuesday for the third working day, which is Friday; ordered on Friday for Wednesday.
    result = replay_rule(three_a_day(), UP_TO_TWELVE, LeadTime(3, calendar=WorkingDays()))
    assert stock_of(result) == [7, 4, 1, 0, 5, 2, 0, 0, 0, 4]


def test_what_was_under_way_on_the_first_day_arrives_and_is_not_ordered_again() -> None:
    under_way = [StockMove(MONDAY + timedelta(days=5), Decimal(30))]
    result = replay_rule(three_a_day(), UP_TO_TWELVE, LeadTime(2), under_way)
    assert (stock_of(result)[5], result.orders_placed) == (27, 0)


def test_a_snoozed_rule_sleeps_during_the_replay_too() -> None:
    snoozed = OrderPointRule(Decimal(6), Decimal(12), snoozed_until=MONDAY + timedelta(days=30))
    assert replay_rule(three_a_day(), follow_order_point(snoozed), LeadTime(2)).orders_placed == 0


def test_nobody_asked() -> None:
    idle = RecordedDemand(MONDAY, Decimal(4), (Decimal(0),) * 3)
    result = replay_receipts(idle, [])
    assert (result.fill_rate, result.average_stock, result.units_short) == (None, Decimal(4), Decimal(0))


def test_several_products_add_up() -> None:
    good, bad = (replay_rule(three_a_day(), UP_TO_TWELVE, LeadTime(days)) for days in (2, 3))
    totals = total_replays([good, bad])
    assert (totals.products, totals.days, totals.days_short, totals.orders_placed) == (2, 10, 3, 6)
    assert (totals.units_short, totals.fill_rate) == (Decimal(5), Decimal(55) / 60)
    assert totals.money_tied_up == good.money_tied_up + bad.money_tied_up
    assert (total_replays([]).days, total_replays([]).fill_rate) == (0, None)


@pytest.mark.parametrize(
    ("opening", "demand", "cost", "complaint"),
    [
        ("5", (), "1", "no day to replay"),
        ("-5", ("1",), "1", "opening stock is -5"),
        ("NaN", ("1",), "1", "opening stock is NaN"),
        ("5", ("1",), "Infinity", "unit cost"),
        ("5", ("1", "-2"), "1", "demand of 2026-06-02 is -2"),
        ("5", ("NaN",), "1", "demand of 2026-06-01 is NaN"),
    ],
)
def test_a_record_that_cannot_be_replayed_says_why(
    opening: str, demand: tuple[str, ...], cost: str, complaint: str
) -> None:
    with pytest.raises(InvalidHistoryError, match=complaint):
        RecordedDemand(MONDAY, Decimal(opening), tuple(map(Decimal, demand)), unit_cost=Decimal(cost))


@pytest.mark.parametrize(
    ("days", "quantity", "complaint"),
    [(-1, "5", "part of the opening stock"), (2, "-5", "went back"), (2, "NaN", "NaN")],
)
def test_a_receipt_that_cannot_be_replayed_says_why(days: int, quantity: str, complaint: str) -> None:
    with pytest.raises(InvalidHistoryError, match=complaint):
        replay_receipts(three_a_day(), [StockMove(MONDAY + timedelta(days=days), Decimal(quantity))])


@pytest.mark.parametrize("quantity", ["-1", "NaN"])
def test_a_rule_cannot_order_less_than_nothing(quantity: str) -> None:
    with pytest.raises(InvalidRuleError, match="the rule orders"):
        replay_rule(three_a_day(), lambda _position, _day: Decimal(quantity), LeadTime(2))


amounts = st.integers(0, 30).map(Decimal)
records = st.builds(
    RecordedDemand,
    st.just(MONDAY),
    amounts,
    st.lists(amounts, min_size=1, max_size=40).map(tuple),
    unit_cost=amounts,
    shortage=st.sampled_from(Shortage),
)
rules = st.builds(
    lambda minimum, more: OrderPointRule(minimum, minimum + more), amounts, st.integers(1, 40).map(Decimal)
)


@given(records, rules, st.integers(0, 6))
def test_the_receipts_of_a_rule_replayed_give_the_same_days(
    recorded: RecordedDemand, rule: OrderPointRule, lead_days: int
) -> None:
    receipts = []

    def remember(position: StockPosition, day: date) -> Decimal:
        ordered = follow_order_point(rule)(position, day)
        receipts.append(StockMove(day + timedelta(days=max(lead_days, 1)), ordered))
        return ordered

    by_rule = replay_rule(recorded, remember, LeadTime(lead_days))
    as_done = replay_receipts(recorded, [receipt for receipt in receipts if receipt.quantity])
    assert as_done.stock_by_day == by_rule.stock_by_day
    assert (as_done.units_short, as_done.days_short) == (by_rule.units_short, by_rule.days_short)


@given(records, st.lists(st.tuples(st.integers(0, 39), amounts), max_size=8))
def test_no_unit_appears_or_disappears(recorded: RecordedDemand, arrivals: list[tuple[int, Decimal]]) -> None:
    receipts = [StockMove(MONDAY + timedelta(days=days), quantity) for days, quantity in arrivals]
    result = replay_receipts(recorded, receipts)
    came = sum(quantity for days, quantity in arrivals if days < result.days)
    served_on_their_day = result.units_demanded - result.units_short
    left = recorded.opening_stock + came - served_on_their_day - result.stock_by_day[-1]
    # What is left went to those who waited.
    assert 0 <= left <= result.units_short
    assert left == 0 or recorded.shortage is Shortage.BACKORDERS


@given(records, st.lists(st.tuples(st.integers(0, 39), amounts), max_size=8), st.integers(1, 20))
def test_more_stock_never_serves_fewer(
    recorded: RecordedDemand, arrivals: list[tuple[int, Decimal]], more: int
) -> None:
    receipts = [StockMove(MONDAY + timedelta(days=days), quantity) for days, quantity in arrivals]
    richer = RecordedDemand(
        MONDAY, recorded.opening_stock + more, recorded.per_day, recorded.unit_cost, recorded.shortage
    )
    less, rich = replay_receipts(recorded, receipts), replay_receipts(richer, receipts)
    assert rich.units_short <= less.units_short
    assert rich.average_stock >= less.average_stock
