"""When a five-field cron line fires: standard cron meaning, and one firing a local date across clock changes."""

from bisect import bisect_left
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from automations.rules.cron_fields import DAY, FIELDS, HOUR, MONTH, WEEKDAY, InvalidCronError, read_field
from automations.rules.local_time import MINUTES_PER_HOUR
from automations.rules.timing import CALENDAR_CYCLE_YEARS, LAST_YEAR, DatedTiming


class NeverFiresError(InvalidCronError):
    """The line is well formed, but no calendar date fits it."""


@dataclass(frozen=True)
class CronSchedule(DatedTiming):
    """A parsed cron line. All tuples are ascending; Sunday is 0.

    `is_real_time`: the hour is `*` or `*/n`, so the schedule runs in real time; otherwise each time fires
    once a local date. `is_either_day`: day of month and day of week are both restricted, so either
    one is enough; a field that begins with `*` does not count as restricted.
    """

    text: str
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[int, ...]
    months: tuple[int, ...]
    weekdays: tuple[int, ...]
    is_real_time: bool
    is_either_day: bool
    minutes_of_day: tuple[int, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        times = tuple(hour * MINUTES_PER_HOUR + minute for hour in self.hours for minute in self.minutes)
        object.__setattr__(self, "minutes_of_day", times)

    @classmethod
    def parse(cls, text: str) -> "CronSchedule":
        """Read `minute hour day-of-month month day-of-week`; InvalidCronError names the field and its value."""
        words = text.split()
        if len(words) != len(FIELDS):
            raise InvalidCronError(
                f"A schedule has five fields (minute hour day-of-month month day-of-week), {text.strip()!r} has "
                f"{len(words)}."
            )
        minutes, hours, days, months, weekdays = (
            read_field(field, word) for field, word in zip(FIELDS, words, strict=True)
        )
        stars = [any(part.startswith("*") for part in word.split(",")) for word in words]
        schedule = cls(
            " ".join(words),
            minutes,
            hours,
            days,
            months,
            weekdays,
            is_real_time=stars[FIELDS.index(HOUR)],
            is_either_day=not stars[FIELDS.index(DAY)] and not stars[FIELDS.index(WEEKDAY)],
        )
        if not schedule._ever_fires():
            raise NeverFiresError(
                f"{schedule.text!r} never fires: {DAY.name} {words[FIELDS.index(DAY)]} does not come in "
                f"{MONTH.name} {words[FIELDS.index(MONTH)]}."
            )
        return schedule

    def fits_date(self, day: date) -> bool:
        """Whether month, day of month and day of week allow this local date."""
        if day.month not in self.months:
            return False
        by_day, by_weekday = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return (by_day or by_weekday) if self.is_either_day else (by_day and by_weekday)

    def _ever_fires(self) -> bool:
        longest = {month: monthrange(2024, month)[1] for month in self.months}
        return self.is_either_day or any(self.days[0] <= length for length in longest.values())

    def dates(self, start: date) -> Iterator[date]:
        # Months that do not fit are skipped as a whole.
        year, month = start.year, start.month
        while year <= min(start.year + CALENDAR_CYCLE_YEARS, LAST_YEAR):
            position = bisect_left(self.months, month)
            if position == len(self.months):
                year, month = year + 1, 1
                continue
            month = self.months[position]
            first = start.day if (year, month) == (start.year, start.month) else 1
            for number in range(first, monthrange(year, month)[1] + 1):
                day = date(year, month, number)
                if self.fits_date(day):
                    yield day
            month += 1


__all__ = ["CronSchedule", "InvalidCronError", "NeverFiresError"]
