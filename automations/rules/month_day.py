"""A day of each month by a rule: last day, n-th working day, pay day moved off a holiday, first Monday."""

from calendar import monthrange
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from enum import StrEnum

from automations.rules.local_time import MINUTES_PER_HOUR, ONE_DAY
from automations.rules.timing import CALENDAR_CYCLE_YEARS, LAST_YEAR, DatedTiming
from automations.rules.working_days import MONDAY_TO_FRIDAY, WorkingDays

ALL_MONTHS = tuple(range(1, 13))
LAST_DAY_OF_MONTH = 31
LAST_MONTH = 12
DAYS_PER_WEEK = 7


class MonthRule(StrEnum):
    LAST_DAY = "last_day"
    LAST_WORKING_DAY = "last_working_day"
    NTH_WORKING_DAY = "nth_working_day"
    NTH_LAST_WORKING_DAY = "nth_last_working_day"
    DAY_OF_MONTH = "day_of_month"
    NTH_WEEKDAY = "nth_weekday"


class Move(StrEnum):
    """What becomes of a day of the month that is no working day."""

    PREVIOUS = "previous"
    NEXT = "next"
    SKIP = "skip"


@dataclass(frozen=True)
class MonthDay(DatedTiming):
    """One local time on one day of each of `months`.

    `n` counts working days or weekdays from 1; -1 is the last weekday. `day` is a day of the month, in shorter
    months their last day. `weekday` counts from Monday = 0.
    """

    rule: MonthRule
    time: time
    n: int = 1
    day: int = 1
    weekday: int = 0
    move: Move | None = None
    months: tuple[int, ...] = ALL_MONTHS
    working_days: WorkingDays = MONDAY_TO_FRIDAY
    minutes_of_day: tuple[int, ...] = field(init=False, repr=False)
    is_real_time: bool = field(init=False, repr=False, default=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "minutes_of_day", (self.time.hour * MINUTES_PER_HOUR + self.time.minute,))

    def date_in(self, year: int, month: int) -> date | None:
        """The day that the rule picks for this month, which a move may put into a neighbour; None = no firing."""
        return _PICKS[self.rule](self, date(year, month, 1), date(year, month, monthrange(year, month)[1]))

    def dates(self, start: date) -> Iterator[date]:
        newest = start - ONE_DAY
        # From the month before: a move may put its day into this one.
        year, month = (start.year, start.month - 1) if start.month > 1 else (start.year - 1, LAST_MONTH)
        while year <= min(start.year + CALENDAR_CYCLE_YEARS, LAST_YEAR):
            day = self.date_in(year, month) if month in self.months else None
            if day is not None and day > newest:
                newest = day
                yield day
            year, month = (year, month + 1) if month < LAST_MONTH else (year + 1, 1)

    def _last_day(self, _first: date, last: date) -> date | None:
        return last

    def _last_working_day(self, first: date, last: date) -> date | None:
        return _nth([*self.working_days.within(first, last)], -1)

    def _nth_working_day(self, first: date, last: date) -> date | None:
        return _nth([*self.working_days.within(first, last)], self.n)

    def _nth_last_working_day(self, first: date, last: date) -> date | None:
        return _nth([*self.working_days.within(first, last)], -self.n)

    def _day_of_month(self, first: date, last: date) -> date | None:
        day = first.replace(day=min(self.day, last.day))
        if self.move is None or self.working_days.is_working(day):
            return day
        if self.move is Move.SKIP:
            return None
        return self.working_days.nearest(day, 1 if self.move is Move.NEXT else -1)

    def _nth_weekday(self, first: date, last: date) -> date | None:
        earliest = 1 + (self.weekday - first.weekday()) % DAYS_PER_WEEK
        days = range(earliest, last.day + 1, DAYS_PER_WEEK)
        return _nth([first.replace(day=number) for number in days], self.n)


def _nth(days: Sequence[date], n: int) -> date | None:
    """The n-th from 1 on, from the end if negative."""
    position = n - 1 if n > 0 else len(days) + n
    return days[position] if 0 <= position < len(days) else None


_PICKS: Mapping[MonthRule, Callable[[MonthDay, date, date], date | None]] = {
    MonthRule.LAST_DAY: MonthDay._last_day,
    MonthRule.LAST_WORKING_DAY: MonthDay._last_working_day,
    MonthRule.NTH_WORKING_DAY: MonthDay._nth_working_day,
    MonthRule.NTH_LAST_WORKING_DAY: MonthDay._nth_last_working_day,
    MonthRule.DAY_OF_MONTH: MonthDay._day_of_month,
    MonthRule.NTH_WEEKDAY: MonthDay._nth_weekday,
}
