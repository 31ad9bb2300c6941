"""The clock: starts a run at every firing of every schedule. The only module that knows APScheduler."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import structlog
from apscheduler.executors.base import BaseExecutor
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.interval import IntervalTrigger
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from automations.engine.run_record import create_run
from automations.engine.schedules import ScheduleError, firing_id, read_timing
from automations.rules.cron import CronSchedule
from connectors.database.base import utc_now
from connectors.database.models.work import Run, Schedule
from connectors.database.session import Database

log = structlog.get_logger(__name__)

STARTED_BY_SCHEDULE = "schedule"
REFRESH_SECONDS = 10
REFRESH_JOB = "refresh"
# A firing is never dropped for being late; several that were missed together become the last of them.
JOB_RULES = {"misfire_grace_time": None, "coalesce": True, "max_instances": 10}
# APScheduler compares the arguments with the signature; FiringExecutor gives the scheduled time in their place.
SIGNATURE_ARGS = (None,)


class RunQueue(Protocol):
    """Who carries out recorded runs: the engine."""

    def hand_over(self, run_id: str, job: str) -> None: ...


class CronTrigger(BaseTrigger):
    """Our cron rule as APScheduler asks for it; its own counts weekdays from Monday and ANDs the day fields."""

    def __init__(self, schedule: CronSchedule, timezone: ZoneInfo) -> None:
        self._schedule = schedule
        self._timezone = timezone

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime | None:
        return next(self._schedule.firings(previous_fire_time or now, self._timezone), None)


class FiringExecutor(BaseExecutor):
    """Hands every due job its scheduled times, which APScheduler's own executors keep to themselves.

    A thread of its own, because the scheduler's thread holds a lock that changing schedules needs too.
    """

    def __init__(self) -> None:
        super().__init__()
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="clock")

    def _do_submit_job(self, job: Any, run_times: Sequence[datetime]) -> None:
        def work() -> None:
            for run_time in run_times:
                job.func(run_time)

        def done(future: Any) -> None:
            error = future.exception()
            if error is None:
                self._run_job_success(job.id, [])
            else:
                self._run_job_error(job.id, error, error.__traceback__)

        self._pool.submit(work).add_done_callback(done)

    def shutdown(self, wait: bool = True) -> None:
        self._pool.shutdown(wait)


class Clock:
    """Keeps APScheduler in step with the table of schedules and turns firings into recorded runs.

    Every process may have one: the id of a firing's run decides that it runs once.
    """

    def __init__(self, database: Database, runs: RunQueue, now: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._runs = runs
        self._now = now
        self._versions: dict[str, int] = {}
        self._refresh_fails = False
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            jobstores={"default": MemoryJobStore()},
            executors={"default": FiringExecutor()},
            job_defaults=JOB_RULES,
        )

    def start(self) -> None:
        """Fire what was missed while everything was down (the last one per schedule), then keep time."""
        self.refresh()
        self._scheduler.add_job(
            lambda _run_time: self.refresh(),
            IntervalTrigger(seconds=REFRESH_SECONDS, timezone=UTC),
            args=SIGNATURE_ARGS,
            id=REFRESH_JOB,
            **JOB_RULES,
        )
        self._scheduler.start()

    def stop(self) -> None:
        if self._scheduler.running:
            self._scheduler.shutdown(wait=True)

    def refresh(self) -> None:
        """Follow the table of schedules now and repair missed firings; called by itself every few seconds."""
        try:
            with self._database.read() as session:
                schedules = list(session.scalars(select(Schedule)))
            for schedule_id in self._versions.keys() - {schedule.id for schedule in schedules}:
                self._forget(schedule_id)
            for schedule in schedules:
                self._follow(schedule)
                self._catch_up(schedule)
        except SQLAlchemyError as error:
            if not self._refresh_fails:
                log.error("clock_refresh_fails", reason=str(error))
            self._refresh_fails = True
        else:
            self._refresh_fails = False

    def next_firings(self) -> dict[str, datetime]:
        """When each schedule that this clock follows fires next, by schedule id."""
        return {job.id: job.next_run_time for job in self._scheduler.get_jobs() if job.id != REFRESH_JOB}

    def fire(self, schedule: Schedule, firing: datetime) -> str:
        """Record the run of this firing, unless any process has done so, and hand it over; returns its id."""
        run_id = firing_id(schedule.id, firing.astimezone(ZoneInfo(schedule.timezone)))
        with self._database.write() as session:
            create_run(
                session,
                schedule.job,
                schedule.parameters,
                STARTED_BY_SCHEDULE,
                now=self._now(),
                run_id=run_id,
                schedule=schedule,
                scheduled_for=firing,
            )
        log.info("schedule_fired", run_id=run_id, job=schedule.job)
        self._runs.hand_over(run_id, schedule.job)
        return run_id

    def _follow(self, schedule: Schedule) -> None:
        if self._versions.get(schedule.id) == schedule.version:
            return
        self._versions[schedule.id] = schedule.version
        timing = _timing_of(schedule) if schedule.is_enabled else None
        if timing is not None:
            self._scheduler.add_job(
                lambda firing: self._fire_or_leave_to_refresh(schedule, firing),
                CronTrigger(*timing),
                args=SIGNATURE_ARGS,
                id=schedule.id,
                replace_existing=True,
                **JOB_RULES,
            )
        else:
            self._forget(schedule.id)
            self._versions[schedule.id] = schedule.version

    def _forget(self, schedule_id: str) -> None:
        del self._versions[schedule_id]
        if self._scheduler.get_job(schedule_id) is not None:
            self._scheduler.remove_job(schedule_id)

    def _fire_or_leave_to_refresh(self, schedule: Schedule, firing: datetime) -> None:
        try:
            self.fire(schedule, firing)
        except SQLAlchemyError as error:
            log.warning("firing_delayed", schedule_id=schedule.id, firing=firing.isoformat(), reason=str(error))

    def _catch_up(self, schedule: Schedule) -> None:
        """Fire the last firing since the schedule was saved, if no process has: it was missed."""
        timing = _timing_of(schedule) if schedule.is_enabled else None
        if timing is None:
            return
        cron, timezone = timing
        # The firing of this very moment belongs to the scheduler.
        missed = cron.last_firing(self._now() - timedelta(seconds=1), timezone, schedule.updated_at)
        if missed is None:
            return
        with self._database.read() as session:
            is_recorded = session.get(Run, firing_id(schedule.id, missed)) is not None
        if not is_recorded:
            log.warning("missed_firing_caught_up", schedule_id=schedule.id, firing=missed.isoformat())
            self.fire(schedule, missed)


def _timing_of(schedule: Schedule) -> tuple[CronSchedule, ZoneInfo] | None:
    try:
        return read_timing(schedule.cron, schedule.timezone)
    except ScheduleError as error:
        # Saved rows are checked, but a time zone can vanish with an update of the system's zone data.
        log.error("schedule_unreadable", schedule_id=schedule.id, reason=str(error))
        return None
