"""The run loop: plan, then decide, record and apply batch by batch, so that a killed run goes on where it was."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from threading import Event
from typing import Any, Protocol, TypeVar

import structlog
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from automations.engine.discovery import JobCatalogue, UnknownJobError
from automations.engine.job import ItemOutcome, JobContext, JobWork
from automations.engine.parameters import ParameterError, check_parameters
from automations.engine.retry import RetryPolicy
from automations.engine.run_record import (
    begin_run,
    fail_run,
    finish_run,
    record_failed_effects,
    record_outcomes,
    record_plan,
    record_refused_effects,
    recorded_outcomes,
)
from connectors.database.models.work import ItemState, Run
from connectors.database.session import Database
from connectors.errors import ConnectorError
from connectors.registry import Connectors

log = structlog.get_logger(__name__)

MAX_RESUMES = 20

Recorded = TypeVar("Recorded")

# What a step leaves in the engine's own record, as JSON: {"failure": sentence} or what the step found.
StepResult = dict[str, Any]


class EngineStopping(BaseException):
    """Leaves a run as it stands because the process stops; not an Exception, so that nobody records it as failure."""


class RunFailed(Exception):
    """The run cannot go on; the text is the sentence that people read."""


class Steps(Protocol):
    """Does a named piece of work once: after a resume it returns what was recorded instead of doing it again."""

    def __call__(self, name: str, work: Callable[[], StepResult]) -> StepResult: ...


class RunLoop:
    """What all runs of one process share: where to record, what to reach, which jobs there are."""

    def __init__(
        self,
        database: Database,
        connectors: Connectors,
        catalogue: JobCatalogue,
        retry: RetryPolicy,
        now: Callable[[], datetime],
        stopping: Event,
    ) -> None:
        self.database = database
        self.connectors = connectors
        self.catalogue = catalogue
        self.retry = retry
        self.now = now
        self.stopping = stopping

    def execute(self, run_id: str, step: Steps) -> None:
        """Do the run from where it stands to its end; a finished or unknown run is left alone."""
        run = self.record(lambda session: begin_run(session, run_id, self.now()))
        if run is None:
            return
        if run.resumed:
            log.info("run_resumed", run_id=run_id, job=run.job, resumed=run.resumed)
        try:
            RunExecution(self, run, step).execute()
        except RunFailed as failure:
            log.error("run_failed", run_id=run_id, job=run.job, reason=str(failure))
            reason = str(failure)
            self.record(lambda session: fail_run(session, run_id, reason, self.now()))
        else:
            self.record(lambda session: finish_run(session, run_id, self.now()))

    def record(self, change: Callable[[Session], Recorded]) -> Recorded:
        """One transaction on the run's own record; it waits for a locked or absent database as long as that takes.

        Without this a run whose last write hits a locked database would look like a running one for ever.
        """
        attempt = 1
        while True:
            try:
                with self.database.write() as session:
                    return change(session)
            except OperationalError as error:
                log.warning("run_record_delayed", attempt=attempt, reason=str(error.orig))
                self.wait(min(self.retry.first_wait_seconds * attempt, self.retry.longest_wait_seconds))
                attempt += 1

    def check_stopping(self) -> None:
        if self.stopping.is_set():
            raise EngineStopping

    def wait(self, seconds: float) -> None:
        """Let time pass before another try, unless the process stops meanwhile."""
        if self.stopping.wait(seconds):
            raise EngineStopping


class RunExecution:
    """One run in this process. Its worker is made anew after every interruption and every failed attempt."""

    def __init__(self, loop: RunLoop, run: Run, step: Steps) -> None:
        self._loop = loop
        self._run = run
        self._step = step
        self._worker: JobWork | None = None

    def execute(self) -> None:
        if self._run.resumed > MAX_RESUMES:
            raise RunFailed(f"The run was interrupted {MAX_RESUMES} times and is given up; start it again by hand.")
        batches = self._do("plan", self._plan)["batches"]
        for number, keys in enumerate(batches):
            self._do(f"decide-{number}", partial(self._decide, keys))
            if not self._run.is_dry_run:
                self._apply(number, keys)

    def _apply(self, number: int, keys: Sequence[str]) -> None:
        try:
            self._do(f"apply-{number}", lambda: self._carry_out(keys))
        except RunFailed as failure:
            reason = str(failure)
            self._loop.record(
                lambda session: record_failed_effects(session, self._run.id, keys, reason, self._loop.now())
            )
            raise

    def _plan(self) -> StepResult:
        keys = list(self._work().plan())
        if len(set(keys)) != len(keys):
            raise RunFailed(f"The job {self._run.job} planned an item twice; this is a fault of the job.")
        with self._loop.database.write() as session:
            record_plan(session, self._run.id, len(keys))
        size = self._loop.catalogue.find(self._run.job).batch_size
        # The batches are recorded, not the keys alone: a changed batch size must not shift steps already done.
        return {"batches": [keys[start : start + size] for start in range(0, len(keys), size)]}

    def _decide(self, keys: Sequence[str]) -> StepResult:
        work = self._work()
        with self._loop.database.read() as session:
            already = {outcome.key for outcome in recorded_outcomes(session, self._run.id, keys)}
        missing = [key for key in keys if key not in already]
        outcomes = list(work.decide(missing)) if missing else []
        self._check_complete(missing, outcomes)
        with self._loop.database.write() as session:
            record_outcomes(session, self._run.id, outcomes, self._loop.now())
        return {"decided": len(outcomes)}

    def _check_complete(self, keys: Sequence[str], outcomes: Sequence[ItemOutcome]) -> None:
        decided = [outcome.key for outcome in outcomes]
        if sorted(decided) != sorted(keys):
            wrong = sorted(set(keys) ^ set(decided)) or sorted(decided)
            raise RunFailed(f"The job {self._run.job} did not decide each item once, first {wrong[0]!r}.")

    def _carry_out(self, keys: Sequence[str]) -> StepResult:
        work = self._work()
        with self._loop.database.read() as session:
            outcomes = [outcome for outcome in recorded_outcomes(session, self._run.id, keys) if _is_due(outcome)]
        refused = work.apply(outcomes) if outcomes else {}
        if unknown := refused.keys() - {outcome.key for outcome in outcomes}:
            raise RunFailed(f"The job {self._run.job} calls the item {min(unknown)!r} refused, which it was not given.")
        if refused:
            log.warning("effects_refused", run_id=self._run.id, job=self._run.job, items=len(refused))
            with self._loop.database.write() as session:
                record_refused_effects(session, self._run.id, refused, self._loop.now())
        return {"applied": len(outcomes) - len(refused), "refused": len(refused)}

    def _work(self) -> JobWork:
        """The job's worker, knowing what this run has decided so far."""
        if self._worker is None:
            job = self._loop.catalogue.find(self._run.job)
            parameters = check_parameters(job, self._run.parameters)
            context = JobContext(self._run.id, self._run.is_dry_run, parameters, self._loop.connectors, self._loop.now)
            worker = job.start(context)
            with self._loop.database.read() as session:
                recorded = list(recorded_outcomes(session, self._run.id))
            if recorded:
                worker.recall(recorded)
            self._worker = worker
        return self._worker

    def _do(self, name: str, work: Callable[[], StepResult]) -> StepResult:
        self._loop.check_stopping()
        result = self._step(name, lambda: self._attempt_until_done(name, work))
        if "failure" in result:
            raise RunFailed(result["failure"])
        return result

    def _attempt_until_done(self, name: str, work: Callable[[], StepResult]) -> StepResult:
        """Do the work, trying again as the policy says; a failure is a result, so that a resume reads the same."""
        attempt = 1
        while True:
            try:
                with self._unexpected_errors_fail_the_run(name):
                    return work()
            except RunFailed as failure:
                return {"failure": str(failure)}
            except (ConnectorError, OperationalError) as error:
                wait = self._loop.retry.wait_after(attempt, error)
                if wait is None:
                    return {"failure": _reason_of(error, attempt)}
                log.warning("step_tried_again", run_id=self._run.id, step=name, attempt=attempt, reason=str(error))
            # The worker may have counted half a batch already: a new one starts from what is recorded.
            self._worker = None
            self._loop.wait(wait)
            attempt += 1

    @contextmanager
    def _unexpected_errors_fail_the_run(self, step: str) -> Iterator[None]:
        try:
            yield
        except (RunFailed, ConnectorError, OperationalError):
            raise
        except (ParameterError, UnknownJobError) as error:
            raise RunFailed(str(error)) from error
        except Exception as error:
            # The run loop: whatever a job raises ends its run, and the log keeps the details.
            self._loop.check_stopping()
            log.exception("job_raised", run_id=self._run.id, job=self._run.job, step=step)
            raise RunFailed(
                f"The job stopped on an error that it does not know ({type(error).__name__}: {error}). "
                f"The log has the details under the run {self._run.id}."
            ) from error


def _is_due(outcome: ItemOutcome) -> bool:
    """Whether there is an effect to carry out; one that was refused before a resume is not asked for again."""
    return outcome.effect is not None and outcome.state is not ItemState.FAILED


def _reason_of(error: ConnectorError | OperationalError, attempts: int) -> str:
    times = "" if attempts == 1 else f" (tried {attempts} times)"
    if isinstance(error, ConnectorError):
        return f"{error.reason}{times}"
    return f"Our own database did not answer{times}: {error.orig}"
