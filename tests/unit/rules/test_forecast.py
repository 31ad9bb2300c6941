"""Forecasts of demand: by each method, and which method the history itself chooses."""

from dataclasses import replace
from math import isfinite, sqrt

import pytest
from hypothesis import HealthCheck, assume, given
from hypothesis import settings as example_settings
from hypothesis import strategies as st

from automations.rules.reorder.demand_pattern import DemandPattern, InvalidHistoryError, classify_demand
from automations.rules.reorder.forecast import (
    ForecastChoice,
    ForecastMethod,
    ForecastSettings,
    forecast,
)
from automations.rules.reorder.intermittent import follow_intermittent, forecast_intermittent
from automations.rules.reorder.lots import InvalidRuleError

# What it is about is a part of all that is drawn; hypothesis fails it where nothing is left.
RARE = example_settings(suppress_health_check=[HealthCheck.filter_too_much])
SPORADIC = [0, 0, 5, 0, 0, 0, 8, 0, 3, 0, 0, 6]
QUARTERS = ForecastSettings(horizon=4, season_length=4)


def test_sporadic_demand_is_forecast_by_sba() -> None:
    # 12 periods with 4 sales; sizes 5 8 3 6 have mean 5.5 and sample variance 13 / 3.
    found = forecast(SPORADIC, settings=ForecastSettings(horizon=3))
    assert found.method is ForecastMethod.SBA
    assert found.per_period == pytest.approx((1.63986961,) * 3)
    assert found.why.choice is ForecastChoice.NOW_AND_THEN
    assert found.why.shape.pattern is DemandPattern.INTERMITTENT
    assert (found.why.shape.adi, found.why.shape.cv_squared) == pytest.approx((3, 13 / 3 / 5.5**2))


@pytest.mark.parametrize(
    ("method", "figure"),
    [(ForecastMethod.CROSTON, 1.72617854), (ForecastMethod.SBA, 1.63986961), (ForecastMethod.TSB, 1.39757789)],
)
def test_a_method_that_is_asked_for_is_taken(method: ForecastMethod, figure: float) -> None:
    found = forecast(SPORADIC, method)
    assert found.per_period == pytest.approx((figure,))
    assert (found.method, found.why.choice) == (method, ForecastChoice.ASKED_FOR)


def test_tsb_takes_the_first_period_for_its_first_chance_of_a_sale() -> None:
    # Sold 4 with a chance of 1, which falls by a tenth.
    assert forecast([4, 0], ForecastMethod.TSB).per_period == pytest.approx((3.6,))


def test_a_moving_average_and_its_error() -> None:
    # Forecast 10, 15 and 25, sold 20, 30 and 20: errors 10, 15 and -5.
    found = forecast([10, 20, 30, 20], ForecastMethod.MOVING_AVERAGE, ForecastSettings(windows=(2,)))
    assert found.per_period == (25,)
    assert found.deviation == pytest.approx(sqrt((100 + 225 + 25) / 3))
    assert found.why.tried_periods == 3


@pytest.mark.parametrize(("weight", "figure"), [(0.2, 484.802468), (0.6, 501.837461)])
def test_smoothing_the_oil_production_of_saudi_arabia(weight: float, figure: float) -> None:
    """Hyndman and Athanasopoulos, Forecasting: Principles and Practice, 1st edition, 7.1; figures of statsmodels."""
    oil = [446.6565229, 454.4733065, 455.662974, 423.6322388, 456.2713279, 440.5880501]
    oil += [425.3325201, 485.1494479, 506.0481621, 526.7919833, 514.268889, 494.2110193]
    found = forecast(oil, ForecastMethod.EXPONENTIAL_SMOOTHING, ForecastSettings(level_weights=(weight,)))
    assert found.per_period == pytest.approx((figure,))


def test_a_seasonal_product_is_forecast_with_its_season() -> None:
    found = forecast([20, 60, 90, 30] * 4, settings=QUARTERS)
    assert found.method is ForecastMethod.HOLT_WINTERS_ADDITIVE
    assert found.per_period == pytest.approx((20, 60, 90, 30))
    assert found.deviation == pytest.approx(0)
    assert (found.why.choice, found.why.seasons) == (ForecastChoice.SMALLEST_ERROR, 4)


def test_a_season_that_grows_with_the_product_is_multiplied() -> None:
    demand = [level * share for level in (100, 120, 144, 173) for share in (0.5, 1.0, 1.8, 0.7)]
    assert forecast(demand, settings=QUARTERS).method is ForecastMethod.HOLT_WINTERS_MULTIPLICATIVE


