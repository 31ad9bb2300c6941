"""Clocks that cannot tell in from out, punches of the same instant, and how a shift is counted."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automations.rules.payroll.hours import LONGEST_SHIFT, ClockRules, WorkedTime, hours_of_punches
from automations.rules.payroll.periods import Period
from automations.rules.payroll.punches import LONGEST_BREAK, Counting, Pairing, Punch, in_order, pair_punches
from automations.rules.payroll.slip import prepare_slip
from automations.rules.payroll.slip_facts import PaySettings
from connectors.contracts.people import PunchRecord
from tests.unit.payroll_office import (
    JANA,
    NOW,
    OCTOBER,
    PRAGUE,
    SAM,
    SHIFTS,
    PayOffice,
    by_hour,
    by_hour_in_us,
    codes,
    facts,
    punches_of,
    rules,
    shift,
)


def untyped(*punches: PunchRecord) -> list[PunchRecord]:
    return [replace(one, kind=None) for one in punches]


def night(first: date, hours: int = 8) -> list[PunchRecord]:
    return untyped(*shift(JANA, (first.month, first.day, 22), hours))


def test_nights_without_a_pause_by_a_clock_that_cannot_tell_are_asked_for_and_not_turned_round() -> None:
    """The window of what is known opens inside a shift: 8 h of work and 16 h at home look alike."""
    office = PayOffice()
    office.people.add_employee(JANA, by_hour())
    first = date(2026, 9, 20)
    office.people.clocked += [one for days in range(30) for one in night(first + timedelta(days=days))]
    october = office.run(month="2026-10")["CZ-1"]
    assert codes(october) >= {"MISSING_PUNCH"}
    assert october.detail["hours"] == "0.00"


def test_after_a_free_night_the_clock_is_understood_again() -> None:
    """From Sunday to Thursday at 22:00: the pause from Friday morning on is longer than a shift can be."""
    office = PayOffice()
    office.people.add_employee(JANA, by_hour())
    sundays = [date(2026, 9, 20) + timedelta(days=7 * week) for week in range(7)]
    office.people.clocked += [one for day in sundays for add in range(5) for one in night(day + timedelta(days=add))]
    october = office.run(month="2026-10")["CZ-1"]
    assert "MISSING_PUNCH" not in codes(october)
    # 22 shifts that lie in October, 6 h of that of 30 September, without those of 30 and 31 October.
    assert Decimal(october.detail["hours"]) == 6 + 21 * 8


@pytest.mark.parametrize("turned", [False, True])
def test_who_goes_out_and_in_at_the_same_instant_has_gone_out_first(turned: bool) -> None:
    punches = shift(JANA, (10, 5, 9), 4) + shift(JANA, (10, 5, 13), 4)
    worked = hours_of_punches(punches[::-1] if turned else punches, PRAGUE, OCTOBER, NOW)
    assert [worked.total(OCTOBER), worked.bad] == [8, ()]


def test_a_shift_that_ends_at_midnight_makes_no_day_of_no_hours() -> None:
    punches = shift(JANA, (10, 5, 16), 8)
    assert hours_of_punches(punches, PRAGUE, OCTOBER, NOW) == WorkedTime({date(2026, 10, 5): Decimal(8)})


def test_from_the_first_punch_to_the_last_the_break_is_paid() -> None:
    punches = shift(JANA, (10, 5, 8), 4) + shift(JANA, (10, 5, 13), 4) + shift(JANA, (10, 6, 8), 4)
    clock = ClockRules(counting=Counting.FIRST_TO_LAST)
    worked = hours_of_punches(punches, PRAGUE, OCTOBER, NOW, clock)
    assert worked.hours == {date(2026, 10, 5): 9, date(2026, 10, 6): 4}


@pytest.mark.parametrize("pairing", Pairing)
def test_from_first_to_last_no_night_at_home_is_paid(pairing: Pairing) -> None:
    """Late on Monday, then early three times: 8 h each, though 8 h of rest lie between the first two."""
    punches = shift(JANA, (10, 5, 14), 8) + [one for day in (6, 7, 8) for one in shift(JANA, (10, day, 6), 8)]
    clock = ClockRules(pairing=pairing, counting=Counting.FIRST_TO_LAST)
    worked = hours_of_punches(punches, PRAGUE, OCTOBER, NOW, clock)
    assert worked.hours == {date(2026, 10, day): 8 for day in (5, 6, 7, 8)}


def test_arrivals_that_nobody_can_tell_before_the_period_hold_it_where_its_first_week_begins() -> None:
    """From Saturday to Wednesday without a free night, and the period begins on Thursday: the premium is not known."""
    worked = [date(2026, 9, day) for day in range(26, 31)] + [date(2026, 10, 2), date(2026, 10, 3)]
    punches = [one for day in worked for one in untyped(*shift(SAM, (day.month, day.day, 8), 9))]
    contract = by_hour_in_us("20", "monthly")
    prepared = prepare_slip(facts(SAM, contracts=[contract], punches=punches), rules("US"), PaySettings())
    assert [(one.reason, one.where) for one in prepared.problems] == [("MISSING_PUNCH", "2026-09-30")]


@given(SHIFTS, st.sampled_from(Pairing), st.booleans())
def test_from_first_to_last_only_breaks_are_added(
    days: list[tuple[int, int, int]], pairing: Pairing, is_untyped: bool
) -> None:
    """Never less than the pairs, never a break longer than the longest, and no shift longer than the longest."""
    spans = [one for day in days for one in punches_of([day])]
    punches = in_order([Punch(one.at, None if is_untyped else one.kind) for one in spans])
    pairs = pair_punches(punches, pairing, Counting.PAIRS, LONGEST_SHIFT)
    shifts = pair_punches(punches, pairing, Counting.FIRST_TO_LAST, LONGEST_SHIFT)
    assert shifts.alone == pairs.alone
    assert all(end - start <= LONGEST_SHIFT for start, end in shifts.spans)
    assert all(any(begin <= start and end <= stop for begin, stop in shifts.spans) for start, end in pairs.spans)
    for begin, stop in shifts.spans:
        moments = [punch.at for punch in punches if begin <= punch.at <= stop]
        present = sum((end - start for start, end in pairs.spans if begin <= start < stop), timedelta())
        assert stop - begin - present <= LONGEST_BREAK * len(moments)


@given(SHIFTS)
def test_a_clock_that_cannot_tell_counts_what_one_that_can_would_count_or_asks(
    days: list[tuple[int, int, int]],
) -> None:
    typed = hours_of_punches(punches_of(days), PRAGUE, OCTOBER, NOW)
    told = hours_of_punches(untyped(*punches_of(days)), PRAGUE, OCTOBER, NOW)
    assert told.hours == typed.hours or told.bad or typed.bad


def test_by_turns_a_clock_that_calls_everything_in_is_understood() -> None:
    punches = [replace(one, kind="in") for one in shift(JANA, (10, 5, 8), 8)]
    week = Period(date(2026, 10, 5), date(2026, 10, 11))
    typed = hours_of_punches(punches, PRAGUE, week, NOW)
    assert [typed.total(week), len(typed.bad)] == [0, 2]
    by_turns = hours_of_punches(punches, PRAGUE, week, NOW, ClockRules(pairing=Pairing.ALTERNATING))
    assert [by_turns.total(week), by_turns.bad] == [8, ()]


def test_the_job_reads_punches_as_its_parameters_say() -> None:
    office = PayOffice()
    office.people.add_employee(JANA, by_hour())
    office.people.clocked += shift(JANA, (10, 5, 8), 4) + shift(JANA, (10, 5, 13), 4)
    assert office.run(month="2026-10", approve=False)["CZ-1"].detail["hours"] == "8.00"
    counted = office.run(month="2026-10", approve=False, punch_counting="first_last", punch_pairing="alternating")
    assert counted["CZ-1"].detail["hours"] == "9.00"


def test_the_second_of_two_contracts_is_not_asked_for_punches_of_the_first() -> None:
    """Punches of the days before are known; the new contract begins inside a chain of shifts."""
    punches = untyped(*[one for day in range(5, 10) for one in shift(JANA, (10, day, 8), 9)])
    old = by_hour(last=date(2026, 10, 6))
    new = by_hour("210", id="b", first=date(2026, 10, 7))
    prepared = prepare_slip(facts(contracts=[old, new], punches=punches), rules(), PaySettings())
    assert [prepared.problems, prepared.hours] == [(), 45]


def test_a_moment_has_no_zone_of_its_own() -> None:
    punches = [PunchRecord("CZ-1", one.at.astimezone(UTC), one.kind) for one in shift(JANA, (10, 5, 8), 8)]
    assert hours_of_punches(punches, PRAGUE, OCTOBER, datetime.max.replace(tzinfo=UTC)).total(OCTOBER) == 8
