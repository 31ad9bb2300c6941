"""Czech months as a slip: parts of months, holidays, weekends, part-timers, agreements; and what the lines say."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automations.payroll.czech_law import czech_law
from automations.rules.payroll.czech import ContractKind, CzechEmployee, pay_czech
from automations.rules.payroll.periods import Period
from automations.rules.payroll.slip import PreparedSlip, prepare_slip
from automations.rules.payroll.slip_facts import PaySettings
from connectors.contracts.people import (
    SICKNESS,
    Absence,
    LineKind,
    OneOffItem,
    OneOffKind,
    PayComponent,
    PayDeduction,
    Payslip,
    PayslipLine,
    TaxFacts,
    TimeSource,
)
from tests.unit.payroll_office import JANA, OCTOBER, SAM, by_hour, facts, rules, salary, shift

NOVEMBER = Period(date(2026, 11, 1), date(2026, 11, 30))
CLOCKED: dict[str, Any] = {"time_source": TimeSource.PUNCHES}


def prepare(settings: PaySettings | None = None, **known: Any) -> PreparedSlip:
    return prepare_slip(facts(**known), rules(), settings or PaySettings())


def slip_of(prepared: PreparedSlip) -> Payslip:
    assert prepared.slip is not None, prepared.problems
    return prepared.slip


def earned(prepared: PreparedSlip) -> dict[str, str]:
    return {
        "/".join(filter(None, (line.code, line.label))): str(line.amount)
        for line in slip_of(prepared).lines
        if line.kind is LineKind.EARNING
    }


def line(prepared: PreparedSlip, code: str) -> PayslipLine:
    return next(one for one in slip_of(prepared).lines if one.code == code)


def away(first: date, last: date, share: str = "0", kind: str = "vacation", **more: Any) -> Absence:
    return Absence("1", "CZ-1", first, last, kind, Decimal(share), **more)


# --- Health insurance of a part of a month ---


def test_who_joins_in_the_month_pays_health_insurance_of_a_part_of_the_least_base() -> None:
    """15 of 30 days: the least base is 11 200 (592/1992 § 3 (9)); 4.5 % of 20 953.00 is 943."""
    joined = salary("40000", first=date(2026, 11, 16))
    prepared = prepare(period=NOVEMBER, contracts=[joined])
    insurance = line(prepared, "health_insurance")
    assert [slip_of(prepared).gross, insurance.figures["base"], insurance.amount] == [20953, "20953.00", 943]


def test_days_of_illness_lower_the_least_base_and_unpaid_leave_does_not() -> None:
    """Ill from 1 to 20 November: a third of 22 400 is 7 466.67."""
    days = (date(2026, 11, 1), date(2026, 11, 20))
    ill = prepare(period=NOVEMBER, contracts=[salary("10000")], absences=[away(*days, "1", SICKNESS)])
    assert line(ill, "health_insurance").figures["base"] == "7466.67"
    gone = prepare(period=NOVEMBER, contracts=[salary("10000")], absences=[away(*days, "1", "unpaid leave")])
    assert line(gone, "health_insurance").figures["base"] == "22400.00"


@given(st.integers(0, 60_000), st.integers(0, 30))
def test_the_least_base_is_never_more_than_its_part_of_the_month(gross: int, days: int) -> None:
    share = Decimal(days) / 30
    employee = CzechEmployee(ContractKind.EMPLOYMENT, Decimal(gross), True, health_minimum_share=share)
    premiums = pay_czech(employee, czech_law(2026, 1)).premiums
    assert premiums.health_base == max(gross, (22400 * share).quantize(Decimal("0.01")))
    assert premiums.health_earned == gross


# --- The bonus for children in the second half of 2013 ---


@pytest.mark.parametrize(("month", "gross", "has_bonus"), [(9, 4100, True), (9, 3999, False), (7, 4000, True)])
def test_the_bonus_compares_with_the_minimum_wage_of_january(month: int, gross: int, has_bonus: bool) -> None:
    employee = CzechEmployee(ContractKind.EMPLOYMENT, Decimal(gross), True, children=1)
    assert bool(pay_czech(employee, czech_law(2013, month)).tax.bonus) is has_bonus


# --- Days away and holidays of who is paid by the hour ---


def test_a_month_of_paid_vacation_is_paid_in_full_by_the_hour() -> None:
    """21 working days and the holiday of 28 October, 8 h each at 200 (262/2006 § 222, § 115 (3))."""
    prepared = prepare(contracts=[by_hour()], absences=[away(OCTOBER.first, OCTOBER.last)])
    assert earned(prepared) == {"hourly_pay": "0.00", "paid_absence/vacation": "33600.00", "holiday_pay": "1600.00"}
    assert prepared.is_ready


def test_a_partly_paid_half_day_and_unpaid_leave_over_a_holiday() -> None:
    absences = [
        away(date(2026, 10, 6), date(2026, 10, 6), "0.4", half_day_on=date(2026, 10, 6)),
        away(date(2026, 10, 27), date(2026, 10, 29), "1", "unpaid leave"),
    ]
    prepared = prepare(contracts=[by_hour()], absences=absences)
    assert earned(prepared) == {"hourly_pay": "0.00", "paid_absence/vacation": "480.00"}  # half of 8 h × 0.6 × 200


def test_an_agreement_has_no_usual_days_that_a_holiday_could_take_away() -> None:
    assert "holiday_pay" not in earned(prepare(contracts=[by_hour(kind="DPP")]))


# --- What is paid on top ---


def test_a_salary_has_paid_the_usual_hours_of_a_holiday_once() -> None:
    """42 000 / (21 × 8) = 250: 8 h on Tuesday 17 November give as much on top, not twice as much (§ 115 (2))."""
    prepared = prepare(period=NOVEMBER, contracts=[salary("42000", **CLOCKED)], punches=shift(JANA, (11, 17, 6), 8))
    assert earned(prepared) == {"base_pay": "42000.00", "on_top/holiday": "2000.00"}


def test_overtime_on_a_holiday_costs_both_premiums() -> None:
    """Four hours more than the day's limit on 28 October: 1 + 1 + 0.25 (§ 114 and § 115)."""
    prepared = prepare(PaySettings(daily_limit=Decimal(8)), contracts=[by_hour()], punches=shift(JANA, (10, 28, 6), 12))
    multipliers = {one.figures["multiplier"]: one.amount for one in slip_of(prepared).lines if one.label == "holiday"}
    assert multipliers == {"2": Decimal("3200.00"), "2.25": Decimal("1800.00")}


