"""Reading about jobs and runs for pages, API and command line: overviews, histories, items, open exceptions."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, Text, and_, cast, func, or_, select
from sqlalchemy.orm import Session

from automations.engine.job import JobDefinition
from connectors.database.models.work import (
    OPEN_STATES,
    EffectState,
    ItemState,
    Run,
    RunItem,
    Schedule,
    needs_somebody,
)

DEFAULT_PAGE_SIZE = 50
# Owners who are somebody else for each item: where the item's detail has their address.
PERSONAL_OWNERS = {"manager": "manager_email"}
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class JobOverview:
    """A job with its schedules and its newest run."""

    job: JobDefinition
    schedules: tuple[Schedule, ...]
    last_run: Run | None


@dataclass(frozen=True, slots=True)
class RunPage:
    """Runs, newest first. `older_than` asks for the next page, None on the last one."""

    runs: tuple[Run, ...]
    older_than: str | None


@dataclass(frozen=True, slots=True)
class ItemPage:
    """Items of a run in the order in which they were decided. `after` asks for the next page."""

    items: tuple[RunItem, ...]
    after: int | None


@dataclass(frozen=True, slots=True)
class OpenException:
    """An item that waits for a person or for its cause to disappear, and the run that said so."""

    item: RunItem
    run: Run


@dataclass(frozen=True, slots=True)
class ExceptionPage:
    """Open exceptions, newest first. `older_than` asks for the next page."""

    exceptions: tuple[OpenException, ...]
    older_than: int | None


def list_jobs(session: Session, jobs: Iterable[JobDefinition]) -> list[JobOverview]:
    """Every job with what its next and last run need for an overview."""
    schedules: dict[str, list[Schedule]] = {}
    for schedule in session.scalars(select(Schedule).where(Schedule.deleted_at.is_(None)).order_by(Schedule.id)):
        schedules.setdefault(schedule.job, []).append(schedule)
    return [JobOverview(job, tuple(schedules.get(job.name, ())), _newest_run(session, job.name)) for job in jobs]


def get_run(session: Session, run_id: str) -> Run | None:
    return session.get(Run, run_id)


def list_runs(
    session: Session, *, job: str | None = None, older_than: str | None = None, limit: int = DEFAULT_PAGE_SIZE
) -> RunPage:
    """Runs, newest first, of one job or of all; `older_than` is a run id of an earlier page."""
    query = select(Run).order_by(Run.created_at.desc(), Run.id.desc()).limit(limit + 1)
    if job is not None:
        query = query.where(Run.job == job)
    last_seen = session.get(Run, older_than) if older_than is not None else None
    if last_seen is not None:
        query = query.where(older_than_run(last_seen))
    runs, has_more = _cut(session.scalars(query).all(), limit)
    return RunPage(runs, runs[-1].id if has_more else None)


def list_items(
    session: Session,
    run_id: str,
    *,
    states: Sequence[ItemState] = (),
    outcome: str | None = None,
    after: int = 0,
    limit: int = DEFAULT_PAGE_SIZE,
) -> ItemPage:
    """Items of a run, of the given states and outcome only where asked; `after` comes from an earlier page."""
    query = select(RunItem).where(RunItem.run_id == run_id, RunItem.id > after).order_by(RunItem.id).limit(limit + 1)
    if states:
        query = query.where(RunItem.state.in_([state.value for state in states]))
    if outcome is not None:
        query = query.where(RunItem.outcome == outcome)
    items, has_more = _cut(session.scalars(query).all(), limit)
    return ItemPage(items, items[-1].id if has_more else None)


def list_open_exceptions(
    session: Session,
    *,
    job: str | None = None,
    jobs: Sequence[str] | None = None,
    owner: str | None = None,
    reason: str | None = None,
    older_than: int | None = None,
    limit: int = DEFAULT_PAGE_SIZE,
) -> ExceptionPage:
    """What waits for a person, newest first; `reason` is a reason's code, `older_than` comes from an earlier page.

    `jobs` are those whose items the reader may see; None = all.
    """
    query = select_open_items(RunItem, Run).limit(limit + 1)
    if job is not None:
        query = query.where(Run.job == job)
    if jobs is not None:
        query = query.where(Run.job.in_(jobs))
    if owner is not None:
        query = query.where(owned_by(RunItem, [owner]))
    if reason is not None:
        # Reasons are kept as JSON text, on both databases with one blank after the colon.
        query = query.where(cast(RunItem.reasons, Text).contains(f'"code": "{reason}"', autoescape=True))
    if older_than is not None:
        query = query.where(RunItem.id < older_than)
    found = [OpenException(item, run) for item, run in session.execute(query)]
    exceptions, has_more = _cut(found, limit)
    return ExceptionPage(exceptions, exceptions[-1].item.id if has_more else None)


def is_open(item: RunItem) -> bool:
    """Whether the item's own verdict needs somebody; a later run may have decided it anew."""
    return item.state in OPEN_STATES and item.settled_at is None


def select_open_items(*columns: Any) -> Select[Any]:
    """What is open, newest first: the latest real verdict on an item that needs somebody, not settled by anybody."""
    return (
        select(*columns)
        .select_from(RunItem)
        .join(Run, Run.id == RunItem.run_id)
        .where(
            *open_conditions(),
        )
        .order_by(*in_open_order())
    )


def open_conditions(item: type[RunItem] = RunItem) -> Sequence[ColumnElement[bool]]:
    """What makes an item open; where consent to its effect is asked for, it is on another page."""
    return (needs_somebody(item), item.effect_state.is_distinct_from(EffectState.WAITING_FOR_APPROVAL.value))


def in_open_order(*, is_back: bool = False) -> tuple[Any, Any]:
    """Open items newest or oldest first. Their index begins with `is_latest`, which PostgreSQL has to be told."""
    return (RunItem.is_latest, RunItem.id) if is_back else (RunItem.is_latest.desc(), RunItem.id.desc())


def owned_by(item: type[RunItem], owners: Iterable[str]) -> ColumnElement[bool]:
    """Whether one of these answers for the item, or for one of its reasons.

    Reasons are kept as JSON text, on both databases with one blank after the colon.
    """
    wanted = list(owners)
    reasons = cast(item.reasons, Text)
    of_reasons = (reasons.contains(f'"owner": "{owner}"', autoescape=True) for owner in wanted)
    return or_(item.owner.in_(wanted), *of_reasons)


def addressed_to(item: type[RunItem], email: str) -> ColumnElement[bool]:
    """Whether an owner of the item who is somebody else for each one is the person with this address."""
    address = email.strip().lower()
    return or_(
        *(
            and_(owned_by(item, [owner]), func.lower(item.detail[field].as_string()) == address)
            for owner, field in PERSONAL_OWNERS.items()
        )
    )


def older_than_run(run: Run) -> ColumnElement[bool]:
    """Which runs come after this one in a list, newest first; the first half is what an index is entered with."""
    is_before = or_(Run.created_at < run.created_at, Run.id < run.id)
    return and_(Run.created_at <= run.created_at, is_before)


def _newest_run(session: Session, job: str) -> Run | None:
    # One look into the index for each job: there are few jobs, and with time very many runs.
    query = select(Run).where(Run.job == job).order_by(Run.created_at.desc(), Run.id.desc()).limit(1)
    return session.scalar(query)


def _cut(rows: Sequence[Row], limit: int) -> tuple[tuple[Row, ...], bool]:
    """The page, and whether the row that was asked for beyond it exists."""
    return tuple(rows[:limit]), len(rows) > limit
