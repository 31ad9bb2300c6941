"""The clock: settles the firings of every schedule when they are due. The only module that knows APScheduler."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Event, RLock, Thread
from typing import Protocol

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor as AlarmExecutor
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.date import DateTrigger
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from automations.engine.closures import NO_COMPANY_DAYS, CompanyDays, read_company_days
from automations.engine.firings import (
    CLOCK_TOLERANCE,
    STARTED_BY_SCHEDULE,
    Fired,
    batched,
    is_settled_ahead,
    reopen_future,
    settle_due,
)
from automations.engine.plans import Plan, ScheduleError, plan_of
from connectors.database.base import utc_now
from connectors.database.models.work import Schedule
from connectors.database.session import Database

log = structlog.get_logger(__name__)

REFRESH_SECONDS = 10.0
ALARM = "alarm"
# The alarm is never dropped for being late; whatever is due by then is settled together.
ALARM_RULES = {"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
SETTLED_AT_ONCE = 100


class RunQueue(Protocol):
    """Who carries out recorded runs: the engine."""

    def hand_over(self, run_id: str, job: str) -> None: ...

    def cancel(self, run_id: str, actor: str) -> object: ...


@dataclass(slots=True)
class Followed:
    """A schedule as this clock knows it; `next_due` is its first firing that is not settled."""

    version: int
    plan: Plan
    next_due: datetime | None


class Clock:
    """Keeps in step with the table of schedules and turns firings into recorded runs.

    Every process may have one: a schedule's row is locked while its firings are settled, and the id of a firing's
    run decides that it runs once. APScheduler rings at the earliest firing; a look at the table every few seconds,
    which does not depend on the system's time, finds changes and repairs what a clock that jumped has upset.
    """

    def __init__(self, database: Database, runs: RunQueue, now: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._runs = runs
        self._now = now
        self._followed: dict[str, Followed] = {}
        self._versions: dict[str, int] = {}
        self._company = NO_COMPANY_DAYS
        self._latest = now()
        self._refresh_fails = False
        self._lock = RLock()
        self._stopping = Event()
        self._follower: Thread | None = None
        self._work = ThreadPoolExecutor(max_workers=1, thread_name_prefix="clock-work")
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            jobstores={"default": MemoryJobStore()},
            executors={"default": AlarmExecutor(1)},
            job_defaults=ALARM_RULES,
        )

    def start(self) -> None:
        """Settle what was missed while everything was down, then keep time."""
        self._scheduler.start()
        self.refresh()
        self._follower = Thread(target=self._follow_until_stopped, name="clock", daemon=True)
        self._follower.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._follower is not None:
            self._follower.join()
        if self._scheduler.running:
            self._scheduler.shutdown(wait=True)
        self._work.shutdown(wait=True)

    def wake(self) -> None:
        """Follow a change of the table at once, if this process keeps time; others see it within seconds."""
        if self._scheduler.running:
            self.refresh()

    def refresh(self) -> None:
        """Follow the table of schedules and settle what is due; called by itself every few seconds."""
        with self._lock:
            try:
                self._follow_the_clock()
                self._follow_the_table()
                self._settle(self._overdue())
            except SQLAlchemyError as error:
                if not self._refresh_fails:
                    log.error("clock_refresh_fails", reason=str(error))
                self._refresh_fails = True
            else:
                self._refresh_fails = False
            self._set_alarm()

    def next_firings(self) -> dict[str, datetime]:
        """When each schedule that this clock follows fires next, by schedule id."""
        with self._lock:
            return {key: followed.next_due for key, followed in self._followed.items() if followed.next_due}

    def _follow_until_stopped(self) -> None:
        while not self._stopping.wait(REFRESH_SECONDS):
            self._work.submit(self.refresh).add_done_callback(_log_error)

    def _ring(self) -> None:
        # Not in APScheduler's own thread: setting the next alarm needs a lock that stopping it holds.
        self._work.submit(self._settle_and_set_alarm).add_done_callback(_log_error)

    def _settle_and_set_alarm(self) -> None:
        with self._lock:
            self._settle(self._overdue())
            self._set_alarm()

    def _follow_the_clock(self) -> None:
        """If the system's clock went back, forget what was planned and settled by the wrong time."""
        now = self._now()
        if now < self._latest - CLOCK_TOLERANCE:
            log.warning("clock_went_back", before=self._latest.isoformat(), now=now.isoformat())
            self._versions.clear()
        self._latest = now
        with self._database.read() as session:
            is_ahead = is_settled_ahead(session, now)
        if is_ahead:
            with self._database.write() as session:
                reopen_future(session, now)
            self._versions.clear()

    def _follow_the_table(self) -> None:
        with self._database.read() as session:
            company = read_company_days(session)
            if company != self._company:
                self._company = company
                self._versions.clear()
            active = select(Schedule.id, Schedule.version).where(Schedule.is_enabled, Schedule.deleted_at.is_(None))
            versions = {row.id: row.version for row in session.execute(active)}
            changed = [key for key, version in versions.items() if self._versions.get(key) != version]
            for schedule in _read(session, changed):
                self._plan(schedule, company)
        for key in self._followed.keys() - versions.keys():
            del self._followed[key]
        self._versions = versions

    def _plan(self, schedule: Schedule, company: CompanyDays) -> None:
        self._followed.pop(schedule.id, None)
        try:
            plan = plan_of(schedule, company)
        except ScheduleError as error:
            # Saved rows are checked, but a time zone can vanish with an update of the system's zone data.
            log.error("schedule_unreadable", schedule_id=schedule.id, reason=str(error))
            return
        next_due = plan.next_firing(schedule.settled_until)
        self._followed[schedule.id] = Followed(schedule.version, plan, next_due)

    def _overdue(self) -> list[str]:
        now = self._now()
        due = [(followed.next_due, key) for key, followed in self._followed.items() if followed.next_due]
        return [key for moment, key in sorted(due) if moment <= now]

    def _settle(self, keys: list[str]) -> None:
        """Record everything that is due before anything is handed over, which takes the engine longer."""
        fired: list[Fired] = []
        for start in range(0, len(keys), SETTLED_AT_ONCE):
            try:
                fired += self._settle_together(keys[start : start + SETTLED_AT_ONCE])
            except SQLAlchemyError as error:
                log.warning("firings_delayed", count=len(keys) - start, reason=str(error))
                break
        self._hand_over(fired)

    def _settle_together(self, keys: Iterable[str]) -> list[Fired]:
        now = self._now()
        due = {key: self._followed[key] for key in keys}
        with self._database.write() as session:
            fired = settle_due(session, {key: (one.version, one.plan) for key, one in due.items()}, now)
        for followed in due.values():
            followed.next_due = followed.plan.next_firing(now)
        return fired

    def _hand_over(self, fired: Iterable[Fired]) -> None:
        for one in fired:
            log.info("schedule_fired", run_id=one.run_id, job=one.job)
            for other in one.replaces:
                self._runs.cancel(other, STARTED_BY_SCHEDULE)
            self._runs.hand_over(one.run_id, one.job)

    def _set_alarm(self) -> None:
        """Ring at the earliest firing to come; what is overdue by now failed, and the next look tries it again."""
        if not self._scheduler.running:
            return
        now = self._now()
        earliest = min((due for due in self.next_firings().values() if due > now), default=None)
        if earliest is not None:
            # APScheduler goes by the system's time, which need not be ours.
            ring_at = DateTrigger(utc_now() + (earliest - now))
            self._scheduler.add_job(self._ring, ring_at, id=ALARM, replace_existing=True, **ALARM_RULES)
        elif self._scheduler.get_job(ALARM) is not None:
            self._scheduler.remove_job(ALARM)


def _log_error(work: Future[None]) -> None:
    """What nobody waits for must not fail unseen; the next look at the table repairs it."""
    error = work.exception()
    if error is not None:
        log.error("clock_fails", reason=f"{type(error).__name__}: {error}")


def _read(session: Session, keys: list[str]) -> Iterator[Schedule]:
    for some in batched(keys):
        yield from session.scalars(select(Schedule).where(Schedule.id.in_(some)))
