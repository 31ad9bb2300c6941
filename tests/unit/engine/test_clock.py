"""The clock: one run a firing, whoever fires it, and what happens to firings that were missed."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from queue import Queue
from zoneinfo import ZoneInfo

import pytest
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy import select

from automations.engine.clock import Clock, CronTrigger, FiringExecutor
from automations.engine.job import JobDefinition
from automations.engine.schedules import create_schedule, update_schedule
from automations.rules.cron import CronSchedule
from connectors.database.models.people import AuditEntry
from connectors.database.models.work import Run, Schedule
from connectors.database.session import Database

SAVED = datetime(2026, 6, 1, 8, tzinfo=UTC)
PRAGUE = ZoneInfo("Europe/Prague")


class HandedOver:
    """Stands where the engine does and remembers what it was given."""

    def __init__(self) -> None:
        self.run_ids: list[str] = []

    def hand_over(self, run_id: str, job: str) -> None:
        assert job == "match"
        self.run_ids.append(run_id)


@pytest.fixture
def runs() -> HandedOver:
    return HandedOver()


def save(database: Database, job: JobDefinition, cron: str, *, is_enabled: bool = True) -> Schedule:
    with database.write() as session:
        return create_schedule(
            session, job, cron, "Europe/Prague", {}, is_enabled=is_enabled, actor="anna@example.com", now=SAVED
        )


def clock_at(database: Database, runs: HandedOver, now: str) -> Clock:
    moment = datetime.fromisoformat(now).replace(tzinfo=PRAGUE)
    return Clock(database, runs, now=lambda: moment)


def recorded(database: Database) -> list[str]:
    with database.read() as session:
        return list(session.scalars(select(Run.id).order_by(Run.id)))


def test_of_several_missed_firings_the_last_one_is_run(
    database: Database, job: JobDefinition, runs: HandedOver
) -> None:
    schedule = save(database, job, "0 * * * *")
    clock_at(database, runs, "2026-06-01T13:30").refresh()
    assert runs.run_ids == recorded(database) == [f"{schedule.id}:2026-06-01T13:00+02:00"]


def test_a_restart_does_not_run_a_firing_again(database: Database, job: JobDefinition, runs: HandedOver) -> None:
    save(database, job, "0 * * * *")
    for _restart in range(3):
        clock_at(database, runs, "2026-06-01T13:30").refresh()
    assert len(runs.run_ids) == 1


def test_nothing_is_missed_before_the_schedule_was_saved(
    database: Database, job: JobDefinition, runs: HandedOver
) -> None:
    save(database, job, "0 9 * * *")
    # It was saved at 10:00 in Prague, an hour after that day's firing.
    clock_at(database, runs, "2026-06-01T23:00").refresh()
    assert recorded(database) == []


def test_a_schedule_that_is_switched_off_misses_nothing(
    database: Database, job: JobDefinition, runs: HandedOver
) -> None:
    save(database, job, "0 * * * *", is_enabled=False)
    clock_at(database, runs, "2026-06-01T13:30").refresh()
    assert recorded(database) == []


def test_two_clocks_that_fire_at_once_make_one_run(database: Database, job: JobDefinition, runs: HandedOver) -> None:
    schedule = save(database, job, "0 9 * * *")
    firing = datetime(2026, 6, 2, 9, tzinfo=PRAGUE)
    first, second = (clock_at(database, runs, "2026-06-02T09:00") for _ in range(2))
    assert first.fire(schedule, firing) == second.fire(schedule, firing.astimezone(UTC))
    assert len(recorded(database)) == 1
    with database.read() as session:
        (entry,) = session.scalars(select(AuditEntry).where(AuditEntry.action == "run.start"))
    assert (entry.actor, entry.object_id) == ("schedule", recorded(database)[0])


def test_both_hours_of_an_autumn_night_are_firings_of_their_own(
    database: Database, job: JobDefinition, runs: HandedOver
) -> None:
    schedule = save(database, job, "30 * * * *")
    clock = clock_at(database, runs, "2026-10-25T04:00")
    night = datetime(2026, 10, 25, 2, tzinfo=PRAGUE)
    for firing in CronSchedule.parse(schedule.cron).next_firings(night, PRAGUE, 2):
        clock.fire(schedule, firing)
    assert recorded(database) == [
        f"{schedule.id}:2026-10-25T02:30+01:00",
        f"{schedule.id}:2026-10-25T02:30+02:00",
    ]


@pytest.fixture
def ticking(database: Database, runs: HandedOver) -> Iterator[Clock]:
    clock = Clock(database, runs, now=lambda: SAVED)
    clock.start()
    yield clock
    clock.stop()


def test_a_running_clock_follows_the_table_of_schedules(database: Database, job: JobDefinition, ticking: Clock) -> None:
    schedule = save(database, job, "0 9 1 1 *")
    ticking.refresh()
    assert [(firing.hour, firing.day) for firing in ticking.next_firings().values()] == [(9, 1)]
    for version, cron, is_enabled in [(1, "0 10 1 1 *", True), (2, "0 10 1 1 *", False)]:
        with database.write() as session:
            update_schedule(
                session,
                schedule.id,
                version,
                job,
                cron,
                "Europe/Prague",
                {},
                is_enabled=is_enabled,
                actor="anna@example.com",
                now=SAVED,
            )
        ticking.refresh()
        assert [firing.hour for firing in ticking.next_firings().values()] == ([10] if is_enabled else [])


class EverySecond(CronSchedule):
    """A schedule for impatient tests: it fires at the next full tenth of a second."""

    __slots__ = ()

    def firings(self, after: datetime, timezone: ZoneInfo) -> Iterator[datetime]:
        yield (after + timedelta(milliseconds=100)).astimezone(timezone)


def test_a_firing_carries_the_time_for_which_it_was_scheduled() -> None:
    told: Queue[datetime] = Queue()
    schedule = EverySecond("* * * * *", (), (), (), (), (), is_hour_wildcard=True, is_either_day=False)
    trigger = CronTrigger(schedule, PRAGUE)
    due = datetime.now(PRAGUE)
    scheduler = BackgroundScheduler(timezone=UTC, executors={"default": FiringExecutor()})
    scheduler.add_job(told.put, trigger, args=(None,), next_run_time=due, misfire_grace_time=None)
    scheduler.start()
    firings = [told.get(timeout=10) for _ in range(3)]
    scheduler.shutdown()
    assert firings == [due + timedelta(milliseconds=100 * number) for number in range(3)]
    assert {firing.tzinfo for firing in firings} == {PRAGUE}
