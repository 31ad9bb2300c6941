"""Schedules: adding, changing with a version, pausing, deleting, their next firings, and back-fill."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy.orm import Session

from automations.engine.backfill import BackfillError, plan_backfill, start_backfill
from automations.engine.closures import read_company_days
from automations.engine.parameters import ParameterError
from automations.engine.plans import FIRINGS_SHOWN, Plan, ScheduleError, plan_of, read_plan
from automations.engine.schedules import (
    ScheduleChangedError,
    ScheduleDraft,
    create_schedule,
    delete_schedule,
    find_schedule,
    pause_schedule,
    resume_schedule,
    update_schedule,
)
from automations.engine.schedules import list_schedules as read_schedules
from automations.rules.missed import Missed, Overlap
from bot.office import Office
from bot.operations_api.fields import Body, Name, Parameters, ParameterValue, Text
from bot.operations_api.guard import Admin, OfficeOf, Operator, Viewer, require_reader
from bot.operations_api.jobs import find_job
from bot.web_errors import problem
from connectors.database.base import utc_now
from connectors.database.models.work import Schedule

router = APIRouter(prefix="/schedules", tags=["schedules"])

TimingValue = ParameterValue | Annotated[list[ParameterValue], Field(max_length=31)]
Timing = Annotated[
    dict[Annotated[str, StringConstraints(max_length=40)], TimingValue],
    Field(
        max_length=20,
        description='{"kind": "cron", "line": "30 6 * * 1-5"}, {"kind": "interval", "minutes": 15}, or '
        '{"kind": "month_day", "rule": "last_working_day", "time": "06:30"}',
        examples=[{"kind": "cron", "line": "30 6 * * 1-5"}],
    ),
]
Line = Annotated[str, StringConstraints(max_length=100, pattern=r"^[^\x00]*$")]


class WhenAndWhere(Body):
    """A timing in the local time of a place, without the public holidays of a country if one is named."""

    timing: Timing
    timezone: Line = Field(examples=["Europe/Prague"])
    calendar_country: Line | None = Field(None, examples=["CZ"])


class NewSchedule(WhenAndWhere):
    """A schedule as somebody wants it."""

    job: str = Field(max_length=60)
    name: Line = ""
    overlap: Overlap = Overlap.SKIP
    missed: Missed = Missed.LAST
    alarm_minutes: int | None = Field(None, ge=1, description="how late a run may begin before somebody is told")
    is_enabled: bool = True
    parameters: Parameters = Field(default_factory=dict)

    def draft(self) -> ScheduleDraft:
        return ScheduleDraft(**self.model_dump(exclude={"job", "version"}))


class ChangedSchedule(NewSchedule):
    """The whole schedule as it shall be; `version` is the one that the change was made from."""

    version: int = Field(ge=1, le=2**31 - 1)


class Backfill(Body):
    """Local dates, both included."""

    first_day: date
    last_day: date
    is_dry_run: bool = Field(description="true decides everything and changes nothing")


class ScheduleFacts(BaseModel):
    """A schedule as it is."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    job: str
    name: str
    timing: dict[str, Any]
    timezone: str
    calendar_country: str | None
    overlap: str
    missed: str
    alarm_minutes: int | None
    is_enabled: bool
    parameters: dict[str, Any]
    version: int
    updated_at: datetime


class Schedules(BaseModel):
    schedules: list[ScheduleFacts]


class Firing(BaseModel):
    at: datetime = Field(description="in the schedule's own time, with its offset")
    left_out: str | None = Field(description="the holiday or closure for which it does not happen; null: it does")


class Firings(BaseModel):
    firings: list[Firing]


class BackfilledRuns(BaseModel):
    runs: list[str] = Field(description="ids of the runs, oldest firing first")
    already: list[str] = Field(description="runs that these firings had already, which are left alone")


@router.get("")
def list_schedules(_caller: Viewer, office: OfficeOf, job: Text = "") -> Schedules:
    """All schedules, of one job or of all."""
    with office.database.read() as session:
        return Schedules(schedules=[_facts(one) for one in read_schedules(session, job or None)])


@router.post("", status_code=201)
def add_schedule(caller: Admin, office: OfficeOf, new: NewSchedule) -> ScheduleFacts:
    """Add a schedule; one that would never fire is refused."""
    job = find_job(office, new.job)
    with _explained(), office.database.write() as session:
        facts = _facts(create_schedule(session, job, new.draft(), actor=caller.actor, now=utc_now()))
    office.clock.wake()
    return facts


@router.post("/preview")
def preview_firings(_caller: Viewer, office: OfficeOf, wanted: WhenAndWhere) -> Firings:
    """The next ten firings of a timing; nothing is saved."""
    with _explained(), office.database.read() as session:
        company = read_company_days(session)
        return _firings(read_plan(wanted.timing, wanted.timezone, wanted.calendar_country, company))