def test_two_seasons_are_enough_and_one_period_less_is_not() -> None:
    assert forecast([20, 60, 90, 30] * 2, settings=QUARTERS).per_period == pytest.approx((20, 60, 90, 30))
    short = [20.0, 60, 90, 30, 20, 60, 90]
    assert {one.method for one in forecast(short, settings=QUARTERS).why.candidates} == {
        ForecastMethod.MOVING_AVERAGE,
        ForecastMethod.EXPONENTIAL_SMOOTHING,
    }
    with pytest.raises(InvalidHistoryError, match="two full seasons of 4 periods, the history has 7"):
        forecast(short, ForecastMethod.HOLT_WINTERS_ADDITIVE, QUARTERS)


def test_a_period_without_sales_forbids_a_multiplied_season() -> None:
    demand = [20.0, 60, 90, 0] + [20, 60, 90, 30] * 2
    with pytest.raises(InvalidHistoryError, match="above 0 in every period"):
        forecast(demand, ForecastMethod.HOLT_WINTERS_MULTIPLICATIVE, QUARTERS)
    tried = {one.method for one in forecast(demand, settings=QUARTERS).why.candidates}
    assert ForecastMethod.HOLT_WINTERS_ADDITIVE in tried
    assert ForecastMethod.HOLT_WINTERS_MULTIPLICATIVE not in tried


def test_no_season_can_be_set() -> None:
    found = forecast([20, 60, 90, 30] * 4, settings=ForecastSettings(season_length=None))
    assert found.why.seasons == 0
    assert found.method in (ForecastMethod.MOVING_AVERAGE, ForecastMethod.EXPONENTIAL_SMOOTHING)


@pytest.mark.parametrize(("silent", "method"), [(8, ForecastMethod.SBA), (9, ForecastMethod.TSB)])
def test_demand_that_died_out_is_forecast_by_tsb(silent: int, method: ForecastMethod) -> None:
    # 4 sales in 12 periods: the chance of silence is (9 / 13)^8 = 5.3 %, (9 / 13)^9 = 3.7 %.
    history = [0, 0, 4] * 4 + [0] * silent
    found = forecast(history)
    assert found.method is method
    assert found.why.shape.silence_chance == pytest.approx((9 / 13) ** silent)
    assert found.why.shape.silent_periods == silent
    if method is ForecastMethod.TSB:
        assert found.why.choice is ForecastChoice.DIED_OUT
        assert found.per_period[0] < forecast(history, ForecastMethod.SBA).per_period[0]


@pytest.mark.parametrize(
    ("demand", "pattern"),
    [
        ([10] * 12, DemandPattern.SMOOTH),
        ([10] * 25 + [0] * 8, DemandPattern.SMOOTH),  # ADI 33 / 25 = 1.32
        ([10] * 25 + [0] * 9, DemandPattern.INTERMITTENT),  # ADI 34 / 25 = 1.36
        ([3, 10, 17], DemandPattern.SMOOTH),  # CV² (7 / 10)² = 0.49
        ([2, 10, 18], DemandPattern.ERRATIC),  # CV² (8 / 10)² = 0.64
        ([2, 0, 10, 0, 18], DemandPattern.LUMPY),
        ([0, 7, 0], DemandPattern.INTERMITTENT),
        ([0, 0, 0], DemandPattern.NONE),
    ],
)
def test_the_pattern_of_demand(demand: list[float], pattern: DemandPattern) -> None:
    assert classify_demand(demand).pattern is pattern


def test_what_never_sold_is_forecast_as_nothing() -> None:
    found = forecast([0] * 12)
    assert (found.per_period, found.deviation) == ((0,), 0)
    assert (found.why.shape.adi, found.why.shape.cv_squared) == (None, None)


def test_a_single_period_is_taken_as_it_is_and_has_no_deviation() -> None:
    found = forecast([7], settings=ForecastSettings(horizon=2))
    assert (found.per_period, found.deviation, found.why.tried_periods) == ((7, 7), None, 0)


