"""What every timing answers: its firings, the next ones, those of a window and the last one."""

from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from automations.rules.local_time import ONE_DAY, ONE_MINUTE, TICK, instant, instants_of, midnight

# No zone ever turned its clock back by more; firings of neighbouring dates can only mix within this.
LARGEST_CLOCK_CHANGE = timedelta(hours=3)
# The Gregorian calendar repeats after 400 years: a date that did not come by then never comes.
CALENDAR_CYCLE_YEARS = 400
LAST_YEAR = 9990
# How much further back each look for the last firing reaches.
LOOK_BACK_GROWTH = 4


class Timing(ABC):
    """When something is due. The clock, the pages and the worked cases ask nothing else."""

    @abstractmethod
    def firings(self, after: datetime, zone: ZoneInfo) -> Iterator[datetime]:
        """Every firing later than `after`, ascending in real time, in local time."""

    def next_firings(self, after: datetime, zone: ZoneInfo, count: int) -> list[datetime]:
        """The first `count` firings later than `after`; fewer only at the end of the calendar."""
        return list(islice(self.firings(after, zone), count))

    def firings_between(self, start: datetime, end: datetime, zone: ZoneInfo) -> list[datetime]:
        """All firings from `start` (inclusive) to `end` (exclusive)."""
        found = []
        for firing in self.firings(start - TICK, zone):
            if instant(firing) >= instant(end):
                break
            found.append(firing)
        return found

    def last_firing(self, before: datetime, zone: ZoneInfo, not_before: datetime) -> datetime | None:
        """The newest firing at or before `before` and later than `not_before`; None if there is none."""
        end, earliest, reach = instant(before) + TICK, instant(not_before) + TICK, ONE_DAY
        while end > earliest:
            start = max(earliest, end - reach)
            if found := self.firings_between(start, end, zone):
                return found[-1]
            end, reach = start, reach * LOOK_BACK_GROWTH
        return None


class DatedTiming(Timing):
    """A timing that picks local dates, and on each of them the same local times.

    `minutes_of_day` ascend. In real time a local time fires as often as clocks show it, otherwise once a date.
    """

    minutes_of_day: Sequence[int]
    is_real_time: bool

    @abstractmethod
    def dates(self, start: date) -> Iterator[date]:
        """The local dates that fit, ascending, from `start` on; finite."""

    def firings(self, after: datetime, zone: ZoneInfo) -> Iterator[datetime]:
        newest = instant(after)
        waiting: list[datetime] = []
        # From the day before: a clock change may put a firing of one date into its neighbour.
        for day in self.dates(after.astimezone(zone).date() - ONE_DAY):
            start = instant(midnight(day, zone))
            is_quiet = midnight(day - ONE_DAY, zone).utcoffset() == midnight(day + 2 * ONE_DAY, zone).utcoffset()
            settled_before = start if is_quiet else start - LARGEST_CLOCK_CHANGE
            for due in waiting:
                if newest < due < settled_before:
                    newest = due
                    yield due.astimezone(zone)
            if is_quiet:
                waiting = []
                # No clock change near: the times of this date follow each other, and those gone by are skipped.
                for minute in self.minutes_of_day[bisect_right(self.minutes_of_day, (newest - start) // ONE_MINUTE) :]:
                    newest = start + minute * ONE_MINUTE
                    yield newest.astimezone(zone)
            else:
                left = [due for due in waiting if due >= settled_before]
                found = instants_of(day, self.minutes_of_day, zone, is_real_time=self.is_real_time)
                waiting = sorted({*left, *found})
        yield from (due.astimezone(zone) for due in waiting if due > newest)
