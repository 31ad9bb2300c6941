"""Holt-Winters smoothing: level, trend and season, the season added to the level or multiplied with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from operator import add, mul

from automations.rules.reorder.demand_pattern import MOST_PER_PERIOD, InvalidHistoryError


@dataclass(frozen=True, slots=True)
class SeasonalWeights:
    """How fast level, trend and season follow what is sold, each between 0 and 1 (α, β and γ)."""

    level: float
    trend: float
    season: float


@dataclass(frozen=True, slots=True)
class SeasonalState:
    """Where smoothing stands: level and trend of the last period, and a figure per place in the season, the next first.

    The figures are units above the level, or, where `multiplies`, shares of it.
    """

    level: float
    trend: float
    season: tuple[float, ...]
    multiplies: bool = False

    def ahead(self, horizon: int) -> list[float]:
        """Demand of the coming periods; never below 0 nor above what a history may hold."""
        lines = [self.level + step * self.trend for step in range(1, horizon + 1)]
        season = islice(cycle(self.season), horizon)
        coming = map(mul if self.multiplies else add, lines, season)
        return [min(max(quantity, 0.0), MOST_PER_PERIOD) for quantity in coming]


def start_seasons(demand: Sequence[float], length: int, multiplies: bool) -> SeasonalState:
    """Level, trend and season after one or two full seasons, which `demand` consists of.

    The trend is the difference of the two seasons' means per period, 0 after one season; the season is what is left
    beside the straight line, averaged over the seasons. A straight line with a fixed season is met exactly.
    """
    seasons = len(demand) // length
    mean = sum(demand) / len(demand)
    trend = (sum(demand[length:]) - sum(demand[:length])) / length**2 if seasons > 1 else 0.0
    first = mean - trend * (len(demand) - 1) / 2
    lines = [first + trend * period for period in range(len(demand))]
    if multiplies and min(lines) <= 0:
        raise InvalidHistoryError("Demand grows or falls too steeply to take its season as a share: add it instead.")
    beside = [quantity / line if multiplies else quantity - line for quantity, line in zip(demand, lines, strict=True)]
    season = [sum(beside[place::length]) / seasons for place in range(length)]
    if multiplies:
        total = sum(season)
        season = [share * length / total for share in season]
    return SeasonalState(lines[-1], trend, tuple(season), multiplies)


def follow_seasons(
    state: SeasonalState, demand: Sequence[float], weights: SeasonalWeights
) -> tuple[SeasonalState, list[float]]:
    """The state after `demand`, and what was forecast for each of its periods just before.

    Component form of Hyndman and Athanasopoulos, Forecasting: Principles and Practice, 3rd edition, 8.3. Raises
    InvalidHistoryError where a multiplied season loses its level.
    """
    return (_follow_multiplied if state.multiplies else _follow_added)(state, demand, weights)


def _follow_added(
    state: SeasonalState, demand: Sequence[float], weights: SeasonalWeights
) -> tuple[SeasonalState, list[float]]:
    level, trend, season = state.level, state.trend, list(state.season)
    length, forecasts = len(season), []
    for number, quantity in enumerate(demand):
        place = number % length
        line, usual = level + trend, season[place]
        forecasts.append(max(line + usual, 0.0))
        risen = line + weights.level * (quantity - usual - line)
        trend += weights.trend * (risen - level - trend)
        season[place] = usual + weights.season * (quantity - line - usual)
        level = risen
    return SeasonalState(level, trend, _turned(season, len(demand))), forecasts


def _follow_multiplied(
    state: SeasonalState, demand: Sequence[float], weights: SeasonalWeights
) -> tuple[SeasonalState, list[float]]:
    level, trend, season = state.level, state.trend, list(state.season)
    length, forecasts = len(season), []
    for number, quantity in enumerate(demand):
        place = number % length
        line, usual = level + trend, season[place]
        if line <= 0 or usual <= 0:
            raise InvalidHistoryError("Demand falls to nothing: its season is no share of a level. Add it instead.")
        forecasts.append(line * usual)
        risen = line + weights.level * (quantity / usual - line)
        trend += weights.trend * (risen - level - trend)
        season[place] = usual + weights.season * (quantity / line - usual)
        level = risen
    return SeasonalState(level, trend, _turned(season, len(demand)), multiplies=True), forecasts


def _turned(season: Sequence[float], periods: int) -> tuple[float, ...]:
    """The season, beginning with the period after these."""
    place = periods % len(season)
    return (*season[place:], *season[:place])
