"""The schedule editor: its page, the firings shown while somebody types, and saving."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter
from sqlalchemy.orm import Session
from starlette.responses import Response

from automations.engine.closures import read_company_days
from automations.engine.job import JobDefinition
from automations.engine.parameters import ParameterError, check_parameters
from automations.engine.plans import ScheduleError, refuse_if_never
from automations.engine.schedules import (
    ScheduleChangedError,
    ScheduleDraft,
    check_draft,
    create_schedule,
    find_schedule,
    update_schedule,
)
from automations.invoices.recorded import JOB_NAME as WHAT_IF_JOB
from automations.invoices.what_if_desk import limits_of
from automations.rules.calendars import PlannedFiring
from bot.console.form_fields import version_in
from bot.console.frame import (
    CONFLICT,
    MAX_FIELD_LENGTH,
    UNPROCESSABLE,
    ConsoleFrame,
    Frame,
    PostedForm,
    parameters_in,
    see_other,
)
from bot.console.jobs import form_values, problem_sentences
from bot.console.schedule_form import (
    CHOICES,
    countries,
    draft_of,
    fields_of,
    new_fields,
    plan_of_draft,
    problem_words,
    timezones,
)
from connectors.database.base import utc_now
from connectors.database.models.work import Schedule

PREVIEW = "preview"

router = APIRouter(prefix="/jobs/{name}")


@dataclass(frozen=True, slots=True)
class Edited:
    """A schedule as it stands in the form, saved or not. `schedule_id` is None for a new one."""

    fields: Mapping[str, str]
    parameters: Mapping[str, Any]
    schedule_id: str | None = None
    version: int = 0


@dataclass(frozen=True, slots=True)
class Preview:
    """The next firings of a draft, or what is wrong with its fields."""

    draft: ScheduleDraft
    firings: Sequence[PlannedFiring] = ()
    problems: Mapping[str, str] = field(default_factory=dict)


def read_preview(frame: Frame, draft: ScheduleDraft) -> Preview:
    now = utc_now()
    try:
        with frame.office.database.read() as session:
            plan = plan_of_draft(draft, read_company_days(session))
        refuse_if_never(plan, now)
    except ScheduleError as error:
        return Preview(draft, problems=problem_words(frame.words, error.problems, draft))
    return Preview(draft, plan.preview(now))


@router.get("/preview")
def preview(frame: ConsoleFrame, name: str) -> Response:
    """The next ten firings of what stands in the form; nothing is saved. `name` only belongs to the address."""
    query = {key: value[:MAX_FIELD_LENGTH] for key, value in frame.request.query_params.items()}
    return frame.page("preview.html", preview=read_preview(frame, draft_of(query)), job_name=name)


@router.get("/schedules/new")
def show_new_schedule(frame: ConsoleFrame, name: str) -> Response:
    job = frame.office.engine.catalogue.jobs.get(name)
    if job is None:
        return frame.missing()
    fields = new_fields(job, frame.office.settings.time_zone)
    return _editor(frame, job, Edited(fields, form_values(job, {}) | _prefilled(frame, job)))


@router.get("/schedules/{schedule_id}")
def show_schedule(frame: ConsoleFrame, name: str, schedule_id: str) -> Response:
    job = frame.office.engine.catalogue.jobs.get(name)
    with frame.office.database.read() as session:
        schedule = find_schedule_of(session, name, schedule_id)
    if job is None or schedule is None:
        return frame.missing()
    values = form_values(job, schedule.parameters) | _prefilled(frame, job)
    return _editor(frame, job, Edited(fields_of(schedule), values, schedule.id, schedule.version))


@router.post("/schedules")
def add_schedule(frame: ConsoleFrame, name: str, form: PostedForm) -> Response:
    job = frame.office.engine.catalogue.jobs.get(name)
    if job is None:
        return frame.missing()
    return _save(frame, job, Edited(form, draft_of(form).parameters), form)


@router.post("/schedules/{schedule_id}")
def change_schedule(frame: ConsoleFrame, name: str, schedule_id: str, form: PostedForm) -> Response:
    job = frame.office.engine.catalogue.jobs.get(name)
    with frame.office.database.read() as session:
        schedule = find_schedule_of(session, name, schedule_id)
    if job is None or schedule is None:
        return frame.missing()
    return _save(frame, job, Edited(form, draft_of(form).parameters, schedule_id, version_in(form)), form)


def _prefilled(frame: Frame, job: JobDefinition) -> dict[str, str]:
    """Limits that somebody has tried, as the address brings them along; they are not saved yet.

    Nothing else can be filled in so: a link must not change a schedule behind the back of whoever saves it.
    """
    if job.name != WHAT_IF_JOB:
        return {}
    known = {parameter.name for parameter in limits_of(job).parameters}
    given = parameters_in({name: value[:MAX_FIELD_LENGTH] for name, value in frame.request.query_params.items()})
    return {name: value for name, value in given.items() if name in known}


def find_schedule_of(session: Session, job: str, schedule_id: str) -> Schedule | None:
    schedule = find_schedule(session, schedule_id)
    return schedule if schedule is not None and schedule.job == job else None


def _save(frame: Frame, job: JobDefinition, edited: Edited, form: Mapping[str, str]) -> Response:
    draft = draft_of(form)
    problems = _problems(frame, job, draft)
    if problems or form.get("action") == PREVIEW:
        return _editor(frame, job, edited, problems)
    try:
        with frame.office.database.write() as session:
            _write(session, job, edited, draft, frame.visitor.user.email)
    except ScheduleChangedError as error:
        return _editor(frame, job, edited, changed=error.current)
    frame.office.clock.wake()
    return see_other(f"/console/jobs/{job.name}?done={'saved' if edited.schedule_id else 'created'}")


def _problems(frame: Frame, job: JobDefinition, draft: ScheduleDraft) -> dict[str, str]:
    """Everything that is wrong at once: the schedule's own fields, then the job's parameters."""
    problems: dict[str, str] = {}
    try:
        with frame.office.database.read() as session:
            check_draft(session, job, draft, utc_now())
    except ScheduleError as error:
        problems = problem_words(frame.words, error.problems, draft)
    except ParameterError:
        """Told below, as they are where the schedule itself is wrong, too."""
    try:
        check_parameters(job, draft.parameters)
    except ParameterError as error:
        problems |= problem_sentences(frame, job, error)
    return problems


def _write(session: Session, job: JobDefinition, edited: Edited, draft: ScheduleDraft, actor: str) -> None:
    """Both functions record who did it."""
    if edited.schedule_id is None:
        create_schedule(session, job, draft, actor=actor, now=utc_now())
    else:
        update_schedule(session, edited.schedule_id, edited.version, job, draft, actor=actor, now=utc_now())


def _editor(
    frame: Frame,
    job: JobDefinition,
    edited: Edited,
    problems: Mapping[str, str] | None = None,
    changed: Schedule | None = None,
) -> Response:
    status = CONFLICT if changed else UNPROCESSABLE if problems else 200
    return frame.page(
        "schedule.html",
        status,
        tab="schedules",
        job=job,
        edited=edited,
        fields=edited.fields,
        preview=read_preview(frame, draft_of(edited.fields)),
        problems=problems or {},
        changed=changed,
        timezones=timezones(),
        countries=countries(frame.words),
        choices=CHOICES,
        is_prefilled=frame.request.method == "GET" and bool(_prefilled(frame, job)),
    )
