"""Arrears of hours: late time sheets, raises within a month, premiums of US weeks; and the law behind all of them."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from automations.rules.payroll.periods import Period
from automations.rules.payroll.slip import PreparedSlip, prepare_slip
from automations.rules.payroll.slip_facts import PaySettings
from connectors.contracts.people import Absence, PayComponent, Payslip, PunchRecord, TimeSheetEntry, TimeSource
from tests.unit.payroll_office import JANA, OCTOBER, SAM, by_hour, by_hour_in_us, facts, rules, salary, shift

NOVEMBER, DECEMBER = Period(date(2026, 11, 1), date(2026, 11, 30)), Period(date(2026, 12, 1), date(2026, 12, 31))
WEEK, NEXT_WEEK = Period(date(2026, 10, 5), date(2026, 10, 11)), Period(date(2026, 10, 12), date(2026, 10, 18))
THIRD_WEEK = Period(date(2026, 10, 19), date(2026, 10, 25))
SHEETS = {"time_source": TimeSource.SHEETS}


def prepare(country: str = "CZ", **known: Any) -> PreparedSlip:
    return prepare_slip(facts(**known), rules(country), PaySettings())


def paid(prepared: PreparedSlip) -> Payslip:
    assert prepared.slip is not None, prepared.problems
    return prepared.slip


def arrears(prepared: PreparedSlip) -> dict[str, str]:
    return {line.label: str(line.amount) for line in paid(prepared).lines if line.code == "arrears"}


def sheets(employee: str, first: date, *hours: float) -> list[TimeSheetEntry]:
    return [
        TimeSheetEntry(f"{first}-{number}", employee, first + timedelta(days=number), Decimal(str(worked)))
        for number, worked in enumerate(hours)
    ]


def clocked(first: int, last: int) -> list[PunchRecord]:
    return [punch for day in range(first, last + 1) for punch in shift(JANA, (10, day, 8), 8)]


def test_a_late_raise_within_a_month_is_paid_for_the_hours_from_its_day_on() -> None:
    """Five days of 8 h before 15 October, two from then on: 16 h × 100 more, and 8 h of the holiday on the 28th."""
    punches = clocked(5, 9) + clocked(15, 16)
    before = paid(prepare(contracts=[by_hour()], punches=punches))
    raised = [by_hour(last=date(2026, 10, 14)), by_hour("300", id="b", first=date(2026, 10, 15))]
    later = prepare(period=NOVEMBER, contracts=raised, punches=punches, earlier=[before])
    assert (arrears(later), later.warnings) == ({"holiday_pay": "800.00", "hourly_pay": "1600.00"}, ())


def test_a_late_raise_within_a_month_of_which_no_record_is_kept_is_told() -> None:
    before = paid(prepare(contracts=[by_hour()], punches=clocked(5, 9)))
    raised = [by_hour(last=date(2026, 10, 14)), by_hour("300", id="b", first=date(2026, 10, 15))]
    later = prepare(period=NOVEMBER, contracts=raised, earlier=[before])
    assert arrears(later) == {}
    (warning,) = [one for one in later.warnings if "hourly_pay" in (one.where or "")]
    assert (warning.reason, warning.found, warning.expected) == ("EARLIER_SLIP_DIFFERS", "200 / 300", "200")


def test_time_sheets_that_were_handed_in_late_are_paid_once() -> None:
    """40 h at 200 in October, found in November; in December nothing is left to pay."""
    week, late = sheets("CZ-1", date(2026, 10, 5), *[8] * 5), sheets("CZ-1", date(2026, 10, 12), *[8] * 5)
    contract = by_hour(**SHEETS)
    october = paid(prepare(contracts=[contract], time_entries=week))
    found = prepare(period=NOVEMBER, contracts=[contract], time_entries=week + late, earlier=[october])
    assert (arrears(found), found.warnings) == ({"hourly_pay": "8000.00"}, ())
    november = replace(paid(found), id="n")
    again = prepare(period=DECEMBER, contracts=[contract], time_entries=week + late, earlier=[october, november])
    assert arrears(again) == {}


def test_late_hours_on_a_day_away_are_told_and_not_paid() -> None:
    week, late = sheets("CZ-1", date(2026, 10, 5), *[8] * 5), sheets("CZ-1", date(2026, 10, 12), 8)
    contract = by_hour(**SHEETS)
    away = [Absence("1", "CZ-1", date(2026, 10, 12), date(2026, 10, 12), "vacation", Decimal(0))]
    october = paid(prepare(contracts=[contract], time_entries=week, absences=away))
    later = prepare(period=NOVEMBER, contracts=[contract], time_entries=week + late, absences=away, earlier=[october])
    assert arrears(later) == {}
    (warning,) = [one for one in later.warnings if one.reason == "EARLIER_SLIP_DIFFERS"]
    assert (warning.found, warning.expected) == ("48 h", "40 h")


def test_the_premium_of_a_weekly_salary_follows_a_late_raise() -> None:
    """50 h for 900 instead of 800: half of 18 instead of 16 for 10 h."""
    terms = {"currency": "USD", "frequency": "weekly", **SHEETS}
    worked = sheets("US-1", WEEK.first, *[10] * 5)
    old, new = salary("800", "US-1", **terms), salary("900", "US-1", **terms)
    before = paid(prepare("US", employee=SAM, period=WEEK, contracts=[old], time_entries=worked))
    for known in (worked, []):
        later = prepare("US", employee=SAM, period=NEXT_WEEK, contracts=[new], time_entries=known, earlier=[before])
        assert arrears(later) == {"base_pay": "100.00", "overtime_premium": "10.00"}


def test_a_raise_within_a_week_counts_in_its_premium() -> None:
    """29 CFR 778.303: 20 h at 10 and 30 h at 20 are 16 an hour; half of it for 10 h instead of half of 10."""
    worked = sheets("US-1", WEEK.first, *[10] * 5)
    before = paid(prepare("US", employee=SAM, period=WEEK, contracts=[by_hour_in_us(**SHEETS)], time_entries=worked))
    raised = [
        by_hour_in_us(last=date(2026, 10, 6), **SHEETS),
        by_hour_in_us("20", id="b", first=date(2026, 10, 7), **SHEETS),
    ]
    later = prepare("US", employee=SAM, period=NEXT_WEEK, contracts=raised, time_entries=worked, earlier=[before])
    assert arrears(later) == {"hourly_pay": "300.00", "overtime_premium": "30.00"}


def test_a_component_that_only_a_correction_paid_is_taken_back_from_each_month_it_was_paid_for() -> None:
    phone = (PayComponent("phone", Decimal(500), False),)
    october = paid(prepare(contracts=[salary()]))
    added = prepare(period=NOVEMBER, contracts=[salary(components=phone)], earlier=[october])
    assert arrears(added) == {"component/phone": "500.00"}
    back = prepare(period=DECEMBER, contracts=[salary()], earlier=[october, replace(paid(added), id="n")])
    taken = [(line.label, str(line.amount), line.for_period) for line in paid(back).lines if line.code == "arrears"]
    assert taken == [("component/phone", "-500.00", OCTOBER.first), ("component/phone", "-500.00", NOVEMBER.first)]


days = st.lists(st.integers(0, 48).map(lambda quarters: quarters / 4), min_size=5, max_size=5)
rates = st.integers(8, 60).map(str)


@given(days, days.filter(any), rates, rates, st.booleans())
def test_paid_then_and_as_arrears_is_what_would_be_paid_today(
    then: list[float], now: list[float], old: str, new: str, is_salary: bool
) -> None:
    """Whatever changes of a week's time sheets and pay, the week after pays the rest of it, and the third nothing."""

    def contract(amount: str) -> Any:
        terms = {"currency": "USD", "frequency": "weekly", **SHEETS}
        return salary(amount, "US-1", **terms) if is_salary else by_hour_in_us(amount, **SHEETS)

    def week(period: Period, amount: str, worked: list[float], *earlier: Payslip) -> Payslip:
        entries = sheets("US-1", WEEK.first, *worked)
        known = {"contracts": [contract(amount)], "time_entries": entries, "earlier": earlier}
        return paid(prepare("US", employee=SAM, period=period, **known))

    first = week(WEEK, old, then)
    second = replace(week(NEXT_WEEK, new, now, first), id="2")
    corrected = sum((line.amount for line in second.lines if line.code == "arrears"), Decimal(0))
    assert first.gross + corrected == week(WEEK, new, now).gross
    third = week(THIRD_WEEK, new, now, first, second)
    assert not [line for line in third.lines if line.code == "arrears"]
