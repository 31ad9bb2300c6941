"""What people and schedules ask of the engine: start a run, cancel it, retry it, let it go on, wait for it."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from time import monotonic, sleep
from typing import Any

from automations.engine.discovery import JobCatalogue
from automations.engine.job import RunStep
from automations.engine.parameters import check_parameters, storable_parameters
from automations.engine.run_record import FINISHED_STATES, create_run, release_approved, request_cancel
from automations.engine.run_retry import retry_run
from connectors.database.models.work import Run, RunState
from connectors.database.session import Database

WAIT_POLL_SECONDS = 0.05
# In these states nothing happens before somebody does something.
RESTING_STATES = FINISHED_STATES | {RunState.WAITING_FOR_APPROVAL}


class RunDesk(ABC):
    """Records what is wanted of runs and queues those that are to be carried out."""

    def __init__(self, database: Database, catalogue: JobCatalogue, now: Callable[[], datetime]) -> None:
        self.catalogue = catalogue
        self._database = database
        self._now = now

    @abstractmethod
    def hand_over(self, run_id: str, job: str) -> None:
        """Queue a recorded run; handing the same one over again changes nothing. Runs of one job never overlap."""

    @abstractmethod
    def _hand_over_if_started(self, run: Run) -> None:
        """Where this process has no engine, that of another one finds the run."""

    def start_run(self, job: str, parameters: Mapping[str, Any], *, is_dry_run: bool = False, started_by: str) -> str:
        """Record a run and hand it over; raises UnknownJobError or ParameterError before anything is recorded."""
        definition = self.catalogue.find(job)
        values = storable_parameters(check_parameters(definition, parameters))
        with self._database.write() as session:
            run = create_run(session, job, values, started_by, is_dry_run=is_dry_run, now=self._now())
        self.hand_over(run.id, job)
        return run.id

    def cancel(self, run_id: str, actor: str) -> Run:
        """Cancel a run: at once unless it is under way, else after its current batch; effects already sent stay."""
        with self._database.write() as session:
            return request_cancel(session, run_id, actor, self._now())

    def retry(
        self, run_id: str, actor: str, *, keys: Sequence[str] | None = None, from_step: str = RunStep.DECIDE
    ) -> str:
        """Take up these items of an ended run again, by default all that failed; returns the id of the new run.

        Raises UnknownJobError, ParameterError or RetryError before anything is recorded.
        """
        with self._database.write() as session:
            run = session.get_one(Run, run_id)
            job = self.catalogue.find(run.job)
            step = RunStep(from_step)
            retry = retry_run(session, run, job, actor, keys=keys, from_step=step, now=self._now())
        self._hand_over_if_started(retry)
        return retry.id

    def continue_run(self, run_id: str) -> bool:
        """Carry out what was approved of a run, if nothing of it waits any more; asking twice does it once."""
        with self._database.write() as session:
            run = release_approved(session, run_id, self._now())
        if run is not None:
            self._hand_over_if_started(run)
        return run is not None

    def wait(self, run_id: str, timeout_seconds: float) -> Run:
        """The run once it is finished or waits for approval; TimeoutError if it is neither by then."""
        deadline = monotonic() + timeout_seconds
        while True:
            with self._database.read() as session:
                run = session.get_one(Run, run_id)
            if RunState(run.state) in RESTING_STATES:
                return run
            if monotonic() > deadline:
                raise TimeoutError(f"The run {run_id} is still {run.state} after {timeout_seconds} seconds.")
            sleep(WAIT_POLL_SECONDS)