def test_no_contract_pays_overtime_worse_than_the_law() -> None:
    punches = [one for day in range(5, 10) for one in shift(JANA, (10, day, 6), 9)]
    contract = by_hour(multipliers={"workday": Decimal(1)})
    assert earned(prepare(contracts=[contract], punches=punches))["overtime_pay/workday"] == "1250.00"


def test_the_weekend_premium_is_for_saturday_and_sunday_and_not_for_rest_days() -> None:
    """Free on Monday and Tuesday: Sunday is a usual day with a tenth on top, Monday is overtime without it (§ 118)."""
    free = replace(JANA, weekly_days_off=(0, 1))
    punches = shift(JANA, (10, 11, 6), 8) + shift(JANA, (10, 12, 6), 8)
    prepared = prepare(employee=free, contracts=[by_hour()], punches=punches)
    assert earned(prepared) == {
        "hourly_pay": "1600.00",
        "on_top/weekend": "160.00",  # 8 × 200 × 0.1
        "overtime_pay/rest_day": "2000.00",  # 8 × 200 × 1.25
        "holiday_pay": "1600.00",
    }


def test_hours_of_a_part_timer_are_overtime_beyond_the_week_of_the_law_only() -> None:
    """44 h in a week of 20: 24 more than agreed, 4 of them overtime (§ 78 (1) i); a salary pays the first 20."""
    punches = [one for day in range(5, 9) for one in shift(JANA, (10, day, 6), 11)]
    hourly = prepare(contracts=[by_hour(weekly_hours=Decimal(20))], punches=punches)
    assert earned(hourly)["hourly_pay"] == "8000.00"
    assert earned(hourly)["overtime_pay/workday"] == "1000.00"
    salaried = prepare(contracts=[salary("17600", weekly_hours=Decimal(20), **CLOCKED)], punches=punches)
    # 17 600 / (22 × 4) = 200
    assert earned(salaried) == {
        "base_pay": "17600.00",
        "hourly_pay": "4000.00",
        "overtime_pay/workday": "1000.00",
    }


def test_a_weekly_limit_of_nothing_makes_every_hour_overtime() -> None:
    punches = shift(JANA, (10, 5, 6), 8)
    prepared = prepare(PaySettings(weekly_limit=Decimal(0)), contracts=[by_hour()], punches=punches)
    assert earned(prepared)["overtime_pay/workday"] == "2000.00"


# --- Attendance ---


@pytest.mark.parametrize(("unmarked_is_absent", "expected"), [(True, "41000.00"), (False, "41000.00")])
def test_half_a_day_unpaid_and_half_worked_costs_the_same_in_both_modes(
    unmarked_is_absent: bool, expected: str
) -> None:
    """42 000 / 21 days; the fraction of half a day is a setting."""
    worked = [day for day in NOVEMBER if day.weekday() < 5 and day.day != 17]
    punches = [one for day in worked for one in shift(JANA, (11, day.day, 8), 4 if day.day == 10 else 8)]
    half = away(date(2026, 11, 10), date(2026, 11, 10), "1", "unpaid leave", half_day_on=date(2026, 11, 10))
    known: dict[str, Any] = {"period": NOVEMBER, "contracts": [salary("42000", **CLOCKED)], "absences": [half]}
    settings = PaySettings(unmarked_is_absent=unmarked_is_absent)
    known["punches"] = punches + shift(JANA, (11, 17, 8), 8)
    assert earned(prepare(settings, **known))["base_pay"] == expected
    whole = replace(settings, half_day_paid_fraction=Decimal(1))
    assert earned(prepare(whole, **known))["base_pay"] == "42000.00"


