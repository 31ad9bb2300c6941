"""How much to order at a time when demand is known: economic quantities, discounts, and lots over periods."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from math import inf, sqrt

from automations.rules.reorder.lots import InvalidRuleError


class Discount(StrEnum):
    """Whether the price of a break holds for all units or for those beyond it."""

    ALL_UNITS = "all_units"
    INCREMENTAL = "incremental"


@dataclass(frozen=True, slots=True)
class EconomicOrder:
    """`break_index` names the price that holds, 0 being the first."""

    order_quantity: float
    cost_per_year: float
    break_index: int = 0


@dataclass(frozen=True, slots=True)
class LotPlan:
    """What to order in each period, and what setting up and holding cost in all."""

    orders: tuple[float, ...]
    cost: float


def order_cost(quantity: float, fixed_cost: float, holding_cost: float, demand_per_year: float) -> float:
    """Per year: fixed cost of the orders, and holding cost of half a lot on average."""
    return fixed_cost * demand_per_year / quantity + holding_cost * quantity / 2


def economic_order(fixed_cost: float, holding_cost: float, demand_per_year: float) -> EconomicOrder:
    """The quantity with the lowest yearly cost, √(2KD/h) (Harris, 1913); holding cost per unit and year."""
    _check_positive(fixed_cost=fixed_cost, holding_cost=holding_cost, demand_per_year=demand_per_year)
    quantity = sqrt(2 * fixed_cost * demand_per_year / holding_cost)
    return EconomicOrder(quantity, order_cost(quantity, fixed_cost, holding_cost, demand_per_year))


def discounted_order(
    discount: Discount,
    fixed_cost: float,
    holding_rate: float,
    demand_per_year: float,
    breaks: Sequence[float],
    prices: Sequence[float],
) -> EconomicOrder:
    """The quantity with the lowest yearly cost, purchases included; `breaks` begin with 0, one for each price.

    The holding rate is per unit of money and year (Snyder and Shen, Fundamentals of Supply Chain Theory, 3.4).
    """
    _check_positive(fixed_cost=fixed_cost, holding_rate=holding_rate, demand_per_year=demand_per_year)
    if not prices or len(breaks) != len(prices) or any(one >= other for one, other in pairwise(breaks)):
        raise InvalidRuleError("Price breaks rise, and each has one price.")
    extra, offers = 0.0, []
    for index, (start, price) in enumerate(zip(breaks, prices, strict=True)):
        end = breaks[index + 1] if index + 1 < len(breaks) else inf
        if discount is Discount.INCREMENTAL and index:
            # What the units before this break cost more than its price would have made them.
            extra += (prices[index - 1] - price) * start
        quantity = sqrt(2 * (fixed_cost + extra) * demand_per_year / (holding_rate * price))
        if quantity >= end:
            continue
        quantity = max(quantity, start)
        cost = (
            price * demand_per_year
            + (fixed_cost + extra) * demand_per_year / quantity
            + holding_rate * (extra + price * quantity) / 2
        )
        offers.append(EconomicOrder(quantity, cost, index))
    return min(offers, key=lambda offer: offer.cost_per_year)


def plan_lots(fixed_cost: float, holding_cost: float, demand: Sequence[float]) -> LotPlan:
    """The cheapest orders for known demand of periods to come (Wagner and Whitin, 1958); holding cost per period.

    An order covers whole periods; of equally cheap plans the one that orders later is taken.
    """
    # From the end: best[t] is the cheapest way from period t on, covers[t] the period before which it orders next.
    best, covers = [0.0] * (len(demand) + 1), [0] * len(demand)
    for start in reversed(range(len(demand))):
        best[start] = inf
        held = 0.0
        for end in range(start + 1, len(demand) + 1):
            held += holding_cost * (end - 1 - start) * demand[end - 1]
            is_needed = any(demand[start:end])
            cost = (fixed_cost if is_needed else 0) + held + best[end]
            if cost < best[start]:
                best[start], covers[start] = cost, end
    orders, period = [0.0] * len(demand), 0
    while period < len(demand):
        orders[period] = sum(demand[period : covers[period]])
        period = covers[period]
    return LotPlan(tuple(orders), best[0])


def _check_positive(**figures: float) -> None:
    for name, figure in figures.items():
        if not figure > 0:
            raise InvalidRuleError(f"{name} must be above 0, not {figure}.")
