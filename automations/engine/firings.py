"""Settling what is due: each firing of a schedule becomes one run, or is left out with the reason on record."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from automations.engine.plans import Plan
from automations.engine.run_record import create_run
from automations.engine.schedules import firing_id
from automations.rules.missed import Missed, Overlap, firings_to_run, missed_firings
from connectors.database.models.work import Run, RunState, Schedule

log = structlog.get_logger(__name__)

STARTED_BY_SCHEDULE = "schedule"
# Later than this a firing was missed; a busy clock is not that slow.
ON_TIME = timedelta(minutes=2)
# Of more missed firings the newest so many count; the rest is forgotten.
MOST_MISSED = 1000
ASKED_AT_ONCE = 500
INSTANT = timedelta(microseconds=1)
# Clocks of different machines may differ by this without one of them having been wrong.
CLOCK_TOLERANCE = timedelta(minutes=1)
AT_WORK = (RunState.QUEUED.value, RunState.RUNNING.value)
OVERLAP, MISSED = "OVERLAP", "MISSED"


@dataclass(frozen=True, slots=True)
class Fired:
    """A run that was recorded just now and has to be handed over; `replaces` are the runs to cancel for it."""

    run_id: str
    job: str
    replaces: tuple[str, ...] = ()


def settle_due(session: Session, plans: Mapping[str, tuple[int, Plan]], now: datetime) -> list[Fired]:
    """Run every firing of these schedules since the last look, or leave it out as their rules say.

    `plans` has a schedule's version and plan by its id. The rows stay locked meanwhile, so that of several clocks one
    settles a firing and the others see it settled. A schedule that was changed, paused or deleted since its plan was
    made is left alone.
    """
    # In one order everywhere, so that two clocks never wait for each other's rows.
    query = select(Schedule).where(Schedule.id.in_(plans), Schedule.is_enabled, Schedule.deleted_at.is_(None))
    schedules = session.scalars(query.order_by(Schedule.id).with_for_update()).all()
    due: dict[str, list[datetime]] = {}
    for schedule in schedules:
        version, plan = plans[schedule.id]
        if schedule.version == version:
            found = missed_firings(plan.timing, plan.zone, schedule.settled_until, now + INSTANT, MOST_MISSED)
            if found:
                due[schedule.id] = found
                schedule.settled_until = found[-1]
    ids = [firing_id(key, firing) for key, firings in due.items() for firing in firings]
    known = {run_id for some in batched(ids) for run_id in session.scalars(select(Run.id).where(Run.id.in_(some)))}
    at_work = _at_work(session, due)
    fired: list[Fired] = []
    for schedule in schedules:
        new = [firing for firing in due.get(schedule.id, ()) if firing_id(schedule.id, firing) not in known]
        fired += _settle(session, schedule, new, at_work.get(schedule.id, []), now)
    return fired


def _settle(
    session: Session, schedule: Schedule, new: Sequence[datetime], at_work: Sequence[Run], now: datetime
) -> list[Fired]:
    rule = Missed(schedule.missed)
    # Of several that are due together "last" means the newest, whether it is late or not.
    due = new[-1:] if rule is Missed.LAST else new
    late = [firing for firing in due if firing < now - ON_TIME]
    on_time = due[len(late) :]
    made_up = firings_to_run(late, rule)
    fired = [_record_run(session, schedule, firing, now) for firing in made_up]
    _leave_out_missed(session, schedule, new[: len(new) - len(made_up) - len(on_time)], now)
    for firing in on_time:
        fired += _fire_unless_overlapping(session, schedule, firing, at_work, now)
    return fired


def batched(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    """As many at a time as both databases take in one statement."""
    return (ids[start : start + ASKED_AT_ONCE] for start in range(0, len(ids), ASKED_AT_ONCE))


def is_settled_ahead(session: Session, now: datetime) -> bool:
    """Whether a firing of the future is settled: this clock, or another one, was ahead and went back."""
    newest = session.scalar(select(func.max(Schedule.settled_until)))
    return newest is not None and newest > now + CLOCK_TOLERANCE


def reopen_future(session: Session, now: datetime) -> None:
    """Let what was settled in the future be open again; a firing that has run keeps its id and runs no more."""
    session.execute(update(Schedule).where(Schedule.settled_until > now).values(settled_until=now))


def _at_work(session: Session, schedule_ids: Iterable[str]) -> Mapping[str, list[Run]]:
    """By schedule its runs that are not done, oldest first; one that only waits for an approval is not at work."""
    query = select(Run).where(Run.state.in_(AT_WORK), Run.schedule_id.in_(schedule_ids), Run.is_backfill.is_(False))
    # Those of a schedule that lets all of them wait are in nobody's way, and may be many.
    query = query.join(Schedule).where(Schedule.overlap != Overlap.QUEUE_ALL)
    found: dict[str, list[Run]] = {}
    for run in session.scalars(query.order_by(Run.created_at)):
        found.setdefault(str(run.schedule_id), []).append(run)
    return found


def _fire_unless_overlapping(
    session: Session, schedule: Schedule, firing: datetime, at_work: Sequence[Run], now: datetime
) -> list[Fired]:
    rule = Overlap(schedule.overlap)
    waiting = [run for run in at_work if run.state == RunState.QUEUED]
    in_the_way = {Overlap.SKIP: at_work, Overlap.QUEUE_ONE: waiting}.get(rule, ())
    if in_the_way:
        _leave_out(session, schedule, firing, now, {"reason": OVERLAP, "other": in_the_way[0].id})
        return []
    replaces = tuple(run.id for run in at_work) if rule is Overlap.CANCEL_OTHER else ()
    return [_record_run(session, schedule, firing, now, replaces)]


def _record_run(
    session: Session, schedule: Schedule, firing: datetime, now: datetime, replaces: tuple[str, ...] = ()
) -> Fired:
    run = create_run(
        session,
        schedule.job,
        schedule.parameters,
        STARTED_BY_SCHEDULE,
        now=now,
        run_id=firing_id(schedule.id, firing),
        schedule=schedule,
        scheduled_for=firing,
    )
    return Fired(run.id, run.job, replaces)


def _leave_out_missed(session: Session, schedule: Schedule, missed: Sequence[datetime], now: datetime) -> None:
    """One line in the history for all of them, under the newest: an outage may have swallowed thousands."""
    if missed:
        told: dict[str, str | int] = {
            "reason": MISSED,
            "count": len(missed),
            "first": missed[0].isoformat(),
            "last": missed[-1].isoformat(),
        }
        _leave_out(session, schedule, missed[-1], now, told)


def _leave_out(
    session: Session, schedule: Schedule, firing: datetime, now: datetime, told: dict[str, str | int]
) -> None:
    run_id = firing_id(schedule.id, firing)
    log.warning("firing_left_out", run_id=run_id, job=schedule.job, **told)
    session.add(
        Run(
            id=run_id,
            job=schedule.job,
            schedule_id=schedule.id,
            scheduled_for=firing,
            started_by=STARTED_BY_SCHEDULE,
            parameters=schedule.parameters,
            state=RunState.SKIPPED.value,
            summary={"left_out": told},
            created_at=now,
            finished_at=now,
        )
    )
    session.flush()
