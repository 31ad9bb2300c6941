"""When people answer: weekly hours, public holidays and days of one's own on which nobody does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

DAYS_OF_WEEK = 7
# Whoever is closed for longer has no next opening worth telling.
LONGEST_CLOSURE_DAYS = 60


@dataclass(frozen=True, slots=True, order=True)
class Stretch:
    """Open hours of a weekday (0 = Monday) in local time; one that closes at or before it opens lasts past midnight."""

    weekday: int
    opens: time
    closes: time


@dataclass(frozen=True, slots=True)
class DaysAlike:
    """Consecutive weekdays, `first` to `last`, with the same hours."""

    first: int
    last: int
    hours: tuple[tuple[time, time], ...]


@dataclass(frozen=True)
class BusinessCalendar:
    """Weekly hours in `zone`, and the days on which they do not count, each with its name."""

    zone: tzinfo
    week: Sequence[Stretch]
    closed_days: Mapping[date, str]

    def is_open(self, at: datetime) -> bool:
        return self.closes_at(at) is not None

    def opened_at(self, at: datetime) -> datetime | None:
        """When the present stretch began; None while closed."""
        present = self._present(at)
        return None if present is None else present[0]

    def closes_at(self, at: datetime) -> datetime | None:
        """When the present stretch ends; None while closed."""
        present = self._present(at)
        return None if present is None else present[1]

    def next_opening(self, at: datetime) -> datetime | None:
        """The first opening after a moment; None without hours."""
        today = at.astimezone(self.zone).date()
        for days in range(LONGEST_CLOSURE_DAYS):
            for opens, _ in self._stretches_on(today + timedelta(days=days)):
                if opens > at:
                    return opens
        return None

    def closed_within(self, at: datetime, days: int) -> Sequence[tuple[date, str]]:
        """The days from today on, `days` of them, on which the usual hours do not count."""
        today = at.astimezone(self.zone).date()
        worked = {stretch.weekday for stretch in self.week}
        coming = (today + timedelta(days=ahead) for ahead in range(days))
        return [(d, self.closed_days[d]) for d in coming if d in self.closed_days and d.weekday() in worked]

    def hours_of_week(self) -> Sequence[DaysAlike]:
        """The week from Monday on, consecutive days with the same hours put together; closed days are left out."""
        groups: list[DaysAlike] = []
        for weekday in range(DAYS_OF_WEEK):
            hours = tuple((s.opens, s.closes) for s in sorted(self.week) if s.weekday == weekday)
            if groups and groups[-1].last == weekday - 1 and groups[-1].hours == hours:
                groups[-1] = DaysAlike(groups[-1].first, weekday, hours)
            elif hours:
                groups.append(DaysAlike(weekday, weekday, hours))
        return groups

    def _present(self, at: datetime) -> tuple[datetime, datetime] | None:
        today = at.astimezone(self.zone).date()
        for opens, closes in (*self._stretches_on(today - timedelta(days=1)), *self._stretches_on(today)):
            if opens <= at < closes:
                return opens, closes
        return None

    def _stretches_on(self, day: date) -> Sequence[tuple[datetime, datetime]]:
        if day in self.closed_days:
            return ()
        return [
            (
                datetime.combine(day, stretch.opens, self.zone),
                datetime.combine(day + timedelta(days=stretch.closes <= stretch.opens), stretch.closes, self.zone),
            )
            for stretch in sorted(self.week)
            if stretch.weekday == day.weekday()
        ]
