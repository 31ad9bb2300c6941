"""When a schedule fires: standard cron meaning and what the clock changes do to it."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automations.rules.cron import CronSchedule, InvalidCronError, NeverFiresError

ZONES = ("Europe/Prague", "America/New_York", "Australia/Lord_Howe")


def firings(cron: str, zone: str, after: str, count: int) -> list[str]:
    timezone = ZoneInfo(zone)
    start = datetime.fromisoformat(after)
    start = start.replace(tzinfo=timezone) if start.tzinfo is None else start
    return [firing.isoformat() for firing in CronSchedule.parse(cron).next_firings(start, timezone, count)]


@pytest.mark.parametrize(
    ("cron", "after", "expected"),
    [
        pytest.param("0 9 * * 1", "2026-01-01T00:00", "2026-01-05T09:00:00+01:00", id="1 is Monday"),
        pytest.param("0 9 * * 0", "2026-01-01T00:00", "2026-01-04T09:00:00+01:00", id="0 is Sunday"),
        pytest.param("0 9 * * 7", "2026-01-01T00:00", "2026-01-04T09:00:00+01:00", id="7 is Sunday too"),
        pytest.param("0 9 * * FRI-SUN", "2026-01-04T10:00", "2026-01-09T09:00:00+01:00", id="a range up to Sunday"),
        pytest.param("0 9 * * */2", "2026-01-01T00:00", "2026-01-01T09:00:00+01:00", id="*/2 is Sun Tue Thu Sat"),
        pytest.param("0 9 * Feb *", "2026-01-01T00:00", "2026-02-01T09:00:00+01:00", id="a month by name"),
        pytest.param("5/20 9 * * *", "2026-01-01T09:10", "2026-01-01T09:25:00+01:00", id="a step from a number on"),
        pytest.param("0 9 13 * 5", "2026-01-01T00:00", "2026-01-02T09:00:00+01:00", id="the 13th or any Friday"),
        pytest.param("0 9 */2 * 5", "2026-01-01T00:00", "2026-01-09T09:00:00+01:00", id="odd days that are Fridays"),
        pytest.param("0 9 * * *", "2026-01-01T09:00", "2026-01-02T09:00:00+01:00", id="after is exclusive"),
        pytest.param("0 0 29 2 *", "2096-03-01T00:00", "2104-02-29T00:00:00+01:00", id="2100 has no 29 February"),
        pytest.param("0 0 29 2 */7", "2025-01-01T00:00", "2032-02-29T00:00:00+01:00", id="a leap day on a Sunday"),
    ],
)
def test_a_schedule_fires_next_at(cron: str, after: str, expected: str) -> None:
    assert firings(cron, "Europe/Prague", after, 1) == [expected]


@pytest.mark.parametrize(
    ("cron", "zone", "after", "expected"),
    [
        pytest.param(
            "30 2 * * *",
            "Europe/Prague",
            "2026-03-28T12:00",
            ["2026-03-29T03:00:00+02:00", "2026-03-30T02:30:00+02:00"],
            id="Prague in spring: 02:30 does not exist and runs at the end of the gap",
        ),
        pytest.param(
            "30 2 * * *",
            "Europe/Prague",
            "2026-10-24T12:00",
            ["2026-10-25T02:30:00+02:00", "2026-10-26T02:30:00+01:00"],
            id="Prague in autumn: of two 02:30 the first",
        ),
        pytest.param(
            "30 2 * * *",
            "Europe/Prague",
            "2026-10-25T02:30:00+02:00",
            ["2026-10-26T02:30:00+01:00"],
            id="Prague in autumn: after the first 02:30 the second is no firing",
        ),
        pytest.param(
            "0,30 2,3 * * *",
            "Europe/Prague",
            "2026-03-28T12:00",
            ["2026-03-29T03:00:00+02:00", "2026-03-29T03:30:00+02:00", "2026-03-30T02:00:00+02:00"],
            id="Prague in spring: what the gap moves onto another firing is one firing",
        ),
        pytest.param(
            "30 1-3 * * *",
            "America/New_York",
            "2026-11-01T00:00",
            ["2026-11-01T01:30:00-04:00", "2026-11-01T02:30:00-05:00", "2026-11-01T03:30:00-05:00"],
            id="New York in autumn: listed hours fire once each",
        ),
        pytest.param(
            "30 * * * *",
            "America/New_York",
            "2026-11-01T00:45",
            ["2026-11-01T01:30:00-04:00", "2026-11-01T01:30:00-05:00", "2026-11-01T02:30:00-05:00"],
            id="New York in autumn: every hour means every real hour",
        ),
        pytest.param(
            "0 */2 * * *",
            "America/New_York",
            "2026-03-07T23:30",
            ["2026-03-08T00:00:00-05:00", "2026-03-08T04:00:00-04:00"],
            id="New York in spring: a wildcard hour skips what does not exist",
        ),
        pytest.param(
            "15 2 * * *",
            "Australia/Lord_Howe",
            "2026-10-03T12:00",
            ["2026-10-04T02:30:00+11:00", "2026-10-05T02:15:00+11:00"],
            id="Lord Howe in spring: its gap is half an hour",
        ),
        pytest.param(
            "*/20 * * * *",
            "Australia/Lord_Howe",
            "2026-04-05T01:20:00+11:00",
            ["2026-04-05T01:40:00+11:00", "2026-04-05T01:40:00+10:30", "2026-04-05T02:00:00+10:30"],
            id="Lord Howe in autumn: half an hour comes twice",
        ),
        pytest.param(
            "0 9 30 12 *",
            "Pacific/Apia",
            "2011-12-01T00:00",
            ["2011-12-31T00:00:00+14:00", "2012-12-30T09:00:00+14:00"],
            id="Apia in 2011: a date that was left out runs at the end of the gap",
        ),
    ],
)
def test_clock_changes(cron: str, zone: str, after: str, expected: list[str]) -> None:
    assert firings(cron, zone, after, len(expected)) == expected


@pytest.mark.parametrize(
    ("cron", "said"),
    [
        ("60 * * * *", "The minute '60' does not exist: it goes from 0 to 59."),
        ("0 24 * * *", "The hour '24' does not exist: it goes from 0 to 23."),
        ("0 0 0 * *", "The day of month '0' does not exist: it goes from 1 to 31."),
        ("0 0 1 13 *", "The month '13' does not exist: it goes from 1 to 12."),
        ("0 0 * * 8", "The day of week '8' does not exist: it goes from 0 to 7."),
        ("0 9 * *", "five fields"),
        ("", "five fields"),
        ("*/0 * * * *", "a step is a whole number from 1 on"),
        ("30-10 * * * *", "runs backwards"),
        ("0 9 * foo *", "The month 'foo' cannot be read: 'foo' is neither a number nor one of jan, feb"),
        ("0 9 ? * 1", "The day of month '?' cannot be read"),
        ("1,,2 * * * *", "The minute '' cannot be read"),
        ("\u0665 * * * *", "is not a number"),
    ],
)
def test_a_wrong_line_names_the_field_and_the_value(cron: str, said: str) -> None:
    with pytest.raises(InvalidCronError) as refused:
        CronSchedule.parse(cron)
    assert said in str(refused.value)


@pytest.mark.parametrize("cron", ["0 0 30 2 *", "0 0 31 4,6,9,11 *", "0 0 31 2 */2"])
def test_a_line_that_never_fires_is_refused(cron: str) -> None:
    with pytest.raises(NeverFiresError, match="never fires"):
        CronSchedule.parse(cron)


def test_a_date_that_does_not_exist_is_fine_when_a_weekday_may_fire_instead() -> None:
    assert firings("0 0 30 2 mon", "Europe/Prague", "2026-01-01T00:00", 1) == ["2026-02-02T00:00:00+01:00"]


def test_a_window_includes_its_start_and_excludes_its_end() -> None:
    zone = ZoneInfo("Europe/Prague")
    nine = datetime(2026, 6, 1, 9, tzinfo=zone)
    schedule = CronSchedule.parse("0 9 * * *")
    assert schedule.firings_between(nine, nine + timedelta(days=1), zone) == [nine]


@pytest.mark.parametrize(
    ("cron", "before", "not_before", "expected"),
    [
        ("0 9 * * *", "2026-06-02T08:59", "2026-05-01T00:00", "2026-06-01T09:00:00+02:00"),
        ("0 9 * * *", "2026-06-02T09:00", "2026-05-01T00:00", "2026-06-02T09:00:00+02:00"),
        ("0 9 * * *", "2026-06-02T08:59", "2026-06-01T09:00", None),
        ("0 0 29 2 *", "2026-06-02T08:59", "2020-01-01T00:00", "2024-02-29T00:00:00+01:00"),
        ("30 2 * * *", "2026-03-29T03:10", "2026-03-28T12:00", "2026-03-29T03:00:00+02:00"),
    ],
)
def test_the_last_firing_before_a_moment(cron: str, before: str, not_before: str, expected: str | None) -> None:
    zone = ZoneInfo("Europe/Prague")
    moments = [datetime.fromisoformat(text).replace(tzinfo=zone) for text in (before, not_before)]
    found = CronSchedule.parse(cron).last_firing(moments[0], zone, moments[1])
    assert (found.isoformat() if found else None) == expected


@st.composite
def cron_fields(draw: st.DrawFn, lowest: int, highest: int) -> str:
    first = draw(st.integers(lowest, highest))
    last = draw(st.integers(first, highest))
    step = draw(st.integers(1, 12))
    return draw(st.sampled_from(["*", f"*/{step}", f"{first}", f"{first}-{last}", f"{first}-{last}/{step},{last}"]))


CRON_LINES = st.tuples(
    cron_fields(0, 59), cron_fields(0, 23), cron_fields(1, 28), cron_fields(1, 12), cron_fields(0, 7)
).map(" ".join)


@settings(max_examples=80, deadline=None)
@given(
    line=CRON_LINES,
    zone=st.sampled_from(ZONES),
    hours_later=st.integers(0, 50_000),
)
def test_firings_strictly_increase_and_fit_their_fields(line: str, zone: str, hours_later: int) -> None:
    timezone = ZoneInfo(zone)
    schedule = CronSchedule.parse(line)
    start = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(hours=hours_later)
    found = schedule.next_firings(start, timezone, 12)
    instants = [start, *(firing.astimezone(UTC) for firing in found)]
    assert len(found) == 12
    assert all(earlier < later for earlier, later in pairwise(instants))
    for firing in found:
        fits = firing.minute in schedule.minutes and firing.hour in schedule.hours
        assert schedule.fits_date(firing.date())
        assert fits or ends_a_gap(firing)


@settings(max_examples=60, deadline=None)
@given(
    hour=st.integers(0, 23),
    minute=st.integers(0, 59),
    zone=st.sampled_from(ZONES),
    day=st.dates(date(2024, 1, 1), date(2030, 1, 1)),
)
def test_a_fixed_hour_fires_once_on_every_local_date(hour: int, minute: int, zone: str, day: date) -> None:
    timezone = ZoneInfo(zone)
    midnight = datetime(day.year, day.month, day.day, tzinfo=timezone)
    found = CronSchedule.parse(f"{minute} {hour} * * *").next_firings(midnight - timedelta(seconds=1), timezone, 400)
    assert [firing.date() for firing in found] == [day + timedelta(days=number) for number in range(400)]


def ends_a_gap(firing: datetime) -> bool:
    """Whether the clock was put forward to exactly this time."""
    instant = firing.astimezone(UTC)
    just_before = (instant - timedelta(seconds=1)).astimezone(firing.tzinfo)
    return just_before.utcoffset() != firing.utcoffset()
