"""The durable engine: runs survive a kill and are done once. The only module that knows DBOS."""

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from threading import Condition, Event, Lock, Thread

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
from dbos._dbos import _get_dbos_instance
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from automations.engine.approvals import see_to_approvals
from automations.engine.discovery import JobCatalogue, discover_jobs
from automations.engine.leases import AdvisoryLeases, FileLeases, Leases
from automations.engine.retry import RetryPolicy
from automations.engine.run_desk import RunDesk
from automations.engine.run_loop import MAX_RESUMES, EngineStopping, RunLoop, StepResult, go_on
from automations.engine.run_record import fail_run
from connectors.database.base import new_id, utc_now
from connectors.database.failures import DATABASE_FAILURES
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
# A workflow of ours that nobody has been working on for so many sweeps was left by a fault of the engine's database.
IDLE_SWEEPS = 5
POOL_SIZE = 10

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
    """How patient the engine is; the defaults suit a web process and a worker alike.

    `retry` takes the place of every job's own policy. `reach` is called at each boundary of a run's steps with its
    name: a test lets the process die there. `zone` is the company's time zone.
    """

    retry: RetryPolicy | None = None
    queue_poll_seconds: float = 0.25
    sweep_seconds: float = 1.0
    stop_wait_seconds: float = 20.0
    max_resumes: int = MAX_RESUMES
    reach: Callable[[str], None] = go_on
    zone: tzinfo = UTC


