"""Firings at equal distances in real time, whatever clocks do."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from automations.rules.local_time import instant, local_instant
from automations.rules.timing import LAST_YEAR, Timing

# Counted from here where nobody says from when: every 30 minutes falls on the half hours of most zones.
DEFAULT_START = datetime(2000, 1, 1)  # noqa: DTZ001 - local to the zone of the schedule


@dataclass(frozen=True)
class Interval(Timing):
    """Every so often, counted from a local time on; nothing is due before `starts_at` where it is given."""

    every: timedelta
    starts_at: datetime | None = None

    def firings(self, after: datetime, zone: ZoneInfo) -> Iterator[datetime]:
        start = local_instant((self.starts_at or DEFAULT_START).replace(tzinfo=zone))
        passed = (instant(after) - start) // self.every + 1
        due = start + (max(passed, 0) if self.starts_at else passed) * self.every
        while due.year <= LAST_YEAR:
            yield due.astimezone(zone)
            due += self.every
