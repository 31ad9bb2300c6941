"""How much is missing at a site by its rule: levels compared with the position, or stock followed day by day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from automations.rules.reorder.lots import InvalidRuleError, LotRule
from automations.rules.reorder.order_point import ANY_LOT, OrderPointRule
from automations.rules.reorder.policies import Figures, Levels, Planning, check_rule, find_levels
from automations.rules.reorder.time_phased import Horizon, StockMove, TimedNeed, plan_order
from connectors.contracts.inventory import ReorderPolicy, ReorderRule, StockLevel
from connectors.contracts.purchasing import PurchaseRequest
from connectors.money import ZERO

LONGEST_WATCH_DAYS = 400
WHOLE_UNITS = LotRule(multiple=Decimal(1))


@dataclass(frozen=True, slots=True)
class StockPlan:
    """What is missing with and without the open draft. `needed_on` is the first day on which stock would be too low.

    `figures` are those of the position, in the order in which they add up to what is projected.
    """

    levels: Levels
    lead_days: int
    missing: Decimal
    missing_without_request: Decimal
    figures: Figures
    needed_on: date | None = None

    def need(self, *, with_request: bool) -> Decimal:
        return self.missing if with_request else self.missing_without_request


def make_plan(
    rule: ReorderRule,
    level: StockLevel,
    receipts: Sequence[StockMove],
    request: PurchaseRequest | None,
    planning: Planning,
) -> StockPlan:
    """Raises InvalidRuleError."""
    if rule.policy == ReorderPolicy.TIME_PHASED:
        return _follow_days(rule, level, receipts, request, planning)
    levels = find_levels(rule, planning)
    requested = ZERO if request is None else request.quantity
    position = level.on_hand + sum((receipt.quantity for receipt in receipts), ZERO) - level.reserved
    return StockPlan(
        levels,
        planning.lead_days,
        levels.need(position + requested),
        levels.need(position),
        _figures(level, receipts, request, levels),
    )


def _follow_days(
    rule: ReorderRule,
    level: StockLevel,
    receipts: Sequence[StockMove],
    request: PurchaseRequest | None,
    planning: Planning,
) -> StockPlan:
    check_rule(rule, planning)
    minimum, target = (rule.figures.get(name) for name in ("minimum", "target"))
    if minimum is None or target is None:
        raise InvalidRuleError("The policy time_phased needs the figures minimum and target: add them.")
    point = OrderPointRule(minimum, target)
    watch = max(int(rule.figures.get("watch_days", planning.lead_days + planning.review_days)), planning.lead_days)
    cover = max(int(rule.figures.get("cover_days", watch)), watch)
    if cover > LONGEST_WATCH_DAYS:
        raise InvalidRuleError(f"Stock is followed for up to {LONGEST_WATCH_DAYS} days, not {cover}: correct it.")
    is_snoozed = rule.snoozed_until is not None and planning.today < rule.snoozed_until
    horizon = Horizon(planning.lead_days, watch, cover)
    moves = [*receipts, *_daily_demand(planning, cover)]
    drafted = [] if request is None else [StockMove(request.expected_on, request.quantity)]

    # A forecast has fractions of units that nobody sells.
    lot = ANY_LOT if planning.outlook is None else WHOLE_UNITS

    def follow(more: Sequence[StockMove]) -> TimedNeed:
        available = level.on_hand - level.reserved
        return plan_order(planning.today, available, [*moves, *more], horizon, minimum, target, lot)

    without = follow([])
    figures: Figures = {
        "watch_days": Decimal(watch),
        "cover_days": Decimal(cover),
        "lowest": target - without.quantity if without.needed_on else None,
    }
    levels = Levels(point, is_acting=not is_snoozed, figures=figures)
    return StockPlan(
        levels,
        planning.lead_days,
        follow(drafted).quantity if drafted else without.quantity,
        without.quantity,
        _figures(level, receipts, request, levels),
        without.needed_on,
    )


def _daily_demand(planning: Planning, days: int) -> list[StockMove]:
    if planning.outlook is None:
        return []
    sold = [planning.outlook.over(number) for number in range(days + 1)]
    return [
        StockMove(planning.today + timedelta(days=number), -Decimal(f"{sold[number] - sold[number - 1]:.4f}"))
        for number in range(1, days + 1)
    ]


def _figures(
    level: StockLevel, receipts: Sequence[StockMove], request: PurchaseRequest | None, levels: Levels
) -> Figures:
    on_order = sum((receipt.quantity for receipt in receipts), ZERO)
    requested = ZERO if request is None else request.quantity
    return {
        "on_hand": level.on_hand,
        "on_order": on_order,
        "requested": requested,
        "reserved": level.reserved,
        "demand": levels.demand,
        "projected": level.on_hand + on_order + requested - level.reserved - levels.demand,
        "reorder_point": levels.point.minimum,
        "target": levels.target,
    }
