"""Arrears: everything that a late change is worth, once, and what nobody can compute is told."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from automations.rules.payroll.periods import Period
from automations.rules.payroll.slip import PreparedSlip, prepare_slip
from automations.rules.payroll.slip_facts import PaySettings
from connectors.contracts.people import Absence, LineKind, Payslip, PayslipLine, TimeSource
from tests.unit.payroll_office import JANA, SAM, PayOffice, amounts, by_hour, by_hour_in_us, facts, rules, salary, shift

SEPTEMBER = Period(date(2026, 9, 1), date(2026, 9, 30))
WEEK, NEXT_WEEK = Period(date(2026, 10, 5), date(2026, 10, 11)), Period(date(2026, 10, 12), date(2026, 10, 18))


def prepare(country: str = "CZ", settings: PaySettings | None = None, **known: Any) -> PreparedSlip:
    return prepare_slip(facts(**known), rules(country), settings or PaySettings())


def paid(prepared: PreparedSlip) -> Payslip:
    assert prepared.slip is not None, prepared.problems
    return prepared.slip


def lines(prepared: PreparedSlip) -> dict[str, str]:
    return {
        "/".join(filter(None, (line.code, line.label))): str(line.amount)
        for line in paid(prepared).lines
        if line.code == "arrears"
    }


def week_of(*hours: int) -> list[Any]:
    return [one for day, length in enumerate(hours) for one in shift(SAM, (10, 5 + day, 6), length)]


def test_the_oldest_month_is_not_judged_by_half_of_what_is_known() -> None:
    """July was paid with five unpaid days; three months before November begin in the middle of what July needs."""
    office = PayOffice()
    office.people.add_employee(JANA, salary("46000"))
    away = Absence("1", "CZ-1", date(2026, 7, 6), date(2026, 7, 10), "unpaid leave", Decimal(1))
    office.people.away.append(away)
    for month in ("2026-07", "2026-08", "2026-09", "2026-10"):
        office.run(month=month)
    assert office.people.slips[0].gross == 36000
    november = office.run(month="2026-11")["CZ-1"]
    assert not [name for name in amounts(november) if name.startswith("arrears")]


def test_a_late_raise_pays_the_premium_of_the_week_as_well() -> None:
    """46 h at 7 instead of 6: 46.00, and 6 × 3.50 instead of 6 × 3.00 (29 CFR 778.303)."""
    punches = week_of(9, 9, 9, 9, 10)
    before = paid(prepare("US", employee=SAM, period=WEEK, contracts=[by_hour_in_us("6")], punches=punches))
    later = prepare(
        "US", employee=SAM, period=NEXT_WEEK, contracts=[by_hour_in_us("7")], punches=punches, earlier=[before]
    )
    assert lines(later) == {"arrears/hourly_pay": "46.00", "arrears/overtime_premium": "3.00"}
    assert later.warnings == ()


def test_overtime_of_a_salary_follows_a_late_raise() -> None:
    """8 h on a Saturday of September × 1.35: 5 154.55 of 84 000 / (22 × 8), less 2 577.27 of half of it."""
    punches = shift(JANA, (9, 5, 6), 8)
    clocked = {"time_source": TimeSource.PUNCHES}
    before = paid(prepare(period=SEPTEMBER, contracts=[salary("42000", **clocked)], punches=punches))
    later = prepare(contracts=[salary("84000", **clocked)], punches=punches, earlier=[before])
    assert lines(later) == {"arrears/base_pay": "42000.00", "arrears/overtime_pay/rest_day": "2577.28"}


def test_hours_that_were_handed_in_late_are_told_and_not_paid_by_themselves() -> None:
    punches = shift(JANA, (9, 8, 6), 8)
    before = paid(prepare(period=SEPTEMBER, contracts=[by_hour()], punches=punches))
    later = prepare(contracts=[by_hour()], punches=punches + shift(JANA, (9, 9, 6), 8), earlier=[before])
    assert not lines(later)
    (warning,) = [one for one in later.warnings if one.reason == "EARLIER_SLIP_DIFFERS"]
    assert (warning.found, warning.expected, warning.owner) == ("16 h", "8 h", "payroll")
    assert "hourly_pay" in (warning.where or "")


def test_pay_for_days_that_no_contract_holds_on_any_more_holds_the_next_slip() -> None:
    before = paid(prepare(period=SEPTEMBER, contracts=[salary()]))
    later = prepare(contracts=[salary(first=date(2026, 10, 1))], earlier=[before])
    assert [(one.reason, one.where) for one in later.problems] == [("NO_ACTIVE_CONTRACT", "2026-09-01 – 2026-09-30")]


def test_slips_of_another_system_without_figures_are_a_case_for_a_person() -> None:
    """Without the base of social insurance nobody knows what is left of the year's maximum."""
    slip = paid(prepare(period=SEPTEMBER, contracts=[salary()]))
    bare = [replace(line, figures={}) for line in slip.lines]
    found = prepare(contracts=[salary()], history=[replace(slip, lines=tuple(bare))]).problems
    assert [(one.reason, one.expected) for one in found] == [("EARLIER_SLIP_DIFFERS", "base")]
    hourly = PayslipLine("hourly_pay", LineKind.EARNING, Decimal(1600), "hours_at_rate", quantity=Decimal(8))
    foreign = Payslip("CZ-1", SEPTEMBER.first, SEPTEMBER.last, "CZK", (hourly,), *(Decimal(1600),) * 3)
    assert lines(prepare(contracts=[by_hour("220")], earlier=[foreign]))["arrears/hourly_pay"] == "160.00"
    backwards = replace(foreign, first=SEPTEMBER.last, last=SEPTEMBER.first)
    assert [one.reason for one in prepare(contracts=[salary()], earlier=[backwards]).problems] == [
        "EARLIER_SLIP_DIFFERS"
    ]


def test_the_variance_needs_no_arrears() -> None:
    office = PayOffice()
    office.people.add_employee(SAM, by_hour_in_us("20", "monthly"))
    office.people.clocked += week_of(8, 8)
    office.run(month="2026-10", country="US")
    november = office.run(month="2026-11", country="US", arrears_months=0)["US-1"]
    assert november.detail["variance"]["gross_difference"] == "-320.00"
