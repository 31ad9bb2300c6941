"""Schedules: adding, changing, pausing and deleting them with checks and an audit entry, and what names a firing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from automations.engine.closures import read_company_days
from automations.engine.job import JobDefinition
from automations.engine.parameters import check_parameters, storable_parameters
from automations.engine.plans import ScheduleError, read_plan, refuse_if_never
from automations.rules.calendars import OnCalendar
from automations.rules.missed import Missed, Overlap
from automations.rules.timings import write_timing
from connectors.database.audit import record_audit
from connectors.database.models.work import Schedule

LONGEST_NAME = 100
LONGEST_ALARM_MINUTES = 7 * 24 * 60
AUDITED = (
    "name",
    "timing",
    "timezone",
    "calendar_country",
    "overlap",
    "missed",
    "alarm_minutes",
    "is_enabled",
    "parameters",
)


class ScheduleChangedError(Exception):
    """Somebody else saved this schedule meanwhile; `current` is what it says now."""

    def __init__(self, current: Schedule) -> None:
        super().__init__(
            f"Somebody else changed this schedule at {current.updated_at:%Y-%m-%d %H:%M} UTC (it now says "
            f"{timing_text(current.timing)!r}, {current.timezone}). Reload the page and make your change again."
        )
        self.current = current


@dataclass(frozen=True, slots=True)
class ScheduleDraft:
    """What somebody wants a schedule to say; `timing` as `automations/rules/timings.py` reads it."""

    timing: Mapping[str, Any]
    timezone: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    name: str = ""
    calendar_country: str | None = None
    overlap: str = Overlap.SKIP.value
    missed: str = Missed.LAST.value
    alarm_minutes: int | None = None
    is_enabled: bool = True


def check_draft(session: Session, job: JobDefinition, draft: ScheduleDraft, now: datetime) -> dict[str, Any]:
    """The columns of a draft, complete and in the form in which they are kept; ScheduleError or ParameterError."""
    company = read_company_days(session)
    problems = _problems_beside_timing(draft)
    try:
        plan = read_plan(draft.timing, draft.timezone, draft.calendar_country, company)
        refuse_if_never(plan, now)
    except ScheduleError as error:
        raise ScheduleError({**error.problems, **problems}, never_fires=error.never_fires) from error
    if problems:
        raise ScheduleError(problems)
    timing = plan.timing.timing if isinstance(plan.timing, OnCalendar) else plan.timing
    return {
        "name": draft.name.strip(),
        "timing": write_timing(timing),
        "timezone": draft.timezone,
        "calendar_country": draft.calendar_country,
        "overlap": draft.overlap,
        "missed": draft.missed,
        "alarm_minutes": draft.alarm_minutes,
        "is_enabled": draft.is_enabled,
        "parameters": storable_parameters(check_parameters(job, draft.parameters)),
    }


def create_schedule(
    session: Session, job: JobDefinition, draft: ScheduleDraft, *, actor: str, now: datetime
) -> Schedule:
    """Add a schedule; raises ScheduleError or ParameterError before anything is written."""
    values = check_draft(session, job, draft, now)
    schedule = Schedule(job=job.name, **values, settled_until=now, updated_at=now, version=1)
    session.add(schedule)
    session.flush()
    _record(session, actor, "schedule.create", schedule, None, _told(schedule))
    return schedule


def update_schedule(
    session: Session,
    schedule_id: str,
    expected_version: int,
    job: JobDefinition,
    draft: ScheduleDraft,
    *,
    actor: str,
    now: datetime,
) -> Schedule:
    """Change a schedule that still has the version the admin saw; raises ScheduleChangedError if it has not.

    Firings from before `now` that did not happen are forgotten: they belong to the old schedule.
    """
    values = check_draft(session, job, draft, now)
    schedule = session.get_one(Schedule, schedule_id, populate_existing=True)
    before = _told(schedule)
    changes = values | {"settled_until": now, "updated_at": now, "version": expected_version + 1}
    unchanged = (
        Schedule.id == schedule_id,
        Schedule.job == job.name,
        Schedule.version == expected_version,
        Schedule.deleted_at.is_(None),
    )
    changed = session.execute(update(Schedule).where(*unchanged).values(changes).returning(Schedule.id)).first()
    session.refresh(schedule)
    if changed is None:
        # Kept readable for the page that shows it: the caller's transaction is about to be rolled back.
        session.expunge(schedule)
        raise ScheduleChangedError(schedule)
    _record(session, actor, "schedule.change", schedule, before, _told(schedule))
    return schedule


def pause_schedule(session: Session, schedule_id: str, *, actor: str, now: datetime) -> Schedule | None:
    """Let it fire no more until it is resumed; None if there is no such schedule."""
    return _switch(session, schedule_id, "schedule.pause", actor, now, is_enabled=False)


def resume_schedule(session: Session, schedule_id: str, *, actor: str, now: datetime) -> Schedule | None:
    """Let it fire again from now on; what would have fired meanwhile was not missed."""
    return _switch(session, schedule_id, "schedule.resume", actor, now, is_enabled=True)


def delete_schedule(session: Session, schedule_id: str, *, actor: str, now: datetime) -> Schedule | None:
    """Take it away for good; its row stays, because the history of its runs names it."""
    schedule = find_schedule(session, schedule_id, for_update=True)
    if schedule is None:
        return None
    before = _told(schedule)
    schedule.is_enabled = False
    schedule.deleted_at = schedule.updated_at = now
    schedule.version += 1
    _record(session, actor, "schedule.delete", schedule, before, None)
    return schedule


def find_schedule(session: Session, schedule_id: str, *, for_update: bool = False) -> Schedule | None:
    """The schedule, unless it was deleted."""
    schedule = session.get(Schedule, schedule_id, with_for_update=for_update or None, populate_existing=for_update)
    return schedule if schedule is not None and schedule.deleted_at is None else None


def list_schedules(
    session: Session, job: str | None = None, *, limit: int | None = None, offset: int = 0
) -> list[Schedule]:
    """The schedules that were not deleted, of one job or of all, by job."""
    query = select(Schedule).where(Schedule.deleted_at.is_(None)).order_by(Schedule.job, Schedule.id)
    query = query.limit(limit).offset(offset)
    return list(session.scalars(query if job is None else query.where(Schedule.job == job)))


def firing_id(schedule_id: str, firing: datetime) -> str:
    """The id of the run of this firing: schedule and local scheduled time with its offset.

    Two schedulers, a restart or a repeated hour can so never make two runs of one firing.
    """
    return f"{schedule_id}:{firing.isoformat(timespec='minutes')}"


def timing_text(timing: Mapping[str, Any]) -> str:
    """A timing in one short line for logs and lists: the cron line itself, else its values one after another."""
    if timing.get("kind") == "cron":
        return str(timing.get("line", ""))
    return " ".join(_short(value) for value in timing.values())


def _short(value: object) -> str:
    return ",".join(str(one) for one in value) if isinstance(value, list) else str(value)


def _problems_beside_timing(draft: ScheduleDraft) -> dict[str, str]:
    problems: dict[str, str] = {}
    if len(draft.name) > LONGEST_NAME:
        problems["name"] = f"The name is longer than {LONGEST_NAME} characters."
    if draft.overlap not in list(Overlap):
        problems["overlap"] = f"The overlap rule must be one of {', '.join(Overlap)}, not {draft.overlap!r}."
    if draft.missed not in list(Missed):
        problems["missed"] = f"Missed firings must be one of {', '.join(Missed)}, not {draft.missed!r}."
    if draft.alarm_minutes is not None and not 1 <= draft.alarm_minutes <= LONGEST_ALARM_MINUTES:
        problems["alarm_minutes"] = f"The alarm comes after 1 to {LONGEST_ALARM_MINUTES} minutes, or not at all."
    return problems


def _switch(
    session: Session, schedule_id: str, action: str, actor: str, now: datetime, *, is_enabled: bool
) -> Schedule | None:
    schedule = find_schedule(session, schedule_id, for_update=True)
    if schedule is None or schedule.is_enabled == is_enabled:
        return schedule
    before = _told(schedule)
    schedule.is_enabled = is_enabled
    schedule.settled_until = schedule.updated_at = now
    schedule.version += 1
    _record(session, actor, action, schedule, before, _told(schedule))
    return schedule


def _told(schedule: Schedule) -> dict[str, Any]:
    return {name: getattr(schedule, name) for name in AUDITED}


def _record(
    session: Session,
    actor: str,
    action: str,
    schedule: Schedule,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
) -> None:
    record_audit(
        session,
        actor,
        action,
        "schedule",
        schedule.id,
        before=before,
        after=after,
        job=schedule.job,
        timing=timing_text(schedule.timing),
        version=schedule.version,
    )
