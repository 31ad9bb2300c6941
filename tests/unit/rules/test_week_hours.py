"""Hours of a week that overlap are found, also where Sunday night reaches into Monday."""

from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automations.rules.business_calendar import DAYS_OF_WEEK, Stretch
from automations.rules.week_hours import MINUTES_OF_WEEK, find_overlap

MONDAY, TUESDAY, SUNDAY = 0, 1, 6
MINUTES = st.integers(0, 24 * 60 - 1).map(lambda minute: time(minute // 60, minute % 60))
WEEKS = st.lists(st.builds(Stretch, st.integers(0, DAYS_OF_WEEK - 1), MINUTES, MINUTES), max_size=6)


def stretch(weekday: int, opens: str, closes: str) -> Stretch:
    return Stretch(weekday, time.fromisoformat(opens), time.fromisoformat(closes))


@pytest.mark.parametrize(
    ("week", "overlapping"),
    [
        ([], None),
        ([stretch(MONDAY, "09:00", "12:00"), stretch(MONDAY, "12:00", "18:00")], None),
        ([stretch(MONDAY, "09:00", "12:01"), stretch(MONDAY, "12:00", "18:00")], MONDAY),
        ([stretch(MONDAY, "22:00", "06:00"), stretch(TUESDAY, "06:00", "14:00")], None),
        ([stretch(MONDAY, "22:00", "06:00"), stretch(TUESDAY, "05:59", "14:00")], TUESDAY),
        ([stretch(SUNDAY, "20:00", "02:00"), stretch(MONDAY, "02:00", "03:00")], None),
        ([stretch(SUNDAY, "20:00", "02:00"), stretch(MONDAY, "01:00", "03:00")], MONDAY),
        ([stretch(MONDAY, "09:00", "12:00"), stretch(MONDAY, "09:00", "12:00")], MONDAY),
        ([stretch(day, "00:00", "00:00") for day in range(DAYS_OF_WEEK)], None),
    ],
)
def test_two_stretches_at_the_same_time_are_found(week: list[Stretch], overlapping: int | None) -> None:
    assert find_overlap(week) == overlapping


def minutes_of(one: Stretch) -> list[int]:
    begin = one.weekday * 1440 + one.opens.hour * 60 + one.opens.minute
    end = one.weekday * 1440 + one.closes.hour * 60 + one.closes.minute
    return [minute % MINUTES_OF_WEEK for minute in range(begin, end if end > begin else end + 1440)]


@given(WEEKS)
def test_a_week_has_no_overlap_exactly_when_no_minute_counts_twice(week: list[Stretch]) -> None:
    minutes = [minute for one in week for minute in minutes_of(one)]
    assert (find_overlap(week) is None) == (len(minutes) == len(set(minutes)))


@given(WEEKS, st.randoms())
def test_the_order_in_which_hours_are_written_does_not_matter(week: list[Stretch], random: object) -> None:
    shuffled = sorted(week, key=lambda _one: random.random())  # type: ignore[attr-defined]
    assert find_overlap(shuffled) == find_overlap(week)
