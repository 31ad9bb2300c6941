"""Jobs: which there are, and what each takes as settings."""

from datetime import date
from decimal import Decimal
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from automations.engine.discovery import UnknownJobError
from automations.engine.job import JobDefinition, Parameter
from bot.office import Office
from bot.operations_api.fields import Name
from bot.operations_api.guard import OfficeOf, Viewer
from bot.web_errors import problem

router = APIRouter(prefix="/jobs", tags=["jobs"])


class ParameterSchema(BaseModel):
    """One setting of a job; a run or schedule that breaks it is refused with 422."""

    name: str
    type: str = Field(description="text, integer, decimal, boolean, choice or date")
    default: str | int | bool | None
    label: str
    help: str
    unit: str
    minimum: str | int | None
    maximum: str | int | None
    choices: list[str]


class JobSummary(BaseModel):
    name: str
    title: str
    description: str


class Job(JobSummary):
    """A job with everything that a run of it takes."""

    item_name: str = Field(description="what its items are")
    default_cron: str
    steps: list[str]
    parameters: list[ParameterSchema]


class BrokenJobFile(BaseModel):
    """A job file that cannot be used; the other jobs run all the same."""

    module: str
    reason: str


class Jobs(BaseModel):
    jobs: list[JobSummary]
    broken: list[BrokenJobFile]


@router.get("")
def list_jobs(_caller: Viewer, office: OfficeOf) -> Jobs:
    """All jobs by name, and the job files that cannot be used."""
    catalogue = office.engine.catalogue
    return Jobs(
        jobs=[
            JobSummary(name=job.name, title=job.title, description=job.description) for job in catalogue.jobs.values()
        ],
        broken=[BrokenJobFile(module=one.module, reason=one.reason) for one in catalogue.broken],
    )


@router.get("/{name}")
def show_job(_caller: Viewer, office: OfficeOf, name: Name) -> Job:
    """A job with the schema of its settings."""
    job = find_job(office, name)
    return Job(
        name=job.name,
        title=job.title,
        description=job.description,
        item_name=job.item_name,
        default_cron=job.default_cron,
        steps=[step.value for step in job.steps],
        parameters=[_schema(parameter) for parameter in job.parameters],
    )


def find_job(office: Office, name: str) -> JobDefinition:
    """The job of this name, or 404."""
    try:
        return office.engine.catalogue.find(name)
    except UnknownJobError as error:
        raise problem(404, "unknown_job", str(error)) from error


def _schema(parameter: Parameter) -> ParameterSchema:
    return ParameterSchema(
        name=parameter.name,
        type=parameter.type.value,
        default=_plain(parameter.default),
        label=parameter.label,
        help=parameter.help,
        unit=parameter.unit,
        minimum=_plain(parameter.minimum),
        maximum=_plain(parameter.maximum),
        choices=list(parameter.choices),
    )


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Decimal | date) else value
