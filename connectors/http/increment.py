"""Reading only what changed: a cursor over the moments of change, and the records that were read before."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Generic, TypeVar

Record = TypeVar("Record")

# Rows of the same moment can come late: a transaction over there may end after a younger one.
OVERLAP = timedelta(seconds=60)
# What was deleted over there shows only when everything is read again.
FULL_EVERY = timedelta(hours=24)
# What stands before is how systems write that they do not know: 0001-01-01, 1899-12-30, 1900-01-01.
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Change(Generic[Record]):
    """A row as it is now. `record` is None where it is none that is kept; `at` None where the system does not say."""

    key: str
    record: Record | None
    at: datetime | None


class Increment(Generic[Record]):
    """The kept records of a list, brought up to date by what changed since. A reading that fails changes nothing."""

    def __init__(
        self,
        read: Callable[[datetime | None], Iterator[Sequence[Change[Record]]]],
        now: Callable[[], datetime],
        overlap: timedelta = OVERLAP,
        full_every: timedelta = FULL_EVERY,
    ) -> None:
        """`read` takes the moment since when changes are wanted, None = everything, and gives pages of them."""
        self._read = read
        self._now = now
        self._overlap, self._full_every = overlap, full_every
        self._lock = Lock()
        self._kept: dict[str, Record] = {}
        self._cursor: datetime | None = None
        self._full_at: datetime | None = None

    def records(self) -> Sequence[Record]:
        """All kept records as they are now; raises what `read` raises."""
        with self._lock:
            now = self._now()
            is_full = self._cursor is None or self._full_at is None or now >= self._full_at + self._full_every
            since = None if is_full or self._cursor is None else self._cursor - self._overlap
            kept, cursor = ({}, None) if is_full else (dict(self._kept), self._cursor)
            for page in self._read(since):
                for change in page:
                    if change.record is None:
                        kept.pop(change.key, None)
                    else:
                        kept[change.key] = change.record
                    # A moment in the future (a slip, a clock, a zone left out) would hide all changes until then.
                    if change.at is not None and (cursor or EARLIEST) < change.at <= now:
                        cursor = change.at
            self._kept, self._cursor = kept, cursor
            self._full_at = now if is_full else self._full_at
            return tuple(kept.values())
