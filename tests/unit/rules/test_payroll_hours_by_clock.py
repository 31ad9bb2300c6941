"""Clocks that cannot tell in from out, punches of the same instant, and how a shift is counted."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from automations.rules.payroll.hours import ClockRules, WorkedTime, hours_of_punches
from automations.rules.payroll.periods import Period
from automations.rules.payroll.punches import Counting, Pairing
from automations.rules.payroll.slip import prepare_slip
from automations.rules.payroll.slip_facts import PaySettings
from connectors.contracts.people import PunchRecord
from tests.unit.payroll_office import JANA, NOW, OCTOBER, PRAGUE, PayOffice, by_hour, codes, facts, rules, shift


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
