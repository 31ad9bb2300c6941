"""Pay: no hour twice and no cent lost."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from automations.rules.payroll.overtime import (
    DayHours,
    WorkCalendar,
    WorkWeek,
    daily_overtime,
    pay_us_week,
    split_hours,
    total_split,
)
from automations.rules.payroll.payment_days import PaymentDays
from automations.rules.payroll.payslips import net_pay
from automations.rules.payroll.retroactive import ArrearsLine

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


def test_what_was_paid_and_corrected_is_taken_off_what_is_due() -> None:
    assert ArrearsLine(Decimal(100), Decimal(120), Decimal(-5)).arrear == -15


def test_days_are_worth_their_share() -> None:
    day = PaymentDays(Decimal(27), Decimal(0), Decimal(0), Decimal(1), sources_differ=False)
    assert day.share_of(Decimal(65000)) == Decimal("2407.41")


money = st.integers(0, 10**7).map(lambda cents: Decimal(cents) / 100)


@given(st.lists(money, max_size=6), st.lists(money, max_size=6))
def test_net_is_what_is_left_and_below_zero_it_is_held(earnings: list[Decimal], deductions: list[Decimal]) -> None:
    pay = net_pay(earnings, deductions)
    assert pay.net + sum(deductions) == pay.gross
    assert [one.reason.value for one in pay.problems] == (["NEGATIVE_NET"] if pay.net < 0 else [])
