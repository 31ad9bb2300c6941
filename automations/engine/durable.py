"""The durable engine: runs survive a kill and are done once. The only module that knows DBOS."""

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from threading import Condition, Event, Lock, Thread
from time import monotonic, sleep
from typing import Any

import structlog
from dbos import (
    DBOS,
    DBOSConfig,
    DBOSPortableJSONSerializer,
    SetEnqueueOptions,
    SetWorkflowID,
    StepOptions,
    WorkflowStatusString,
)
from dbos import error as dbos_error
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from automations.engine.discovery import JobCatalogue, discover_jobs
from automations.engine.leases import AdvisoryLeases, FileLeases, Leases
from automations.engine.parameters import check_parameters, storable_parameters
from automations.engine.retry import RetryPolicy
from automations.engine.run_loop import EngineStopping, RunLoop, StepResult
from automations.engine.run_record import FINISHED_STATES, create_run, fail_run
from connectors.database.base import new_id, utc_now
from connectors.database.models.work import Run, RunState
from connectors.database.session import Database
from connectors.registry import Connectors

log = structlog.get_logger(__name__)

APPLICATION_NAME = "twinoffice"
# Pinned: by default it is a hash of the sources, and any edit would strand the runs under way. Raise it only
# together with a change to the order or the names of the steps in run_loop.py, when no run is under way.
APPLICATION_VERSION = "1"
SCHEMA = "twinoffice_engine"
SYSTEM_FILE = "engine.sqlite"
LOCKS_FOLDER = "engine-processes"
QUEUE = "runs"
RUNS_AT_ONCE = 4
POOL_SIZE = 10
WAIT_POLL_SECONDS = 0.05

# DBOS is one per process, and so is a started engine.
_only_one = Lock()

_ENDED = [
    WorkflowStatusString.SUCCESS.value,
    WorkflowStatusString.ERROR.value,
    WorkflowStatusString.CANCELLED.value,
    WorkflowStatusString.MAX_RECOVERY_ATTEMPTS_EXCEEDED.value,
]


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """How patient the engine is; the defaults suit a web process and a worker alike."""

    retry: RetryPolicy = field(default_factory=RetryPolicy)
    queue_poll_seconds: float = 0.25
    sweep_seconds: float = 1.0
    stop_wait_seconds: float = 20.0


