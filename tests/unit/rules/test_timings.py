"""Timings: days of the month, intervals, calendars, what is refused, and clock changes of unusual zones."""

from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automations.rules.calendars import OnCalendar, holiday_name, working_days
from automations.rules.intervals import Interval
from automations.rules.month_day import MonthDay, MonthRule
from automations.rules.timings import TimingError, read_timing, write_timing
from automations.rules.working_days import MONDAY_TO_FRIDAY, WorkingDays

CHRISTMAS = WorkingDays(closures={date(2026, 12, day): "Christmas" for day in (24, 25, 26)})


def month_day(rule: str, days: WorkingDays = MONDAY_TO_FRIDAY, **fields: Any) -> MonthDay:
    timing = read_timing({"kind": "month_day", "rule": rule, "time": "18:00", **fields}, days)
    assert isinstance(timing, MonthDay)
    return timing


def firings(
    document: dict[str, Any], zone: str, after: str, count: int, days: WorkingDays = MONDAY_TO_FRIDAY
) -> list[str]:
    place = ZoneInfo(zone)
    start = datetime.fromisoformat(after).replace(tzinfo=place)
    return [firing.isoformat() for firing in read_timing(document, days).next_firings(start, place, count)]


@pytest.mark.parametrize(
    ("timing", "month", "expected"),
    [
        pytest.param(month_day("last_day"), (2028, 2), "2028-02-29", id="a leap year"),
        pytest.param(month_day("last_day"), (2100, 2), "2100-02-28", id="2100 is none"),
        pytest.param(month_day("last_working_day", CHRISTMAS), (2026, 12), "2026-12-31", id="Thursday 31 December"),
        pytest.param(month_day("nth_working_day", n=1), (2026, 8), "2026-08-03", id="1 August is a Saturday"),
        pytest.param(month_day("nth_working_day", n=23), (2026, 7), "2026-07-31", id="July has 23"),
        pytest.param(month_day("nth_working_day", n=23), (2026, 6), None, id="June has 22: no run"),
        pytest.param(month_day("nth_last_working_day", n=3), (2026, 5), "2026-05-27", id="29, 28, 27 May"),
        pytest.param(month_day("day_of_month", day=31), (2026, 4), "2026-04-30", id="31 is the last day of April"),
        pytest.param(month_day("day_of_month", day=30), (2026, 2), "2026-02-28", id="30 February is its last day"),
        pytest.param(month_day("day_of_month", day=31, move="next"), (2026, 5), "2026-06-01", id="Sunday, into June"),
        pytest.param(month_day("day_of_month", day=1, move="previous"), (2026, 2), "2026-01-30", id="into January"),
        pytest.param(month_day("day_of_month", day=1, move="skip"), (2026, 2), None, id="a Sunday is skipped"),
        pytest.param(month_day("day_of_month", day=2, move="skip"), (2026, 2), "2026-02-02", id="a Monday is not"),
        pytest.param(month_day("day_of_month", day=1), (2026, 2), "2026-02-01", id="without a move the Sunday itself"),
        pytest.param(month_day("nth_weekday", n=1, weekday="mon"), (2026, 6), "2026-06-01", id="first Monday"),
        pytest.param(month_day("nth_weekday", n=1, weekday="SUN"), (2026, 6), "2026-06-07", id="first Sunday"),
        pytest.param(month_day("nth_weekday", n=5, weekday="fri"), (2026, 5), "2026-05-29", id="a fifth Friday"),
        pytest.param(month_day("nth_weekday", n=5, weekday="fri"), (2026, 6), None, id="June has four"),
        pytest.param(month_day("nth_weekday", n=-1, weekday="fri"), (2026, 6), "2026-06-26", id="last Friday"),
    ],
)
def test_a_rule_picks_a_day_of_the_month(timing: MonthDay, month: tuple[int, int], expected: str | None) -> None:
    found = timing.date_in(*month)
    assert (found and found.isoformat()) == expected


def test_a_working_saturday_and_a_weekend_on_friday_count() -> None:
    extra = WorkingDays(extra=frozenset({date(2026, 1, 31)}))
    assert month_day("last_working_day", extra).date_in(2026, 1) == date(2026, 1, 31)
    friday_off = WorkingDays(frozenset({4}))
    # 31 July 2026 is a Friday.
    assert month_day("last_working_day", friday_off).date_in(2026, 7) == date(2026, 7, 30)


