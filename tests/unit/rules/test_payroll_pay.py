"""Pay: no hour twice, no cent lost, and one bad employee stops nobody else."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automations.rules.payroll.arrears import ArrearsLine, PaidPart, due_of, reverse_leave
from automations.rules.payroll.overtime import (
    DayHours,
    WorkCalendar,
    WorkWeek,
    daily_overtime,
    pay_us_week,
    split_hours,
    total_split,
)
from automations.rules.payroll.payslips import Employee, ExistingSlip, SlipReason, net_pay, prepare_slips
from automations.rules.payroll.periods import Period

JUNE = Period(date(2026, 6, 1), date(2026, 6, 30))
PRAGUE = ZoneInfo("Europe/Prague")
OFFICE_HOURS = WorkCalendar(PRAGUE, [(time(8), time(12)), (time(13), time(17))])

hours = st.integers(0, 64).map(lambda quarters: Decimal(quarters) / 4)
worked = st.lists(st.builds(DayHours, st.dates(date(2026, 6, 1), date(2026, 6, 28)), hours), max_size=28)
limits = st.none() | st.integers(1, 60).map(Decimal)


@given(worked, limits, limits)
def test_every_hour_is_regular_or_overtime_and_none_is_both(
    days: list[DayHours], daily: Decimal | None, weekly: Decimal | None
) -> None:
    regular, overtime = total_split(split_hours(days, daily, weekly))
    assert regular + overtime == sum(day.hours for day in days)
    assert regular >= 0
    assert overtime >= 0
    if daily is None and weekly is None:
        assert overtime == 0


def test_each_week_has_a_limit_of_its_own() -> None:
    days = [DayHours(date(2026, 6, 1) + timedelta(days=number), Decimal(7)) for number in range(14)]
    assert list(total_split(split_hours(days, None, Decimal(40)))) == [80, 18]


@given(hours, st.integers(1, 10_000).map(lambda cents: Decimal(cents) / 100), hours)
def test_us_overtime_is_paid_once_and_a_half(extra: Decimal, rate: Decimal, bonus: Decimal) -> None:
    total = 40 + extra
    week = pay_us_week(WorkWeek(total, total * rate, bonus))
    assert week.overtime_hours == extra
    assert abs(week.total - (total * rate + bonus + (total * rate + bonus) / total * extra / 2)) <= Decimal("0.01")


def test_a_week_without_hours_has_no_rate() -> None:
    assert pay_us_week(WorkWeek(Decimal(0), Decimal(0))).total == 0


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PRAGUE)


def test_a_night_is_counted_on_both_of_its_days() -> None:
    night = (moment("2026-06-05T20:00"), moment("2026-06-06T02:00"))
    assert daily_overtime(OFFICE_HOURS, [night]) == {date(2026, 6, 5): 0, date(2026, 6, 6): 2}


def test_a_break_is_taken_off_only_from_whoever_was_there_all_of_it() -> None:
    day = date(2026, 6, 4)
    until_half_past = (moment("2026-06-04T07:00"), moment("2026-06-04T12:30"))
    from_half_past = (moment("2026-06-04T12:30"), moment("2026-06-04T17:00"))
    assert daily_overtime(OFFICE_HOURS, [until_half_past, from_half_past])[day] == 2
    assert daily_overtime(OFFICE_HOURS, [(until_half_past[0], from_half_past[1])])[day] == 1


def test_a_minute_beyond_the_tolerance_pays_all_of_it() -> None:
    lenient = WorkCalendar(PRAGUE, OFFICE_HOURS.blocks, tolerance_minutes=Decimal(10))
    day = date(2026, 6, 4)
    assert daily_overtime(lenient, [(moment("2026-06-04T08:00"), moment("2026-06-04T17:10"))])[day] == 0
    assert daily_overtime(lenient, [(moment("2026-06-04T08:00"), moment("2026-06-04T17:12"))])[day] == Decimal("0.20")


def test_an_amount_that_changed_inside_the_month_is_rounded_once() -> None:
    parts = [PaidPart(Decimal(100), Decimal(1), Decimal(3)), PaidPart(Decimal(200), Decimal(2), Decimal(3))]
    assert due_of(parts) == Decimal("166.67")
    assert ArrearsLine(Decimal(100), Decimal(120), Decimal(-5)).arrear == -15


def test_days_given_back_are_worth_their_share() -> None:
    assert reverse_leave([Decimal(65000)], Decimal(1), Decimal(27)) == (Decimal("2407.41"),)


money = st.integers(0, 10**7).map(lambda cents: Decimal(cents) / 100)


@given(st.lists(money, max_size=6), st.lists(money, max_size=6))
def test_net_is_what_is_left_and_below_zero_it_is_held(earnings: list[Decimal], deductions: list[Decimal]) -> None:
    pay = net_pay(earnings, deductions)
    assert pay.net + sum(deductions) == pay.gross
    assert (pay.reasons == (SlipReason.NEGATIVE_NET,)) == (pay.net < 0)


def employee(number: int, **known: object) -> Employee:
    return Employee(f"E{number}", Decimal(2000), **known)  # type: ignore[arg-type]


def test_whoever_cannot_be_paid_stops_nobody_else() -> None:
    employees = [
        employee(1),
        employee(2, has_bank_account=False),
        employee(3, contract_to=date(2026, 5, 31)),
        employee(4, deductions=Decimal(2001), contract_from=date(2026, 7, 1)),
        employee(5),
    ]
    slips = prepare_slips(JUNE, employees, [])
    assert [slip.employee for slip in slips if slip.is_ready] == ["E1", "E5"]
    assert set(slips[3].reasons) == {SlipReason.NEGATIVE_NET, SlipReason.NO_ACTIVE_CONTRACT}


@pytest.mark.parametrize(
    ("first", "last", "overlap"),
    [
        (date(2026, 5, 16), date(2026, 6, 15), Period(date(2026, 6, 1), date(2026, 6, 15))),
        (date(2026, 6, 30), date(2026, 7, 5), Period(date(2026, 6, 30), date(2026, 6, 30))),
        (date(2026, 5, 1), date(2026, 5, 31), None),
    ],
)
def test_a_day_is_paid_once_whatever_the_periods_are(first: date, last: date, overlap: Period | None) -> None:
    (slip,) = prepare_slips(JUNE, [employee(1)], [ExistingSlip("E1", Period(first, last))])
    assert slip.overlap == overlap
    assert slip.is_ready == (overlap is None)


def test_another_employee_s_slip_holds_nobody() -> None:
    (slip,) = prepare_slips(JUNE, [employee(1)], [ExistingSlip("E2", JUNE)])
    assert slip.is_ready
