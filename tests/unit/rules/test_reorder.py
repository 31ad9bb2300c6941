"""Stock is ordered in time, in packs that exist, once, and for reasons that figures show."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automations.rules.reorder.ddmrp import BufferProfile, size_buffer
from automations.rules.reorder.lots import InvalidRuleError, LotRule
from automations.rules.reorder.order_point import OrderPointRule, StockPosition, Trigger, order_quantity
from automations.rules.reorder.supplier_price import PriceBreak, PriceList, price_purchase
from automations.rules.reorder.supply import LeadTime, Need, merge_needs
from automations.rules.reorder.time_phased import Horizon, StockMove, plan_order
from automations.rules.working_days import WorkingDays

TODAY = date(2026, 6, 1)
MONDAY_TO_FRIDAY = WorkingDays()

quantities = st.integers(-500, 500).map(Decimal)
positive = st.integers(1, 60).map(Decimal)
positions = st.builds(StockPosition, *[quantities] * 5)
lots = st.builds(LotRule, st.integers(0, 200).map(Decimal), st.none() | positive, st.none() | positive)


@st.composite
def rules(draw: st.DrawFn) -> OrderPointRule:
    minimum = draw(quantities)
    maximum = draw(st.none() | st.integers(0, 300).map(lambda more: minimum + more))
    fixed = draw(st.none() | positive)
    return OrderPointRule(minimum, maximum, fixed, draw(lots), draw(st.sampled_from(Trigger)))


@given(positions, rules())
def test_an_order_fills_the_stock_and_a_second_run_proposes_nothing(
    position: StockPosition, rule: OrderPointRule
) -> None:
    ordered = order_quantity(position, rule)
    filled = replace(position, on_order=position.on_order + ordered)
    if ordered:
        assert filled.projected >= rule.minimum
    if rule.trigger is Trigger.BELOW:
        assert order_quantity(filled, rule) == 0


@given(positions, rules())
def test_what_is_ordered_can_be_delivered(position: StockPosition, rule: OrderPointRule) -> None:
    ordered = order_quantity(position, rule)
    assert ordered == 0 or ordered >= rule.lot.minimum
    for size in (rule.lot.multiple, rule.lot.purchase_unit_size):
        assert size is None or ordered % size == 0


def test_a_snoozed_rule_sleeps_until_its_day() -> None:
    rule = OrderPointRule(Decimal(5), snoozed_until=TODAY)
    empty = StockPosition(Decimal(0))
    assert order_quantity(empty, rule, TODAY - timedelta(days=1)) == 0
    assert order_quantity(empty, rule, TODAY) == 5


def test_packs_of_six_on_pallets_of_four_are_ordered_by_the_dozen() -> None:
    assert LotRule(multiple=Decimal(6), purchase_unit_size=Decimal(4)).round_up(Decimal(13)) == 24
    assert LotRule(multiple=Decimal("0.4"), purchase_unit_size=Decimal("0.6")).step == Decimal("1.2")


@pytest.mark.parametrize(
    ("minimum", "maximum", "fixed"), [(5, 4, None), (5, None, 0)], ids=["above its maximum", "nothing at a time"]
)
def test_a_rule_that_contradicts_itself_is_refused(minimum: int, maximum: int | None, fixed: int | None) -> None:
    with pytest.raises(InvalidRuleError):
        OrderPointRule(
            Decimal(minimum),
            None if maximum is None else Decimal(maximum),
            None if fixed is None else Decimal(fixed),
        )


@pytest.mark.parametrize("size", [Decimal(0), Decimal(-2)])
def test_a_pack_holds_something(size: Decimal) -> None:
    with pytest.raises(InvalidRuleError, match="more than nothing"):
        LotRule(multiple=size)


def test_stock_is_too_low_on_the_day_of_the_delivery_and_overdue_deliveries_count_today() -> None:
    moves = [StockMove(TODAY - timedelta(days=3), Decimal(-2)), StockMove(TODAY + timedelta(days=9), Decimal(-6))]
    need = plan_order(TODAY, Decimal(5), moves, Horizon(2, 20, 20), Decimal(0), Decimal(4))
    assert (need.quantity, need.needed_on) == (Decimal(7), TODAY + timedelta(days=9))


def test_a_lead_time_of_working_days_leaps_weekends_both_ways() -> None:
    lead_time = LeadTime(3, MONDAY_TO_FRIDAY)
    assert lead_time.arrival(date(2026, 6, 4)) == date(2026, 6, 9)
    assert lead_time.order_by(date(2026, 6, 9)) == date(2026, 6, 4)


def test_a_receipt_lands_on_the_next_working_day_and_an_order_on_the_one_before() -> None:
    lead_time = LeadTime(2, landing=MONDAY_TO_FRIDAY)
    assert lead_time.arrival(date(2026, 6, 4)) == date(2026, 6, 8)
    assert lead_time.order_by(date(2026, 6, 9)) == date(2026, 6, 5)


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)).filter(MONDAY_TO_FRIDAY.is_working), st.integers(0, 60))
def test_what_is_ordered_by_that_day_arrives_on_the_working_day_that_needs_it(needed_on: date, days: int) -> None:
    lead_time = LeadTime(days, MONDAY_TO_FRIDAY)
    assert lead_time.arrival(lead_time.order_by(needed_on)) == needed_on


def test_needs_of_one_supplier_within_the_window_are_one_order() -> None:
    days = [TODAY + timedelta(days=number) for number in range(5)]
    needs = [Need("B", "S1", days[3]), Need("A", "S1", days[0]), Need("C", "S1", days[2]), Need("D", "S2", days[1])]
    merged = [(order.supplier, order.order_date, order.items) for order in merge_needs(needs, 2)]
    assert merged == [("S1", days[0], ("A", "C")), ("S2", days[1], ("D",)), ("S1", days[3], ("B",))]


def test_more_is_bought_only_where_it_costs_less_in_all() -> None:
    prices = PriceList(Decimal(12), [PriceBreak(Decimal(1), Decimal(10)), PriceBreak(Decimal(100), Decimal("8.5"))])
    assert price_purchase(Decimal(86), prices, buy_more_if_cheaper=True).quantity == 100
    assert price_purchase(Decimal(85), prices, buy_more_if_cheaper=True).quantity == 85
    assert price_purchase(Decimal(86), prices).amount == 860


def test_a_return_is_priced_as_what_was_bought() -> None:
    prices = PriceList(Decimal(12), [PriceBreak(Decimal(10), Decimal(9))])
    assert price_purchase(Decimal(-10), prices).amount == -90


@given(st.tuples(*[st.integers(1, 50).map(Decimal)] * 2), st.integers(0, 600).map(Decimal))
def test_a_buffer_is_ordered_up_to_its_top_once_it_leaves_green(
    profile: tuple[Decimal, Decimal], net_flow: Decimal
) -> None:
    zones = size_buffer(BufferProfile(*profile, Decimal("0.5"), Decimal("0.5")))
    ordered = zones.order(net_flow)
    assert (ordered == 0) == (net_flow > zones.top_of_yellow)
    assert ordered == 0 or net_flow + ordered == zones.top_of_green