@router.get("/{schedule_id}")
def show_schedule(_caller: Viewer, office: OfficeOf, schedule_id: Name) -> ScheduleFacts:
    """One schedule with the version that a change has to name."""
    with office.database.read() as session:
        return _facts(_find(session, schedule_id))


@router.get("/{schedule_id}/firings")
def list_next_firings(_caller: Viewer, office: OfficeOf, schedule_id: Name) -> Firings:
    """The next ten firings, and those left out among them."""
    with _explained(), office.database.read() as session:
        return _firings(plan_of(_find(session, schedule_id), read_company_days(session)))


@router.put("/{schedule_id}")
def change_schedule(caller: Admin, office: OfficeOf, schedule_id: Name, changed: ChangedSchedule) -> ScheduleFacts:
    """Replace a schedule; 409 if somebody else saved it since the version that is named."""
    job = find_job(office, changed.job)
    with _explained(), office.database.write() as session:
        if _find(session, schedule_id).job != job.name:
            raise problem(422, "other_job", "A schedule belongs to its job; make another one for the other job.")
        schedule = update_schedule(
            session, schedule_id, changed.version, job, changed.draft(), actor=caller.actor, now=utc_now()
        )
        facts = _facts(schedule)
    office.clock.wake()
    return facts


@router.post("/{schedule_id}/pause")
def pause(caller: Admin, office: OfficeOf, schedule_id: Name) -> ScheduleFacts:
    """Let it fire no more until it is resumed."""
    with office.database.write() as session:
        _find(session, schedule_id)
        pause_schedule(session, schedule_id, actor=caller.actor, now=utc_now())
        facts = _facts(_find(session, schedule_id))
    office.clock.wake()
    return facts


@router.post("/{schedule_id}/resume")
def resume(caller: Admin, office: OfficeOf, schedule_id: Name) -> ScheduleFacts:
    """Let it fire again from now on; what would have fired meanwhile was not missed."""
    with office.database.write() as session:
        _find(session, schedule_id)
        resume_schedule(session, schedule_id, actor=caller.actor, now=utc_now())
        facts = _facts(_find(session, schedule_id))
    office.clock.wake()
    return facts


@router.delete("/{schedule_id}", status_code=204)
def remove_schedule(caller: Admin, office: OfficeOf, schedule_id: Name) -> None:
    """Take it away for good; its runs stay."""
    with office.database.write() as session:
        _find(session, schedule_id)
        delete_schedule(session, schedule_id, actor=caller.actor, now=utc_now())
    office.clock.wake()


@router.post("/{schedule_id}/backfill", status_code=201)
def backfill_schedule(caller: Operator, office: OfficeOf, schedule_id: Name, wanted: Backfill) -> BackfilledRuns:
    """Run the firings of past days, as a dry run or for real; nothing runs twice for real."""
    now = utc_now()
    with _explained(), office.database.write() as session:
        schedule = _find(session, schedule_id)
        require_reader(caller, office, schedule.job)
        plan = plan_backfill(
            session, schedule, wanted.first_day, wanted.last_day, is_dry_run=wanted.is_dry_run, now=now
        )
        runs = start_backfill(session, schedule, plan, is_dry_run=wanted.is_dry_run, actor=caller.actor, now=now)
        job = schedule.job
    _hand_over(office, runs, job)
    return BackfilledRuns(runs=runs, already=[run.id for run in plan.already])


def _hand_over(office: Office, runs: list[str], job: str) -> None:
    """Where this process has no engine, another one picks up what is recorded."""
    if office.engine.is_healthy:
        for run_id in runs:
            office.engine.hand_over(run_id, job)


def _find(session: Session, schedule_id: str) -> Schedule:
    schedule = find_schedule(session, schedule_id)
    if schedule is None:
        raise problem(404, "unknown_schedule", f"There is no schedule {schedule_id!r}.")
    return schedule


def _facts(schedule: Schedule) -> ScheduleFacts:
    return ScheduleFacts.model_validate(schedule)


def _firings(plan: Plan) -> Firings:
    planned = plan.preview(utc_now(), FIRINGS_SHOWN)
    return Firings(firings=[Firing(at=one.at, left_out=one.day_off) for one in planned])


@contextmanager
def _explained() -> Iterator[None]:
    """What the engine refuses, as the answer that a program can read."""
    try:
        yield
    except ScheduleError as error:
        raise problem(422, "bad_schedule", str(error)) from error
    except ParameterError as error:
        raise problem(422, "bad_parameters", str(error)) from error
    except BackfillError as error:
        raise problem(422, f"backfill_{error.code}", str(error)) from error
    except ScheduleChangedError as error:
        raise problem(409, "schedule_changed", str(error)) from error
