"""A forecasting method tried on a history: each period is forecast from those before it only."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import sqrt

from automations.rules.reorder.demand_pattern import InvalidHistoryError
from automations.rules.reorder.holt_winters import SeasonalState, SeasonalWeights, follow_seasons, start_seasons
from automations.rules.reorder.intermittent import follow_intermittent
from automations.rules.reorder.lots import InvalidRuleError

# A share of the largest period below which a quantity is as good as nothing, and a share of a level says nothing.
LEAST_SHARE = 1e-6


class ForecastMethod(StrEnum):
    """`AUTO` leaves the choice to the figures."""

    AUTO = "auto"
    MOVING_AVERAGE = "moving_average"
    EXPONENTIAL_SMOOTHING = "exponential_smoothing"
    HOLT_WINTERS_ADDITIVE = "holt_winters_additive"
    HOLT_WINTERS_MULTIPLICATIVE = "holt_winters_multiplicative"
    CROSTON = "croston"
    SBA = "sba"
    TSB = "tsb"


SEASONAL = (ForecastMethod.HOLT_WINTERS_ADDITIVE, ForecastMethod.HOLT_WINTERS_MULTIPLICATIVE)
NOW_AND_THEN = (ForecastMethod.SBA, ForecastMethod.TSB, ForecastMethod.CROSTON)


@dataclass(frozen=True, slots=True)
class ForecastSettings:
    """`horizon` is how many periods are forecast; `season_length` how many make a season, None where there is none.

    A moving average is tried over each of `windows`, smoothing with each of `level_weights` (α); the other weights are
    fixed. Raises InvalidRuleError.
    """

    horizon: int = 1
    season_length: int | None = 12
    windows: tuple[int, ...] = (3, 6)
    level_weights: tuple[float, ...] = (0.1, 0.2, 0.4)
    trend_weight: float = 0.1
    season_weight: float = 0.2
    intermittent_weight: float = 0.1

    def __post_init__(self) -> None:
        if self.horizon < 1:
            raise InvalidRuleError(f"A forecast reaches 1 period ahead or more, not {self.horizon}.")
        if self.season_length is not None and self.season_length < 2:
            raise InvalidRuleError(f"A season has 2 periods or more, not {self.season_length}; None is no season.")
        if not self.windows or min(self.windows) < 1:
            raise InvalidRuleError("A moving average needs a window of 1 period or more.")
        weights = (*self.level_weights, self.intermittent_weight)
        if not self.level_weights or not all(0 < weight <= 1 for weight in weights):
            raise InvalidRuleError("A level is smoothed with a weight above 0 and up to 1.")
        if not all(0 <= weight <= 1 for weight in (self.trend_weight, self.season_weight)):
            raise InvalidRuleError("Trend and season are smoothed with weights from 0 to 1.")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A method as tried: `parameter` is its window or the weight of its level, `error` the root mean squared error.

    The error is of one-step forecasts; None where the history is too short to forecast any of its periods.
    """

    method: ForecastMethod
    parameter: float
    error: float | None


@dataclass(frozen=True, slots=True)
class Trial:
    """A candidate with its forecast of the coming periods."""

    candidate: Candidate
    coming: list[float]


def count_seasons(demand: Sequence[float], settings: ForecastSettings) -> int:
    """How many full seasons the history has."""
    return len(demand) // settings.season_length if settings.season_length else 0


def check_season(method: ForecastMethod, demand: Sequence[float], settings: ForecastSettings) -> None:
    """Raises InvalidHistoryError where the method cannot find a season in this history."""
    if count_seasons(demand, settings) < 2:
        raise InvalidHistoryError(
            f"Holt-Winters needs two full seasons of {settings.season_length} periods, the history has {len(demand)}: "
            "choose another method."
        )
    multiplies = method is ForecastMethod.HOLT_WINTERS_MULTIPLICATIVE
    if multiplies and not min(demand) > LEAST_SHARE * max(demand):
        raise InvalidHistoryError("A multiplied season needs demand above 0 in every period: choose the added one.")


