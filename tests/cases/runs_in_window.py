"""Adapter: the firings of a cron line in a window, and what several schedulers at work at once make of them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from automations.rules.timing import Timing
from automations.rules.timings import TimingError
from connectors.database.base import Base
from connectors.database.models.work import Run, Schedule
from connectors.database.session import Database
from tests.cases.clock_process import run_clocks
from tests.cases.next_runs import aware, read_schedule, refusal

JUST_BEFORE = timedelta(seconds=1)


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    try:
        timing, zone = read_schedule(given)
    except TimingError as error:
        return refusal(error)
    start, end = aware(given["from"], zone), aware(given["to"], zone)
    firings = timing.firings_between(start, end, zone)
    answered = {}
    if "schedulers" in given:
        runs, handed_over = schedulers_at_work(given, timing, zone, (start, end))
        firings = [run.astimezone(zone) for run in runs]
        answered["started_per_scheduled_time"] = max(Counter(handed_over).values(), default=0)
    local = [firing.isoformat() for firing in firings]
    return answered | {
        "count": len(local),
        "runs": local,
        "runs_utc": [firing.astimezone(UTC).isoformat() for firing in firings],
        "run_at": local[0] if len(local) == 1 else local,
    }


def schedulers_at_work(
    given: Mapping[str, Any], timing: Timing, zone: ZoneInfo, window: tuple[datetime, datetime]
) -> tuple[Sequence[datetime], Sequence[str]]:
    """The scheduled times on record after real clock processes went through the window, and all that they started."""
    start, end = window
    with TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'cases.sqlite'}")
        Base.metadata.create_all(database.engine)
        with database.write() as session:
            document = {"kind": "cron", "line": given["cron"]}
            times = {"settled_until": start - JUST_BEFORE, "updated_at": start - JUST_BEFORE}
            session.add(
                Schedule(job="case", timing=document, timezone=zone.key, overlap="queue_all", missed="all", **times)
            )
        moments = timing.firings_between(start, end, zone)
        handed_over = run_clocks(database.url, given["schedulers"], [*moments, end - JUST_BEFORE])
        with database.read() as session:
            runs = session.scalars(select(Run.scheduled_for).order_by(Run.scheduled_for)).all()
        database.close()
    return [run for run in runs if run is not None], handed_over
