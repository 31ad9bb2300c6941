"""Back-fill: the runs of a schedule for dates that are over, as a dry run or for real; nothing runs twice."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from automations.engine.closures import read_company_days
from automations.engine.plans import plan_of
from automations.engine.run_record import create_run
from automations.engine.schedules import firing_id
from automations.rules.local_time import ONE_DAY, midnight
from connectors.database.audit import record_audit
from connectors.database.base import new_id
from connectors.database.models.work import Run, RunState, Schedule

MOST_RUNS = 200
LONGEST_RANGE = timedelta(days=5 * 366)
# The id of the first back-fill of a firing that was left out at its time: its own id is taken by that.
MADE_UP = "+"


class BackfillError(ValueError):
    """These dates cannot be back-filled; `field` is "first_day" or "last_day"."""

    def __init__(self, field: str, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field
        self.code = code


@dataclass(frozen=True, slots=True)
class Backfill:
    """What would be run: the firings, by the id of the run that each becomes, and the runs that there were."""

    firings: Mapping[str, datetime]
    already: Sequence[Run]


def plan_backfill(
    session: Session, schedule: Schedule, first_day: date, last_day: date, *, is_dry_run: bool, now: datetime
) -> Backfill:
    """The firings of these local dates, both included, that are over; those that ran already are named apart.

    A dry run may repeat what ran. Raises BackfillError if the dates run backwards or give too many runs, and
    ScheduleError if the schedule cannot be read.
    """
    plan = plan_of(schedule, read_company_days(session))
    if last_day < first_day:
        raise BackfillError("last_day", "backwards", f"The last day ({last_day}) is before the first ({first_day}).")
    if last_day - first_day > LONGEST_RANGE:
        raise BackfillError("last_day", "too_long", f"These are more than {LONGEST_RANGE.days} days.")
    start, end = midnight(first_day, plan.zone) - timedelta(seconds=1), midnight(last_day + ONE_DAY, plan.zone)
    firings = _at_most(plan.timing.firings(start, plan.zone), min(end, now))
    if is_dry_run:
        return Backfill({new_id(): firing for firing in firings}, ())
    return _apart(session, {firing_id(schedule.id, firing): firing for firing in firings})


def start_backfill(
    session: Session, schedule: Schedule, backfill: Backfill, *, is_dry_run: bool, actor: str, now: datetime
) -> list[str]:
    """Record the runs, oldest first; returns their ids, which the caller hands over."""
    for run_id, firing in backfill.firings.items():
        create_run(
            session,
            schedule.job,
            schedule.parameters,
            actor,
            is_dry_run=is_dry_run,
            now=now,
            run_id=run_id,
            schedule=schedule,
            scheduled_for=firing,
            is_backfill=True,
        )
    if backfill.firings:
        times = [firing.isoformat() for firing in backfill.firings.values()]
        record_audit(
            session,
            actor,
            "schedule.backfill",
            "schedule",
            schedule.id,
            job=schedule.job,
            first=times[0],
            last=times[-1],
            runs=len(times),
            is_dry_run=is_dry_run,
        )
    return list(backfill.firings)


def _at_most(firings: Iterable[datetime], end: datetime) -> list[datetime]:
    found: list[datetime] = []
    for firing in firings:
        if firing >= end:
            break
        if len(found) == MOST_RUNS:
            sentence = f"These days have more than {MOST_RUNS} firings; take fewer days at a time."
            raise BackfillError("last_day", "too_many", sentence)
        found.append(firing)
    return found


def _apart(session: Session, firings: Mapping[str, datetime]) -> Backfill:
    """Those that have no run, and the runs of the others; a firing that was left out has none."""
    ids = [*firings, *(f"{run_id}{MADE_UP}" for run_id in firings)]
    known = {run.id: run for run in session.scalars(select(Run).where(Run.id.in_(ids)))}
    free, already = {}, []
    for run_id, firing in firings.items():
        was_left_out = run_id in known and known[run_id].state == RunState.SKIPPED
        wanted = f"{run_id}{MADE_UP}" if was_left_out else run_id
        if wanted in known:
            already.append(known[wanted])
        else:
            free[wanted] = firing
    return Backfill(free, already)
