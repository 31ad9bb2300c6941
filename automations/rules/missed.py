"""Firings that were missed while nothing kept time, and which of them are made up for."""

from collections import deque
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from automations.rules.local_time import instant
from automations.rules.timing import Timing


class Missed(StrEnum):
    """What becomes of missed firings; each that is run keeps its own scheduled time."""

    NONE = "none"
    LAST = "last"
    ALL = "all"


class Overlap(StrEnum):
    """What a firing does while an earlier run of its schedule is at work."""

    SKIP = "skip"
    QUEUE_ONE = "queue_one"
    QUEUE_ALL = "queue_all"
    CANCEL_OTHER = "cancel_other"


def missed_firings(
    timing: Timing, zone: ZoneInfo, last_run: datetime, back_at: datetime, most: int | None = None
) -> list[datetime]:
    """Firings later than the last run and before the process was back, oldest first; the newest `most` of them.

    The firing of the moment at which it is back is not missed: it is next.
    """
    found: deque[datetime] = deque(maxlen=most)
    for firing in timing.firings(last_run, zone):
        if instant(firing) >= instant(back_at):
            break
        found.append(firing)
    return list(found)


def firings_to_run(missed: Sequence[datetime], rule: Missed) -> Sequence[datetime]:
    """Those of the missed firings that are run now, oldest first."""
    if rule is Missed.ALL:
        return missed
    return missed[-1:] if rule is Missed.LAST else ()
