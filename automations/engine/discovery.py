"""Finding the jobs: every module of the jobs folder that declares JOB; a broken file stops only itself."""

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass

import structlog

from automations.engine.job import JobDefinition
from automations.engine.parameters import ParameterError, check_parameters
from automations.rules.cron import CronSchedule, InvalidCronError

log = structlog.get_logger(__name__)

# By name and not by import: the job files import the engine's contract, and the engine must not import them back.
JOBS_PACKAGE = "automations.jobs"

# What importing a faulty file raises: a wrong import, a typing mistake, or its own first lines failing.
FAULTS_OF_A_FILE = (
    ImportError,
    SyntaxError,
    NameError,
    AttributeError,
    TypeError,
    ValueError,
    LookupError,
    ArithmeticError,
    AssertionError,
    RuntimeError,
    OSError,
)


class UnknownJobError(LookupError):
    """No job has this name; the text says which there are."""


@dataclass(frozen=True, slots=True)
class BrokenJob:
    """A file of the jobs folder that cannot be used, and why."""

    module: str
    reason: str


@dataclass(frozen=True, slots=True)
class JobCatalogue:
    """The jobs of this installation by name, and the files that failed."""

    jobs: Mapping[str, JobDefinition]
    broken: tuple[BrokenJob, ...] = ()

    def find(self, name: str) -> JobDefinition:
        """The job of this name; UnknownJobError if there is none."""
        job = self.jobs.get(name)
        if job is None:
            raise UnknownJobError(f"There is no job {name!r}; there are: {', '.join(self.jobs) or 'none'}.")
        return job

    def is_confidential(self, name: str) -> bool:
        """Whether the items of this job's runs are for few; of a job that is not here any more nobody can tell."""
        job = self.jobs.get(name)
        return job is None or job.has_confidential_items

    @property
    def open_names(self) -> tuple[str, ...]:
        """The jobs whose items are for every reader."""
        return tuple(name for name in self.jobs if not self.is_confidential(name))


def discover_jobs(package_name: str = JOBS_PACKAGE) -> JobCatalogue:
    """Import every module of the package and collect what each declares as JOB, ordered by name."""
    jobs: dict[str, JobDefinition] = {}
    broken: list[BrokenJob] = []
    folder = importlib.import_module(package_name).__path__
    for name in sorted(module.name for module in pkgutil.iter_modules(folder, f"{package_name}.")):
        try:
            job = getattr(importlib.import_module(name), "JOB", None)
        except FAULTS_OF_A_FILE as error:
            broken.append(_broken(name, f"{type(error).__name__}: {error}"))
            continue
        if job is None:
            continue
        fault = _fault_of(job, jobs)
        if fault is None:
            jobs[job.name] = job
        else:
            broken.append(_broken(name, fault))
    return JobCatalogue(dict(sorted(jobs.items())), tuple(broken))


def _broken(module: str, reason: str) -> BrokenJob:
    log.error("job_file_broken", module=module, reason=reason)
    return BrokenJob(module, reason)


def _fault_of(job: object, known: Mapping[str, JobDefinition]) -> str | None:
    if not isinstance(job, JobDefinition):
        return f"JOB must be a JobDefinition, not {type(job).__name__}."
    if job.name in known:
        return f"Another file already declares a job named {job.name!r}."
    try:
        check_parameters(job, {})
        CronSchedule.parse(job.default_cron)
    except (ParameterError, InvalidCronError) as error:
        return f"Its own defaults are wrong: {error}"
    return None
