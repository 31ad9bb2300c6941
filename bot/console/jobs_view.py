"""What the console shows about jobs, read from the database and the catalogue: schedules, next firings, last runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from automations.engine.closures import CompanyDays, read_company_days
from automations.engine.discovery import JobCatalogue
from automations.engine.job import JobDefinition
from automations.engine.plans import ScheduleError, plan_of
from automations.engine.runs import list_jobs
from automations.engine.schedules import list_schedules
from bot.console.exceptions_view import count_by_job
from connectors.database.models.work import Run, Schedule

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class PlannedSchedule:
    """A schedule with its next firing, which it has none of while it is off or cannot be read."""

    schedule: Schedule
    next_firing: datetime | None


@dataclass(frozen=True, slots=True)
class SchedulePage:
    planned: Sequence[PlannedSchedule]
    number: int
    has_more: bool


@dataclass(frozen=True, slots=True)
class JobRow:
    job: JobDefinition
    schedules: Sequence[PlannedSchedule]
    last_run: Run | None
    open_exceptions: int

    @property
    def next(self) -> PlannedSchedule | None:
        """The schedule that fires first."""
        planned = [(one.next_firing, place) for place, one in enumerate(self.schedules) if one.next_firing is not None]
        return self.schedules[min(planned)[1]] if planned else None


def read_jobs(session: Session, catalogue: JobCatalogue, now: datetime) -> Sequence[JobRow]:
    """Every job, with what its next and last run need for an overview."""
    waiting, company = count_by_job(session), read_company_days(session)
    return [
        JobRow(
            overview.job,
            [_plan(schedule, company, now) for schedule in overview.schedules],
            overview.last_run,
            waiting.get(overview.job.name, 0),
        )
        for overview in list_jobs(session, catalogue.jobs.values())
    ]


def read_schedules(session: Session, job: str, now: datetime) -> Sequence[PlannedSchedule]:
    company = read_company_days(session)
    return [_plan(schedule, company, now) for schedule in list_schedules(session, job)]


def read_schedule_page(session: Session, page: int, now: datetime) -> SchedulePage:
    """Schedules of all jobs, by job; the first page is 1."""
    company = read_company_days(session)
    found = list_schedules(session, limit=PAGE_SIZE + 1, offset=(page - 1) * PAGE_SIZE)
    planned = [_plan(schedule, company, now) for schedule in found[:PAGE_SIZE]]
    return SchedulePage(planned, page, has_more=len(found) > PAGE_SIZE)


def _plan(schedule: Schedule, company: CompanyDays, now: datetime) -> PlannedSchedule:
    if not schedule.is_enabled:
        return PlannedSchedule(schedule, None)
    try:
        return PlannedSchedule(schedule, plan_of(schedule, company).next_firing(now))
    except ScheduleError:
        # A time zone can vanish with an update of the system's zone data.
        return PlannedSchedule(schedule, None)
