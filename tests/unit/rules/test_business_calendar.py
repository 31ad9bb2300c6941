"""When people answer: at the edges of the hours, around holidays, past midnight and when the clocks change."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automations.rules.business_calendar import BusinessCalendar, DaysAlike, Stretch

PRAGUE = ZoneInfo("Europe/Prague")
NINE, ONE, SIX = time(9), time(13), time(18)
WEEK = [*(Stretch(weekday, NINE, SIX) for weekday in range(5)), Stretch(5, NINE, ONE)]
CHRISTMAS = {date(2026, 12, 24): "Christmas Eve", date(2026, 12, 25): "Christmas Day", date(2026, 12, 27): "Sunday"}
SHOP = BusinessCalendar(PRAGUE, WEEK, CHRISTMAS)


def prague(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PRAGUE)


@pytest.mark.parametrize(
    ("at", "closes", "next_opening"),
    [
        ("2026-11-20 08:59", None, "2026-11-20 09:00"),
        ("2026-11-20 09:00", "2026-11-20 18:00", "2026-11-21 09:00"),
        ("2026-11-20 17:59", "2026-11-20 18:00", "2026-11-21 09:00"),
        ("2026-11-20 18:00", None, "2026-11-21 09:00"),
        ("2026-11-21 14:00", None, "2026-11-23 09:00"),
        ("2026-12-23 20:00", None, "2026-12-26 09:00"),
        ("2026-12-24 12:00", None, "2026-12-26 09:00"),
    ],
)
def test_the_shop_is_open_until_and_opens_next(at: str, closes: str | None, next_opening: str) -> None:
    assert SHOP.closes_at(prague(at)) == (prague(closes) if closes else None)
    assert SHOP.is_open(prague(at)) == (closes is not None)
    assert SHOP.next_opening(prague(at)) == prague(next_opening)


@pytest.mark.parametrize(
    ("at", "opened"),
    [
        ("2026-11-20 08:59", None),
        ("2026-11-20 09:00", "2026-11-20 09:00"),
        ("2026-11-20 17:59", "2026-11-20 09:00"),
        ("2026-11-20 18:00", None),
        ("2026-12-24 12:00", None),
    ],
)
def test_the_present_hours_began_when_the_shop_opened(at: str, opened: str | None) -> None:
    assert SHOP.opened_at(prague(at)) == (prague(opened) if opened else None)


def test_hours_are_those_of_the_shop_wherever_the_question_comes_from() -> None:
    assert SHOP.is_open(datetime(2026, 11, 20, 8, 0, tzinfo=UTC))
    assert not SHOP.is_open(datetime(2026, 11, 20, 7, 59, tzinfo=UTC))


def test_after_the_clocks_change_the_shop_opens_at_the_same_local_time() -> None:
    opening = SHOP.next_opening(prague("2026-10-24 14:00"))
    assert opening is not None
    assert opening.astimezone(UTC) == datetime(2026, 10, 26, 8, 0, tzinfo=UTC)


def test_hours_may_last_past_midnight() -> None:
    bar = BusinessCalendar(PRAGUE, [Stretch(4, SIX, time(2))], {})
    assert bar.closes_at(prague("2026-11-21 01:30")) == prague("2026-11-21 02:00")
    assert bar.opened_at(prague("2026-11-21 01:30")) == prague("2026-11-20 18:00")
    assert not bar.is_open(prague("2026-11-21 02:00"))


def test_without_hours_nobody_ever_opens() -> None:
    assert BusinessCalendar(PRAGUE, [], {}).next_opening(prague("2026-11-20 10:00")) is None


def test_days_with_the_same_hours_are_told_together_and_breaks_are_kept() -> None:
    assert SHOP.hours_of_week() == [DaysAlike(0, 4, ((NINE, SIX),)), DaysAlike(5, 5, ((NINE, ONE),))]
    noon = BusinessCalendar(PRAGUE, [Stretch(2, ONE, SIX), Stretch(2, NINE, time(12)), Stretch(4, NINE, SIX)], {})
    assert noon.hours_of_week() == [
        DaysAlike(2, 2, ((NINE, time(12)), (ONE, SIX))),
        DaysAlike(4, 4, ((NINE, SIX),)),
    ]


def test_closed_days_are_told_when_they_come_soon_and_fall_on_a_day_of_work() -> None:
    told = SHOP.closed_within(prague("2026-12-12 10:00"), 14)
    assert [day for day, _ in told] == [date(2026, 12, 24), date(2026, 12, 25)]
    assert SHOP.closed_within(prague("2026-12-12 10:00") - timedelta(days=3), 14) == []


@given(
    at=st.integers(0, 365 * 24 * 60).map(lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)),
    week=st.lists(st.builds(Stretch, st.integers(0, 6), st.times(), st.times()), min_size=1, max_size=8),
    closed=st.sets(st.dates(date(2026, 1, 1), date(2026, 12, 31)), max_size=20),
)
def test_whenever_somebody_asks_it_opens_later_and_is_open_then(
    at: datetime, week: list[Stretch], closed: set[date]
) -> None:
    calendar = BusinessCalendar(PRAGUE, week, dict.fromkeys(closed, "closed"))
    closes, opens = calendar.closes_at(at), calendar.next_opening(at)
    assert closes is None or closes > at
    assert opens is not None
    assert opens > at
    assert opens.astimezone(PRAGUE).date() not in closed
