"""When a file of a folder is complete: two looks some seconds apart show the same of it."""

import time
from collections.abc import Callable, Mapping
from functools import lru_cache

SETTLING_SECONDS = 5.0
PLACES_REMEMBERED = 64
# What of a file says whether it is still the same: its size, and when it was written by the clock of its machine.
Stamp = tuple[int, int]
Look = Callable[[], Mapping[str, Stamp]]


class Settling:
    """Remembers how the files of one folder looked, and since when by our own clock, which is never compared with that
    of the folder. A look shows all its files; the answers are by name."""

    def __init__(
        self,
        seconds: float,
        clock: Callable[[], float] = time.monotonic,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self._seconds, self._clock, self._wait = seconds, clock, wait
        self._seen: Mapping[str, tuple[Stamp, float]] = {}

    def settled(self, look: Look) -> Mapping[str, Stamp]:
        """The files that are complete. Waits once where one is new or was written to."""
        found = look()
        complete = self._compare(found)
        if len(complete) == len(found):
            return complete
        self._wait(self._seconds)
        return self._compare(look())

    def known(self, look: Look) -> Mapping[str, Stamp]:
        """Those that earlier looks have shown to be complete."""
        return self._compare(look())

    def _compare(self, found: Mapping[str, Stamp]) -> Mapping[str, Stamp]:
        now, before = self._clock(), self._seen
        seen = {
            name: before[name] if before.get(name, (None, now))[0] == stamp else (stamp, now)
            for name, stamp in sorted(found.items())
        }
        self._seen = seen
        return {name: stamp for name, (stamp, since) in seen.items() if now - since >= self._seconds}


@lru_cache(maxsize=PLACES_REMEMBERED)
def settling_of(_place: str) -> Settling:
    """Shared by all connectors of a place, so that a form that is tried again and again waits once."""
    return Settling(SETTLING_SECONDS)
