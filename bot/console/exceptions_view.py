"""The open exceptions of all jobs: how many there are by job, reason and owner."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from automations.engine.runs import select_open_items
from connectors.database.models.work import Run, RunItem

# The filters offer what is found among so many of the newest.
LOOKED_THROUGH = 5000
COUNTED = 20_000


@dataclass(frozen=True, slots=True)
class ExceptionCounts:
    """How many open exceptions there are of each job, owner and reason; one with two reasons counts for both."""

    jobs: Mapping[str, int]
    owners: Mapping[str, int]
    reasons: Mapping[str, int]


def count_open(session: Session) -> ExceptionCounts:
    query = select_open_items(Run.job, RunItem.owner, RunItem.reasons).limit(LOOKED_THROUGH)
    rows = session.execute(query).all()
    codes = (code for _job, _owner, reasons in rows for code in {reason["code"] for reason in reasons})
    return ExceptionCounts(
        jobs=Counter(job for job, _owner, _reasons in rows),
        owners=Counter(owner for _job, owner, _reasons in rows if owner is not None),
        reasons=Counter(codes),
    )


def count_by_job(session: Session) -> Mapping[str, int]:
    """How many open exceptions each job has that has any, among the newest of all; more are never left lying."""
    newest = select_open_items(Run.job).limit(COUNTED).subquery()
    query = select(newest.c.job, func.count()).group_by(newest.c.job)
    return {str(job): int(count) for job, count in session.execute(query)}
