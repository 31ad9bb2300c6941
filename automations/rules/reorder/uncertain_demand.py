"""How much to order when demand is uncertain: safety stock, newsvendor, (r, Q) and (s, S) policies.

Formulas after Snyder and Shen, Fundamentals of Supply Chain Theory, 2nd edition, chapters 4 and 5. Demand is normal
unless another distribution is named; costs are per unit and year or period, as the figures given are.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, lgamma, log, sqrt
from statistics import NormalDist

from automations.rules.reorder.lot_sizes import economic_order
from automations.rules.reorder.lots import InvalidRuleError

STANDARD = NormalDist()
CLOSE_ENOUGH = 1e-12
MOST_ROUNDS = 1000


@dataclass(frozen=True, slots=True)
class SafetyStock:
    """`z` is the number of standard deviations that the service level asks for."""

    z: float
    safety_stock: float
    reorder_point: float


@dataclass(frozen=True, slots=True)
class OrderUpTo:
    order_up_to: float
    cost_per_period: float


@dataclass(frozen=True, slots=True)
class RQPolicy:
    """Order `order_quantity` when the inventory position falls to `reorder_point`."""

    reorder_point: float
    order_quantity: float
    cost_per_year: float


@dataclass(frozen=True, slots=True)
class SSPolicy:
    """Order up to `order_up_to` when stock is at or below `reorder_point`."""

    reorder_point: int
    order_up_to: int
    cost_per_period: float


@dataclass(frozen=True, slots=True)
class StockCosts:
    """Of holding a unit, of lacking one, and of an order."""

    holding: float
    stockout: float
    fixed: float = 0.0

    def __post_init__(self) -> None:
        if not (self.holding > 0 and self.stockout > 0 and self.fixed >= 0):
            raise InvalidRuleError("Holding and stockout cost are above 0, the cost of an order is not below it.")

    @property
    def critical_ratio(self) -> float:
        return self.stockout / (self.stockout + self.holding)


@dataclass(frozen=True, slots=True)
class LeadTimeDemand:
    """Normal demand over the lead time, with the demand of a year."""

    per_year: float
    mean: float
    deviation: float

    @classmethod
    def of(cls, per_year: float, deviation_per_year: float, lead_time_years: float) -> "LeadTimeDemand":
        return cls(per_year, per_year * lead_time_years, deviation_per_year * sqrt(lead_time_years))


def safety_stock(
    demand_per_day: float,
    deviation_per_day: float,
    lead_time_days: float,
    service_level: float,
    lead_time_deviation_days: float = 0.0,
) -> SafetyStock:
    """z·√(L·σ² + d²·σ_L²) above the demand of the lead time; the service level is per order cycle, 0 to 1."""
    if not 0 < service_level < 1:
        raise InvalidRuleError(f"A service level is between 0 and 1, not {service_level}.")
    z = STANDARD.inv_cdf(service_level)
    stock = z * sqrt(lead_time_days * deviation_per_day**2 + (demand_per_day * lead_time_deviation_days) ** 2)
    return SafetyStock(z, stock, demand_per_day * lead_time_days + stock)


def newsvendor(costs: StockCosts, mean: float, deviation: float, lead_time_periods: float = 0.0) -> OrderUpTo:
    """The order-up-to level of the critical ratio over the lead time and the period itself."""
    periods = lead_time_periods + 1
    over_mean, over_deviation = mean * periods, deviation * sqrt(periods)
    z = STANDARD.inv_cdf(costs.critical_ratio)
    return OrderUpTo(
        over_mean + z * over_deviation, (costs.holding + costs.stockout) * over_deviation * STANDARD.pdf(z)
    )


def rq_with_safety_stock(costs: StockCosts, demand: LeadTimeDemand) -> RQPolicy:
    """The economic order quantity, and a reorder point with safety stock by the critical ratio."""
    quantity = economic_order(costs.fixed, costs.holding, demand.per_year).order_quantity
    point = demand.mean + STANDARD.inv_cdf(costs.critical_ratio) * demand.deviation
    return RQPolicy(point, quantity, rq_cost(point, quantity, costs, demand))


def rq_with_backorders(costs: StockCosts, demand: LeadTimeDemand) -> RQPolicy:
    """The economic order quantity with backorders, and the reorder point that is best for it."""
    quantity = sqrt(
        2 * costs.fixed * demand.per_year * (costs.holding + costs.stockout) / (costs.holding * costs.stockout)
    )
    best = demand.mean + STANDARD.inv_cdf(costs.critical_ratio) * demand.deviation
    # At the best point it costs as much to hold the point as to hold the point plus the lot.
    point = _bisect(
        lambda point: _stock_cost(point + quantity, costs, demand) - _stock_cost(point, costs, demand),
        best - quantity,
        best,
    )
    return RQPolicy(point, quantity, rq_cost(point, quantity, costs, demand))


def rq_by_expected_inventory(costs: StockCosts, demand: LeadTimeDemand) -> RQPolicy:
    """Hadley and Whitin's iteration between quantity and point; a unit short costs once, however long it is short."""
    quantity = economic_order(costs.fixed, costs.holding, demand.per_year).order_quantity
    point = demand.mean
    for _ in range(MOST_ROUNDS):
        short = quantity * costs.holding / (costs.stockout * demand.per_year)
        if short >= 1:
            raise InvalidRuleError("Lacking a unit costs so little that stock is never worth holding.")
        before, point = point, demand.mean + STANDARD.inv_cdf(1 - short) * demand.deviation
        lack = _expected_lack(point, demand)
        quantity = sqrt(2 * demand.per_year * (costs.fixed + costs.stockout * lack) / costs.holding)
        if abs(point - before) < CLOSE_ENOUGH * max(1.0, abs(point)):
            break
    orders_a_year = demand.per_year / quantity
    held = point - demand.mean + quantity / 2
    lack = _expected_lack(point, demand)
    cost = costs.holding * held + (costs.fixed + costs.stockout * lack) * orders_a_year
    return RQPolicy(point, quantity, cost)


