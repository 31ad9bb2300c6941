"""Payslips out of contracts, time and extras: each row of arithmetic, and what stops a slip."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automations.rules.payroll.periods import Period
from automations.rules.payroll.slip import PreparedSlip, prepare_slip
from automations.rules.payroll.slip_facts import PaySettings
from connectors.contracts.people import (
    Absence,
    LineKind,
    OneOffItem,
    OneOffKind,
    PayComponent,
    PayDeduction,
    Payslip,
    PayslipState,
    TimeSheetEntry,
    TimeSource,
)
from tests.unit.payroll_office import (
    JANA,
    OCTOBER,
    SAM,
    SHIFTS,
    by_hour,
    by_hour_in_us,
    facts,
    punches_of,
    rules,
    salary,
    shift,
)

USUAL = PaySettings()
WEEK = Period(date(2026, 10, 5), date(2026, 10, 11))


def prepare(settings: PaySettings = USUAL, **known: Any) -> PreparedSlip:
    return prepare_slip(facts(**known), rules(), settings)


def prepare_us(settings: PaySettings = USUAL, period: Period = WEEK, **known: Any) -> PreparedSlip:
    return prepare_slip(facts(SAM, period, **known), rules("US"), settings)


def lines(prepared: PreparedSlip) -> dict[str, str]:
    assert prepared.slip is not None, prepared.problems
    return {
        "/".join(filter(None, (line.code, line.label))): str(line.amount)
        for line in prepared.slip.lines
        if line.kind is LineKind.EARNING
    }


def codes(prepared: PreparedSlip) -> list[str]:
    return sorted(problem.reason.value for problem in prepared.problems)


def unpaid(first: int, last: int, share: str = "1", **more: Any) -> Absence:
    return Absence("a1", "CZ-1", date(2026, 10, first), date(2026, 10, last), "leave", Decimal(share), **more)


def test_a_whole_month_is_paid_in_full_with_insurance_and_tax_of_the_year() -> None:
    """44,000: health 13.5 % = 5,940, a third 1,980; social 7.1 % = 3,124; tax 6,600 - 2,570 = 4,030."""
    slip = prepare(contracts=[salary()]).slip
    assert slip is not None
    taken = {line.code: line.amount for line in slip.lines if line.kind is LineKind.DEDUCTION}
    assert taken == {"health_insurance": 1980, "social_insurance": 3124, "tax_advance": 4030}
    assert [slip.gross, slip.deductions, slip.net] == [44000, 9134, 34866]
    assert all(line.law for line in slip.lines if line.kind is not LineKind.EARNING)


def test_unpaid_days_lower_the_salary_and_what_depends_on_days_and_the_wage_is_whole_crowns() -> None:
    """22 working days, the holiday of 28 October among them: 3 unpaid of 22; 44,000 × 19 / 22 = 38,000."""
    extras = (
        PayComponent("Shift lead", Decimal(2200)),
        PayComponent("Phone", Decimal("300.50"), depends_on_days=False),
    )
    prepared = prepare(contracts=[salary(components=extras)], absences=[unpaid(12, 14)])
    assert lines(prepared) == {
        "base_pay": "38000.00",
        "component/Shift lead": "1900.00",
        "component/Phone": "300.50",
        "wage_rounding": "0.50",
    }


def test_a_partly_paid_and_a_half_day_count_their_fraction() -> None:
    """0.4 of a day unpaid and half of an unpaid day: 44,000 × 21.1 / 22."""
    half = unpaid(13, 13, half_day_on=date(2026, 10, 13))
    prepared = prepare(contracts=[salary()], absences=[unpaid(12, 12, "0.4"), replace(half, id="a2")])
    assert lines(prepared)["base_pay"] == "42200.00"


def test_two_contracts_after_one_another_each_pay_their_days() -> None:
    """12 and 10 of 22 working days; what does not depend on days is paid once."""
    phone = (PayComponent("Phone", Decimal(300), depends_on_days=False),)
    earlier = salary("22000", last=date(2026, 10, 16), components=phone)
    later = salary("44000", id="b", first=date(2026, 10, 17), components=phone)
    prepared = prepare(contracts=[earlier, later])
    assert prepared.slip is not None
    paid = [str(line.amount) for line in prepared.slip.lines if line.kind is LineKind.EARNING]
    assert paid == ["12000.00", "20000.00", "300.00"]


def test_hours_on_rest_days_and_holidays_and_over_the_week_are_paid_by_their_own_multiplier() -> None:
    """Week of 5 October: 5 × 9 h are 5 over 40; 4 h on Saturday; 8 h on the holiday of 28 October."""
    punches = [one for day in range(5, 10) for one in shift(JANA, (10, day, 6), 9)]
    punches += shift(JANA, (10, 10, 8), 4) + shift(JANA, (10, 28, 6), 8)
    prepared = prepare(contracts=[by_hour()], punches=punches)
    assert lines(prepared) == {
        "hourly_pay": "8000.00",
        "overtime_pay/rest_day": "1080.00",  # 4 × 200 × 1.35
        "overtime_pay/holiday": "3200.00",  # 8 × 200 × 2
        "overtime_pay/workday": "1250.00",  # 5 × 200 × 1.25
    }
    assert prepared.hours == 57


def test_a_contract_pays_overtime_better_than_the_law() -> None:
    punches = [one for day in range(5, 10) for one in shift(JANA, (10, day, 6), 9)]
    contract = by_hour(multipliers={"workday": Decimal(2)})
    assert lines(prepare(contracts=[contract], punches=punches))["overtime_pay/workday"] == "2000.00"


def test_overtime_of_a_salary_costs_what_an_hour_of_the_month_is_worth() -> None:
    """44,000 / (22 days × 8 h) = 250; 8 h on Saturday × 250 × 1.35."""
    contract = salary(time_source=TimeSource.PUNCHES)
    prepared = prepare(contracts=[contract], punches=shift(JANA, (10, 10, 6), 8))
    assert lines(prepared) == {"base_pay": "44000.00", "overtime_pay/rest_day": "2700.00"}


def test_the_week_of_29_cfr_778_costs_294_and_with_the_bonus_303_80() -> None:
    """46 hours at 6: 276 + 6 × 3 = 294; with 9.20 the regular rate is 6.20: 285.20 + 6 × 3.10 = 303.80."""
    punches = [one for day in range(5, 9) for one in shift(SAM, (10, day, 6), 9)]
    punches += shift(SAM, (10, 9, 6), 10)
    plain = prepare_us(contracts=[by_hour_in_us("6")], punches=punches)
    assert plain.slip is not None
    assert plain.slip.gross == Decimal("294.00")
    bonus = OneOffItem("1", "US-1", OneOffKind.BONUS, Decimal("9.20"), "USD", WEEK.first, WEEK.last, "Quality")
    with_bonus = prepare_us(contracts=[by_hour_in_us("6")], punches=punches, one_offs=[bonus])
    assert with_bonus.slip is not None
    assert with_bonus.slip.gross == Decimal("303.80")
    assert with_bonus.slip.notes == ("TAXES_BY_PROVIDER",)


def test_a_week_over_two_periods_is_settled_once_in_the_one_in_which_it_ends() -> None:
    """Monday 28 September to Sunday 4 October, 5 × 9 h: three days are September's, the premium is October's."""
    punches = [one for day in (28, 29, 30) for one in shift(SAM, (9, day, 6), 9)]
    punches += [one for day in (1, 2) for one in shift(SAM, (10, day, 6), 9)]
    contract = by_hour_in_us("10", "monthly")
    september = Period(date(2026, 9, 1), date(2026, 9, 30))
    assert lines(prepare_us(period=september, contracts=[contract], punches=punches)) == {"hourly_pay": "270.00"}
    october = prepare_us(period=OCTOBER, contracts=[contract], punches=punches)
    assert lines(october) == {"hourly_pay": "180.00", "overtime_premium": "25.00"}  # 45 h - 40 = 5 × 5


def test_a_sheet_over_the_edge_of_a_period_is_split_there() -> None:
    sheets = [TimeSheetEntry(str(day), "CZ-1", day, Decimal(8)) for day in (date(2026, 9, 30), OCTOBER.first)]
    contract = by_hour(time_source=TimeSource.SHEETS)
    # The holiday of 28 October takes no wage away: 8 h × 200.
    assert lines(prepare(contracts=[contract], time_entries=sheets)) == {
        "hourly_pay": "1600.00",
        "holiday_pay": "1600.00",
    }


def earlier_slip(month: int, **changes: Any) -> Payslip:
    """What the rule itself made of 40,000 in that month."""
    period = Period(date(2026, month, 1), date(2026, month, 30))
    made = prepare_slip(facts(period=period, contracts=[salary("40000")]), rules(month=month), USUAL).slip
    assert made is not None
    return replace(made, **changes)


def test_a_raise_that_comes_late_is_paid_for_the_past_and_only_once() -> None:
    slips = [earlier_slip(9)]
    prepared = prepare(contracts=[salary("44000")], earlier=slips)
    assert lines(prepared) == {"base_pay": "44000.00", "arrears/base_pay": "4000.00"}
    assert prepared.slip is not None
    november = Period(date(2026, 11, 1), date(2026, 11, 30))
    later = prepare_slip(
        facts(period=november, contracts=[salary("44000")], earlier=[*slips, prepared.slip]), rules(month=11), USUAL
    )
    assert lines(later) == {"base_pay": "44000.00"}


def test_leave_that_turns_out_unpaid_is_taken_back_and_a_cancelled_slip_owes_nothing() -> None:
    """One of 22 working days in September: 40,000 / 22."""
    away = Absence("a", "CZ-1", date(2026, 9, 8), date(2026, 9, 8), "leave", Decimal(1))
    prepared = prepare(contracts=[salary("40000")], absences=[away], earlier=[earlier_slip(9)])
    assert lines(prepared)["arrears/base_pay"] == "-1818.18"
    cancelled = earlier_slip(9, state=PayslipState.CANCELLED)
    assert "arrears/base_pay" not in lines(prepare(contracts=[salary("44000")], earlier=[cancelled]))


def test_hours_that_were_paid_are_owed_at_the_rate_that_holds_by_now() -> None:
    punches = [one for day in range(7, 12) for one in shift(JANA, (9, day, 6), 9)]
    september = Period(date(2026, 9, 1), date(2026, 9, 30))
    paid = prepare_slip(facts(period=september, contracts=[by_hour("200")], punches=punches), rules(month=9), USUAL)
    assert paid.slip is not None
    prepared = prepare(contracts=[by_hour("220")], earlier=[paid.slip])
    assert lines(prepared) == {
        "hourly_pay": "0.00",
        "holiday_pay": "1760.00",  # 8 × 220 for 28 October
        "arrears/holiday_pay": "160.00",  # 8 × 20 for 28 September
        "arrears/hourly_pay": "800.00",  # 40 × 20
        "arrears/overtime_pay/workday": "125.00",  # 5 × 20 × 1.25
    }


def test_the_variance_names_the_lines_that_changed_and_adds_up() -> None:
    prepared = prepare(contracts=[salary("44000")], earlier=[earlier_slip(9)])
    variance = prepared.variance
    assert variance is not None
    assert [variance.gross - variance.gross_before, variance.percent] == [8000, 20]
    assert {(one.code, one.difference) for one in variance.changes} >= {("base_pay", 4000), ("arrears", 4000)}
    assert sum(one.difference for one in variance.changes) == variance.net - variance.net_before


@pytest.mark.parametrize(
    ("limit", "stops", "found"),
    [("20", True, ()), ("19.99", False, ("warning",)), ("19.99", True, ("problem",)), (None, True, ())],
)
def test_a_variance_over_the_limit_warns_or_stops_as_the_settings_say(
    limit: str | None, stops: bool, found: tuple[str, ...]
) -> None:
    settings = PaySettings(variance_percent=Decimal(limit) if limit else None, variance_is_exception=stops)
    prepared = prepare(settings, contracts=[salary("44000")], earlier=[earlier_slip(9)])
    told = ("problem",) * len(prepared.problems) + ("warning",) * len(prepared.warnings)
    assert told == found


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ({"contracts": []}, ["NO_ACTIVE_CONTRACT"]),
        ({"contracts": [salary(last=date(2026, 9, 30))]}, ["NO_ACTIVE_CONTRACT"]),
        ({"contracts": [salary(first=date(2026, 10, 20), last=date(2026, 10, 2))]}, ["NO_ACTIVE_CONTRACT"]),
        ({"contracts": [salary(), salary(id="b", first=OCTOBER.last)]}, ["OVERLAPPING_CONTRACTS"]),
        ({"contracts": [salary("NaN")]}, ["BAD_TERMS"]),
        ({"contracts": [salary("-1")]}, ["BAD_TERMS"]),
        ({"contracts": [salary("1e12")]}, ["BAD_TERMS"]),
        ({"contracts": [salary(hour_rate=Decimal(1))]}, ["BAD_TERMS"]),
        ({"contracts": [salary(frequency="yearly")]}, ["BAD_TERMS"]),
        ({"contracts": [salary(kind="friend")]}, ["BAD_TERMS"]),
        ({"contracts": [salary(currency="EUR")]}, ["BAD_TERMS"]),
        ({"contracts": [salary(frequency="weekly")]}, ["BAD_TERMS"]),
        ({"contracts": [salary(weekly_hours=Decimal(0))]}, ["BAD_TERMS"]),
        ({"contracts": [salary(deductions=(PayDeduction("Car", Decimal(50000)),))]}, ["NEGATIVE_NET"]),
        ({"contracts": [salary()], "absences": [unpaid(1, 2, "1.5")]}, ["BAD_TIME_RECORD"]),
        ({"contracts": [salary()], "absences": [unpaid(1, 2, "NaN")]}, ["BAD_TIME_RECORD"]),
        (
            {"contracts": [by_hour()], "punches": shift(JANA, (10, 6, 6), 8), "absences": [unpaid(6, 6)]},
            [
                "ATTENDANCE_MISMATCH"
            ],  # a day's pay and that of the holiday; of one alone the least health insurance leaves nothing
        ),
        ({"contracts": [by_hour()], "punches": shift(JANA, (10, 6, 6), 8)[:1]}, ["MISSING_PUNCH", "NEGATIVE_NET"]),
    ],
)
def test_what_stops_a_slip_is_named(known: dict[str, Any], expected: list[str]) -> None:
    assert codes(prepare(**known)) == expected


@pytest.mark.parametrize(
    ("amount", "currency", "expected"),
    [("10", "EUR", ["PAY_CURRENCY_DIFFERS"]), ("NaN", "CZK", ["BAD_TERMS"]), ("-5", "CZK", ["BAD_TERMS"])],
)
def test_a_one_off_item_that_cannot_be_paid_stops_the_slip(amount: str, currency: str, expected: list[str]) -> None:
    item = OneOffItem("1", "CZ-1", OneOffKind.BONUS, Decimal(amount), currency, OCTOBER.first, OCTOBER.last, "x")
    assert codes(prepare(contracts=[salary()], one_offs=[item])) == expected


def test_every_cause_is_named_and_not_only_the_first() -> None:
    slip = earlier_slip(9)
    nobody = replace(JANA, iban=None)
    prepared = prepare(employee=nobody, contracts=[], earlier=[replace(slip, last=date(2026, 10, 3))])
    assert codes(prepared) == ["NO_ACTIVE_CONTRACT", "NO_BANK_ACCOUNT", "PERIOD_OVERLAP"]
    assert [problem.where for problem in prepared.problems if problem.reason == "PERIOD_OVERLAP"] == [
        "2026-10-01 – 2026-10-03"
    ]


def test_a_salary_for_part_of_a_month_is_that_part() -> None:
    """Nobody knows what ten days of a month are in Czech law, so they are refused; in the US they are 7 of 21."""
    ten_days = Period(date(2026, 10, 5), date(2026, 10, 14))
    assert codes(prepare(period=ten_days, contracts=[salary()])) == ["BAD_TERMS"]
    contract = salary("2200", "US-1", currency="USD", frequency="monthly")
    # Columbus Day, 12 October, is no working day.
    assert lines(prepare_us(period=ten_days, contracts=[contract])) == {"base_pay": "733.33"}


def test_a_salary_of_days_without_punches_is_not_paid_where_the_settings_say_so() -> None:
    contract = salary(time_source=TimeSource.PUNCHES)
    punches = [one for day in (5, 6, 7) for one in shift(JANA, (10, day, 6), 8)]
    vacation = unpaid(8, 9, "0")
    prepared = prepare(PaySettings(unmarked_is_absent=True), contracts=[contract], punches=punches, absences=[vacation])
    # Three days worked, two of paid leave, and the paid holiday is not marked: 5 of 22.
    assert lines(prepared)["base_pay"] == "10000.00"


money = st.decimals(min_value=0, max_value=200_000, places=2)


@given(money, money, st.integers(0, 22), SHIFTS)
def test_totals_are_sums_of_lines_and_the_net_is_what_is_left(
    amount: Decimal, taken: Decimal, day: int, days: list[tuple[int, int, int]]
) -> None:
    contract = salary(str(amount), time_source=TimeSource.PUNCHES, deductions=(PayDeduction("x", taken),))
    prepared = prepare(contracts=[contract], punches=punches_of(days), absences=[unpaid(1, max(day, 1))])
    slip = prepared.slip
    assert slip is not None
    sums = {kind: sum((one.amount for one in slip.lines if one.kind is kind), Decimal(0)) for kind in LineKind}
    assert slip.gross == sums[LineKind.EARNING]
    assert slip.deductions == sums[LineKind.DEDUCTION]
    assert slip.net == slip.gross - slip.deductions
    assert (slip.net < 0) == ("NEGATIVE_NET" in codes(prepared))


@given(SHIFTS, st.sampled_from([None, Decimal(8)]), st.sampled_from([None, Decimal(20)]))
def test_no_hour_is_paid_twice_or_left_out(
    days: list[tuple[int, int, int]], daily: Decimal | None, weekly: Decimal | None
) -> None:
    prepared = prepare(PaySettings(daily, weekly), contracts=[by_hour()], punches=punches_of(days))
    slip = prepared.slip
    assert slip is not None
    of_work = [line for line in slip.lines if line.code != "holiday_pay"]
    paid = sum((line.quantity or Decimal(0) for line in of_work), Decimal(0))
    # Each of the four kinds of hours is rounded to two decimals for itself.
    assert abs(paid - prepared.hours) <= Decimal("0.03")
