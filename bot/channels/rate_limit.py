"""Limits per subject within one process: a bucket that fills steadily and is emptied by use."""

import math
import threading
import time
from collections.abc import Callable

# Full buckets say nothing; they are dropped when there are this many.
MAX_BUCKETS = 10_000


class RateLimit:
    """Allows `per_minute` uses of each subject, in bursts of as many or of `burst`, if that is less."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic, burst: int | None = None) -> None:
        self._capacity = float(min(per_minute, burst or per_minute))
        self._per_second = per_minute / 60
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}
        self._lock = threading.Lock()

    @property
    def retry_after_seconds(self) -> int:
        """After how long an empty bucket allows one use again."""
        return math.ceil(1 / self._per_second)

    def allows(self, subject: str) -> bool:
        """Use the subject's bucket once; False when it is empty."""
        now = self._clock()
        with self._lock:
            level, since = self._buckets.get(subject, (self._capacity, now))
            level = min(self._capacity, level + (now - since) * self._per_second)
            if level < 1:
                return False
            if len(self._buckets) > MAX_BUCKETS:
                self._drop_full(now)
            self._buckets[subject] = (level - 1, now)
        return True

    def _drop_full(self, now: float) -> None:
        self._buckets = {
            subject: (level, since)
            for subject, (level, since) in self._buckets.items()
            if level + (now - since) * self._per_second < self._capacity
        }
