"""Reorder policies: from a rule's figures and a forecast to the stock below which, and up to which, is ordered."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise
from math import ceil

from automations.rules.reorder.ddmrp import BufferProfile, size_buffer
from automations.rules.reorder.lot_sizes import economic_order, plan_lots
from automations.rules.reorder.lots import InvalidRuleError, round_up
from automations.rules.reorder.order_point import OrderPointRule, Trigger
from automations.rules.reorder.outlook import DemandOutlook
from automations.rules.reorder.uncertain_demand import STANDARD, SSPolicy, StockCosts, newsvendor, ss_policy_poisson
from connectors.contracts.inventory import ReorderPolicy, ReorderRule
from connectors.money import ZERO

AUTO, NONE = "auto", "none"
DEFAULT_LOT_PERIODS = 12
# Beyond this the exact (s, S) of Poisson demand takes longer than an item may; a day sells less of almost anything.
MOST_POISSON_DEMAND = 200.0
LARGEST_FIGURE = 10**12
# What a float may lie above a whole number and still mean it.
SLACK = 1e-9

Figures = Mapping[str, Decimal | float | str | None]


@dataclass(frozen=True, slots=True)
class Planning:
    """What the levels depend on beside the rule: calendar days until goods ordered now are here, and the defaults.

    `minimum_order` is the supplier's, in stock units.
    """

    today: date
    lead_days: int
    outlook: DemandOutlook | None
    service_level: Decimal
    review_days: int
    minimum_order: Decimal = ZERO

    @property
    def demand(self) -> DemandOutlook:
        if self.outlook is None:
            raise InvalidRuleError('The rule needs a forecast, but says "none": name a method or "auto".')
        return self.outlook


@dataclass(frozen=True, slots=True)
class Levels:
    """What stock is compared with at the lead-time horizon.

    `demand` is what the forecast takes off until then, 0 where none is used. `is_acting` is False on days on which a
    snoozed or periodic rule rests. `figures` tell how the levels came about.
    """

    point: OrderPointRule
    demand: Decimal = ZERO
    is_acting: bool = True
    figures: Figures = field(default_factory=dict)

    @property
    def target(self) -> Decimal:
        """Up to which stock is ordered; for a fixed quantity what one order makes of the reorder point."""
        if self.point.fixed_quantity is not None:
            return self.point.minimum + self.point.fixed_quantity
        return self.point.minimum if self.point.maximum is None else self.point.maximum

    @property
    def typical_order(self) -> Decimal:
        """What suppliers are compared by before it is known whether anything is needed; above 0."""
        return max(self.target - self.point.minimum, self.demand, Decimal(1))

    def need(self, position: Decimal) -> Decimal:
        """What is missing before any rounding, 0 for nothing; `position` without the forecast's demand."""
        projected = position - self.demand
        return max(self.point.needed(projected), ZERO) if self.point.is_due(projected) else ZERO


def needs_forecast(rule: ReorderRule) -> bool:
    """Whether the levels of this rule follow from a forecast, or stock is to be lowered by one."""
    if rule.forecast:
        return rule.forecast != NONE
    given = {
        ReorderPolicy.ORDER_POINT: {"minimum"},
        ReorderPolicy.FIXED_QUANTITY: {"reorder_point", "quantity"},
        ReorderPolicy.S_S: {"reorder_point", "order_up_to"},
    }.get(_policy(rule))
    return given is None or not given <= rule.figures.keys()


def find_levels(rule: ReorderRule, planning: Planning) -> Levels:
    """The levels of every policy but `time_phased`, which follows stock day by day. Raises InvalidRuleError."""
    check_rule(rule, planning)
    levels = _MAKERS[_policy(rule)](rule, planning)
    is_snoozed = rule.snoozed_until is not None and planning.today < rule.snoozed_until
    return replace(levels, is_acting=False) if is_snoozed else levels


