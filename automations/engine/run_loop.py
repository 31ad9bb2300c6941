"""The run loop: plan, then decide, record and apply batch by batch, so that a killed run goes on where it was."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, tzinfo
from functools import partial
from threading import Event
from typing import Any, Protocol, TypeVar

import structlog
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from automations.engine.connection_use import ConnectionsBusyError, connections_of
from automations.engine.discovery import JobCatalogue, UnknownJobError
from automations.engine.fingerprint import job_fingerprint
from automations.engine.job import JobDefinition
from automations.engine.outbox import due_effects
from automations.engine.parameters import ParameterError
from automations.engine.retry import RetryPolicy
from automations.engine.run_log import WARNING, log_event
from automations.engine.run_record import begin_run, cancel_run, fail_run, finish_run
from automations.engine.run_work import RunFailed, RunWork
from connectors.database.failures import DATABASE_FAILURES
from connectors.database.models.work import Run
from connectors.database.session import Database
from connectors.errors import ConnectorError
from connectors.registry import Connectors

log = structlog.get_logger(__name__)

MAX_RESUMES = 20
# How often a run that waits for a place at a connection looks whether it has come.
TURN_SECONDS = 1.0
LONGEST_RECORD_WAIT_SECONDS = 10.0

Result = TypeVar("Result")

# What a step leaves in the engine's own record, as JSON: {"failure": sentence} or what the step found.
StepResult = dict[str, Any]


class EngineStopping(BaseException):
    """Leaves a run as it stands because the process stops; not an Exception, so that nobody records it as failure."""


class RunCancelled(Exception):
    """Somebody asked for the run to end, and its current batch is done."""


class Steps(Protocol):
    """Does a named piece of work once: after a resume it returns what was recorded instead of doing it again."""

    def __call__(self, name: str, work: Callable[[], StepResult]) -> StepResult: ...


def go_on(_point: str) -> None:
    """What happens at a boundary of steps unless a test wants something else: nothing."""


class RunLoop:
    """What all runs of one process share: where to record, what to reach, which jobs there are.

    `retry` takes the place of every job's own policy. `reach` is called at each boundary of a step with its name.
    """

    def __init__(
        self,
        database: Database,
        connectors: Connectors,
        catalogue: JobCatalogue,
        retry: RetryPolicy | None,
        now: Callable[[], datetime],
        stopping: Event,
        *,
        max_resumes: int = MAX_RESUMES,
        reach: Callable[[str], None] = go_on,
        zone: tzinfo = UTC,
    ) -> None:
        self.database = database
        self.connectors = connectors.paced(now, self.wait)
        self.catalogue = catalogue
        self.retry = retry
        self.now = now
        self.stopping = stopping
        self.max_resumes = max_resumes
        self.reach = reach
        self.zone = zone

    def execute(self, run_id: str, step: Steps) -> None:
        """Do the run from where it stands to its end; one that is finished, unknown or waits for consent is left."""
        run = self._begin(run_id)
        if run is None:
            return
        self.reach("begun")
        if run.resumed:
            log.info("run_resumed", run_id=run_id, job=run.job, resumed=run.resumed)
        try:
            RunExecution(self, run, step).execute()
        except RunCancelled:
            self.record(lambda session: cancel_run(session, run_id, self.now()))
        except RunFailed as failure:
            log.error("run_failed", run_id=run_id, job=run.job, reason=str(failure))
            reason = str(failure)
            self.record(lambda session: fail_run(session, run_id, reason, self.now()))
        else:
            self.reach("finishing")
            job = self.catalogue.jobs.get(run.job)
            is_complete = job is not None and job.plans_all_findings
            self.record(lambda session: finish_run(session, run_id, self.now(), is_complete=is_complete))
        self.reach("finished")

    def record(self, change: Callable[[Session], Result]) -> Result:
        """One transaction on the run's own record; it waits for a locked, full or absent database as long as needed.

        Without this a run whose last write hits a locked database would look like a running one for ever.
        """
        return self._patiently(self.database.write, change)

    def look(self, query: Callable[[Session], Result]) -> Result:
        """Read from the run's own record, as patiently."""
        return self._patiently(self.database.read, query)

    def check_stopping(self) -> None:
        if self.stopping.is_set():
            raise EngineStopping

    def wait(self, seconds: float) -> None:
        """Let time pass before another try, unless the process stops meanwhile."""
        if self.stopping.wait(seconds):
            raise EngineStopping

    def _begin(self, run_id: str) -> Run | None:
        has_waited = False
        while True:
            try:
                return self.record(partial(self._try_to_begin, run_id))
            except ConnectionsBusyError as busy:
                names = list(busy.names)
            if not has_waited:
                told = partial(log_event, run_id=run_id, event="run_waits_for_connection", now=self.now(), names=names)
                self.record(told)
            has_waited = True
            self.wait(TURN_SECONDS)

    def _try_to_begin(self, run_id: str, session: Session) -> Run | None:
        run = session.get(Run, run_id)
        job = self.catalogue.jobs.get(run.job) if run is not None else None
        if run is None or job is None:
            return begin_run(session, run_id, self.now())
        uses = connections_of(session, job, run.parameters)
        return begin_run(session, run_id, self.now(), fingerprint=job_fingerprint(job), uses=uses)

    def _patiently(
        self, begin: Callable[[], AbstractContextManager[Session]], work: Callable[[Session], Result]
    ) -> Result:
        attempt = 1
        policy = self.retry or RetryPolicy()
        while True:
            try:
                with begin() as session:
                    return work(session)
            except DATABASE_FAILURES as error:
                log.warning("run_record_delayed", attempt=attempt, reason=str(getattr(error, "orig", error)))
                self.wait(min(policy.first_wait_seconds * attempt, LONGEST_RECORD_WAIT_SECONDS))
                attempt += 1