def test_an_extra_working_day_beats_a_holiday_on_it() -> None:
    day = date(2026, 12, 24)
    days = WorkingDays(closures={day: "Christmas Eve"}, extra=frozenset({day}))
    assert (days.day_off(day), days.is_working(day)) == (None, True)


def test_a_month_that_is_closed_altogether_has_no_working_day() -> None:
    closed = {date(2026, 8, day): "summer" for day in range(1, 32)}
    assert month_day("last_working_day", WorkingDays(closures=closed)).date_in(2026, 8) is None


@pytest.mark.parametrize(
    ("country", "day", "is_working"),
    [
        ("CZ", "2026-12-24", False),
        ("CZ", "2026-12-31", True),
        ("IR", "2026-11-27", False),
        ("IR", "2026-11-28", True),
        ("HU", "2026-08-08", True),
        ("HU", "2026-08-15", False),
        ("IS", "2026-06-17", False),
    ],
    ids=[
        "Czech Christmas Eve",
        "New Year's Eve",
        "Friday in Iran",
        "Saturday in Iran",
        "a Saturday that Hungary works for a bridge day",
        "another Saturday",
        "Iceland's national day",
    ],
)
def test_countries_have_their_own_working_days(country: str, day: str, is_working: bool) -> None:
    assert working_days(country, {}, frozenset()).is_working(date.fromisoformat(day)) is is_working


def test_a_holiday_is_called_by_its_name_in_the_language_where_it_has_one() -> None:
    day = date(2026, 12, 24)
    assert holiday_name("CZ", day, "cs") == "Štědrý den"
    assert holiday_name("CZ", day, "fa") == holiday_name("CZ", day)


def test_with_a_calendar_holidays_are_left_out_and_told() -> None:
    days = working_days("CZ", {date(2026, 12, 28): "Stocktaking"}, frozenset())
    timing = OnCalendar(read_timing({"kind": "cron", "line": "0 6 * * mon-fri"}, days), days)
    zone = ZoneInfo("Europe/Prague")
    after = datetime(2026, 12, 23, 12, tzinfo=zone)
    assert [firing.day for firing in timing.next_firings(after, zone, 3)] == [29, 30, 31]
    planned = timing.planned(after, zone)
    assert [(one.at.day, one.day_off is not None) for one, _ in zip(planned, range(4), strict=False)] == [
        (24, True),
        (25, True),
        (28, True),
        (29, False),
    ]
    assert timing.last_firing(datetime(2026, 12, 28, 12, tzinfo=zone), zone, after - timedelta(days=3)) == datetime(
        2026, 12, 23, 6, tzinfo=zone
    )


def test_a_timing_that_meets_only_holidays_ends() -> None:
    days = working_days("CZ", {}, frozenset())
    timing = OnCalendar(read_timing({"kind": "cron", "line": "0 0 1 1 *"}, days), days)
    assert timing.next_firings(datetime(2026, 6, 1, tzinfo=ZoneInfo("UTC")), ZoneInfo("UTC"), 1) == []


