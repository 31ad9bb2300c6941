"""How long somebody in the queue may expect to wait, from how long others waited before."""

from collections.abc import Sequence
from datetime import timedelta
from statistics import median

# Of a day's waits the latest say most about the next.
COUNTED = 20


def expected_wait(waits: Sequence[timedelta], waited: timedelta) -> timedelta | None:
    """How much longer, for somebody who has waited so long: the median of the last 20 waits that took longer still.

    `waits` come oldest first. None when nobody waited that long: then nothing is known.
    """
    longer = [wait.total_seconds() for wait in waits[-COUNTED:] if wait > waited]
    return timedelta(seconds=median(longer)) - waited if longer else None