class Engine(RunDesk):
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
        super().__init__(database, catalogue if catalogue is not None else discover_jobs(), now)
        self._data_dir = data_dir
        self._options = options or EngineOptions()
        self._stopping = Event()
        self._loop = RunLoop(
            database,
            connectors,
            self.catalogue,
            self._options.retry,
            now,
            self._stopping,
            max_resumes=self._options.max_resumes,
            reach=self._options.reach,
            zone=self._options.zone,
        )
        self._executor_id = new_id()
        self._leases: Leases = (
            FileLeases(data_dir / LOCKS_FOLDER) if database.is_sqlite else AdvisoryLeases(database.engine)
        )
        self._workflow: Callable[[str], None] | None = None
        self._sweeper: Thread | None = None
        self._sweeps_fail = False
        self._handed_over: set[str] = set()
        self._active: set[str] = set()
        self._idle: dict[str, int] = {}
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
            is_idle = self._activity.wait_for(lambda: not self._active, self._options.stop_wait_seconds)
        DBOS.destroy(destroy_registry=True)
        self._workflow = None
        if is_idle:
            # Otherwise a step is still at work: others take the run over when this process is really gone.
            self._leases.release()
        _only_one.release()

    def hand_over(self, run_id: str, job: str) -> None:
        self._enqueue(run_id, run_id, job)

    def _hand_over_if_started(self, run: Run) -> None:
        if self._workflow is not None:
            self._enqueue(_workflow_id(run.id, run.approved_at), run.id, run.job)

    def _enqueue(self, workflow_id: str, run_id: str, job: str) -> None:
        if self._workflow is None:
            raise RuntimeError("The engine is not started.")
        with SetWorkflowID(workflow_id), SetEnqueueOptions(queue_partition_key=job):
            DBOS.enqueue_workflow(QUEUE, self._workflow, run_id)
        self._handed_over.add(workflow_id)

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
                try:
                    self._loop.execute(run_id, _record_step)
                except DATABASE_FAILURES as error:
                    # The engine's own database is full or broken: left as it stands, a sweep takes it up again.
                    log.error("run_interrupted", run_id=run_id, reason=str(getattr(error, "orig", error)))
                    raise EngineStopping from error

        return run_job

    @contextmanager
    def _counted(self) -> Iterator[None]:
        workflow_id = DBOS.workflow_id or ""
        with self._activity:
            self._active.add(workflow_id)
        try:
            yield
        finally:
            with self._activity:
                self._active.discard(workflow_id)
                self._activity.notify_all()

    def _sweep_until_stopped(self) -> None:
        while not self._stopping.wait(self._options.sweep_seconds):
            self._sweep()

    def _sweep(self) -> None:
        """Take over what dead processes left, and hand over what is recorded but not queued."""
        try:
            self._leases.hold(self._executor_id)
            self._take_over_left_workflows()
            for run_id in see_to_approvals(self._database, self._now()):
                self.continue_run(run_id)
            self._hand_over_recorded_runs()
        except (SQLAlchemyError, dbos_error.DBOSException, OSError) as error:
            if not self._sweeps_fail:
                log.error("engine_sweep_fails", reason=str(error))
            self._sweeps_fail = True
        else:
            if self._sweeps_fail:
                log.info("engine_sweep_recovered")
            self._sweeps_fail = False

    def _take_over_left_workflows(self) -> None:
        under_way = DBOS.list_workflows(status=WorkflowStatusString.PENDING.value, load_input=False, load_output=False)
        owners = {workflow.executor_id for workflow in under_way if workflow.executor_id} - {self._executor_id}
        dead = sorted(owner for owner in owners if self._leases.is_dead(owner))
        if dead:
            log.info("runs_taken_over", executors=dead)
            DBOS._recover_pending_workflows(dead)
        self._take_up_own({flow.workflow_id for flow in under_way if flow.executor_id == self._executor_id})

    def _take_up_own(self, pending: set[str]) -> None:
        """Queue again what this process left because the engine's own database was full or away for a moment."""
        with self._activity:
            idle = pending - self._active
        self._idle = {workflow_id: self._idle.get(workflow_id, 0) + 1 for workflow_id in idle}
        for workflow_id, sweeps in self._idle.items():
            if sweeps >= IDLE_SWEEPS:
                log.warning("run_taken_up_again", workflow_id=workflow_id)
                _get_dbos_instance()._sys_db.reenqueue_for_recovery(workflow_id, [self._executor_id], QUEUE)

    def _hand_over_recorded_runs(self) -> None:
        """A run may be recorded by a process that died before queueing it, or that has no engine at all."""
        unfinished = (RunState.QUEUED.value, RunState.RUNNING.value)
        with self._database.read() as session:
            rows = session.execute(select(Run.id, Run.job, Run.approved_at).where(Run.state.in_(unfinished))).all()
        runs = {_workflow_id(row.id, row.approved_at): row for row in rows}
        self._handed_over &= runs.keys()
        for workflow_id, row in runs.items():
            if workflow_id not in self._handed_over:
                self._enqueue(workflow_id, row.id, row.job)
        self._close_lost_runs({workflow_id: row.id for workflow_id, row in runs.items()})

    def _close_lost_runs(self, runs: Mapping[str, str]) -> None:
        if not runs:
            return
        ended = DBOS.list_workflows(workflow_ids=list(runs), status=_ENDED, load_input=False, load_output=False)
        for workflow in ended:
            reason = "The engine ended this run without a result; start it again."
            with self._database.write() as session:
                run = session.get_one(Run, runs[workflow.workflow_id], with_for_update=True)
                # Since it was read it may have ended, come to wait for approval, or been approved.
                is_lost = _workflow_id(run.id, run.approved_at) == workflow.workflow_id
                if is_lost and run.state in (RunState.QUEUED, RunState.RUNNING):
                    fail_run(session, run.id, reason, self._now())


def _workflow_id(run_id: str, approved_at: datetime | None) -> str:
    """A run that waited for approval goes on in a second workflow: nothing waits for days inside the engine."""
    return run_id if approved_at is None else f"{run_id}#approved"


def _record_step(name: str, work: Callable[[], StepResult]) -> StepResult:
    return DBOS.run_step(StepOptions(name=name), work)


__all__ = ["Engine", "EngineOptions", "EngineStopping"]
