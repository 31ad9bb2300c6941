"""How far a run is: what is done, how fast, and how long the rest will take at that rate."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from connectors.database.models.work import Run

# Earlier than this a rate is chance.
SHORTEST_MEASURE = timedelta(seconds=2)
LONGEST_FORECAST = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Progress:
    """`total` is None while the items are being looked for; `per_minute` and `left` while there is nothing to go by."""

    done: int
    total: int | None
    per_minute: int | None
    left: timedelta | None

    @property
    def percent(self) -> int:
        """Whole percent, rounded down, so that 100 means all."""
        return self.done * 100 // self.total if self.total else 0


def progress_of(run: Run, now: datetime) -> Progress:
    """The progress of a run that is under way."""
    elapsed = now - run.started_at if run.started_at else timedelta()
    if run.items_done <= 0 or elapsed < SHORTEST_MEASURE:
        return Progress(run.items_done, run.items_total, None, None)
    per_minute = max(1, round(run.items_done / elapsed.total_seconds() * 60))
    missing = (run.items_total or run.items_done) - run.items_done
    left = elapsed * (max(missing, 0) / run.items_done)
    return Progress(
        run.items_done, run.items_total, per_minute, left if missing > 0 and left <= LONGEST_FORECAST else None
    )
