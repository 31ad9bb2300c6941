"""Pages of the jobs: the list, a job with its history, and starting a run or a dry run of it."""

import re
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from automations.engine.discovery import UnknownJobError
from automations.engine.job import JobDefinition
from automations.engine.parameters import ParameterError, check_parameters, storable_parameters
from automations.engine.run_record import create_run
from automations.engine.runs import list_runs
from bot.console.frame import UNPROCESSABLE, ConsoleFrame, Frame, PostedForm, parameters_in, see_other
from bot.console.jobs_view import read_jobs, read_schedules
from connectors.database.base import new_id, utc_now
from connectors.database.models.work import RunState, Schedule

HISTORY_SIZE = 20
DRY, REAL = "dry", "real"
NOTICES = frozenset({"saved", "created"})
_REQUEST_ID = re.compile(r"[0-9a-f]{32}")

router = APIRouter()


@router.get("/jobs")
def show_jobs(frame: ConsoleFrame) -> Response:
    catalogue = frame.office.engine.catalogue
    with frame.office.database.read() as session:
        jobs = read_jobs(session, catalogue, utc_now())
    return frame.page("overview.html", tab="jobs", jobs=jobs, broken=catalogue.broken)


@router.get("/jobs/{name}")
def show_job(
    frame: ConsoleFrame,
    name: str,
    older_than: Annotated[str | None, Query(max_length=100)] = None,
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    try:
        job = frame.office.engine.catalogue.find(name)
    except UnknownJobError:
        return frame.missing()
    return _job_page(frame, job, older_than=older_than, notice=done if done in NOTICES else "")


@router.post("/jobs/{name}/runs")
def start_run(frame: ConsoleFrame, name: str, form: PostedForm) -> Response:
    """Start a dry run, or a real one once the admin has seen what it is going to do."""
    try:
        job = frame.office.engine.catalogue.find(name)
    except UnknownJobError:
        return frame.missing()
    given = parameters_in(form)
    request_id = form.get("request_id", "")
    if not _REQUEST_ID.fullmatch(request_id):
        request_id = new_id()
    try:
        values = check_parameters(job, given)
    except ParameterError as error:
        return _job_page(frame, job, values=given, problems=problem_sentences(frame, job, error))
    if form.get("mode") == REAL and form.get("confirmed") != "yes":
        return frame.page("confirm.html", tab="jobs", job=job, values=values, given=given, request_id=request_id)
    is_dry_run = form.get("mode") != REAL
    return see_other(f"/console/runs/{_record_run(frame, job, request_id, values, is_dry_run)}")


def problem_sentences(frame: Frame, job: JobDefinition, error: ParameterError) -> Mapping[str, str]:
    """What is wrong by the name of the parameter; an unknown parameter is told under an empty name."""
    known = {parameter.name: parameter for parameter in job.parameters}
    sentences: dict[str, str] = {}
    for problem in error.problems:
        parameter = known.get(problem.name)
        if parameter is None:
            sentences[""] = problem.sentence
        else:
            sentences[problem.name] = frame.words.parameter_problem(job, parameter)
    return sentences


def form_values(job: JobDefinition, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """What a form shows of stored parameters: what is not stored has its default."""
    return {parameter.name: parameters.get(parameter.name, parameter.default) for parameter in job.parameters}


def _record_run(frame: Frame, job: JobDefinition, request_id: str, values: Mapping[str, Any], is_dry_run: bool) -> str:
    """Record the run, then hand it over. The same form sent twice names the same run.

    An engine that is not started here leaves it to another process's.
    """
    office, actor = frame.office, frame.visitor.user.email
    parameters, now = storable_parameters(dict(values)), utc_now()
    with office.database.write() as session:
        run = create_run(session, job.name, parameters, actor, is_dry_run=is_dry_run, now=now, run_id=request_id)
    if office.engine.is_healthy:
        office.engine.hand_over(run.id, job.name)
    return run.id


def _job_page(
    frame: Frame,
    job: JobDefinition,
    *,
    older_than: str | None = None,
    notice: str = "",
    values: Mapping[str, Any] | None = None,
    problems: Mapping[str, str] | None = None,
) -> Response:
    with frame.office.database.read() as session:
        schedules = read_schedules(session, job.name, utc_now())
        history = list_runs(session, job=job.name, older_than=older_than, limit=HISTORY_SIZE)
    if values is None:
        values = form_values(job, _usual_parameters([planned.schedule for planned in schedules]))
    return frame.page(
        "job.html",
        UNPROCESSABLE if problems else 200,
        tab="jobs",
        job=job,
        schedules=schedules,
        history=history,
        is_first_page=older_than is None,
        is_running=any(run.state in (RunState.QUEUED, RunState.RUNNING) for run in history.runs),
        values=values,
        problems=problems or {},
        notice=notice,
        request_id=new_id(),
    )


def _usual_parameters(schedules: list[Schedule]) -> Mapping[str, Any]:
    """What a run by hand begins with: the settings of the first schedule."""
    return schedules[0].parameters if schedules else {}