@pytest.mark.parametrize(
    ("history", "complaint"),
    [
        ([], "empty"),
        ([1, float("nan")], "period 2 is no number"),
        ([float("inf")], "period 1 is no number"),
        ([1, 2, -1], "period 3 is -1.0, below 0"),
        ([1e13], "correct the record"),
    ],
)
def test_a_history_that_cannot_be_read_says_why(history: list[float], complaint: str) -> None:
    with pytest.raises(InvalidHistoryError, match=complaint):
        forecast(history)


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"horizon": 0}, "1 period ahead"),
        ({"season_length": 1}, "2 periods or more"),
        ({"windows": ()}, "needs a window"),
        ({"windows": (0,)}, "needs a window"),
        ({"level_weights": ()}, "above 0 and up to 1"),
        ({"level_weights": (1.5,)}, "above 0 and up to 1"),
        ({"intermittent_weight": 0.0}, "above 0 and up to 1"),
        ({"season_weight": float("nan")}, "weights from 0 to 1"),
    ],
)
def test_settings_that_no_method_can_use_say_why(wrong: dict[str, object], complaint: str) -> None:
    with pytest.raises(InvalidRuleError, match=complaint):
        replace(ForecastSettings(), **wrong)  # type: ignore[arg-type]


quantities = st.one_of(st.just(0.0), st.floats(0, 1e12), st.integers(0, 30).map(float))
histories = st.lists(quantities, min_size=1, max_size=40)
settings = st.builds(ForecastSettings, horizon=st.integers(1, 15), season_length=st.sampled_from([None, 2, 4, 12]))


@given(histories, settings)
def test_every_history_has_a_forecast_that_can_be_reckoned_with(
    history: list[float], settings: ForecastSettings
) -> None:
    found = forecast(history, settings=settings)
    assert len(found.per_period) == settings.horizon
    assert all(isfinite(quantity) and quantity >= 0 for quantity in found.per_period)
    assert (found.deviation is None) == (len(history) == 1)
    assert found.deviation is None or (isfinite(found.deviation) and found.deviation >= 0)
    assert found.why.chosen in found.why.candidates


@RARE
@given(histories, settings)
def test_no_candidate_has_a_smaller_error_than_the_chosen_one(history: list[float], settings: ForecastSettings) -> None:
    found = forecast(history, settings=settings)
    assume(found.why.choice is ForecastChoice.SMALLEST_ERROR and found.deviation is not None)
    assert found.deviation == min(one.error for one in found.why.candidates if one.error is not None)


@given(st.lists(st.integers(0, 50), min_size=1, max_size=30), settings)
def test_a_forecast_does_not_depend_on_the_unit(history: list[int], settings: ForecastSettings) -> None:
    pieces, pairs = (forecast([size * one for one in history], settings=settings) for size in (1.0, 2.0))
    assert pairs.method is pieces.method
    assert pairs.per_period == tuple(2 * quantity for quantity in pieces.per_period)


@given(st.floats(0.001, 1e9), st.integers(2, 40), settings)
def test_demand_that_never_changes_is_forecast_as_it_is(
    quantity: float, periods: int, settings: ForecastSettings
) -> None:
    found = forecast([quantity] * periods, settings=settings)
    assert found.per_period == pytest.approx([quantity] * settings.horizon)
    assert found.deviation == pytest.approx(0, abs=quantity * 1e-9)


@given(
    st.lists(st.integers(0, 30), min_size=13, max_size=24),
    st.sampled_from([method for method in ForecastMethod if method is not ForecastMethod.AUTO]),
)
def test_an_error_is_what_a_forecast_of_that_day_would_have_missed_by(
    history: list[int], method: ForecastMethod
) -> None:
    """Nothing of the later periods is known to the trial: a forecast of the cut history says the same."""
    settings = ForecastSettings(season_length=4, windows=(3,), level_weights=(0.3,))
    positive = [float(quantity + 1) for quantity in history]
    try:
        found = forecast(positive, method, settings)
    except InvalidHistoryError:
        return
    first = len(positive) - found.why.tried_periods
    missed = [
        positive[end] - forecast(positive[:end], method, settings).per_period[0] for end in range(first, len(positive))
    ]
    assert found.deviation == pytest.approx(sqrt(sum(error**2 for error in missed) / len(missed)))


@given(st.lists(st.integers(0, 9), min_size=1, max_size=30), st.floats(0.01, 1))
def test_a_followed_forecast_is_that_of_each_day(demand: list[int], alpha: float) -> None:
    followed = follow_intermittent(demand, alpha)
    assert followed == [forecast_intermittent(demand[:end], alpha) for end in range(1, len(demand) + 1)]
