"""The figures by job and day: each real run that ends is added once, in the transaction that ends it."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from connectors.database.models.console import JobDay
from connectors.database.models.work import ItemState, Run, RunState

COUNTED_STATES = (ItemState.DONE, ItemState.WAITING, ItemState.EXCEPTION, ItemState.FAILED, ItemState.SKIPPED)


def count_run(session: Session, run: Run) -> None:
    """Add a run that has just ended to its day. Dry runs are not counted: they changed nothing."""
    if run.is_dry_run or run.finished_at is None:
        return
    added = _figures_of(run, run.finished_at)
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    insert: Any = dialect.insert(JobDay)
    # One statement, because two processes may end two runs of one day at once.
    summed = {name: JobDay.__table__.c[name] + insert.excluded[name] for name in added}
    day = run.finished_at.astimezone(UTC).date()
    session.execute(
        insert.values(job=run.job, day=day, **added).on_conflict_do_update(index_elements=["job", "day"], set_=summed)
    )


def read_days(session: Session, last: date, count: int, job: str | None = None) -> Sequence[JobDay]:
    """The figures of the `count` days up to `last`, of one job or of all, in the order of the days."""
    query = select(JobDay).where(JobDay.day > last - timedelta(days=count), JobDay.day <= last)
    if job is not None:
        query = query.where(JobDay.job == job)
    return session.scalars(query.order_by(JobDay.day, JobDay.job)).all()


def _figures_of(run: Run, finished_at: datetime) -> dict[str, int | float]:
    states = run.summary.get("states", {})
    took = finished_at - run.started_at if run.started_at else timedelta()
    return {
        "runs": 1,
        "failed_runs": int(run.state == RunState.FAILED),
        **{state.value: int(states.get(state.value, 0)) for state in COUNTED_STATES},
        "seconds": max(took.total_seconds(), 0.0),
    }