def first_tried(demand: Sequence[float], settings: ForecastSettings, with_season: bool) -> int:
    """How many periods only start the methods: the same for all that are compared.

    The first third, at least one. Where Holt-Winters takes part: two seasons of three or more, the first of two.
    """
    if not with_season or settings.season_length is None:
        return max(len(demand) // 3, 1)
    return settings.season_length * (2 if count_seasons(demand, settings) > 2 else 1)


def try_method(method: ForecastMethod, demand: Sequence[float], first: int, settings: ForecastSettings) -> list[Trial]:
    """One trial for each parameter of the method that the settings allow. Raises InvalidHistoryError."""
    if method in SEASONAL:
        return [_try_season(method, weight, demand, first, settings) for weight in settings.level_weights]
    return [
        _judge(method, parameter, demand, first, forecasts, settings.horizon)
        for parameter, forecasts in _level_forecasts(method, demand, first, settings)
    ]


def _level_forecasts(
    method: ForecastMethod, demand: Sequence[float], first: int, settings: ForecastSettings
) -> list[tuple[float, list[float]]]:
    """For each parameter, the forecast of the next period as it stood after each period from the first tried on."""
    if method is ForecastMethod.MOVING_AVERAGE:
        return [(window, _average(demand, window, first)) for window in settings.windows]
    if method is ForecastMethod.EXPONENTIAL_SMOOTHING:
        return [(weight, _smooth(demand, weight, first)) for weight in settings.level_weights]
    weight = settings.intermittent_weight
    followed = follow_intermittent(demand, weight)[first - 1 :]
    return [(weight, [getattr(one, method.value) for one in followed])]


def _average(demand: Sequence[float], window: int, first: int) -> list[float]:
    """Early on a window holds what there is."""
    recent = [demand[max(end - window, 0) : end] for end in range(first, len(demand) + 1)]
    return [sum(periods) / len(periods) for periods in recent]


def _smooth(demand: Sequence[float], weight: float, first: int) -> list[float]:
    """Begins with the first period itself."""
    level, levels = demand[0], []
    for quantity in demand:
        level += weight * (quantity - level)
        levels.append(level)
    return levels[first - 1 :]


def _try_season(
    method: ForecastMethod, weight: float, demand: Sequence[float], first: int, settings: ForecastSettings
) -> Trial:
    """What comes is forecast from a start with two seasons, also where only the first may start the trial."""
    state, forecasts = _follow(method, weight, demand, first, settings)
    two_seasons = 2 * len(state.season)
    if first < two_seasons:
        state, _ = _follow(method, weight, demand, two_seasons, settings)
    return Trial(Candidate(method, weight, _error(demand, first, forecasts)), state.ahead(settings.horizon))


def _follow(
    method: ForecastMethod, weight: float, demand: Sequence[float], start: int, settings: ForecastSettings
) -> tuple[SeasonalState, list[float]]:
    multiplies = method is ForecastMethod.HOLT_WINTERS_MULTIPLICATIVE
    state = start_seasons(demand[:start], settings.season_length or start, multiplies)
    weights = SeasonalWeights(weight, settings.trend_weight, settings.season_weight)
    return follow_seasons(state, demand[start:], weights)


def _judge(
    method: ForecastMethod,
    parameter: float,
    demand: Sequence[float],
    first: int,
    forecasts: list[float],
    horizon: int,
) -> Trial:
    """The last of the forecasts looks beyond the history, and all coming periods are alike."""
    candidate = Candidate(method, parameter, _error(demand, first, forecasts[:-1]))
    return Trial(candidate, [forecasts[-1]] * horizon)


def _error(demand: Sequence[float], first: int, forecasts: Sequence[float]) -> float | None:
    if not forecasts:
        return None
    squares = [(quantity - forecast) ** 2 for quantity, forecast in zip(demand[first:], forecasts, strict=True)]
    return sqrt(sum(squares) / len(squares))
