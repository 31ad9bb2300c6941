"""Pay periods, and what of time sheets and leave belongs to them."""

from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache

from automations.rules.local_time import ONE_DAY
from connectors.money import ZERO, round_money

HALF_MONTH = 15
LEAVE_DECIMALS = 3


class Frequency(StrEnum):
    MONTHLY = "monthly"
    HALF_MONTHLY = "half_monthly"
    FOUR_WEEKLY = "four_weekly"
    FORTNIGHTLY = "fortnightly"
    WEEKLY = "weekly"
    DAILY = "daily"


# Of those that are always equally long.
DAYS_OF = {Frequency.FOUR_WEEKLY: 28, Frequency.FORTNIGHTLY: 14, Frequency.WEEKLY: 7, Frequency.DAILY: 1}


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """Days from `first` to `last`, both included. Raises ValueError when it ends before it begins."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError(f"A period that begins on {self.first} cannot end on {self.last}.")

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last

    def __iter__(self) -> Iterator[date]:
        return iter(_days(self.first, self.last))

    def common(self, other: "Period") -> "Period | None":
        """The days that are in both."""
        first, last = max(self.first, other.first), min(self.last, other.last)
        return Period(first, last) if first <= last else None


def period_from(start: date, frequency: Frequency) -> Period:
    """The period that begins on this day; a month ends the day before its day of next month."""
    if frequency in DAYS_OF:
        return Period(start, start + (DAYS_OF[frequency] - 1) * ONE_DAY)
    if frequency is Frequency.MONTHLY:
        return Period(start, _next_month(start) - ONE_DAY)
    last = start.replace(day=HALF_MONTH) if start.day <= HALF_MONTH else _month_end(start)
    return Period(start, last)


def accrue_leave(joined: date, as_of: date, per_month: Decimal, round_month_to: Decimal | None = None) -> Decimal:
    """Days of leave earned: the first month by its calendar days, each later one in full, that of `as_of` included.

    The part of the first month is rounded to the nearest `round_month_to`, else to three decimals.
    """
    if as_of < joined:
        return ZERO
    days = monthrange(joined.year, joined.month)[1]
    first = per_month * (days - joined.day + 1) / days
    if round_month_to is None:
        first = round_money(first, LEAVE_DECIMALS)
    else:
        first = round_money(first / round_month_to, 0) * round_month_to
    months = (as_of.year - joined.year) * 12 + as_of.month - joined.month
    return first + per_month * months


def merge_days(periods: Sequence[Period]) -> Period | None:
    """From the first day of any to the last of any."""
    if not periods:
        return None
    return Period(min(period.first for period in periods), max(period.last for period in periods))


def month_of(day: date) -> Period:
    return Period(day.replace(day=1), _month_end(day))


def latest_period(before: date, frequency: Frequency, anchor: date) -> Period:
    """The last whole period that was over before this day; weeks are counted from `anchor`, the first day of any."""
    yesterday = before - ONE_DAY
    if frequency in DAYS_OF:
        length = DAYS_OF[frequency]
        whole = (yesterday - anchor + ONE_DAY).days // length
        first = anchor + (whole - 1) * length * ONE_DAY
        return Period(first, first + (length - 1) * ONE_DAY)
    month = month_of(yesterday)
    if frequency is Frequency.MONTHLY:
        return month if month.last == yesterday else month_of(month.first - ONE_DAY)
    if month.last == yesterday:
        return Period(month.first.replace(day=HALF_MONTH + 1), month.last)
    if yesterday.day >= HALF_MONTH:
        return Period(month.first, month.first.replace(day=HALF_MONTH))
    previous = month_of(month.first - ONE_DAY)
    return Period(previous.first.replace(day=HALF_MONTH + 1), previous.last)


@lru_cache(maxsize=256)
def _days(first: date, last: date) -> tuple[date, ...]:
    """Kept, because everybody's slips are of the same few months."""
    return tuple(first + number * ONE_DAY for number in range((last - first).days + 1))


def _next_month(day: date) -> date:
    """The same day of the next month, or its last day where there is none."""
    first = _month_end(day) + ONE_DAY
    return first.replace(day=min(day.day, monthrange(first.year, first.month)[1]))


def _month_end(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])
