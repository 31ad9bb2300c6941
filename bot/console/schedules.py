"""The schedule editor: its page, the firings shown while somebody types, and saving."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Annotated, Any
from zoneinfo import available_timezones

from fastapi import APIRouter, Query
from sqlalchemy.orm import Session
from starlette.responses import Response

from automations.engine.discovery import UnknownJobError
from automations.engine.job import JobDefinition
from automations.engine.parameters import ParameterError, check_parameters
from automations.engine.schedules import (
    ScheduleChangedError,
    ScheduleError,
    create_schedule,
    preview_firings,
    update_schedule,
)
from bot.console.frame import (
    CONFLICT,
    UNPROCESSABLE,
    ConsoleFrame,
    Frame,
    PostedForm,
    parameters_in,
    see_other,
)
from bot.console.jobs import form_values, problem_sentences
from bot.console.words import Words
from connectors.database.base import utc_now
from connectors.database.models.work import Schedule

MAX_CRON_LENGTH, MAX_ZONE_LENGTH = 200, 64
DEFAULT_ZONE = "Europe/Prague"
PREVIEW = "preview"

router = APIRouter(prefix="/jobs/{name}")


@dataclass(frozen=True, slots=True)
class Draft:
    """A schedule as it stands in the form, saved or not. `schedule_id` is None for a new one."""

    cron: str
    timezone: str
    is_enabled: bool
    parameters: Mapping[str, Any]
    schedule_id: str | None = None
    version: int = 0


@dataclass(frozen=True, slots=True)
class Timing:
    """The next firings of a draft, or what is wrong with its fields "cron" and "timezone"."""

    cron: str
    timezone: str
    firings: Sequence[datetime] = ()
    problems: Mapping[str, str] = field(default_factory=dict)


def read_timing_of(cron: str, timezone: str, words: Words) -> Timing:
    try:
        if len(cron) > MAX_CRON_LENGTH:
            raise ScheduleError(
                {"cron": words.text("console.error.cron_length", count=words.figure(str(MAX_CRON_LENGTH)))}
            )
        return Timing(cron, timezone, preview_firings(cron, timezone[: MAX_ZONE_LENGTH + 1], utc_now()))
    except ScheduleError as error:
        problems = dict(error.problems)
        if len(cron) <= MAX_CRON_LENGTH and "cron" in problems:
            problems["cron"] = words.cron_problem(problems["cron"])
        if "timezone" in problems:
            problems["timezone"] = words.text("console.error.timezone", timezone=timezone[:MAX_ZONE_LENGTH])
        return Timing(cron, timezone, problems=problems)


@router.get("/preview")
def preview(
    frame: ConsoleFrame,
    name: str,
    cron: Annotated[str, Query(max_length=2000)] = "",
    timezone: Annotated[str, Query(max_length=2000)] = "",
) -> Response:
    """The next ten firings of what stands in the form; nothing is saved. `name` only belongs to the address."""
    return frame.page("preview.html", timing=read_timing_of(cron.strip(), timezone.strip(), frame.words), job_name=name)


@router.get("/schedules/new")
def show_new_schedule(frame: ConsoleFrame, name: str) -> Response:
    try:
        job = frame.office.engine.catalogue.find(name)
    except UnknownJobError:
        return frame.missing()
    return _editor(frame, job, Draft(job.default_cron, DEFAULT_ZONE, True, form_values(job, {})))


@router.get("/schedules/{schedule_id}")
def show_schedule(frame: ConsoleFrame, name: str, schedule_id: str) -> Response:
    job = frame.office.engine.catalogue.jobs.get(name)
    with frame.office.database.read() as session:
        schedule = _find(session, name, schedule_id)
    if job is None or schedule is None:
        return frame.missing()
    return _editor(frame, job, _draft_of(job, schedule))


@router.post("/schedules")
def add_schedule(frame: ConsoleFrame, name: str, form: PostedForm) -> Response:
    job = frame.office.engine.catalogue.jobs.get(name)
    if job is None:
        return frame.missing()
    return _save(frame, job, _draft_in(form, None), form)


@router.post("/schedules/{schedule_id}")
def change_schedule(frame: ConsoleFrame, name: str, schedule_id: str, form: PostedForm) -> Response:
    job = frame.office.engine.catalogue.jobs.get(name)
    with frame.office.database.read() as session:
        schedule = _find(session, name, schedule_id)
    if job is None or schedule is None:
        return frame.missing()
    return _save(frame, job, _draft_in(form, schedule_id), form)


def _save(frame: Frame, job: JobDefinition, draft: Draft, form: Mapping[str, str]) -> Response:
    timing = read_timing_of(draft.cron, draft.timezone, frame.words)
    problems = dict(timing.problems)
    try:
        check_parameters(job, draft.parameters)
    except ParameterError as error:
        problems |= problem_sentences(frame, job, error)
    if problems or form.get("action") == PREVIEW:
        return _editor(frame, job, draft, problems)
    try:
        with frame.office.database.write() as session:
            _write(session, job, draft, frame.visitor.user.email)
    except ScheduleChangedError as error:
        return _editor(frame, job, draft, changed=error.current)
    frame.office.clock.refresh()
    return see_other(f"/console/jobs/{job.name}?done={'saved' if draft.schedule_id else 'created'}")


def _write(session: Session, job: JobDefinition, draft: Draft, actor: str) -> None:
    """Both functions record who did it."""
    if draft.schedule_id is None:
        create_schedule(
            session,
            job,
            draft.cron,
            draft.timezone,
            draft.parameters,
            is_enabled=draft.is_enabled,
            actor=actor,
            now=utc_now(),
        )
        return
    update_schedule(
        session,
        draft.schedule_id,
        draft.version,
        job,
        draft.cron,
        draft.timezone,
        draft.parameters,
        is_enabled=draft.is_enabled,
        actor=actor,
        now=utc_now(),
    )


def _editor(
    frame: Frame,
    job: JobDefinition,
    draft: Draft,
    problems: Mapping[str, str] | None = None,
    changed: Schedule | None = None,
) -> Response:
    status = CONFLICT if changed else UNPROCESSABLE if problems else 200
    return frame.page(
        "schedule.html",
        status,
        tab="jobs",
        job=job,
        draft=draft,
        timing=read_timing_of(draft.cron, draft.timezone, frame.words),
        problems=problems or {},
        changed=changed,
        timezones=_timezones(),
    )


def _find(session: Session, job: str, schedule_id: str) -> Schedule | None:
    schedule = session.get(Schedule, schedule_id)
    return schedule if schedule is not None and schedule.job == job else None


def _draft_of(job: JobDefinition, schedule: Schedule) -> Draft:
    return Draft(
        schedule.cron,
        schedule.timezone,
        schedule.is_enabled,
        form_values(job, schedule.parameters),
        schedule.id,
        schedule.version,
    )


def _draft_in(form: Mapping[str, str], schedule_id: str | None) -> Draft:
    version = form.get("version", "")
    return Draft(
        form.get("cron", "").strip(),
        form.get("timezone", "").strip(),
        form.get("is_enabled") == "true",
        parameters_in(form),
        schedule_id,
        int(version) if version.isascii() and version.isdigit() and len(version) < 10 else 0,
    )


@cache
def _timezones() -> Sequence[str]:
    """The names that people look for; those without an area are abbreviations and repetitions."""
    return [*sorted(name for name in available_timezones() if "/" in name and not name.startswith("Etc/")), "UTC"]