@pytest.mark.parametrize(
    ("document", "zone", "after", "expected"),
    [
        pytest.param(
            {"kind": "month_day", "rule": "last_day", "time": "02:30"},
            "Europe/Berlin",
            "2024-03-01T00:00",
            ["2024-03-31T03:00:00+02:00", "2024-04-30T02:30:00+02:00"],
            id="the last day of March 2024 is the one with the gap",
        ),
        pytest.param(
            {"kind": "cron", "line": "15 2 * * *"},
            "Australia/Lord_Howe",
            "2026-10-03T12:00",
            ["2026-10-04T02:30:00+11:00", "2026-10-05T02:15:00+11:00"],
            id="Lord Howe in spring: half an hour is left out, 02:00 to 02:30",
        ),
        pytest.param(
            {"kind": "cron", "line": "45 1 * * *"},
            "Australia/Lord_Howe",
            "2026-04-04T12:00",
            ["2026-04-05T01:45:00+11:00", "2026-04-06T01:45:00+10:30"],
            id="Lord Howe in autumn: 01:30 to 02:00 comes twice, one firing",
        ),
        pytest.param(
            {"kind": "cron", "line": "*/15 * * * *"},
            "Australia/Lord_Howe",
            "2026-04-05T01:29",
            [
                "2026-04-05T01:30:00+11:00",
                "2026-04-05T01:45:00+11:00",
                "2026-04-05T01:30:00+10:30",
                "2026-04-05T01:45:00+10:30",
                "2026-04-05T02:00:00+10:30",
            ],
            id="Lord Howe in autumn: every quarter of an hour in real time",
        ),
        pytest.param(
            {"kind": "cron", "line": "30 0 * * *"},
            "Asia/Tehran",
            "2026-03-20T12:00",
            ["2026-03-21T00:30:00+03:30", "2026-03-22T00:30:00+03:30"],
            id="Tehran has had no summer time since 2023",
        ),
        pytest.param(
            {"kind": "cron", "line": "30 0 22 3 *"},
            "Asia/Tehran",
            "2022-01-01T00:00",
            ["2022-03-22T01:00:00+04:30", "2023-03-22T00:30:00+03:30"],
            id="Tehran in 2022: the hour after midnight was left out",
        ),
        pytest.param(
            {"kind": "cron", "line": "30 2 * * *"},
            "America/St_Johns",
            "2026-03-07T12:00",
            ["2026-03-08T03:00:00-02:30", "2026-03-09T02:30:00-02:30"],
            id="Newfoundland, half an hour off",
        ),
        pytest.param(
            {"kind": "interval", "minutes": 60},
            "Europe/Prague",
            "2026-10-25T01:30",
            [
                "2026-10-25T02:00:00+02:00",
                "2026-10-25T02:00:00+01:00",
                "2026-10-25T03:00:00+01:00",
            ],
            id="an interval runs in real time through the repeated hour",
        ),
        pytest.param(
            {"kind": "interval", "minutes": 2880, "starts_at": "2026-03-27T06:00"},
            "Europe/Prague",
            "2026-01-01T00:00",
            ["2026-03-27T06:00:00+01:00", "2026-03-29T07:00:00+02:00", "2026-03-31T07:00:00+02:00"],
            id="48 real hours from a given start, an hour later by the clock after the change",
        ),
    ],
)
def test_firings_across_clock_changes(document: dict[str, Any], zone: str, after: str, expected: list[str]) -> None:
    assert firings(document, zone, after, len(expected)) == expected


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({}, "kind"),
        ({"kind": "weekly"}, "kind"),
        ({"kind": "cron", "line": 5}, "line"),
        ({"kind": "cron", "line": "1," * 200 + "1 * * * *"}, "line"),
        ({"kind": "interval", "minutes": 0}, "minutes"),
        ({"kind": "interval", "minutes": "soon"}, "minutes"),
        ({"kind": "interval", "minutes": True}, "minutes"),
        ({"kind": "interval", "minutes": 600_000}, "minutes"),
        ({"kind": "interval", "minutes": 5, "starts_at": "2026-11-22T06:00+01:00"}, "starts_at"),
        ({"kind": "month_day", "rule": "full_moon", "time": "18:00"}, "rule"),
        ({"kind": "month_day", "rule": "last_day", "time": "25:00"}, "time"),
        ({"kind": "month_day", "rule": "last_day"}, "time"),
        ({"kind": "month_day", "rule": "last_day", "time": "18:00", "months": [13]}, "months"),
        ({"kind": "month_day", "rule": "last_day", "time": "18:00", "months": 3}, "months"),
        ({"kind": "month_day", "rule": "nth_working_day", "n": 24, "time": "18:00"}, "n"),
        ({"kind": "month_day", "rule": "nth_weekday", "n": -2, "weekday": "mon", "time": "18:00"}, "n"),
        ({"kind": "month_day", "rule": "nth_weekday", "n": 1, "weekday": "Montag", "time": "18:00"}, "weekday"),
        ({"kind": "month_day", "rule": "day_of_month", "day": 32, "time": "18:00"}, "day"),
        ({"kind": "month_day", "rule": "day_of_month", "day": 5, "move": "up", "time": "18:00"}, "move"),
    ],
)
def test_what_is_no_timing_is_refused_by_field(document: dict[str, Any], field: str) -> None:
    with pytest.raises(TimingError) as refused:
        read_timing(document, MONDAY_TO_FRIDAY)
    assert list(refused.value.problems) == [field]
    assert not refused.value.never_fires


