"""The open exceptions of all jobs: which there are, by reason and owner, and how many."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, Text, cast, func, select
from sqlalchemy.orm import Session

from automations.engine.runs import OPEN_STATES, ExceptionPage, OpenException, _is_superseded
from connectors.database.models.work import Run, RunItem

PAGE_SIZE = 50
# The filters offer what is found among so many of the newest.
LOOKED_THROUGH = 5000


@dataclass(frozen=True, slots=True)
class ExceptionFilter:
    """What to show; None shows all."""

    job: str | None = None
    owner: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class ExceptionCounts:
    """How many open exceptions there are of each job, owner and reason; one with two reasons counts for both."""

    jobs: Mapping[str, int]
    owners: Mapping[str, int]
    reasons: Mapping[str, int]


def read_exceptions(session: Session, wanted: ExceptionFilter, older_than: int | None = None) -> ExceptionPage:
    """Open exceptions, newest first."""
    query = _open_items(RunItem, Run).order_by(RunItem.id.desc()).limit(PAGE_SIZE + 1)
    if wanted.job is not None:
        query = query.where(Run.job == wanted.job)
    if wanted.owner is not None:
        query = query.where(RunItem.owner == wanted.owner)
    if wanted.reason is not None:
        # Reasons are kept as JSON text, on both databases with one blank after the colon.
        query = query.where(cast(RunItem.reasons, Text).contains(f'"code": "{wanted.reason}"', autoescape=True))
    if older_than is not None:
        query = query.where(RunItem.id < older_than)
    found = [OpenException(item, run) for item, run in session.execute(query)]
    shown = tuple(found[:PAGE_SIZE])
    return ExceptionPage(shown, shown[-1].item.id if len(found) > PAGE_SIZE else None)


def count_open(session: Session) -> ExceptionCounts:
    query = _open_items(Run.job, RunItem.owner, RunItem.reasons).order_by(RunItem.id.desc()).limit(LOOKED_THROUGH)
    rows = session.execute(query).all()
    codes = (code for _job, _owner, reasons in rows for code in {reason["code"] for reason in reasons})
    return ExceptionCounts(
        jobs=Counter(job for job, _owner, _reasons in rows),
        owners=Counter(owner for _job, owner, _reasons in rows if owner is not None),
        reasons=Counter(codes),
    )


def count_by_job(session: Session) -> Mapping[str, int]:
    """How many open exceptions each job has that has any."""
    query = _open_items(Run.job, func.count()).group_by(Run.job)
    return dict(session.execute(query).tuples().all())


def _open_items(*columns: Any) -> Select[Any]:
    return (
        select(*columns)
        .select_from(RunItem)
        .join(Run, Run.id == RunItem.run_id)
        .where(RunItem.state.in_(OPEN_STATES), Run.is_dry_run.is_(False), ~_is_superseded())
    )