def test_a_short_day_is_half_a_day_or_none_where_the_settings_say_so() -> None:
    punches = shift(JANA, (10, 5, 8), 8) + shift(JANA, (10, 6, 8), 3) + shift(JANA, (10, 7, 8), 1)
    settings = PaySettings(unmarked_is_absent=True, half_day_below=Decimal(5), absent_below=Decimal(2))
    prepared = prepare(settings, contracts=[salary("44000", **CLOCKED)], punches=punches)
    assert earned(prepared)["base_pay"] == "3000.00"  # 1.5 of 22 days


# --- Terms ---


def test_two_kinds_of_contract_in_a_month_are_held_until_both_can_be_taxed() -> None:
    employment = salary("20000", last=date(2026, 11, 15))
    agreement = by_hour("180", id="b", kind="DPP", first=date(2026, 11, 16), time_source=TimeSource.SHEETS)
    prepared = prepare(period=NOVEMBER, contracts=[employment, agreement])
    assert [(one.reason, one.found) for one in prepared.problems] == [("BAD_TERMS", "CZ: DPP, employment")]


def test_what_is_paid_once_a_month_is_paid_with_the_second_half_of_it() -> None:
    contract = salary(
        "2200",
        "US-1",
        currency="USD",
        components=(PayComponent("Phone", Decimal(50), depends_on_days=False),),
        deductions=(PayDeduction("Meals", Decimal(30)),),
    )
    codes = [
        [one.code for one in slip_of(prepare_us(half, contract)).lines]
        for half in (Period(OCTOBER.first, date(2026, 10, 15)), Period(date(2026, 10, 16), OCTOBER.last))
    ]
    assert codes == [["base_pay"], ["base_pay", "component", "contract_deduction"]]
    leaver = replace(contract, last=date(2026, 10, 10))
    first_half = prepare_us(Period(OCTOBER.first, date(2026, 10, 15)), leaver)
    assert [one.code for one in slip_of(first_half).lines] == ["base_pay", "component", "contract_deduction"]


def prepare_us(period: Period, contract: Any) -> PreparedSlip:
    return prepare_slip(facts(SAM, period, contracts=[contract]), rules("US"), PaySettings())


def test_an_item_that_ends_before_it_begins_and_one_of_no_kind_hold_the_slip() -> None:
    item = OneOffItem("1", "CZ-1", OneOffKind.BONUS, Decimal(10), "CZK", OCTOBER.last, OCTOBER.first, "x")
    assert [one.reason for one in prepare(contracts=[salary()], one_offs=[item]).problems] == ["BAD_TERMS"]
    strange = replace(item, first=OCTOBER.first, last=OCTOBER.last, kind="gift")
    assert [one.found for one in prepare(contracts=[salary()], one_offs=[strange]).problems] == ["gift"]


@pytest.mark.parametrize(
    ("iban", "code"), [("CZ00 1234", "BAD_IBAN"), ("", "NO_BANK_ACCOUNT"), (" CZ6508000000192000145399 ", None)]
)
def test_a_wrong_account_is_found_before_anything_is_approved(iban: str, code: str | None) -> None:
    prepared = prepare(employee=replace(JANA, iban=iban), contracts=[salary()])
    assert [one.reason.value for one in prepared.problems] == ([code] if code else [])
    assert all(one.found is None for one in prepared.problems), "no account number in a reason"


# --- Lines that explain themselves ---


def test_the_employers_premiums_are_two_lines_each_of_its_own_base() -> None:
    prepared = prepare(contracts=[salary("44000")])
    health, social = line(prepared, "employer_health"), line(prepared, "employer_social")
    assert [health.amount, health.figures["percent"], social.amount] == [3960, "13.5", 10912]
    assert "592/1992" in health.law
    assert "589/1992" in social.law


def test_up_to_the_least_base_the_employee_pays_alone_and_the_line_says_so() -> None:
    """13.5 % of 22 400 is 3 024, less two thirds of 1 350 on what was earned."""
    insurance = line(prepare(contracts=[salary("10000")]), "health_insurance")
    assert [insurance.rule, insurance.amount] == ["health_insurance_least", 2124]
    assert (insurance.figures["earned"], insurance.figures["employer"]) == ("10000.00", "900")
    assert "§ 3 (4)" in insurance.law


def test_the_base_of_withholding_tax_is_the_one_that_was_taxed() -> None:
    """In 2013 the employer's premiums are taxed, too: 4 000 + 1 360 = 5 360, 15 % of it 804."""
    nobody = replace(JANA, tax_facts=TaxFacts(has_health_minimum=False))
    march = Period(date(2013, 3, 1), date(2013, 3, 31))
    contract = salary("4000", first=date(2012, 1, 1))
    prepared = prepare_slip(facts(nobody, march, contracts=[contract]), rules(year=2013, month=3), PaySettings())
    tax = line(prepared, "withholding_tax")
    assert [tax.figures["base"], tax.figures["percent"], tax.amount] == ["5360", "15", 804]
