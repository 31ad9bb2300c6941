"""The decision about one item at one site: order, change or withdraw the draft, leave it, or ask a person."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum

from automations.rules.reorder.demand_pattern import InvalidHistoryError
from automations.rules.reorder.explanation import Explanation, explain_rounding
from automations.rules.reorder.forecast import ForecastMethod, ForecastSettings, forecast
from automations.rules.reorder.lots import InvalidRuleError
from automations.rules.reorder.outlook import DemandOutlook
from automations.rules.reorder.plans import StockPlan, make_plan
from automations.rules.reorder.policies import AUTO, NONE, Figures, Planning, needs_forecast
from automations.rules.reorder.projection import project_stock
from automations.rules.reorder.supplier_choice import Offer, is_sound, judge_offers, pick_offer
from automations.rules.reorder.time_phased import StockMove
from connectors.contracts.inventory import ReorderRule, StockLevel
from connectors.contracts.purchasing import PurchaseRequest
from connectors.money import ZERO

LARGEST_QUANTITY = Decimal(10) ** 12


class Action(StrEnum):
    """`KEEP` leaves an open draft as it is, `REST` is a rule that does not act today."""

    ORDER = "order"
    CHANGE = "change"
    WITHDRAW = "withdraw"
    KEEP = "keep"
    REST = "rest"
    ENOUGH = "enough"


class ProblemCode(StrEnum):
    NO_SUPPLIER = "NO_SUPPLIER"
    SUPPLIER_BLOCKED = "SUPPLIER_BLOCKED"
    SUPPLIER_TERMS_INVALID = "SUPPLIER_TERMS_INVALID"
    INVALID_RULE = "INVALID_RULE"
    NEGATIVE_STOCK = "NEGATIVE_STOCK"
    STOCK_UNKNOWN = "STOCK_UNKNOWN"
    KIT_CONTAINS_ITSELF = "KIT_CONTAINS_ITSELF"
    UOM_UNKNOWN = "UOM_UNKNOWN"
    NO_DEMAND_HISTORY = "NO_DEMAND_HISTORY"
    DEMAND_INVALID = "DEMAND_INVALID"
    DRAFT_TOO_SMALL = "DRAFT_TOO_SMALL"


class ProblemOwner(StrEnum):
    """The desk that can set it right."""

    PROCUREMENT = "procurement"
    RECEIVING = "receiving"


@dataclass(frozen=True, slots=True)
class Problem:
    """Why nothing can be proposed: the figure or sentence that shows it, what was expected, and where."""

    code: ProblemCode
    owner: ProblemOwner
    found: str | None = None
    expected: str | None = None
    where: str | None = None


@dataclass(frozen=True, slots=True)
class Defaults:
    """What holds for all items of a run. `season_length` in periods; None where there is none."""

    today: date
    service_level: Decimal
    review_days: int
    period_days: int = 7
    forecast_periods: int = 13
    season_length: int | None = 52


@dataclass(frozen=True, slots=True)
class ReorderCase:
    """All that is known about an item at a site.

    `receipts` are what suppliers owe, in stock units. `history` is the demand per period, the oldest first; empty
    where nothing is known. `problems` were found while reading. What was asked in the chat is told, not counted. A
    draft that is not this job's own was made by a person: it counts, and is left alone.
    """

    rule: ReorderRule
    level: StockLevel | None
    receipts: Sequence[StockMove]
    request: PurchaseRequest | None
    offers: Sequence[Offer]
    history: Sequence[float]
    problems: Sequence[Problem] = ()
    asked_in_chat: int = 0
    watching: int = 0
    is_own_draft: bool = True


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is to be done; quantity to expected day are those of the draft after it, None where there is none."""

    action: Action
    offer: Offer | None = None
    quantity: Decimal = ZERO
    price: Decimal = ZERO
    amount: Decimal = ZERO
    order_on: date | None = None
    expected_on: date | None = None
    explanation: Explanation | None = None


