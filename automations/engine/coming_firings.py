"""Firings of the schedules as dashboard and digest tell them: those to come today, and those whose run never began."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice, takewhile

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from automations.engine.closures import read_company_days
from automations.engine.plans import Plan, ScheduleError, plan_of
from automations.engine.schedules import firing_id
from connectors.database.models.work import Run, Schedule

log = structlog.get_logger(__name__)

# Every minute of the longest day.
MOST_A_DAY = 25 * 60
# How late a run may begin before somebody should look, where the schedule does not say.
USUAL_PATIENCE = timedelta(minutes=10)
LOOK_BACK = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class ComingFirings:
    """What a schedule is still going to do today: how often, first and last, in the schedule's own time."""

    schedule: Schedule
    first: datetime
    last: datetime
    count: int


@dataclass(frozen=True, slots=True)
class LateFiring:
    """A firing that is over by more than the schedule's patience and has no run."""

    schedule: Schedule
    due: datetime


def firings_until(
    session: Session, schedules: Sequence[Schedule], now: datetime, end: datetime
) -> Sequence[ComingFirings]:
    """Of each schedule what it does from now to the end, by the first firing."""
    found: list[ComingFirings] = []
    for schedule, plan in _readable(session, schedules):
        coming = list(takewhile(lambda moment: moment < end, islice(plan.timing.firings(now, plan.zone), MOST_A_DAY)))
        if coming:
            found.append(ComingFirings(schedule, coming[0], coming[-1], len(coming)))
    return sorted(found, key=lambda coming: coming.first)


def find_late(session: Session, schedules: Sequence[Schedule], now: datetime) -> Sequence[LateFiring]:
    """The newest firing of each schedule if nothing has begun at it, longest overdue first."""
    due: dict[str, LateFiring] = {}
    for schedule, plan in _readable(session, schedules):
        patience = timedelta(minutes=schedule.alarm_minutes) if schedule.alarm_minutes else USUAL_PATIENCE
        # What lies before is settled: it ran, was left out by a rule, or belongs to what the schedule said before.
        since = max(schedule.settled_until, now - LOOK_BACK)
        moment = plan.timing.last_firing(now - patience, plan.zone, since)
        if moment is not None:
            due[firing_id(schedule.id, moment)] = LateFiring(schedule, moment)
    began = set(session.scalars(select(Run.id).where(Run.id.in_(due))))
    return sorted((late for run_id, late in due.items() if run_id not in began), key=lambda late: late.due)


def _readable(session: Session, schedules: Sequence[Schedule]) -> Sequence[tuple[Schedule, Plan]]:
    """The schedules with their plans; one that can be read no more is told by its own page."""
    company = read_company_days(session)
    found: list[tuple[Schedule, Plan]] = []
    for schedule in schedules:
        try:
            found.append((schedule, plan_of(schedule, company)))
        except ScheduleError as error:
            log.warning("schedule_unreadable", schedule_id=schedule.id, reason=str(error))
    return found
