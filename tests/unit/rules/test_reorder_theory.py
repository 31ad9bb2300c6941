"""Order quantities of the textbooks: the optimum is one, and costs rise to both of its sides.

Figures beside which no other reason stands were computed with stockpyl 1.0 from PyPI.
"""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automations.rules.reorder.intermittent import forecast_intermittent
from automations.rules.reorder.lot_sizes import Discount, discounted_order, economic_order, order_cost, plan_lots
from automations.rules.reorder.lots import InvalidRuleError
from automations.rules.reorder.uncertain_demand import (
    LeadTimeDemand,
    StockCosts,
    newsvendor,
    rq_by_expected_inventory,
    rq_cost,
    rq_with_backorders,
    rq_with_safety_stock,
    safety_stock,
    ss_policy_poisson,
)

COSTS = StockCosts(0.225, 7.5, 8)
DEMAND = LeadTimeDemand.of(1300, 150, 1 / 12)
figures = st.floats(0.1, 1000)


@given(figures, figures, figures)
def test_no_other_quantity_costs_less_than_the_economic_one(fixed: float, holding: float, demand: float) -> None:
    best = economic_order(fixed, holding, demand)
    for other in (0.5, 0.9, 1.1, 2):
        assert order_cost(best.order_quantity * other, fixed, holding, demand) > best.cost_per_year


@pytest.mark.parametrize(
    ("discount", "quantity", "index", "cost"),
    [(Discount.ALL_UNITS, 800, 2, 978.6), (Discount.INCREMENTAL, 304.0467800264, 0, 1043.4105255059)],
)
def test_a_discount_on_all_units_is_worth_more_than_one_on_the_rest(
    discount: Discount, quantity: float, index: int, cost: float
) -> None:
    order = discounted_order(discount, 8, 0.3, 1300, [0, 400, 800], [0.75, 0.72, 0.68])
    assert (order.order_quantity, order.break_index, order.cost_per_year) == pytest.approx((quantity, index, cost))


def test_breaks_that_do_not_rise_are_refused() -> None:
    with pytest.raises(InvalidRuleError, match="breaks rise"):
        discounted_order(Discount.ALL_UNITS, 8, 0.3, 1300, [0, 400, 400], [3, 2, 1])


demands = st.lists(st.integers(0, 40), max_size=6)


@given(demands, st.integers(0, 60), st.integers(1, 5))
def test_no_choice_of_periods_is_cheaper_than_the_plan(demand: list[int], fixed: int, holding: int) -> None:
    plan = plan_lots(fixed, holding, demand)
    assert sum(plan.orders) == sum(demand)
    assert plan.cost == pytest.approx(_cost(plan.orders, demand, fixed, holding))
    for choice in product((False, True), repeat=len(demand)):
        orders = [0.0] * len(demand)
        place = None
        for period, quantity in enumerate(demand):
            place = period if choice[period] or place is None else place
            orders[place] += quantity
        assert plan.cost <= _cost(orders, demand, fixed, holding) + 1e-9


def _cost(orders: "tuple[float, ...] | list[float]", demand: list[int], fixed: int, holding: int) -> float:
    stock = cost = 0.0
    for ordered, sold in zip(orders, demand, strict=True):
        stock += ordered - sold
        cost += stock * holding + (fixed if ordered else 0)
    return cost


@pytest.mark.parametrize(
    ("policy", "point", "quantity", "cost"),
    [
        (rq_with_safety_stock(COSTS, DEMAND), 190.3369965716, 304.0467800264, 87.0483700344),
        (rq_with_backorders(COSTS, DEMAND), 128.6378143, 308.5737801204, 78.2024318769),
        (rq_by_expected_inventory(COSTS, DEMAND), 213.9704421, 318.5901809, 95.4511402),
    ],
    ids=["safety stock", "backorders", "expected inventory"],
)
def test_point_and_quantity_of_each_method(policy: object, point: float, quantity: float, cost: float) -> None:
    found = (policy.reorder_point, policy.order_quantity, policy.cost_per_year)  # type: ignore[attr-defined]
    assert found == pytest.approx((point, quantity, cost), abs=1e-6)


@pytest.mark.parametrize("moved", [-20, -5, 5, 20])
def test_the_point_with_backorders_is_the_best_for_its_quantity(moved: float) -> None:
    best = rq_with_backorders(COSTS, DEMAND)
    assert rq_cost(best.reorder_point + moved, best.order_quantity, COSTS, DEMAND) > best.cost_per_year


def test_stock_that_nobody_misses_has_no_policy() -> None:
    with pytest.raises(InvalidRuleError, match="never worth holding"):
        rq_by_expected_inventory(StockCosts(50, 0.01, 8), DEMAND)


@pytest.mark.parametrize(
    ("costs", "mean", "policy"),
    [(StockCosts(1, 4, 5), 6, (4, 10, 8.034111561)), (StockCosts(1, 10, 64), 20, (15, 63, 49.551071371))],
)
def test_the_exact_s_s_policy(costs: StockCosts, mean: float, policy: tuple[int, int, float]) -> None:
    found = ss_policy_poisson(costs, mean)
    assert (found.reorder_point, found.order_up_to, found.cost_per_period) == pytest.approx(policy)


def test_a_longer_wait_asks_for_more_stock() -> None:
    costs = StockCosts(0.18, 0.7)
    assert newsvendor(costs, 50, 8, lead_time_periods=4).order_up_to == pytest.approx(264.7668943742)
    certain, uncertain = safety_stock(20, 5, 9, 0.95), safety_stock(20, 5, 9, 0.95, lead_time_deviation_days=2)
    assert uncertain.safety_stock > certain.safety_stock


@pytest.mark.parametrize("level", [0, 1, 1.5])
def test_no_stock_is_ever_always_enough(level: float) -> None:
    with pytest.raises(InvalidRuleError, match="between 0 and 1"):
        safety_stock(20, 5, 9, level)


def test_what_was_never_sold_is_not_forecast() -> None:
    forecast = forecast_intermittent([0, 0, 0], 0.1)
    assert (forecast.croston, forecast.sba, forecast.tsb) == (0, 0, 0)


@given(st.lists(st.integers(0, 20), min_size=1, max_size=30), st.floats(0.01, 1))
def test_sba_is_below_croston_and_no_forecast_is_negative(demand: list[int], alpha: float) -> None:
    forecast = forecast_intermittent(demand, alpha)
    assert 0 <= forecast.sba <= forecast.croston
    assert 0 <= forecast.tsb <= max(demand)
