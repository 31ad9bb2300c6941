"""Forecasts of demand over equal periods, and the choice of the method by the history itself."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum

from automations.rules.reorder.demand_pattern import (
    DemandShape,
    InvalidHistoryError,
    check_history,
    classify_demand,
)
from automations.rules.reorder.forecast_trial import (
    NOW_AND_THEN,
    SEASONAL,
    Candidate,
    ForecastMethod,
    ForecastSettings,
    Trial,
    check_season,
    count_seasons,
    first_tried,
    try_method,
)

__all__ = ["Forecast", "ForecastChoice", "ForecastMethod", "ForecastReasons", "ForecastSettings", "forecast"]

USUAL_SETTINGS = ForecastSettings()


class ForecastChoice(StrEnum):
    """Why this method: it was asked for, demand comes now and then, it died out, or its error was the smallest."""

    ASKED_FOR = "asked_for"
    NOW_AND_THEN = "now_and_then"
    DIED_OUT = "died_out"
    SMALLEST_ERROR = "smallest_error"


@dataclass(frozen=True, slots=True)
class ForecastReasons:
    """The facts behind a forecast: the shape of the demand, full seasons in the history, and all that was tried.

    `chosen` is one of `candidates`; their errors are over the same periods, `tried_periods` in number.
    """

    choice: ForecastChoice
    shape: DemandShape
    seasons: int
    chosen: Candidate
    candidates: tuple[Candidate, ...]
    tried_periods: int


@dataclass(frozen=True, slots=True)
class Forecast:
    """Demand of the coming periods, the next first, in the unit of the history; never below 0.

    `deviation` is the root mean squared one-step error, bias included, for safety stock; None where the history is
    too short to have one, which is one period.
    """

    per_period: tuple[float, ...]
    deviation: float | None
    method: ForecastMethod
    why: ForecastReasons


def forecast(
    history: Sequence[float],
    method: ForecastMethod = ForecastMethod.AUTO,
    settings: ForecastSettings = USUAL_SETTINGS,
) -> Forecast:
    """`history` is the demand per period, the oldest first, with zeros where nothing was sold.

    AUTO classifies demand by ADI and CV² (`classify_demand`). What comes now and then (intermittent, lumpy) is forecast
    by SBA, or by TSB where it died out, because SBA does not fall while nothing is sold. Of the other methods the one
    with the smallest one-step error by rolling origin is taken, at equality the simpler; Holt-Winters takes part from
    two full seasons on. Raises InvalidHistoryError.
    """
    demand = check_history(history)
    shape = classify_demand(demand)
    methods = _methods_to_try(method, shape, demand, settings)
    first = first_tried(demand, settings, any(one in SEASONAL for one in methods))
    trials = _try_all(methods, demand, first, settings, must_work=method is not ForecastMethod.AUTO)
    choice, chosen = _choose(method, shape, trials)
    candidates = tuple(trial.candidate for trial in trials)
    why = ForecastReasons(
        choice, shape, count_seasons(demand, settings), chosen.candidate, candidates, len(demand) - first
    )
    return Forecast(tuple(chosen.coming), chosen.candidate.error, chosen.candidate.method, why)


def _methods_to_try(
    method: ForecastMethod, shape: DemandShape, demand: Sequence[float], settings: ForecastSettings
) -> list[ForecastMethod]:
    if method in SEASONAL:
        check_season(method, demand, settings)
    if method is not ForecastMethod.AUTO:
        return [method]
    if shape.comes_now_and_then:
        return list(NOW_AND_THEN)
    methods = [ForecastMethod.MOVING_AVERAGE, ForecastMethod.EXPONENTIAL_SMOOTHING]
    for seasonal in SEASONAL:
        with suppress(InvalidHistoryError):
            check_season(seasonal, demand, settings)
            methods.append(seasonal)
    return methods


def _try_all(
    methods: Sequence[ForecastMethod],
    demand: Sequence[float],
    first: int,
    settings: ForecastSettings,
    must_work: bool,
) -> list[Trial]:
    trials: list[Trial] = []
    for method in methods:
        try:
            trials += try_method(method, demand, first, settings)
        except InvalidHistoryError:
            # A season that cannot be multiplied is no candidate; a method that was asked for has to say so.
            if must_work:
                raise
    return trials


def _choose(method: ForecastMethod, shape: DemandShape, trials: Sequence[Trial]) -> tuple[ForecastChoice, Trial]:
    if method is ForecastMethod.AUTO and shape.comes_now_and_then:
        wanted = ForecastMethod.TSB if shape.died_out else ForecastMethod.SBA
        choice = ForecastChoice.DIED_OUT if shape.died_out else ForecastChoice.NOW_AND_THEN
        return choice, next(trial for trial in trials if trial.candidate.method is wanted)
    best = min(trials, key=lambda trial: trial.candidate.error or 0.0)
    return ForecastChoice.SMALLEST_ERROR if method is ForecastMethod.AUTO else ForecastChoice.ASKED_FOR, best