def propose(case: ReorderCase, defaults: Defaults) -> Proposal | Sequence[Problem]:
    """The proposal, or every problem that keeps from one.

    Projected = on hand + on order + requested - reserved - forecast over the lead time, where one is used. Below the
    reorder point the draft becomes what is missing without it. At or above it an open draft is withdrawn where stock
    suffices without it, made smaller where it is more than is missing, and left alone otherwise, so that a second run
    without changes proposes nothing.
    """
    problems = [*case.problems, *_find_problems(case)]
    if problems or case.level is None:
        return problems
    try:
        return _Decision(case, case.level, defaults).decide()
    except InvalidRuleError as error:
        return [Problem(ProblemCode.INVALID_RULE, ProblemOwner.PROCUREMENT, str(error))]
    except ArithmeticError:
        return [Problem(ProblemCode.STOCK_UNKNOWN, ProblemOwner.RECEIVING)]
    except InvalidHistoryError as error:
        code = ProblemCode.DEMAND_INVALID if case.history else ProblemCode.NO_DEMAND_HISTORY
        return [Problem(code, ProblemOwner.PROCUREMENT, str(error))]


def _find_problems(case: ReorderCase) -> list[Problem]:
    found: list[Problem] = []
    level, offers = case.level, case.offers
    if level is None:
        found.append(Problem(ProblemCode.STOCK_UNKNOWN, ProblemOwner.RECEIVING))
    elif unknown := [figure for figure in (level.on_hand, level.reserved) if not is_a_quantity(figure)]:
        found.append(Problem(ProblemCode.STOCK_UNKNOWN, ProblemOwner.RECEIVING, str(unknown[0])))
    elif level.on_hand < 0 or level.reserved < 0:
        lowest = min(level.on_hand, level.reserved)
        found.append(Problem(ProblemCode.NEGATIVE_STOCK, ProblemOwner.RECEIVING, format(lowest, "f")))
    if any(not is_sound(offer.terms) for offer in offers):
        wrong = next(offer.terms.supplier for offer in offers if not is_sound(offer.terms))
        found.append(Problem(ProblemCode.SUPPLIER_TERMS_INVALID, ProblemOwner.PROCUREMENT, wrong))
    if not offers:
        found.append(Problem(ProblemCode.NO_SUPPLIER, ProblemOwner.PROCUREMENT))
    elif all(offer.terms.is_blocked for offer in offers):
        names = ", ".join(offer.terms.supplier for offer in offers)
        found.append(Problem(ProblemCode.SUPPLIER_BLOCKED, ProblemOwner.PROCUREMENT, names))
    return found


def is_a_quantity(figure: Decimal) -> bool:
    """Whether anybody can reckon with it."""
    return figure.is_finite() and abs(figure) <= LARGEST_QUANTITY


