"""Level, trend and season: the arithmetic of each step is in the test."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automations.rules.reorder.demand_pattern import InvalidHistoryError
from automations.rules.reorder.holt_winters import SeasonalState, SeasonalWeights, follow_seasons, start_seasons

HALF = SeasonalWeights(level=0.5, trend=0.5, season=0.5)


def test_two_seasons_give_level_trend_and_season() -> None:
    # Means 15 and 19, so the trend is 4 / 2; the line 14 16 18 20 leaves -4 4 -4 4.
    state = start_seasons([10, 20, 14, 24], 2, multiplies=False)
    assert state == SeasonalState(20, 2, (-4, 4))
    assert state.ahead(3) == [18, 28, 22]


def test_one_season_shows_no_trend() -> None:
    assert start_seasons([10, 20], 2, multiplies=False) == SeasonalState(15, 0, (-5, 5))


def test_each_period_moves_level_trend_and_its_place_in_the_season() -> None:
    # Forecast 20 + 2 - 4 = 18, sold 22: level 22 + (22 + 4 - 22) / 2 = 24, trend 2 + (24 - 20 - 2) / 2 = 3,
    # season -4 + (22 - 22 + 4) / 2 = -2; then 24 + 3 + 4 and 24 + 6 - 2.
    state, forecasts = follow_seasons(SeasonalState(20, 2, (-4, 4)), [22], HALF)
    assert forecasts == [18]
    assert state == SeasonalState(24, 3, (4, -2))
    assert state.ahead(2) == [31, 28]


def test_a_multiplied_season_is_a_share_of_the_level() -> None:
    state = start_seasons([10, 30, 10, 30], 2, multiplies=True)
    assert state == SeasonalState(20, 0, (0.5, 1.5), multiplies=True)
    # Forecast 20 x 0.5, sold 20: level 20 + (20 / 0.5 - 20) / 2 = 30, trend (30 - 20) / 2 = 5,
    # season 0.5 + (20 / 20 - 0.5) / 2 = 0.75; then 35 x 1.5 and 40 x 0.75.
    state, forecasts = follow_seasons(state, [20], HALF)
    assert forecasts == [10]
    assert state == SeasonalState(30, 5, (1.5, 0.75), multiplies=True)
    assert state.ahead(2) == [52.5, 30]


def test_shares_of_a_growing_level_average_to_one() -> None:
    # The line 17 23 29 35 leaves 10 / 17 and 20 / 29 for the first place, 30 / 23 and 44 / 35 for the second.
    state = start_seasons([10, 30, 20, 44], 2, multiplies=True)
    first, second = (10 / 17 + 20 / 29) / 2, (30 / 23 + 44 / 35) / 2
    assert state.season == pytest.approx((first * 2 / (first + second), second * 2 / (first + second)))
    assert (state.level, state.trend) == (35, 6)


def test_domestic_holidays_in_australia() -> None:
    """Hyndman and Athanasopoulos, Forecasting: Principles and Practice, 3rd edition, table 8.3 (one decimal)."""
    start = SeasonalState(9.8, 0.0, (1.5, -0.3, -0.7, -0.5))
    state, forecasts = follow_seasons(start, [11.8, 9.3, 8.6, 9.3], SeasonalWeights(0.2620, 0.1646, 0.0001))
    assert forecasts == pytest.approx([11.3, 9.7, 9.2, 9.2], abs=0.06)
    assert state.level == pytest.approx(9.8, abs=0.1)
    assert state.season == pytest.approx((1.5, -0.3, -0.7, -0.5), abs=0.01)


def test_demand_is_never_forecast_below_nothing() -> None:
    falling = SeasonalState(10, -4, (-8, 8))
    assert falling.ahead(4) == [0, 10, 0, 2]
    assert follow_seasons(falling, [1], HALF)[1] == [0]


@pytest.mark.parametrize("demand", [[1, 1, 90, 90], [90, 90, 1, 1]])
def test_a_trend_that_crosses_nothing_has_no_multiplied_season(demand: list[float]) -> None:
    with pytest.raises(InvalidHistoryError, match="add it instead"):
        start_seasons(demand, 2, multiplies=True)


def test_a_level_that_falls_to_nothing_has_no_multiplied_season() -> None:
    with pytest.raises(InvalidHistoryError, match="falls to nothing"):
        follow_seasons(SeasonalState(10, -6, (1, 1), multiplies=True), [1, 1, 1], HALF)


season_figures = st.lists(st.integers(-40, 40), min_size=2, max_size=12)
weights = st.builds(SeasonalWeights, st.floats(0.01, 1), st.floats(0, 1), st.floats(0, 1))


@given(season_figures, st.integers(0, 20), weights, st.integers(2, 4))
def test_a_straight_line_with_a_fixed_season_is_met_exactly(
    figures: list[int], trend: int, weights: SeasonalWeights, seasons: int
) -> None:
    length = len(figures)
    demand = [100.0 + trend * period + figures[period % length] for period in range(length * (seasons + 1))]
    state, forecasts = follow_seasons(
        start_seasons(demand[: 2 * length], length, multiplies=False), demand[2 * length : -length], weights
    )
    assert forecasts == pytest.approx(demand[2 * length : -length])
    assert state.ahead(length) == pytest.approx(demand[-length:])


@given(st.lists(st.integers(1, 40), min_size=2, max_size=12), weights, st.integers(2, 4))
def test_a_level_demand_with_fixed_shares_is_met_exactly(
    figures: list[int], weights: SeasonalWeights, seasons: int
) -> None:
    length, demand = len(figures), [float(figure) for figure in figures] * seasons
    start = start_seasons(demand[: 2 * length], length, multiplies=True)
    state, _ = follow_seasons(start, demand[2 * length :], weights)
    assert state.ahead(length) == pytest.approx(figures)