def rq_cost(point: float, quantity: float, costs: StockCosts, demand: LeadTimeDemand) -> float:
    """Per year, exactly: orders, and the cost of stock over all inventory positions from r to r + Q."""

    def held_up_to(level: float) -> float:
        return costs.holding * (level - demand.mean) ** 2 / 2

    stock = held_up_to(point + quantity) - held_up_to(point)
    lack = _second_loss(point, demand) - _second_loss(point + quantity, demand)
    return (costs.fixed * demand.per_year + stock + (costs.holding + costs.stockout) * lack) / quantity


def ss_policy_poisson(costs: StockCosts, mean: float) -> SSPolicy:
    """The exact optimum for Poisson demand without lead time (Zheng and Federgruen, 1991)."""
    if not mean > 0:
        raise InvalidRuleError(f"The mean demand is above 0, not {mean}.")
    renewal = _Renewal(costs, mean)
    best = renewal.cheapest_level()
    low, high = best - 1, best
    while renewal.cost(low, high) > renewal.level_cost(low):
        low -= 1
    cost = renewal.cost(low, high)
    candidate = high + 1
    while renewal.level_cost(candidate) <= cost:
        if renewal.cost(low, candidate) < cost:
            high = candidate
            while renewal.cost(low, high) <= renewal.level_cost(low + 1):
                low += 1
            cost = renewal.cost(low, high)
        candidate += 1
    return SSPolicy(low, high, cost)


class _Renewal:
    """Costs of (s, S) policies under Poisson demand; what was computed once is kept."""

    def __init__(self, costs: StockCosts, mean: float) -> None:
        self._costs = costs
        self._mean = mean
        # Visits to each level below S until stock falls to s, and their running sum.
        self._visits = [1 / (1 - self._chance(0))]
        self._chances = [self._chance(0)]
        self._level_costs: dict[int, float] = {}

    def cost(self, low: int, high: int) -> float:
        """Per period: an order for each cycle, and what each level visited costs, over the periods of a cycle."""
        visits = [self._visit(distance) for distance in range(high - low)]
        stock = sum(times * self.level_cost(high - distance) for distance, times in enumerate(visits))
        return (self._costs.fixed + stock) / sum(visits)

    def level_cost(self, level: int) -> float:
        """Expected cost of a period that begins with this much stock."""
        if level not in self._level_costs:
            # E[(y - D)+] is the sum of F(0) … F(y - 1).
            below = surplus = 0.0
            for demand in range(max(level, 0)):
                below += self._chance(demand)
                surplus += below
            lack = surplus + self._mean - level
            self._level_costs[level] = self._costs.holding * surplus + self._costs.stockout * lack
        return self._level_costs[level]

    def cheapest_level(self) -> int:
        level, below = 0, self._chance(0)
        while below < self._costs.critical_ratio:
            level += 1
            below += self._chance(level)
        return level

    def _visit(self, distance: int) -> float:
        while len(self._visits) <= distance:
            number = len(self._visits)
            self._chances.append(self._chance(number))
            later = sum(self._chances[step] * self._visits[number - step] for step in range(1, number + 1))
            self._visits.append(self._visits[0] * later)
        return self._visits[distance]

    def _chance(self, demand: int) -> float:
        return exp(demand * log(self._mean) - self._mean - lgamma(demand + 1))


def _stock_cost(level: float, costs: StockCosts, demand: LeadTimeDemand) -> float:
    """Expected yearly cost of holding and lacking at this inventory position."""
    lack = _expected_lack(level, demand)
    return costs.holding * (level - demand.mean + lack) + costs.stockout * lack


def _expected_lack(level: float, demand: LeadTimeDemand) -> float:
    """E[(D - y)+], the normal loss function."""
    z = (level - demand.mean) / demand.deviation
    return demand.deviation * (STANDARD.pdf(z) - z * STANDARD.cdf(-z))


def _second_loss(level: float, demand: LeadTimeDemand) -> float:
    """The integral of the loss function from a level on."""
    z = (level - demand.mean) / demand.deviation
    return demand.deviation**2 / 2 * ((1 + z * z) * STANDARD.cdf(-z) - z * STANDARD.pdf(z))


def _bisect(function: Callable[[float], float], low: float, high: float) -> float:
    """The zero of a rising function between two points."""
    for _ in range(MOST_ROUNDS):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        low, high = (middle, high) if function(middle) < 0 else (low, middle)
    return (low + high) / 2
