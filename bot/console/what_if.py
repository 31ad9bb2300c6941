"""The page that tries other limits of invoice matching on invoices that were decided before; for admins."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import Response

from automations.engine.job import JobDefinition
from automations.engine.parameters import ParameterError
from automations.engine.schedules import list_schedules
from automations.invoices.recorded import JOB_NAME, MOST_INVOICES, Chosen
from automations.invoices.what_if import WhatIf
from automations.invoices.what_if_desk import DEFAULT_LAST, ask_what_if, limits_of, present_parameters
from bot.console.form_fields import period_in, whole_number
from bot.console.frame import PARAMETER_PREFIX, UNPROCESSABLE, ConsoleFrame, Frame, PostedForm, parameters_in
from bot.console.jobs import problem_sentences
from bot.console.report_answers import MOST_ROWS
from bot.reports.cells import told
from bot.reports.report import Report
from bot.reports.what_if import describe_what_if
from connectors.database.base import utc_now

PATH = "/console/invoices/what-if"

router = APIRouter(prefix="/invoices/what-if")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as it stands in the form, and what is wrong with it by the name of the field."""

    parameters: Mapping[str, Any]
    last: str
    since: str
    until: str
    problems: Mapping[str, str]


@router.get("")
def show_form(frame: ConsoleFrame) -> Response:
    job = _limits_of(frame)
    if job is None:
        return frame.missing()
    with frame.office.database.read() as session:
        present = present_parameters(session, job)
    return _page(frame, job, Asked(present, str(DEFAULT_LAST), "", "", {}))


@router.post("")
def try_limits(frame: ConsoleFrame, request: Request, form: PostedForm) -> Response:
    """The answer; htmx gets it alone, a browser without it the whole page."""
    job = _limits_of(frame)
    if job is None:
        return frame.missing()
    asked, answer = _ask(frame, job, form)
    if "HX-Request" in request.headers:
        return frame.page("what_if_result.html", **_values(frame, job, asked, answer))
    return _page(frame, job, asked, answer)


def _limits_of(frame: Frame) -> JobDefinition | None:
    job = frame.office.engine.catalogue.jobs.get(JOB_NAME)
    return None if job is None else limits_of(job)


def _ask(frame: Frame, job: JobDefinition, form: Mapping[str, str]) -> tuple[Asked, WhatIf | None]:
    given = parameters_in(form)
    last, since, until = (form.get(name, "").strip() for name in ("last", "since", "until"))
    problems: dict[str, str] = {}
    chosen = _chosen(frame, last, since, until, problems)
    answer = None
    try:
        if chosen is not None:
            answer = ask_what_if(frame.office.database, job, chosen, given, frame.visitor.user.email)
    except ParameterError as error:
        problems |= problem_sentences(frame, job, error)
    return Asked(given, last, since, until, problems), answer


def _chosen(frame: Frame, last: str, since: str, until: str, problems: dict[str, str]) -> Chosen | None:
    count = whole_number(last) or 0
    if not 1 <= count <= MOST_INVOICES:
        problems["last"] = frame.words.text("what_if.error.last", most=frame.formats.number(MOST_INVOICES))
    period = period_in(frame, since, until)
    problems |= period.problems
    return None if problems else Chosen(count, period.since, period.until)


def _page(frame: Frame, job: JobDefinition, asked: Asked, answer: WhatIf | None = None) -> Response:
    status = UNPROCESSABLE if asked.problems else 200
    values = _values(frame, job, asked, answer)
    most = frame.formats.number(MOST_INVOICES)
    return frame.page("what_if.html", status, tab="jobs", job=job, most=most, path=PATH, **values)


def _values(frame: Frame, job: JobDefinition, asked: Asked, answer: WhatIf | None) -> dict[str, Any]:
    report: Report | None = None
    if answer is not None and answer.tried:
        report = describe_what_if(answer, frame.words, frame.formats, utc_now())
    with frame.office.database.read() as session:
        schedules = list_schedules(session, job.name)
    return {
        "asked": asked,
        "answer": answer,
        "report": report,
        "tell": lambda cell: told(cell, frame.formats),
        "most_rows": MOST_ROWS,
        "schedules": schedules,
        "job_path": f"/console/jobs/{job.name}",
        "limits": urlencode({PARAMETER_PREFIX + name: value for name, value in asked.parameters.items()}),
    }