class Engine:
    """Starts runs and carries them out, in a web process, a worker or the command line alike.

    Any number of processes may use one database; a process that dies leaves its runs to the others, or to
    the next start. Calls block: asynchronous callers use a thread.
    """

    def __init__(
        self,
        database: Database,
        connectors: Connectors,
        data_dir: Path,
        catalogue: JobCatalogue | None = None,
        options: EngineOptions | None = None,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self.catalogue = catalogue if catalogue is not None else discover_jobs()
        self._database = database
        self._data_dir = data_dir
        self._options = options or EngineOptions()
        self._now = now
        self._stopping = Event()
        self._loop = RunLoop(database, connectors, self.catalogue, self._options.retry, now, self._stopping)
        self._executor_id = new_id()
        self._leases: Leases = (
            FileLeases(data_dir / LOCKS_FOLDER) if database.is_sqlite else AdvisoryLeases(database.engine)
        )
        self._workflow: Callable[[str], None] | None = None
        self._sweeper: Thread | None = None
        self._sweeps_fail = False
        self._handed_over: set[str] = set()
        self._active = 0
        self._activity = Condition()

    @property
    def is_healthy(self) -> bool:
        """Started, and its last look at the databases succeeded."""
        return self._workflow is not None and not self._sweeps_fail

    def start(self) -> None:
        """Begin to carry out runs, first those that an earlier process left unfinished."""
        if not _only_one.acquire(blocking=False):
            raise RuntimeError("An engine is already started in this process; stop it first.")
        try:
            self._launch()
        except BaseException:
            DBOS.destroy(destroy_registry=True)
            self._workflow = None
            self._leases.release()
            _only_one.release()
            raise
        self._sweep()
        self._sweeper = Thread(target=self._sweep_until_stopped, name="engine-sweeper", daemon=True)
        self._sweeper.start()

    def stop(self) -> None:
        """Leave runs under way where they stand, after their current step; they go on at the next start."""
        if self._workflow is None:
            return
        self._stopping.set()
        if self._sweeper is not None:
            self._sweeper.join()
        with self._activity:
            is_idle = self._activity.wait_for(lambda: self._active == 0, self._options.stop_wait_seconds)
        DBOS.destroy(destroy_registry=True)
        self._workflow = None
        if is_idle:
            # Otherwise a step is still at work: others take the run over when this process is really gone.
            self._leases.release()
        _only_one.release()

    def start_run(self, job: str, parameters: Mapping[str, Any], *, is_dry_run: bool = False, started_by: str) -> str:
        """Record a run and hand it over; raises UnknownJobError or ParameterError before anything is recorded."""
        definition = self.catalogue.find(job)
        values = storable_parameters(check_parameters(definition, parameters))
        with self._database.write() as session:
            run = create_run(session, job, values, started_by, is_dry_run=is_dry_run, now=self._now())
        self.hand_over(run.id, job)
        return run.id

    def hand_over(self, run_id: str, job: str) -> None:
        """Queue a recorded run; handing the same one over again changes nothing. Runs of one job never overlap."""
        if self._workflow is None:
            raise RuntimeError("The engine is not started.")
        with SetWorkflowID(run_id), SetEnqueueOptions(queue_partition_key=job):
            DBOS.enqueue_workflow(QUEUE, self._workflow, run_id)
        self._handed_over.add(run_id)

    def wait(self, run_id: str, timeout_seconds: float) -> Run:
        """The run once it is finished; TimeoutError if it is not by then."""
        deadline = monotonic() + timeout_seconds
        while True:
            with self._database.read() as session:
                run = session.get_one(Run, run_id)
            if RunState(run.state) in FINISHED_STATES:
                return run
            if monotonic() > deadline:
                raise TimeoutError(f"The run {run_id} is still {run.state} after {timeout_seconds} seconds.")
            sleep(WAIT_POLL_SECONDS)

    def _launch(self) -> None:
        self._stopping.clear()
        self._leases.hold(self._executor_id)
        DBOS(config=self._configuration())
        self._workflow = DBOS.workflow(name="run_job", max_recovery_attempts=None)(self._run_job_function())
        DBOS.launch()
        DBOS.register_queue(
            QUEUE,
            partition_concurrency=1,
            worker_concurrency=RUNS_AT_ONCE,
            polling_interval_sec=self._options.queue_poll_seconds,
            on_conflict="always_update",
        )

    def _configuration(self) -> DBOSConfig:
        return {
            "name": APPLICATION_NAME,
            "system_database_url": self._system_database_url(),
            "dbos_system_schema": SCHEMA,
            "sys_db_pool_size": POOL_SIZE,
            "application_version": APPLICATION_VERSION,
            "executor_id": self._executor_id,
            "serializer": DBOSPortableJSONSerializer(),
            "log_level": "WARNING",
            "enable_otlp": False,
        }

    def _system_database_url(self) -> str:
        if not self._database.is_sqlite:
            return self._database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        path = self._data_dir / SYSTEM_FILE
        path.parent.mkdir(parents=True, exist_ok=True)
        # DBOS leaves the journal mode alone; the mode is kept in the file.
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
        return f"sqlite:///{path}"

    def _run_job_function(self) -> Callable[[str], None]:
        def run_job(run_id: str) -> None:
            with self._counted():
                self._loop.check_stopping()
                self._loop.execute(run_id, _record_step)

        return run_job

    @contextmanager
    def _counted(self) -> Iterator[None]:
        with self._activity:
            self._active += 1
        try:
            yield
        finally:
            with self._activity:
                self._active -= 1
                self._activity.notify_all()

    def _sweep_until_stopped(self) -> None:
        while not self._stopping.wait(self._options.sweep_seconds):
            self._sweep()

    def _sweep(self) -> None:
        """Take over what dead processes left, and hand over what is recorded but not queued."""
        try:
            self._leases.hold(self._executor_id)
            self._take_over_from_the_dead()
            self._hand_over_recorded_runs()
        except (SQLAlchemyError, dbos_error.DBOSException, OSError) as error:
            if not self._sweeps_fail:
                log.error("engine_sweep_fails", reason=str(error))
            self._sweeps_fail = True
        else:
            if self._sweeps_fail:
                log.info("engine_sweep_recovered")
            self._sweeps_fail = False

    def _take_over_from_the_dead(self) -> None:
        under_way = DBOS.list_workflows(status=WorkflowStatusString.PENDING.value, load_input=False, load_output=False)
        owners = {workflow.executor_id for workflow in under_way if workflow.executor_id} - {self._executor_id}
        dead = sorted(owner for owner in owners if self._leases.is_dead(owner))
        if dead:
            log.info("runs_taken_over", executors=dead)
            DBOS._recover_pending_workflows(dead)

    def _hand_over_recorded_runs(self) -> None:
        """A run may be recorded by a process that died before queueing it, or that has no engine at all."""
        unfinished = (RunState.QUEUED.value, RunState.RUNNING.value)
        with self._database.read() as session:
            rows = session.execute(select(Run.id, Run.job).where(Run.state.in_(unfinished))).all()
        jobs = {row.id: row.job for row in rows}
        self._handed_over &= jobs.keys()
        for run_id, job in jobs.items():
            if run_id not in self._handed_over:
                self.hand_over(run_id, job)
        self._close_lost_runs(list(jobs))

    def _close_lost_runs(self, run_ids: list[str]) -> None:
        if not run_ids:
            return
        ended = DBOS.list_workflows(workflow_ids=run_ids, status=_ENDED, load_input=False, load_output=False)
        for workflow in ended:
            reason = "The engine ended this run without a result; start it again."
            with self._database.write() as session:
                fail_run(session, workflow.workflow_id, reason, self._now())


def _record_step(name: str, work: Callable[[], StepResult]) -> StepResult:
    return DBOS.run_step(StepOptions(name=name), work)


__all__ = ["Engine", "EngineOptions", "EngineStopping"]
