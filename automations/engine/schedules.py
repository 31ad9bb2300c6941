"""Schedules: setting them with checks and an audit entry, showing their next firings, and what identifies a firing."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from automations.engine.job import JobDefinition
from automations.engine.parameters import check_parameters, storable_parameters
from automations.rules.cron import CronSchedule, InvalidCronError
from connectors.database.audit import record_audit
from connectors.database.models.work import Schedule

FIRINGS_SHOWN = 10


class ScheduleError(ValueError):
    """The schedule cannot be saved; `problems` has a sentence per field ("cron", "timezone")."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__(" ".join(problems.values()))
        self.problems = problems


class ScheduleChangedError(Exception):
    """Somebody else saved this schedule meanwhile; `current` is what it says now."""

    def __init__(self, current: Schedule) -> None:
        super().__init__(
            f"Somebody else changed this schedule at {current.updated_at:%Y-%m-%d %H:%M} UTC (it now says "
            f"{current.cron!r}, {current.timezone}). Reload the page and make your change again."
        )
        self.current = current


def read_timing(cron: str, timezone: str) -> tuple[CronSchedule, ZoneInfo]:
    """The cron line and the time zone, or ScheduleError with a sentence about each that is wrong."""
    problems: dict[str, str] = {}
    try:
        schedule = CronSchedule.parse(cron)
    except InvalidCronError as error:
        problems["cron"] = str(error)
    try:
        zone = ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        problems["timezone"] = f"There is no time zone {timezone!r}; write it like Europe/Prague."
    if problems:
        raise ScheduleError(problems)
    return schedule, zone


def preview_firings(cron: str, timezone: str, after: datetime, count: int = FIRINGS_SHOWN) -> list[datetime]:
    """The next firings in the schedule's own local time; ScheduleError if it is not a schedule."""
    schedule, zone = read_timing(cron, timezone)
    return schedule.next_firings(after, zone, count)


def create_schedule(
    session: Session,
    job: JobDefinition,
    cron: str,
    timezone: str,
    parameters: Mapping[str, Any],
    *,
    is_enabled: bool = True,
    actor: str,
    now: datetime,
) -> Schedule:
    """Add a schedule; raises ScheduleError or ParameterError before anything is written."""
    timing, _zone = read_timing(cron, timezone)
    schedule = Schedule(
        job=job.name,
        cron=timing.text,
        timezone=timezone,
        is_enabled=is_enabled,
        parameters=storable_parameters(check_parameters(job, parameters)),
        updated_at=now,
        version=1,
    )
    session.add(schedule)
    session.flush()
    _record(session, actor, "schedule.create", schedule)
    return schedule


def update_schedule(
    session: Session,
    schedule_id: str,
    expected_version: int,
    job: JobDefinition,
    cron: str,
    timezone: str,
    parameters: Mapping[str, Any],
    *,
    is_enabled: bool,
    actor: str,
    now: datetime,
) -> Schedule:
    """Change a schedule that still has the version the admin saw; raises ScheduleChangedError if it has not.

    Firings from before `now` that did not happen are forgotten: they belong to the old schedule.
    """
    timing, _zone = read_timing(cron, timezone)
    changes = {
        "cron": timing.text,
        "timezone": timezone,
        "is_enabled": is_enabled,
        "parameters": storable_parameters(check_parameters(job, parameters)),
        "updated_at": now,
        "version": expected_version + 1,
    }
    unchanged = (Schedule.id == schedule_id, Schedule.job == job.name, Schedule.version == expected_version)
    changed = session.execute(update(Schedule).where(*unchanged).values(changes).returning(Schedule.id)).first()
    schedule = session.get_one(Schedule, schedule_id, populate_existing=True)
    if changed is None:
        # Kept readable for the page that shows it: the caller's transaction is about to be rolled back.
        session.expunge(schedule)
        raise ScheduleChangedError(schedule)
    _record(session, actor, "schedule.change", schedule)
    return schedule


def list_schedules(session: Session, job: str | None = None) -> list[Schedule]:
    query = select(Schedule).order_by(Schedule.job, Schedule.id)
    return list(session.scalars(query if job is None else query.where(Schedule.job == job)))


def firing_id(schedule_id: str, firing: datetime) -> str:
    """The id of the run of this firing: schedule and local scheduled time with its offset.

    Two schedulers, a restart or a repeated hour can so never make two runs of one firing.
    """
    return f"{schedule_id}:{firing.isoformat(timespec='minutes')}"


def _record(session: Session, actor: str, action: str, schedule: Schedule) -> None:
    record_audit(
        session,
        actor,
        action,
        "schedule",
        schedule.id,
        job=schedule.job,
        cron=schedule.cron,
        timezone=schedule.timezone,
        is_enabled=schedule.is_enabled,
        version=schedule.version,
    )
