"""Overtime: by the day, by the week, by kind of day and by US law, without paying an hour twice."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from itertools import pairwise

from automations.rules.payroll.periods import Period
from connectors.money import ZERO, round_money

HALF = Decimal("0.5")
US_WEEKLY_THRESHOLD = Decimal(40)
SECONDS_A_MINUTE = 60
MINUTES_AN_HOUR = Decimal(60)


@dataclass(frozen=True, slots=True)
class WorkWeek:
    """Hours and straight-time pay of a work week, with what bonus the law does not exclude."""

    hours: Decimal
    straight_pay: Decimal
    bonus: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class WeekPay:
    """The regular rate is per hour and not rounded."""

    regular_rate: Decimal
    overtime_hours: Decimal
    premium: Decimal
    total: Decimal


def pay_us_week(week: WorkWeek, threshold_hours: Decimal = US_WEEKLY_THRESHOLD) -> WeekPay:
    """Half the regular rate more for hours over the threshold (29 CFR 778.110 to 778.113); each week stands alone."""
    pay = week.straight_pay + week.bonus
    rate = pay / week.hours if week.hours else ZERO
    overtime = max(week.hours - threshold_hours, ZERO)
    premium = round_money(HALF * rate * overtime)
    return WeekPay(rate, overtime, premium, round_money(pay) + premium)


@dataclass(frozen=True, slots=True)
class DayHours:
    on: date
    hours: Decimal


@dataclass(frozen=True, slots=True)
class SplitDay:
    """A day's hours, each of them once."""

    on: date
    regular: Decimal
    overtime: Decimal


def split_hours(days: Iterable[DayHours], daily_limit: Decimal | None, weekly_limit: Decimal | None) -> list[SplitDay]:
    """Over the daily limit first; of the rest, in order of date, what exceeds the limit of its week (from Monday)."""
    regular_in_week: dict[tuple[int, int], Decimal] = {}
    split = []
    for day in sorted(days, key=lambda day: day.on):
        within_day = day.hours if daily_limit is None else min(day.hours, daily_limit)
        week = day.on.isocalendar()[:2]
        before = regular_in_week.get(week, ZERO)
        regular = within_day if weekly_limit is None else min(within_day, max(weekly_limit - before, ZERO))
        regular_in_week[week] = before + regular
        split.append(SplitDay(day.on, regular, day.hours - regular))
    return split


def total_split(days: Iterable[SplitDay], period: Period | None = None) -> tuple[Decimal, Decimal]:
    """Regular and overtime hours, of a period only where one is given."""
    counted = [day for day in days if period is None or day.on in period]
    return sum((day.regular for day in counted), ZERO), sum((day.overtime for day in counted), ZERO)


@dataclass(frozen=True, slots=True)
class OvertimeEntry:
    """Overtime of one day; `day_type` is a key of the multipliers."""

    day_type: str
    hours: Decimal


def pay_overtime(
    entries: Iterable[OvertimeEntry],
    rate: Decimal,
    multipliers: Mapping[str, Decimal],
    daily_cap: Decimal | None = None,
) -> Decimal:
    """Rounded once; hours over the daily cap are not paid."""
    paid = (
        (entry.hours if daily_cap is None else min(entry.hours, daily_cap)) * rate * multipliers[entry.day_type]
        for entry in entries
    )
    return round_money(sum(paid, ZERO))


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """Blocks of local time that are worked on working days; between them are breaks. Weekdays from Monday = 0."""

    zone: tzinfo
    blocks: Sequence[tuple[time, time]]
    working_weekdays: frozenset[int] = frozenset(range(5))
    tolerance_minutes: Decimal = ZERO


def daily_overtime(calendar: WorkCalendar, presence: Iterable[tuple[datetime, datetime]]) -> dict[date, Decimal]:
    """Hours by local day: presence less breaks worked through less the calendar's hours; on free days all of it.

    Up to the tolerance there is none, beyond it all counts. `presence` are aware moments.
    """
    minutes: dict[date, Decimal] = {}
    for start, end in presence:
        for day, from_, until in _by_local_day(start.astimezone(calendar.zone), end.astimezone(calendar.zone)):
            present = _minutes(from_, until)
            if day.weekday() in calendar.working_weekdays:
                present -= _breaks_within(calendar, day, from_, until)
            minutes[day] = minutes.get(day, ZERO) + present
    overtime = {day: present - _planned(calendar, day) for day, present in minutes.items()}
    return {
        day: round_money(over / MINUTES_AN_HOUR) if over > calendar.tolerance_minutes else ZERO
        for day, over in sorted(overtime.items())
    }


def _by_local_day(start: datetime, end: datetime) -> Iterable[tuple[date, datetime, datetime]]:
    while start < end:
        midnight = datetime.combine(start.date() + timedelta(days=1), time(), start.tzinfo)
        until = min(end, midnight)
        yield start.date(), start, until
        start = until


def _breaks_within(calendar: WorkCalendar, day: date, start: datetime, end: datetime) -> Decimal:
    """Minutes of the breaks that somebody was there for from beginning to end."""
    worked_through = ZERO
    for (_, block_end), (next_start, _) in pairwise(calendar.blocks):
        pause_start = datetime.combine(day, block_end, calendar.zone)
        pause_end = datetime.combine(day, next_start, calendar.zone)
        if start <= pause_start and pause_end <= end:
            worked_through += _minutes(pause_start, pause_end)
    return worked_through


def _planned(calendar: WorkCalendar, day: date) -> Decimal:
    if day.weekday() not in calendar.working_weekdays:
        return ZERO
    blocks = (
        (datetime.combine(day, start, calendar.zone), datetime.combine(day, end, calendar.zone))
        for start, end in calendar.blocks
    )
    return sum((_minutes(start, end) for start, end in blocks), ZERO)


def _minutes(start: datetime, end: datetime) -> Decimal:
    """Real minutes, whatever the clocks do in between."""
    return Decimal((end.astimezone(UTC) - start.astimezone(UTC)).total_seconds()) / SECONDS_A_MINUTE
