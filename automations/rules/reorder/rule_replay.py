"""A reorder rule lived through recorded days: asked each evening, with forecasts from the days before only."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from automations.rules.reorder.forecast import ForecastMethod, ForecastSettings, forecast
from automations.rules.reorder.lots import InvalidRuleError
from automations.rules.reorder.order_point import StockPosition
from automations.rules.reorder.outlook import DemandOutlook
from automations.rules.reorder.plans import make_plan
from automations.rules.reorder.policies import AUTO, Levels, Planning, find_levels, needs_forecast
from automations.rules.reorder.supplier_choice import Offer, pick_offer
from automations.rules.reorder.time_phased import StockMove
from connectors.contracts.inventory import ReorderPolicy, ReorderRule, StockLevel
from connectors.money import ZERO

ONE_DAY = timedelta(days=1)
# As often a person would look the figures of a rule through; each time costs a forecast.
DAYS_BETWEEN_FORECASTS = 28
FORECAST_PERIODS, SEASON_LENGTH, DAYS_PER_PERIOD = 13, 52, 7


@dataclass(frozen=True, slots=True)
class ReplayDefaults:
    """What holds where a rule says nothing else. `history_weeks` is how far back a forecast looks."""

    service_level: Decimal = Decimal("0.95")
    review_days: int = 7
    history_weeks: int = 52


class RuleFollower:
    """The rule of one item as an `OrderingRule`; it remembers what it ordered, so it lives through days once.

    `demand` are all days that are known, also those before the replay; a forecast made on a day reads only the days
    up to it. The supplier is chosen once, on the first day. A rule that rests until some day is taken as active. Raises
    InvalidRuleError and InvalidHistoryError.
    """

    def __init__(
        self,
        rule: ReorderRule,
        level: StockLevel,
        offers: Sequence[Offer],
        demand: Mapping[date, Decimal],
        first_day: date,
        in_transit: Iterable[StockMove] = (),
        defaults: ReplayDefaults | None = None,
    ) -> None:
        if not offers:
            raise InvalidRuleError(f"Nobody delivers {rule.item}: enter a supplier's terms.")
        self._rule = replace(rule, snoozed_until=None)
        self._level = level
        self._demand = sorted(demand.items())
        self._defaults = defaults or ReplayDefaults()
        self._coming = list(in_transit)
        self._outlook: DemandOutlook | None = None
        self._forecast_again_on = first_day
        self._levels: Levels | None = None
        # With the lead time of the slowest, as a proposal chooses.
        self._offer = max(offers, key=lambda offer: offer.lead_time.arrival(first_day))
        self._look_ahead(first_day)
        self._offer = self._choose(offers, first_day)
        self._lead_days = self._count_lead_days(first_day)

    @property
    def offer(self) -> Offer:
        return self._offer

    def __call__(self, position: StockPosition, day: date) -> Decimal:
        if day >= self._forecast_again_on:
            self._look_ahead(day)
        ordered = self._offer.lot.round_up(self._missing(position, day))
        if ordered and self._follows_days:
            self._coming.append(StockMove(max(self._offer.lead_time.arrival(day), day + ONE_DAY), ordered))
        return ordered

    @property
    def _follows_days(self) -> bool:
        return self._rule.policy == ReorderPolicy.TIME_PHASED

    def _missing(self, position: StockPosition, day: date) -> Decimal:
        if self._follows_days:
            self._coming = [move for move in self._coming if move.on > day]
            level = replace(self._level, on_hand=position.on_hand, reserved=position.reserved)
            return make_plan(self._rule, level, self._coming, None, self._planning(day)).missing
        if self._levels is None or self._rule.policy == ReorderPolicy.PERIODIC_REVIEW:
            # Whether a periodic rule acts depends on the day; the levels of the others stay until the next forecast.
            self._levels = find_levels(self._rule, self._planning(day))
        if not self._levels.is_acting:
            return ZERO
        return self._levels.need(position.on_hand + position.on_order - position.reserved)

    def _look_ahead(self, day: date) -> None:
        self._levels = None
        self._lead_days = self._count_lead_days(day)
        self._forecast_again_on = day + timedelta(days=DAYS_BETWEEN_FORECASTS)
        if needs_forecast(self._rule):
            weeks = weekly_demand(self._demand, day, self._defaults.history_weeks)
            settings = ForecastSettings(FORECAST_PERIODS, SEASON_LENGTH)
            self._outlook = DemandOutlook(forecast(weeks, self._method, settings), DAYS_PER_PERIOD)

    @property
    def _method(self) -> ForecastMethod:
        try:
            return ForecastMethod(self._rule.forecast or AUTO)
        except ValueError:
            raise InvalidRuleError(f"The forecast {self._rule.forecast!r} is unknown: correct the rule.") from None

    def _choose(self, offers: Sequence[Offer], day: date) -> Offer:
        """For what is usually ordered."""
        if len(offers) == 1 or self._follows_days:
            return pick_offer(offers, Decimal(1), self._level.currency)
        typical = find_levels(self._rule, self._planning(day)).typical_order
        return pick_offer(offers, typical, self._level.currency)

    def _count_lead_days(self, day: date) -> int:
        horizon = self._rule.horizon_days
        return (self._offer.lead_time.arrival(day) - day).days if horizon is None else horizon

    def _planning(self, day: date) -> Planning:
        defaults = self._defaults
        return Planning(
            today=day,
            lead_days=self._lead_days,
            outlook=self._outlook,
            service_level=defaults.service_level if self._rule.service_level is None else self._rule.service_level,
            review_days=defaults.review_days,
            minimum_order=self._offer.terms.moq,
        )


def weekly_demand(demand: Sequence[tuple[date, Decimal]], last_day: date, most_weeks: int) -> Sequence[float]:
    """Demand per week up to and including a day, from the first week with a record on; empty where there is none."""
    origin = last_day.toordinal() - most_weeks * DAYS_PER_PERIOD + 1
    totals, start = [ZERO] * most_weeks, most_weeks
    for day, quantity in demand:
        week = (day.toordinal() - origin) // DAYS_PER_PERIOD
        if 0 <= week < most_weeks:
            start = min(start, week)
            totals[week] += quantity
    return [float(total) for total in totals[start:]]
