"""How hard a connection is asked: evenly spaced requests, and none for a while after it failed again and again."""

from collections.abc import Callable, Hashable
from datetime import datetime, timedelta
from threading import Lock
from weakref import WeakValueDictionary

from connectors.errors import RateLimited, Unavailable


class TooSoon(RateLimited):
    """Our own limit of rate: nothing was sent, and the system said nothing."""


class Circuit:
    """A circuit breaker with a limit of rate; all clients of a connection in this process share one.

    Closed, it lets calls through. After `failures_to_open` calls in a row that failed it is open: calls fail at once.
    After `open_seconds` one call is let through as a trial, which closes it or opens it anew.
    """

    def __init__(
        self,
        failures_to_open: int,
        open_seconds: float,
        requests_per_minute: int | None,
        now: Callable[[], datetime],
    ) -> None:
        self._failures_to_open = failures_to_open
        self._pause = timedelta(seconds=open_seconds)
        self._spacing = timedelta(minutes=1) / requests_per_minute if requests_per_minute else timedelta(0)
        self._now = now
        self._lock = Lock()
        self._failures = 0
        self._open_until: datetime | None = None
        self._resting_until: datetime | None = None
        self._next_slot: datetime | None = None

    @property
    def is_open(self) -> bool:
        return self._failures >= self._failures_to_open

    def admit(self, host: str) -> None:
        """Raises Unavailable while it is open, RateLimited while the system asked for patience."""
        now = self._now()
        with self._lock:
            if self._resting_until is not None and now < self._resting_until:
                left = (self._resting_until - now).total_seconds()
                raise RateLimited(f"{host} asked us to wait {left:.0f} seconds more.", left)
            if not self.is_open:
                return
            if self._open_until is not None and now < self._open_until:
                left = (self._open_until - now).total_seconds()
                raise Unavailable(
                    f"{host} failed {self._failures} times in a row; it is asked again in {left:.0f} seconds."
                )
            # This caller is the trial; the others go on waiting for what it finds.
            self._open_until = now + self._pause

    def take_slot(self, host: str, at_most_seconds: float) -> float:
        """The seconds to wait before the next request may be sent; raises TooSoon, and takes none, if they are more."""
        if not self._spacing:
            return 0.0
        now = self._now()
        with self._lock:
            slot = max(self._next_slot or now, now)
            seconds = (slot - now).total_seconds()
            if seconds > at_most_seconds:
                raise TooSoon(f"{host} is being asked as often as this connection allows.", seconds)
            self._next_slot = slot + self._spacing
        return seconds

    def note_success(self) -> None:
        """The system is there, whatever it said."""
        with self._lock:
            self._failures = 0
            self._open_until = None

    def note_failure(self) -> None:
        with self._lock:
            self._failures += 1
            if self.is_open:
                self._open_until = self._now() + self._pause

    def rest(self, seconds: float) -> None:
        """The system wants no request for so long."""
        until = self._now() + timedelta(seconds=seconds)
        with self._lock:
            self._resting_until = max(self._resting_until or until, until)


_SHARED: WeakValueDictionary[Hashable, Circuit] = WeakValueDictionary()
_SHARING = Lock()


def share_circuit(key: Hashable, make: Callable[[], Circuit]) -> Circuit:
    """The circuit of this key, made if nobody has one."""
    with _SHARING:
        circuit = _SHARED.get(key)
        if circuit is None:
            circuit = _SHARED[key] = make()
        return circuit
