"""When a five-field cron line fires: standard cron meaning, and one firing a local date across clock changes."""

from bisect import bisect_left
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from automations.rules.cron_fields import DAY, FIELDS, HOUR, MONTH, WEEKDAY, InvalidCronError, read_field

# The Gregorian calendar repeats after 400 years: a date that did not come by then never comes.
CALENDAR_CYCLE_YEARS = 400
LAST_YEAR = 9990
# No zone ever turned its clock back by more; firings of neighbouring dates can only mix within this.
LARGEST_CLOCK_CHANGE = timedelta(hours=3)
ONE_DAY = timedelta(days=1)
ONE_SECOND = timedelta(seconds=1)


class NeverFiresError(InvalidCronError):
    """The line is well formed, but no calendar date fits it."""


@dataclass(frozen=True, slots=True)
class CronSchedule:
    """A parsed cron line. All tuples are ascending; Sunday is 0.

    `is_hour_wildcard`: the hour is `*` or `*/n`, so the schedule runs in real time; otherwise each time
    fires once a local date. `is_either_day`: day of month and day of week are both restricted, so either
    one is enough; a field that begins with `*` does not count as restricted.
    """

    text: str
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[int, ...]
    months: tuple[int, ...]
    weekdays: tuple[int, ...]
    is_hour_wildcard: bool
    is_either_day: bool

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
            is_hour_wildcard=stars[FIELDS.index(HOUR)],
            is_either_day=not stars[FIELDS.index(DAY)] and not stars[FIELDS.index(WEEKDAY)],
        )
        if not schedule._ever_fires():
            raise NeverFiresError(
                f"{schedule.text!r} never fires: {DAY.name} {words[FIELDS.index(DAY)]} does not come in "
                f"{MONTH.name} {words[FIELDS.index(MONTH)]}."
            )
        return schedule

    def next_firings(self, after: datetime, timezone: ZoneInfo, count: int) -> list[datetime]:
        """The first `count` firings later than `after`, in local time; fewer only at the end of the calendar."""
        return list(islice(self.firings(after, timezone), count))

    def firings_between(self, start: datetime, end: datetime, timezone: ZoneInfo) -> list[datetime]:
        """All firings from `start` (inclusive) to `end` (exclusive), in local time."""
        found = []
        for firing in self.firings(start - ONE_SECOND, timezone):
            if _instant(firing) >= _instant(end):
                break
            found.append(firing)
        return found

    def last_firing(self, before: datetime, timezone: ZoneInfo, not_before: datetime) -> datetime | None:
        """The newest firing at or before `before` and later than `not_before`; None if there is none."""
        earliest = _instant(not_before)
        day = before.astimezone(timezone).date() + ONE_DAY
        while day >= not_before.astimezone(timezone).date() - ONE_DAY:
            # Two dates at a time, because a clock change may put a firing of one date into its neighbour.
            if self.fits_date(day) or self.fits_date(day - ONE_DAY):
                start, end = _midnight(day - ONE_DAY, timezone), _midnight(day + ONE_DAY, timezone)
                found = self.firings_between(start, end, timezone)
                due = [firing for firing in found if earliest < _instant(firing) <= _instant(before)]
                if due:
                    return due[-1]
            day -= ONE_DAY
        return None

    def firings(self, after: datetime, timezone: ZoneInfo) -> Iterator[datetime]:
        """Every firing later than `after`, ascending in real time."""
        newest = _instant(after)
        waiting: list[datetime] = []
        for day in self._dates(after.astimezone(timezone).date() - 2 * ONE_DAY):
            settled_before = _instant(_midnight(day, timezone)) - LARGEST_CLOCK_CHANGE
            settled = [instant for instant in waiting if instant < settled_before]
            waiting = [instant for instant in waiting if instant >= settled_before]
            waiting = sorted({*waiting, *self._instants_of(day, timezone)})
            for instant in settled:
                if instant > newest:
                    newest = instant
                    yield instant.astimezone(timezone)
        yield from (instant.astimezone(timezone) for instant in waiting if instant > newest)

    def fits_date(self, day: date) -> bool:
        """Whether month, day of month and day of week allow this local date."""
        if day.month not in self.months:
            return False
        by_day, by_weekday = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return (by_day or by_weekday) if self.is_either_day else (by_day and by_weekday)

    def _ever_fires(self) -> bool:
        longest = {month: monthrange(2024, month)[1] for month in self.months}
        return self.is_either_day or any(self.days[0] <= length for length in longest.values())

    def _dates(self, start: date) -> Iterator[date]:
        """The local dates that fit, from `start` on; months that do not fit are skipped as a whole."""
        year, month = start.year, start.month
        while year <= min(start.year + CALENDAR_CYCLE_YEARS, LAST_YEAR):
            position = bisect_left(self.months, month)
            if position == len(self.months):
                year, month = year + 1, 1
                continue
            month = self.months[position]
            for number in range(1, monthrange(year, month)[1] + 1):
                day = date(year, month, number)
                if day >= start and self.fits_date(day):
                    yield day
            month += 1

    def _instants_of(self, day: date, timezone: ZoneInfo) -> Iterator[datetime]:
        """The instants (UTC) at which this local date's times fire, in no particular order."""
        for hour in self.hours:
            for minute in self.minutes:
                local = datetime.combine(day, time(hour, minute), timezone)
                if self.is_hour_wildcard:
                    yield from _real_instants(local)
                else:
                    yield _single_instant(local)


def _instant(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


def _midnight(day: date, timezone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), timezone)


def _real_instants(local: datetime) -> Iterator[datetime]:
    """Every instant at which clocks show this local time: one, two (autumn) or none (spring)."""
    instants = {_instant(local.replace(fold=fold)) for fold in (0, 1)}
    for instant in instants:
        if instant.astimezone(local.tzinfo).replace(tzinfo=None) == local.replace(tzinfo=None):
            yield instant


def _single_instant(local: datetime) -> datetime:
    """The first instant at which clocks show this time, or the end of the gap that swallows it."""
    return min(_real_instants(local), default=None) or _end_of_gap(local)


def _end_of_gap(local: datetime) -> datetime:
    """The instant of the clock change that skips `local`: the first one with the later offset."""
    before, after = _instant(local.replace(fold=1)), _instant(local.replace(fold=0))
    new_offset = after.astimezone(local.tzinfo).utcoffset()
    while after - before > ONE_SECOND:
        middle = before + timedelta(seconds=(after - before) // ONE_SECOND // 2)
        if middle.astimezone(local.tzinfo).utcoffset() == new_offset:
            after = middle
        else:
            before = middle
    return after


__all__ = ["CronSchedule", "InvalidCronError", "NeverFiresError"]