def check_rule(rule: ReorderRule, planning: Planning) -> None:
    """Raises InvalidRuleError for figures with which nobody can reckon."""
    for name, figure in rule.figures.items():
        if not figure.is_finite() or not 0 <= figure <= LARGEST_FIGURE:
            raise InvalidRuleError(f"The figure {name} is a number from 0 to 10^12, not {figure}: correct it.")
    if not 0 < planning.service_level < 1:
        raise InvalidRuleError(f"A service level is between 0 and 1, not {planning.service_level}: correct it.")
    if rule.trigger not in tuple(Trigger):
        raise InvalidRuleError(f"The trigger {rule.trigger!r} is unknown: use below or at_or_below.")
    if rule.horizon_days is not None and rule.horizon_days < 0:
        raise InvalidRuleError(f"The lead-time horizon is 0 days or more, not {rule.horizon_days}: correct it.")
    _policy(rule)


def _policy(rule: ReorderRule) -> ReorderPolicy:
    try:
        return ReorderPolicy(rule.policy)
    except ValueError:
        known = ", ".join(ReorderPolicy)
        raise InvalidRuleError(f"The policy {rule.policy!r} is unknown: use one of {known}.") from None


def _required(rule: ReorderRule, name: str) -> Decimal:
    if name not in rule.figures:
        raise InvalidRuleError(f"The policy {rule.policy} needs the figure {name}: add it.")
    return rule.figures[name]


def _whole(quantity: float) -> Decimal:
    """A computed quantity, up to the next whole stock unit and never below 0."""
    return Decimal(max(ceil(quantity - SLACK), 0))


def _lead_demand(planning: Planning) -> Decimal:
    return ZERO if planning.outlook is None else _whole(planning.outlook.over(planning.lead_days))


def _exact(quantity: float) -> Decimal:
    return Decimal(f"{quantity:.4f}")


def _safety(planning: Planning, days: float) -> tuple[float, Figures]:
    """z·σ over some days."""
    z = STANDARD.inv_cdf(float(planning.service_level))
    deviation = planning.demand.deviation_over(days)
    stock = max(z * deviation, 0.0)
    return stock, {"service_level": planning.service_level, "z": z, "deviation": deviation, "safety_stock": stock}


def _order_point(rule: ReorderRule, planning: Planning) -> Levels:
    point = OrderPointRule(_required(rule, "minimum"), rule.figures.get("maximum"), trigger=Trigger(rule.trigger))
    return Levels(point, _lead_demand(planning))


def _fixed_quantity(rule: ReorderRule, planning: Planning) -> Levels:
    figures: Figures = {}
    point = rule.figures.get("reorder_point")
    if point is None:
        safety, figures = _safety(planning, planning.lead_days)
        point = _whole(safety)
    quantity = rule.figures.get("quantity")
    if quantity is None:
        fixed, holding = float(_required(rule, "fixed_cost")), float(_required(rule, "holding_cost"))
        per_year = planning.demand.per_year
        # Where nothing is sold an economic lot is nothing; what is missing is ordered all the same.
        economic = economic_order(fixed, holding, per_year).order_quantity if per_year > 0 else 0.0
        quantity = max(_whole(economic), Decimal(1))
        figures = {**figures, "demand_per_year": per_year, "economic_quantity": economic}
    return Levels(
        OrderPointRule(point, fixed_quantity=quantity, trigger=Trigger(rule.trigger)),
        _lead_demand(planning),
        figures=figures,
    )


def _s_s(rule: ReorderRule, planning: Planning) -> Levels:
    if "reorder_point" in rule.figures:
        point = OrderPointRule(
            rule.figures["reorder_point"], _required(rule, "order_up_to"), trigger=Trigger(rule.trigger)
        )
        return Levels(point, _lead_demand(planning))
    per_day = planning.demand.per_day
    if not 0 < per_day <= MOST_POISSON_DEMAND:
        if per_day > MOST_POISSON_DEMAND:
            raise InvalidRuleError(
                f"An exact (s, S) is made for up to {MOST_POISSON_DEMAND:.0f} a day, {per_day:.0f} are sold: "
                "give reorder_point and order_up_to, or use fixed_quantity."
            )
        return Levels(OrderPointRule(ZERO, ZERO))
    policy = _exact_s_s(
        float(_required(rule, "holding_cost")),
        float(_required(rule, "stockout_cost")),
        float(_required(rule, "fixed_cost")),
        round(per_day, 3) or per_day,
    )
    # The exact policy orders at s; stock counts in whole units there.
    low, high = max(policy.reorder_point, 0), max(policy.order_up_to, 0)
    point = OrderPointRule(Decimal(low), Decimal(max(low, high)), trigger=Trigger.AT_OR_BELOW)
    figures: Figures = {"per_day": per_day, "cost_per_day": policy.cost_per_period}
    return Levels(point, _lead_demand(planning), figures=figures)


