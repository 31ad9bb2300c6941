"""Hours out of punches and time sheets: nights, clock changes, edges of periods, and records that cannot be."""

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given

from automations.rules.payroll.hours import ClockRules, hours_of_punches, hours_of_sheets
from automations.rules.payroll.periods import Period
from connectors.contracts.people import PunchRecord, TimeSheetEntry
from tests.unit.payroll_office import JANA, NEW_YORK, NOW, OCTOBER, PRAGUE, SAM, SHIFTS, punches_of, shift


def test_a_shift_across_midnight_belongs_to_both_days() -> None:
    worked = hours_of_punches(shift(JANA, (10, 5, 22), 8), PRAGUE, OCTOBER, NOW)
    assert worked.hours == {date(2026, 10, 5): 2, date(2026, 10, 6): 6}


@pytest.mark.parametrize(
    ("employee", "start", "real", "expected"),
    [
        (JANA, (10, 24, 22), 9, {date(2026, 10, 24): 2, date(2026, 10, 25): 7}),
        (JANA, (3, 28, 22), 7, {date(2026, 3, 28): 2, date(2026, 3, 29): 5}),
        (SAM, (10, 31, 22), 9, {date(2026, 10, 31): 2, date(2026, 11, 1): 7}),
    ],
)
def test_a_night_on_which_clocks_change_is_as_long_as_it_really_is(
    employee: Any, start: tuple[int, int, int], real: int, expected: dict[date, int]
) -> None:
    """22:00 to 06:00 by the clock on the wall each time."""
    zone = PRAGUE if employee is JANA else NEW_YORK
    punches = shift(employee, start, real)
    assert punches[1].at.astimezone(zone).hour == 6
    worked = hours_of_punches(punches, zone, Period(date(2026, 1, 1), date(2026, 12, 31)), NOW)
    assert worked.hours == expected


def test_a_shift_over_the_edge_of_a_period_is_paid_in_two_and_no_punch_is_missing() -> None:
    punches = shift(JANA, (10, 31, 22), 8)
    november = Period(date(2026, 11, 1), date(2026, 11, 30))
    in_october = hours_of_punches(punches, PRAGUE, OCTOBER, NOW)
    in_november = hours_of_punches(punches, PRAGUE, november, NOW)
    assert [in_october.total(OCTOBER), in_november.total(november)] == [2, 6]
    assert not in_october.bad
    assert not in_november.bad


def test_a_forgotten_departure_is_a_missing_punch_and_no_night_at_work() -> None:
    first = shift(JANA, (10, 5, 8), 8)[:1]
    worked = hours_of_punches(first + shift(JANA, (10, 6, 8), 8), PRAGUE, OCTOBER, NOW)
    assert worked.hours == {date(2026, 10, 6): 8}
    assert [(one.on, one.is_missing) for one in worked.bad] == [(date(2026, 10, 5), True)]


def test_a_clock_that_cannot_tell_in_from_out_pairs_by_turns() -> None:
    punches = [replace(one, kind=None) for one in shift(JANA, (10, 5, 8), 4)]
    punches += [replace(one, kind=None) for one in shift(JANA, (10, 5, 13), 4)]
    assert hours_of_punches(punches, PRAGUE, OCTOBER, NOW).total(OCTOBER) == 8


def test_punches_that_have_not_happened_yet_and_doubled_ones() -> None:
    pair = shift(JANA, (10, 5, 8), 8)
    assert hours_of_punches(pair + pair, PRAGUE, OCTOBER, NOW).total(OCTOBER) == 8
    early = datetime(2026, 10, 5, 12, tzinfo=PRAGUE)
    worked = hours_of_punches(pair, PRAGUE, OCTOBER, early)
    assert {one.found for one in worked.bad} == {"in the future", "08:00 in"}


def test_punches_are_rounded_to_the_nearest_quarter_of_an_hour() -> None:
    punches = [
        PunchRecord("CZ-1", datetime(2026, 10, 5, 8, 7, 29, tzinfo=PRAGUE), "in"),
        PunchRecord("CZ-1", datetime(2026, 10, 5, 12, 8, tzinfo=PRAGUE), "out"),
    ]
    assert hours_of_punches(punches, PRAGUE, OCTOBER, NOW, ClockRules(rounding_minutes=15)).total(OCTOBER) == Decimal(
        "4.25"
    )


@pytest.mark.parametrize("hours", ["NaN", "-1", "26", "Infinity"])
def test_a_time_sheet_that_cannot_be_is_named_and_not_counted(hours: str) -> None:
    entries = [TimeSheetEntry("1", "CZ-1", date(2026, 10, 5), Decimal(hours))]
    worked = hours_of_sheets(entries, OCTOBER, NOW.date())
    assert len(worked.bad) == 1
    assert not worked.hours


def test_the_same_entry_twice_counts_once_and_two_of_one_day_add_up() -> None:
    one = TimeSheetEntry("1", "CZ-1", date(2026, 10, 5), Decimal("3.5"))
    other = replace(one, id="2")
    assert hours_of_sheets([one, one, other], OCTOBER, NOW.date()).total(OCTOBER) == 7


@given(SHIFTS)
def test_a_month_and_its_two_halves_hold_the_same_hours(days: list[tuple[int, int, int]]) -> None:
    punches = punches_of(days)
    halves = (Period(OCTOBER.first, date(2026, 10, 15)), Period(date(2026, 10, 16), OCTOBER.last))
    whole = hours_of_punches(punches, PRAGUE, OCTOBER, NOW)
    parts = [hours_of_punches(punches, PRAGUE, half, NOW) for half in halves]
    assert whole.hours == {**parts[0].hours, **parts[1].hours}
