"""US work weeks: each settled once, straight pay of a salary by its days, a bonus over all of its own weeks."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from automations.rules.payroll.periods import Period
from automations.rules.payroll.slip import prepare_slip
from automations.rules.payroll.slip_facts import PaySettings
from automations.rules.payroll.us_weeks import bonus_shares
from connectors.contracts.people import OneOffItem, OneOffKind, Payslip, TimeSource
from tests.unit.payroll_office import NOW, OCTOBER, SAM, PayOffice, amounts, by_hour_in_us, facts, rules, salary, shift

NOVEMBER = Period(date(2026, 11, 1), date(2026, 11, 30))


def pay(period: Period, **known: Any) -> Payslip:
    slip = prepare_slip(facts(SAM, period, **known), rules("US"), PaySettings()).slip
    assert slip is not None
    return slip


def of(slip: Payslip, code: str) -> list[str]:
    return [str(line.amount) for line in slip.lines if line.code == code]


def week(first: tuple[int, int], *hours: int) -> list[Any]:
    start = date(2026, *first)
    days = [start + timedelta(days=number) for number in range(len(hours))]
    return [one for day, length in zip(days, hours, strict=True) for one in shift(SAM, (day.month, day.day, 6), length)]


def bonus(amount: str, first: date, last: date) -> OneOffItem:
    return OneOffItem("1", "US-1", OneOffKind.BONUS, Decimal(amount), "USD", first, last, "Quality")


def test_a_contract_that_is_renewed_is_no_end_of_work() -> None:
    """50 h in the week from 26 October, to 31 October by one contract, from 1 November by the next: once 100.00."""
    office = PayOffice()
    old = by_hour_in_us("20", "monthly", last=OCTOBER.last)
    office.people.add_employee(SAM, old, by_hour_in_us("20", "monthly", id="b", first=NOVEMBER.first))
    office.people.clocked += week((10, 26), 10, 10, 10, 10, 10)
    october, november = (office.run(month=month, country="US")["US-1"] for month in ("2026-10", "2026-11"))
    assert "overtime_premium" not in amounts(october)
    assert amounts(november)["overtime_premium"] == "100.00"


def test_who_leaves_in_the_week_is_settled_with_the_last_day_and_not_again() -> None:
    leaver = by_hour_in_us("20", "monthly", last=OCTOBER.last)
    back = by_hour_in_us("20", "monthly", id="b", first=date(2026, 11, 2))
    punches = week((10, 26), 10, 10, 10, 10, 10)
    october = pay(OCTOBER, contracts=[leaver], punches=punches)
    assert of(october, "overtime_premium") == ["100.00"]
    assert of(pay(NOVEMBER, contracts=[leaver, back], punches=punches), "overtime_premium") == []
    # Renewed only after October was paid: the week stays settled.
    renewed = by_hour_in_us("20", "monthly", id="b", first=NOVEMBER.first)
    late = pay(NOVEMBER, contracts=[leaver, renewed], punches=punches, earlier=[october])
    assert of(late, "overtime_premium") == []


def test_a_raise_in_mid_week_adds_each_salary_for_its_own_days() -> None:
    """1 000 for two days and 1 040 for three of five: 1 024 for 50 h; half of 20.48 × 10."""
    terms = {"currency": "USD", "frequency": "weekly", "time_source": TimeSource.PUNCHES}
    old = salary("1000", "US-1", last=date(2026, 10, 6), **terms)
    new = salary("1040", "US-1", id="b", first=date(2026, 10, 7), **terms)
    days = Period(date(2026, 10, 5), date(2026, 10, 11))
    slip = pay(days, contracts=[old, new], punches=week((10, 5), 10, 10, 10, 10, 10))
    assert of(slip, "overtime_premium") == ["102.40"]


def test_a_bonus_belongs_to_all_weeks_in_which_it_was_earned() -> None:
    """1 300 for 13 weeks is 100 a week: 50 h in a week of September, settled then, and 50 h in November."""
    early, late = week((9, 7), 10, 10, 10, 10, 10), week((11, 9), 10, 10, 10, 10, 10)
    contract = by_hour_in_us("20", "monthly")
    september = pay(Period(date(2026, 9, 1), date(2026, 9, 30)), contracts=[contract], punches=early)
    assert of(september, "overtime_premium") == ["100.00"]
    item = bonus("1300", date(2026, 8, 31), date(2026, 11, 29))
    slip = pay(NOVEMBER, contracts=[contract], punches=early + late, one_offs=[item], earlier=[september])
    # (1 000 + 100) / 50 = 22; and of the settled week half of 100 / 50 × 10 more.
    assert of(slip, "overtime_premium") == ["110.00"]
    assert of(slip, "bonus_premium") == ["10.00"]
    assert of(slip, "bonus") == ["1300.00"]


def test_the_last_week_of_a_bonus_is_settled_with_the_next_period_and_the_bonus_paid_once() -> None:
    office = PayOffice()
    office.people.add_employee(SAM, by_hour_in_us("20", "monthly"))
    office.people.clocked += week((10, 26), 10, 10, 10, 10, 10)
    office.people.extras.append(bonus("50", date(2026, 10, 26), OCTOBER.last))
    office.run(month="2026-10", country="US")
    november = amounts(office.run(month="2026-11", country="US", now=NOW)["US-1"])
    assert november["overtime_premium"] == "105.00"  # half of (1 000 + 50) / 50 × 10
    assert not [name for name in november if name.startswith("bonus")]


@given(
    st.decimals(0, 100_000, places=2),
    st.dates(date(2026, 1, 1), date(2026, 12, 31)),
    st.integers(0, 200).map(lambda days: timedelta(days=days)),
)
def test_no_cent_of_a_bonus_is_lost_between_its_weeks(amount: Decimal, first: date, length: timedelta) -> None:
    shares = bonus_shares([bonus(str(amount), first, first + length)])
    assert sum(shares.values()) == amount
    assert all(one.common(Period(first, first + length)) for one in shares)
