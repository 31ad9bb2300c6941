"""Looking at runs, schedules, approvals and connections: what is wrong there, and what is fine."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session

from automations.alerts.due_firings import alarm_after
from automations.rules.alerts import Key, Sight, Sighting
from connectors.connections.health import read_stretches
from connectors.database.models.alerts import AlertKind, AlertWatch, JudgedRun
from connectors.database.models.approvals import Approval, ApprovalState
from connectors.database.models.work import Connection, ConnectionHealth, ItemState, Run, RunState, Schedule

# A run's end is written shortly before it is visible to others, and not every machine's clock is right.
LOOK_BACK = timedelta(minutes=10)
# How many finished runs one look judges; the rest follows with the next.
RUNS_AT_ONCE = 500
GOOD_ENDS = frozenset({RunState.SUCCEEDED, RunState.SUCCEEDED_WITH_EXCEPTIONS})
JUDGED_ENDS = tuple(state.value for state in (*GOOD_ENDS, RunState.FAILED))
LONGEST_REASON = 1000


def of_finished_runs(session: Session, watch: AlertWatch, now: datetime) -> list[Sighting]:
    """What the real runs say that ended since the watch last looked; each run is judged once."""
    since = watch.looked_at - LOOK_BACK
    is_judged = exists().where(JudgedRun.run_id == Run.id)
    query = (
        select(Run)
        .where(Run.finished_at > since, Run.state.in_(JUDGED_ENDS), Run.is_dry_run.is_(False), ~is_judged)
        .order_by(Run.finished_at, Run.id)
        .limit(RUNS_AT_ONCE)
    )
    runs = list(session.scalars(query))
    session.add_all(JudgedRun(run_id=run.id, at=run.finished_at or now) for run in runs)
    # A full batch means that there is more: the next look begins where this one ended.
    watch.looked_at = (runs[-1].finished_at or now) if len(runs) == RUNS_AT_ONCE else now
    return [sighting for run in runs for sighting in _of_run(run, watch.exceptions_limit)]


def _of_run(run: Run, exceptions_limit: int) -> Iterable[Sighting]:
    at = run.finished_at or run.created_at
    has_failed = run.state == RunState.FAILED
    yield Sighting(
        Key(AlertKind.RUN_FAILED, run.job),
        Sight.WRONG if has_failed else Sight.FINE,
        at,
        run.job,
        cause=run.id,
        run_id=run.id,
        facts={"reason": (run.failure or "")[:LONGEST_REASON]} if has_failed else {},
    )
    states: Mapping[str, int] = run.summary.get("states", {})
    found = states.get(ItemState.EXCEPTION, 0) + states.get(ItemState.FAILED, 0)
    if not has_failed or found > exceptions_limit:
        yield Sighting(
            Key(AlertKind.MANY_EXCEPTIONS, run.job),
            Sight.WRONG if found > exceptions_limit else Sight.FINE,
            at,
            run.job,
            cause=run.id,
            run_id=run.id,
            facts={"count": found, "limit": exceptions_limit},
        )


def of_stalled_runs(session: Session, limit: timedelta, known: Iterable[Key], now: datetime) -> list[Sighting]:
    """Runs at work that have given no sign of life for so long, and the jobs of which none does so any more."""
    last_sign = func.coalesce(Run.heartbeat_at, Run.started_at)
    query = select(Run).where(Run.state == RunState.RUNNING.value, last_sign <= now - limit).order_by(Run.id)
    stalled = {run.job: run for run in session.scalars(query)}
    wrong = [
        Sighting(
            Key(AlertKind.STALLED, job),
            Sight.WRONG,
            now,
            job,
            cause=run.id,
            run_id=run.id,
            facts={"since": _written(run.heartbeat_at or run.started_at)},
        )
        for job, run in stalled.items()
    ]
    return [*wrong, *_fine_again(AlertKind.STALLED, known, stalled, now)]


def of_approvals(session: Session, known: Iterable[Key], now: datetime) -> list[Sighting]:
    """Jobs in which an approval is open past its deadline."""
    is_late = or_(
        Approval.state == ApprovalState.ESCALATED.value,
        (Approval.state == ApprovalState.PENDING.value) & (Approval.deadline <= now),
    )
    query = select(Approval.job, func.count(), func.min(Approval.requested_at)).where(is_late).group_by(Approval.job)
    late = {job: (count, oldest) for job, count, oldest in session.execute(query)}
    wrong = [
        Sighting(
            Key(AlertKind.APPROVAL_OVERDUE, job),
            Sight.WRONG,
            now,
            job,
            cause="deadline",
            facts={"count": count, "since": _written(oldest)},
        )
        for job, (count, oldest) in late.items()
    ]
    return [*wrong, *_fine_again(AlertKind.APPROVAL_OVERDUE, known, late, now)]


def of_schedules(
    session: Session, due: Mapping[str, datetime | None], known: Iterable[Key], now: datetime
) -> list[Sighting]:
    """Whether the last firing of each schedule became a run that began.

    `due` has, by schedule id, the newest firing whose run should have begun by now; None if there is none yet.
    Schedules that are not in it are not watched.
    """
    kind = AlertKind.DID_NOT_RUN
    schedules = {one.id: one for one in session.scalars(select(Schedule).where(Schedule.id.in_(due)))}
    found = [
        _of_firing(session, schedules[schedule_id], firing, now)
        for schedule_id, firing in due.items()
        if firing is not None and schedule_id in schedules
    ]
    gone = [key for key in known if key.kind is kind and key.subject not in due]
    return [*found, *(Sighting(key, Sight.GONE, now, "") for key in gone)]


def _of_firing(session: Session, schedule: Schedule, firing: datetime, now: datetime) -> Sighting:
    # A later firing that became a run shows as well that the schedule works.
    has_begun = exists().where(
        Run.schedule_id == schedule.id, Run.scheduled_for >= firing, Run.state != RunState.QUEUED.value
    )
    is_fine = session.scalar(select(has_begun))
    return Sighting(
        Key(AlertKind.DID_NOT_RUN, schedule.id),
        Sight.FINE if is_fine else Sight.WRONG,
        now,
        schedule.job,
        cause=firing.isoformat(),
        facts={
            "firing": firing.isoformat(),
            "timezone": schedule.timezone,
            "minutes": alarm_after(schedule) // timedelta(minutes=1),
        },
    )


def of_connections(session: Session, known: Iterable[Key], now: datetime) -> list[Sighting]:
    """How the connections fare that serve; nobody looks at one that is paused or was removed."""
    kind = AlertKind.CONNECTION_FAILING
    watched = {row.name: row for row in session.scalars(select(Connection).where(Connection.is_paused.is_(False)))}
    failing = [row for row in watched.values() if row.health == ConnectionHealth.FAILING]
    seen = [
        Sighting(
            Key(kind, row.name),
            Sight.WRONG,
            now,
            "",
            cause=_written(row.health_since) or "",
            facts={"reason": _found_last(session, row)},
        )
        for row in failing
    ]
    for key in known:
        if key.kind is kind and key.subject not in watched:
            seen.append(Sighting(key, Sight.GONE, now, ""))
        elif key.kind is kind and watched[key.subject].health == ConnectionHealth.GOOD:
            seen.append(Sighting(key, Sight.FINE, now, ""))
    return seen


def _found_last(session: Session, connection: Connection) -> str:
    stretches = read_stretches(session, connection.id, 1)
    return stretches[0].sentence[:LONGEST_REASON] if stretches else ""


def _fine_again(kind: AlertKind, known: Iterable[Key], wrong: Mapping[str, Any], now: datetime) -> Sequence[Sighting]:
    return [Sighting(key, Sight.FINE, now, "") for key in known if key.kind is kind and key.subject not in wrong]


def _written(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
