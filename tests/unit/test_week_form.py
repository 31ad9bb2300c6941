"""The hours of a week in a form: written as they are read, and what cannot be."""

from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automations.rules.business_calendar import Stretch
from bot.pages.week_form import WeekFormError, read_week, week_form, write_week

# Two periods a day that never meet: one in the morning, one in the afternoon.
MORNINGS = st.builds(lambda opens: (time(opens), time(opens + 3, 30)), st.integers(5, 8))
AFTERNOONS = st.builds(lambda opens: (time(opens, 15), time(opens + 4)), st.integers(13, 17))
WEEKS = st.dictionaries(
    st.integers(0, 6),
    st.lists(MORNINGS, max_size=1).flatmap(
        lambda mornings: st.lists(AFTERNOONS, max_size=1).map(lambda afternoons: [*mornings, *afternoons])
    ),
)


@given(WEEKS)
def test_hours_are_read_as_they_are_written(days: dict[int, list[tuple[time, time]]]) -> None:
    week = sorted(Stretch(weekday, *times) for weekday, stretches in days.items() for times in stretches)
    assert read_week(write_week(week)) == week


def test_hours_past_midnight_stay_with_their_day() -> None:
    assert read_week({"opens.4.0": "22:00", "closes.4.0": " 02:00 "}) == [Stretch(4, time(22), time(2))]


def test_a_gap_between_the_fields_of_a_day_is_closed() -> None:
    assert read_week({"opens.0.2": "09:00", "closes.0.2": "17:00"}) == [Stretch(0, time(9), time(17))]
    assert week_form({"opens.0.2": "09:00"}, "en").shown(0) == 3
    assert week_form({}, "en").shown(0) == 1


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"opens.1.0": "09:00"}, "bad_time"),
        ({"closes.1.0": "09:00"}, "bad_time"),
        ({"opens.1.0": "9", "closes.1.0": "17:00"}, "bad_time"),
        ({"opens.1.0": "09:00", "closes.1.0": "25:00"}, "bad_time"),
        ({"opens.1.0": "09:00", "closes.1.0": "17:00", "opens.1.1": "12:00", "closes.1.1": "13:00"}, "overlap"),
    ],
)
def test_what_are_no_hours_is_named_by_its_day(fields: dict[str, str], problem: str) -> None:
    with pytest.raises(WeekFormError) as refused:
        read_week(fields)
    assert refused.value.problems == {"day.1": problem}


def test_days_are_called_as_in_the_language() -> None:
    assert week_form({}, "cs_CZ").weekdays[0] == "pondělí"
