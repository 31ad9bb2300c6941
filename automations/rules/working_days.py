"""Working days: weekends, public holidays, company closures and days that are worked all the same."""

from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from automations.rules.local_time import ONE_DAY

SATURDAY, SUNDAY = 5, 6
# Nobody is closed for longer; a calendar that has no working day within a year has none.
LONGEST_SEARCH_DAYS = 366


def _no_holiday(_day: date) -> str | None:
    return None


@dataclass(frozen=True)
class WorkingDays:
    """Which days are worked. Weekdays count from Monday = 0; `holiday` tells the name of a public holiday.

    `extra` are worked although they are a weekend, a holiday or a closure.
    """

    weekend: frozenset[int] = frozenset({SATURDAY, SUNDAY})
    holiday: Callable[[date], str | None] = _no_holiday
    closures: Mapping[date, str] = field(default_factory=dict)
    extra: Container[date] = frozenset()

    def day_off(self, day: date) -> str | None:
        """The name of the closure or public holiday on this day; None on others, weekends included."""
        if day in self.extra:
            return None
        return self.closures.get(day) or self.holiday(day)

    def is_working(self, day: date) -> bool:
        return day in self.extra or (day.weekday() not in self.weekend and self.day_off(day) is None)

    def nearest(self, day: date, step: int) -> date | None:
        """The day itself, or the first working day after it (`step` 1) or before it (-1); None within a year."""
        for distance in range(LONGEST_SEARCH_DAYS):
            candidate = day + distance * step * ONE_DAY
            if self.is_working(candidate):
                return candidate
        return None

    def within(self, first: date, last: date) -> Iterator[date]:
        """The working days from `first` to `last`, both included."""
        days = (last - first).days + 1
        return (day for day in (first + number * ONE_DAY for number in range(days)) if self.is_working(day))


MONDAY_TO_FRIDAY = WorkingDays()