class _Decision:
    """One case on its way to a proposal; what was computed once is kept."""

    def __init__(self, case: ReorderCase, level: StockLevel, defaults: Defaults) -> None:
        self._case = case
        self._level = level
        self._defaults = defaults
        self._usable = [offer for offer in case.offers if not offer.terms.is_blocked]
        self._outlook = self._forecast(case.rule.forecast or AUTO) if needs_forecast(case.rule) else None
        self._planned = self._planning_offer()
        self._plan = self._plan_with(self._planned)

    def decide(self) -> Proposal | Sequence[Problem]:
        if not self._plan.levels.is_acting:
            return Proposal(Action.REST)
        missing = self._plan.need(with_request=True)
        request = self._case.request
        if request is not None and not self._case.is_own_draft:
            return self._leave(request, missing)
        if request is None:
            return Proposal(Action.ENOUGH) if missing <= 0 else self._order(Action.ORDER, missing)
        without = self._plan.need(with_request=False)
        if without <= 0:
            return Proposal(Action.WITHDRAW, explanation=self._explain_levels())
        proposal = self._order(Action.CHANGE, without)
        is_too_little = missing > 0 and proposal.quantity != request.quantity
        is_too_much = proposal.quantity < request.quantity
        is_wrong = is_too_little or is_too_much or not self._still_holds(request)
        return proposal if is_wrong else Proposal(Action.KEEP)

    def _leave(self, request: PurchaseRequest, missing: Decimal) -> Proposal | Sequence[Problem]:
        """A person's draft is left alone; where it is too little, that person has to know."""
        if missing <= 0:
            return Proposal(Action.KEEP)
        found, expected = format(request.quantity, "f"), format(request.quantity + missing, "f")
        return [Problem(ProblemCode.DRAFT_TOO_SMALL, ProblemOwner.PROCUREMENT, found, expected)]

    def _still_holds(self, request: PurchaseRequest) -> bool:
        """Whether the supplier of the draft would still deliver this quantity at this price.

        Its days may have passed: they are those of the day on which it is ordered, and what somebody has just approved
        stays what it is.
        """
        for offer in self._usable:
            if offer.terms.supplier == request.supplier and offer.terms.currency == request.currency:
                now = offer.price(request.quantity)
                return (now.quantity, now.price_per_purchase_unit) == (request.quantity, request.price)
        return False

    def _forecast(self, method: str) -> DemandOutlook:
        try:
            wanted = ForecastMethod(method)
        except ValueError:
            known = ", ".join((*ForecastMethod, NONE))
            raise InvalidRuleError(f"The forecast {method!r} is unknown: use one of {known}.") from None
        defaults = self._defaults
        settings = ForecastSettings(defaults.forecast_periods, defaults.season_length)
        return DemandOutlook(forecast(self._case.history, wanted, settings), defaults.period_days)

    def _planning_offer(self) -> Offer:
        """The supplier whose lead time counts: the best for what is usually ordered, whether or not it is due now."""
        if len(self._usable) == 1:
            return self._usable[0]
        slowest = max(self._usable, key=lambda offer: offer.arrives_on)
        return pick_offer(self._usable, self._plan_with(slowest).levels.typical_order, self._level.currency)

    def _plan_with(self, offer: Offer) -> StockPlan:
        rule, defaults = self._case.rule, self._defaults
        horizon = rule.horizon_days
        planning = Planning(
            today=defaults.today,
            lead_days=(offer.arrives_on - defaults.today).days if horizon is None else horizon,
            outlook=self._outlook,
            service_level=defaults.service_level if rule.service_level is None else rule.service_level,
            review_days=defaults.review_days,
            minimum_order=offer.terms.moq,
        )
        return make_plan(rule, self._level, self._case.receipts, self._case.request, planning)

    def _order(self, action: Action, need: Decimal) -> Proposal:
        latest = self._planned.arrives_on
        in_time = [offer for offer in self._usable if offer.arrives_on <= latest]
        chosen = pick_offer(in_time, need, self._level.currency)
        purchase = chosen.price(need)
        if purchase.quantity > LARGEST_QUANTITY:
            raise InvalidRuleError(f"{purchase.quantity} would be ordered, more than anybody keeps: correct the rule.")
        order_on = self._order_day(chosen)
        expected_on = chosen.arrives_on if order_on == self._defaults.today else chosen.lead_time.arrival(order_on)
        explanation = self._explain_levels()
        order = StockMove(expected_on, purchase.quantity)
        available = self._level.on_hand - self._level.reserved
        return Proposal(
            action,
            chosen,
            purchase.quantity,
            purchase.price_per_purchase_unit,
            purchase.amount,
            order_on,
            expected_on,
            replace(
                explanation,
                roundings=explain_rounding(need, chosen.lot),
                offers=judge_offers(self._case.offers, chosen, need, self._level.currency, latest),
                days=project_stock(self._defaults.today, available, self._case.receipts, self._chart_outlook(), order),
            ),
        )

    def _order_day(self, offer: Offer) -> date:
        """Today, or later where stock is needed later than goods ordered today would come."""
        needed_on = self._plan.needed_on
        if needed_on is None or needed_on <= offer.arrives_on:
            return self._defaults.today
        return max(offer.lead_time.order_by(needed_on), self._defaults.today)

    def _chart_outlook(self) -> DemandOutlook | None:
        """A rule without forecast decides without one; the chart shows what demand would do all the same."""
        if self._outlook is None and self._case.history:
            try:
                return self._forecast(AUTO)
            except InvalidHistoryError:
                return None
        return self._outlook

    def _explain_levels(self) -> Explanation:
        rule, plan, outlook = self._case.rule, self._plan, self._outlook
        figures: Figures = {**plan.figures, "lead_days": Decimal(plan.lead_days), **plan.levels.figures}
        return Explanation(
            figures=figures,
            policy=rule.policy,
            trigger=plan.levels.point.trigger.value,
            method=None if outlook is None else outlook.forecast.method.value,
            roundings=(),
            offers=(),
            days=(),
            asked_in_chat=self._case.asked_in_chat,
            watching=self._case.watching,
        )