class RunExecution:
    """One run in this process, step by step."""

    def __init__(self, loop: RunLoop, run: Run, step: Steps) -> None:
        self._loop = loop
        self._run = run
        self._step = step
        self._job = self._find_job()
        self._work = RunWork(loop, loop.connectors, self._job, run)

    def execute(self) -> None:
        if self._run.resumed > self._loop.max_resumes:
            raise RunFailed(
                f"The run was interrupted {self._loop.max_resumes} times and is given up; start it again by hand."
            )
        if self._run.approved_at is not None:
            self._carry_out_approved()
            return
        for number, keys in enumerate(self._do("plan", self._work.plan)["batches"]):
            self._check_cancelled()
            self._do(f"decide-{number}", partial(self._work.decide, keys))
            if not self._run.is_dry_run:
                self._do(f"apply-{number}", partial(self._work.carry_out, keys))

    def _carry_out_approved(self) -> None:
        """The second part of a run that waited for approval, in a workflow of its own."""
        if self._run.job_fingerprint != job_fingerprint(self._job):
            raise RunFailed(
                f"The job {self._run.job} was changed while this run waited for approval, so what was approved is not "
                "carried out. Retry the run from the step decide: its items are then decided anew."
            )
        for number, keys in enumerate(self._do("plan-approved", self._work.plan_approved)["batches"]):
            self._check_cancelled()
            self._do(f"apply-approved-{number}", partial(self._work.carry_out, keys))

    def _find_job(self) -> JobDefinition:
        try:
            return self._loop.catalogue.find(self._run.job)
        except UnknownJobError as error:
            raise RunFailed(f"{error} Put its file back, then start the run again.") from error

    def _check_cancelled(self) -> None:
        """End a run that somebody cancelled, but not before every effect that is on its way is settled."""
        asked = select(Run.cancel_requested_at).where(Run.id == self._run.id)
        if self._loop.look(lambda session: session.scalar(asked)) is None:
            return
        due: Sequence[str] = self._loop.look(lambda session: due_effects(session, self._run.id))
        if due and self._run.approved_at is None:
            # No step of the engine's: a batch that a kill cut off is finished before the run ends.
            result = self._attempt_until_done("apply", partial(self._work.carry_out, due))
            if "failure" in result:
                raise RunFailed(result["failure"])
        raise RunCancelled

    def _do(self, name: str, work: Callable[[], StepResult]) -> StepResult:
        self._loop.check_stopping()
        self._loop.reach(f"{name} begins")
        result = self._step(name, lambda: self._attempt_until_done(name, work))
        self._loop.reach(f"{name} noted")
        if "failure" in result:
            raise RunFailed(result["failure"])
        return result

    def _attempt_until_done(self, name: str, work: Callable[[], StepResult]) -> StepResult:
        """Do the work, trying again as the policy says; a failure is a result, so that a resume reads the same."""
        attempt = 1
        while True:
            try:
                with self._unexpected_errors_fail_the_run(name):
                    result = work()
                    self._loop.reach(f"{name} done")
                    return result
            except RunFailed as failure:
                self._work.write_lines()
                return {"failure": str(failure)}
            except (ConnectorError, OperationalError) as error:
                wait = (self._loop.retry or self._job.retry).wait_after(attempt, error)
                self._work.write_lines()
                if wait is None:
                    return {"failure": _reason_of(error, attempt)}
                self._tell_retry(name, attempt, wait, str(error))
            self._work.forget_worker()
            self._loop.wait(wait)
            attempt += 1

    def _tell_retry(self, step: str, attempt: int, wait: float, reason: str) -> None:
        log.warning("step_tried_again", run_id=self._run.id, step=step, attempt=attempt, reason=reason)
        fields: dict[str, Any] = {"step": step, "attempt": attempt, "wait_seconds": wait, "reason": reason}
        self._loop.record(
            lambda session: log_event(
                session, self._run.id, "step_tried_again", self._loop.now(), level=WARNING, **fields
            )
        )

    @contextmanager
    def _unexpected_errors_fail_the_run(self, step: str) -> Iterator[None]:
        try:
            yield
        except (RunFailed, ConnectorError, OperationalError):
            raise
        except ParameterError as error:
            raise RunFailed(str(error)) from error
        except Exception as error:
            # The run loop: whatever a job raises ends its run, and the log keeps the details.
            self._loop.check_stopping()
            log.exception("job_raised", run_id=self._run.id, job=self._run.job, step=step)
            raise RunFailed(
                f"The job stopped on an error that it does not know ({type(error).__name__}: {error}). "
                f"The log has the details under the run {self._run.id}."
            ) from error


def _reason_of(error: ConnectorError | OperationalError, attempts: int) -> str:
    times = "" if attempts == 1 else f" (tried {attempts} times)"
    if isinstance(error, ConnectorError):
        return f"{error.reason}{times}"
    return f"Our own database did not answer{times}: {error.orig}"


__all__ = ["EngineStopping", "RunFailed", "RunLoop", "StepResult", "Steps"]