@lru_cache(maxsize=10_000)
def _exact_s_s(holding: float, stockout: float, fixed: float, mean: float) -> SSPolicy:
    return ss_policy_poisson(StockCosts(holding, stockout, fixed), mean)


def _newsvendor(rule: ReorderRule, planning: Planning) -> Levels:
    costs = StockCosts(float(_required(rule, "holding_cost")), float(_required(rule, "stockout_cost")))
    demand = planning.demand
    best = newsvendor(costs, demand.per_day, demand.deviation_per_day, planning.lead_days)
    level = _whole(best.order_up_to)
    figures: Figures = {"per_day": demand.per_day, "critical_ratio": costs.critical_ratio}
    return Levels(OrderPointRule(level, level, trigger=Trigger(rule.trigger)), figures=figures)


def _periodic_review(rule: ReorderRule, planning: Planning) -> Levels:
    every = int(rule.figures.get("review_days", planning.review_days))
    if every < 1:
        raise InvalidRuleError(f"Stock is reviewed every day or more rarely, not every {every} days: correct it.")
    days = planning.lead_days + every
    safety, figures = _safety(planning, days)
    expected = planning.demand.over(days)
    target = _whole(expected + safety)
    # Day 1 of the calendar was a Monday: a review of seven days is on Mondays.
    is_review_day = (planning.today.toordinal() - 1) % every == 0
    more: Figures = {"review_days": Decimal(every), "demand_until_next": expected}
    point = OrderPointRule(target, target, trigger=Trigger(rule.trigger))
    return Levels(point, is_acting=is_review_day, figures={**figures, **more})


def _lot_sizing(rule: ReorderRule, planning: Planning) -> Levels:
    fixed, holding = float(_required(rule, "fixed_cost")), float(_required(rule, "holding_cost"))
    count = int(rule.figures.get("periods", DEFAULT_LOT_PERIODS))
    if not 1 <= count <= 52:
        raise InvalidRuleError(f"Lots are planned over 1 to 52 periods, not {count}: correct it.")
    demand, lead = planning.demand, planning.lead_days
    ends = [demand.over(lead + number * demand.period_days) for number in range(count + 1)]
    coming = [max(later - earlier, 0.0) for earlier, later in pairwise(ends)]
    lot = plan_lots(fixed, holding, coming).orders[0]
    safety, figures = _safety(planning, lead)
    point = OrderPointRule(_whole(safety), _whole(safety + lot), trigger=Trigger(rule.trigger))
    return Levels(point, _lead_demand(planning), figures={**figures, "lot": lot, "periods": Decimal(count)})


def _ddmrp(rule: ReorderRule, planning: Planning) -> Levels:
    usage = _exact(planning.demand.per_day)
    zones = size_buffer(
        BufferProfile(
            lead_time=Decimal(planning.lead_days),
            average_daily_usage=usage,
            lead_time_factor=_required(rule, "lead_time_factor"),
            variability=_required(rule, "variability"),
            minimum_order=planning.minimum_order,
            order_cycle=rule.figures.get("order_cycle", ZERO),
        )
    )
    yellow, green = (round_up(top, Decimal(1)) for top in (zones.top_of_yellow, zones.top_of_green))
    point = OrderPointRule(yellow, green, trigger=Trigger.AT_OR_BELOW)
    figures: Figures = {
        "daily_usage": usage,
        "red": zones.red,
        "yellow": zones.yellow,
        "green": zones.green,
    }
    return Levels(point, figures=figures)


_MAKERS: Mapping[ReorderPolicy, Callable[[ReorderRule, Planning], Levels]] = {
    ReorderPolicy.ORDER_POINT: _order_point,
    ReorderPolicy.FIXED_QUANTITY: _fixed_quantity,
    ReorderPolicy.S_S: _s_s,
    ReorderPolicy.NEWSVENDOR: _newsvendor,
    ReorderPolicy.PERIODIC_REVIEW: _periodic_review,
    ReorderPolicy.LOT_SIZING: _lot_sizing,
    ReorderPolicy.DDMRP: _ddmrp,
}