@pytest.mark.parametrize(
    "document",
    [
        {"kind": "cron", "line": "0 0 30 2 *"},
        {"kind": "cron", "line": "0 0 31 4,6,9,11 *"},
        {"kind": "month_day", "rule": "nth_working_day", "n": 23, "months": [2, 4], "time": "18:00"},
    ],
)
def test_what_never_fires_is_told_apart(document: dict[str, Any]) -> None:
    with pytest.raises(TimingError, match="never fires") as refused:
        read_timing(document, MONDAY_TO_FRIDAY)
    assert refused.value.never_fires


@pytest.mark.parametrize(
    "document",
    [
        {"kind": "cron", "line": "30 6 * * mon-fri"},
        {"kind": "interval", "minutes": 45},
        {"kind": "interval", "minutes": 45, "starts_at": "2026-11-22T06:00"},
        {"kind": "month_day", "rule": "last_working_day", "time": "18:00"},
        {
            "kind": "month_day",
            "rule": "day_of_month",
            "day": 25,
            "move": "previous",
            "time": "18:00",
            "months": [3, 12],
        },
        {"kind": "month_day", "rule": "nth_weekday", "n": -1, "weekday": "fri", "time": "18:00"},
    ],
)
def test_a_timing_is_written_as_it_was_read(document: dict[str, Any]) -> None:
    assert write_timing(read_timing(document, MONDAY_TO_FRIDAY)) == document


LOCAL_TIMES = st.datetimes(datetime.fromisoformat("2005-01-01"), datetime.fromisoformat("2035-01-01"))
ZONES = ("Europe/Prague", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Apia")


@given(
    rule=st.sampled_from([rule for rule in MonthRule if rule is not MonthRule.NTH_WEEKDAY]),
    number=st.integers(1, 19),
    minute=st.integers(0, 1439),
    zone=st.sampled_from(ZONES),
    start=LOCAL_TIMES,
)
@settings(max_examples=60, deadline=None)
def test_a_month_rule_fires_once_a_month_in_order(
    rule: MonthRule, number: int, minute: int, zone: str, start: datetime
) -> None:
    place = ZoneInfo(zone)
    timing = month_day(rule.value, n=number, day=number, time=f"{minute // 60:02}:{minute % 60:02}")
    found = timing.next_firings(start.replace(tzinfo=place), place, 24)
    months = [(firing.year, firing.month) for firing in found]
    assert len(set(months)) == 24 or zone == "Pacific/Apia"
    assert found == sorted(found)
    assert all(firing > start.replace(tzinfo=place) for firing in found)


@given(
    minutes=st.integers(1, 5000),
    zone=st.sampled_from(ZONES),
    start=LOCAL_TIMES,
)
@settings(max_examples=60, deadline=None)
def test_an_interval_is_equally_long_everywhere_and_the_last_firing_is_the_one_before_the_next(
    minutes: int, zone: str, start: datetime
) -> None:
    place, every = ZoneInfo(zone), timedelta(minutes=minutes)
    after = start.replace(tzinfo=place)
    found = Interval(every).next_firings(after, place, 5)
    assert {later.timestamp() - earlier.timestamp() for earlier, later in pairwise(found)} == {every.total_seconds()}
    last = Interval(every).last_firing(after, place, after - 2 * every)
    assert last is not None
    assert last.timestamp() == found[0].timestamp() - every.total_seconds()


def test_a_firing_within_the_next_second_is_not_the_last_one() -> None:
    place = ZoneInfo("Europe/Prague")
    just_before = datetime(2005, 1, 1, 0, 0, 59, 1, tzinfo=place)
    last = Interval(timedelta(minutes=1)).last_firing(just_before, place, just_before - timedelta(hours=1))
    assert last == datetime(2005, 1, 1, tzinfo=place)
