"""Local times of a day as instants: every one real, once a date across clock changes, or in real time."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

ONE_DAY = timedelta(days=1)
ONE_MINUTE = timedelta(minutes=1)
ONE_SECOND = timedelta(seconds=1)
# The smallest step of time there is: from `at` on is the same as later than `at - TICK`.
TICK = timedelta.resolution
MINUTES_PER_HOUR = 60


def instant(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)


def instants_of(day: date, minutes: Sequence[int], zone: ZoneInfo, *, is_real_time: bool) -> list[datetime]:
    """The instants (UTC) of these minutes of a local date, in no particular order.

    In real time a local time comes as often as clocks show it; otherwise each comes once, at the end of the gap if
    a clock change swallows it; so does each of a date that a zone left out as a whole (Samoa, 30 December 2011).
    """
    start, end = midnight(day, zone), midnight(day + ONE_DAY, zone)
    if start.utcoffset() == end.utcoffset():
        first = instant(start)
        return [first + timedelta(minutes=minute) for minute in minutes]
    locals_of_day = [datetime.combine(day, _time_of(minute), zone) for minute in minutes]
    if is_real_time:
        return [found for local in locals_of_day for found in _real_instants(local)]
    return [local_instant(local) for local in locals_of_day]


def local_instant(local: datetime) -> datetime:
    """The first instant at which clocks show this local time, or the end of the gap that swallows it."""
    return min(_real_instants(local), default=None) or _end_of_gap(local)


def _time_of(minute: int) -> time:
    return time(minute // MINUTES_PER_HOUR, minute % MINUTES_PER_HOUR)


def _real_instants(local: datetime) -> Iterator[datetime]:
    """Every instant at which clocks show this local time: one, two (autumn) or none (spring)."""
    for found in {instant(local.replace(fold=fold)) for fold in (0, 1)}:
        if found.astimezone(local.tzinfo).replace(tzinfo=None) == local.replace(tzinfo=None):
            yield found


def _end_of_gap(local: datetime) -> datetime:
    """The instant of the clock change that skips `local`: the first one with the later offset."""
    before, after = instant(local.replace(fold=1)), instant(local.replace(fold=0))
    new_offset = after.astimezone(local.tzinfo).utcoffset()
    while after - before > ONE_SECOND:
        middle = before + timedelta(seconds=(after - before) // ONE_SECOND // 2)
        if middle.astimezone(local.tzinfo).utcoffset() == new_offset:
            after = middle
        else:
            before = middle
    return after
