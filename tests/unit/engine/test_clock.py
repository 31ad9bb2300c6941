"""The clock: one run a firing, whoever fires it, and what happens to firings that were missed."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from queue import Queue
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from automations.engine.clock import Clock
from automations.engine.closures import add_closure
from automations.engine.job import JobDefinition
from automations.engine.schedules import (
    ScheduleDraft,
    create_schedule,
    delete_schedule,
    pause_schedule,
    resume_schedule,
    update_schedule,
)
from connectors.database.models.people import AuditEntry
from connectors.database.models.work import Run, RunState, Schedule
from connectors.database.session import Database

SAVED = datetime(2026, 6, 1, 8, tzinfo=UTC)
PRAGUE = ZoneInfo("Europe/Prague")
ANNA = "anna@example.com"


class HandedOver:
    """Stands where the engine does and remembers what it was given."""

    def __init__(self) -> None:
        self.run_ids: list[str] = []
        self.cancelled: list[str] = []

    def hand_over(self, run_id: str, job: str) -> None:
        assert job == "match"
        self.run_ids.append(run_id)

    def cancel(self, run_id: str, actor: str) -> None:
        assert actor == "schedule"
        self.cancelled.append(run_id)


@pytest.fixture
def runs() -> HandedOver:
    return HandedOver()


def draft(cron: str, **fields: Any) -> ScheduleDraft:
    return ScheduleDraft({"kind": "cron", "line": cron}, "Europe/Prague", **fields)


def save(database: Database, job: JobDefinition, cron: str, **fields: Any) -> Schedule:
    with database.write() as session:
        return create_schedule(session, job, draft(cron, **fields), actor=ANNA, now=SAVED)


class TimeMachine:
    """A clock whose time the test sets."""

    def __init__(self, database: Database, runs: HandedOver, start: str) -> None:
        self._present = prague(start)
        self.clock = Clock(database, runs, now=lambda: self._present)

    def at(self, moment: str) -> "TimeMachine":
        self._present = prague(moment)
        self.clock.refresh()
        return self


def prague(moment: str) -> datetime:
    return datetime.fromisoformat(moment).replace(tzinfo=PRAGUE)


def clock_at(database: Database, runs: HandedOver, now: str) -> Clock:
    return TimeMachine(database, runs, now).clock


def states(database: Database) -> dict[str, str]:
    """The state of each firing on record, by its local time."""
    with database.read() as session:
        found = session.scalars(select(Run).order_by(Run.scheduled_for)).all()
    return {f"{run.scheduled_for.astimezone(PRAGUE):%m-%d %H:%M}": run.state for run in found if run.scheduled_for}


def begin(database: Database, run_id: str, state: RunState) -> None:
    with database.write() as session:
        session.get_one(Run, run_id).state = state.value


def recorded(database: Database) -> list[str]:
    with database.read() as session:
        return list(session.scalars(select(Run.id).order_by(Run.id)))


def test_of_several_missed_firings_the_last_one_is_run(
    database: Database, job: JobDefinition, runs: HandedOver
) -> None:
    schedule = save(database, job, "0 * * * *")
    clock_at(database, runs, "2026-06-01T13:30").refresh()
    assert runs.run_ids == [f"{schedule.id}:2026-06-01T13:00+02:00"]


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
    for clock in [clock_at(database, runs, "2026-06-02T09:00") for _ in range(2)]:
        clock.refresh()
    assert runs.run_ids == recorded(database) == [f"{schedule.id}:2026-06-02T09:00+02:00"]
    with database.read() as session:
        (entry,) = session.scalars(select(AuditEntry).where(AuditEntry.action == "run.start"))
    assert (entry.actor, entry.object_id) == ("schedule", recorded(database)[0])


def test_both_hours_of_an_autumn_night_are_firings_of_their_own(
    database: Database, job: JobDefinition, runs: HandedOver
) -> None:
    schedule = save(database, job, "30 * * * *", overlap="queue_all")
    machine = TimeMachine(database, runs, "2026-10-25T01:45")
    machine.clock.refresh()
    runs.run_ids.clear()
    for firing in ("2026-10-25T02:30+02:00", "2026-10-25T02:30+01:00"):
        machine._present = datetime.fromisoformat(firing)
        machine.clock.refresh()
    assert runs.run_ids == [f"{schedule.id}:2026-10-25T02:30+02:00", f"{schedule.id}:2026-10-25T02:30+01:00"]


@pytest.mark.parametrize(
    ("missed", "run", "left_out"),
    [
        ("none", [], {"count": 4, "first": "2026-06-01T11:00:00+02:00", "last": "2026-06-01T14:00:00+02:00"}),
        ("last", ["14:00"], {"count": 3, "first": "2026-06-01T11:00:00+02:00", "last": "2026-06-01T13:00:00+02:00"}),
        ("all", ["11:00", "12:00", "13:00", "14:00"], None),
    ],
)
def test_missed_firings_are_made_up_for_as_the_schedule_says(
    database: Database,
    job: JobDefinition,
    runs: HandedOver,
    missed: str,
    run: list[str],
    left_out: dict[str, object] | None,
) -> None:
    """Saved at 10:00 in Prague, up again at 14:30: 11, 12, 13 and 14 o'clock were missed."""
    schedule = save(database, job, "0 * * * *", missed=missed)
    clock_at(database, runs, "2026-06-01T14:30").refresh()
    assert runs.run_ids == [f"{schedule.id}:2026-06-01T{hour}+02:00" for hour in run]
    with database.read() as session:
        summaries = session.scalars(select(Run.summary).where(Run.state == RunState.SKIPPED)).all()
    assert [one["left_out"] for one in summaries] == ([] if left_out is None else [{"reason": "MISSED"} | left_out])


def test_a_firing_on_time_takes_the_place_of_the_missed_ones(
    database: Database, job: JobDefinition, runs: HandedOver
) -> None:
    schedule = save(database, job, "0 * * * *")
    clock_at(database, runs, "2026-06-01T14:00").refresh()
    assert runs.run_ids == [f"{schedule.id}:2026-06-01T14:00+02:00"]
    assert states(database) == {"06-01 13:00": "skipped", "06-01 14:00": "queued"}


@pytest.mark.parametrize(
    ("overlap", "expected"),
    [
        ("skip", {"06-02 09:00": "running", "06-02 10:00": "skipped", "06-02 11:00": "skipped"}),
        ("queue_one", {"06-02 09:00": "running", "06-02 10:00": "queued", "06-02 11:00": "skipped"}),
        ("queue_all", {"06-02 09:00": "running", "06-02 10:00": "queued", "06-02 11:00": "queued"}),
        ("cancel_other", {"06-02 09:00": "running", "06-02 10:00": "queued", "06-02 11:00": "queued"}),
    ],
)
def test_a_firing_that_meets_a_run_at_work_follows_the_overlap_rule(
    database: Database, job: JobDefinition, runs: HandedOver, overlap: str, expected: dict[str, str]
) -> None:
    schedule = save(database, job, "0 9-11 2 6 *", overlap=overlap)
    machine = TimeMachine(database, runs, "2026-06-02T08:00").at("2026-06-02T09:00")
    first = f"{schedule.id}:2026-06-02T09:00+02:00"
    begin(database, first, RunState.RUNNING)
    machine.at("2026-06-02T10:00").at("2026-06-02T11:00")
    assert states(database) == expected
    second = f"{schedule.id}:2026-06-02T10:00+02:00"
    assert runs.cancelled == ([first, first, second] if overlap == "cancel_other" else [])


def test_a_firing_that_was_left_out_names_the_run_that_was_in_its_way(
    database: Database, job: JobDefinition, runs: HandedOver
) -> None:
    schedule = save(database, job, "0 9,10 2 6 *")
    TimeMachine(database, runs, "2026-06-02T08:00").at("2026-06-02T09:00").at("2026-06-02T10:00")
    with database.read() as session:
        skipped = session.scalars(select(Run).where(Run.state == RunState.SKIPPED)).one()
    assert skipped.summary == {"left_out": {"reason": "OVERLAP", "other": f"{schedule.id}:2026-06-02T09:00+02:00"}}


@pytest.mark.parametrize("state", [RunState.SUCCEEDED, RunState.FAILED, RunState.WAITING_FOR_APPROVAL])
def test_a_run_that_is_done_or_waits_for_consent_is_in_nobodys_way(
    database: Database, job: JobDefinition, runs: HandedOver, state: RunState
) -> None:
    schedule = save(database, job, "0 9,10 2 6 *")
    machine = TimeMachine(database, runs, "2026-06-02T08:00").at("2026-06-02T09:00")
    begin(database, f"{schedule.id}:2026-06-02T09:00+02:00", state)
    machine.at("2026-06-02T10:00")
    assert states(database)["06-02 10:00"] == "queued"


def test_a_system_clock_that_jumps_ahead_and_back_runs_nothing_twice_and_goes_on(
    database: Database, job: JobDefinition, runs: HandedOver
) -> None:
    save(database, job, "0 * * * *", overlap="queue_all", missed="last")
    machine = TimeMachine(database, runs, "2026-06-01T10:30").at("2026-06-01T11:00")
    machine.at("2027-06-01T11:30")  # A wrong time server: a year ahead.
    for moment in ("2026-06-01T11:10", "2026-06-01T12:00", "2026-06-01T13:00"):
        machine.at(moment)
    assert len(runs.run_ids) == len(set(runs.run_ids))
    times = [run_id.partition(":")[2] for run_id in runs.run_ids]
    assert times == [
        "2026-06-01T11:00+02:00",
        "2027-06-01T11:00+02:00",
        "2026-06-01T12:00+02:00",
        "2026-06-01T13:00+02:00",
    ]


def test_an_hour_that_the_system_clock_shows_again_runs_once(
    database: Database, job: JobDefinition, runs: HandedOver
) -> None:
    save(database, job, "0 * * * *", overlap="queue_all")
    machine = TimeMachine(database, runs, "2026-06-01T10:30")
    for moment in ("2026-06-01T11:00", "2026-06-01T12:00", "2026-06-01T10:50", "2026-06-01T11:00", "2026-06-01T12:00"):
        machine.at(moment)
    assert [run_id.partition("T")[2] for run_id in runs.run_ids] == ["11:00+02:00", "12:00+02:00"]


def test_a_paused_schedule_misses_nothing_and_goes_on_when_it_is_resumed(
    database: Database, job: JobDefinition, runs: HandedOver
) -> None:
    schedule = save(database, job, "0 * * * *", missed="all")
    machine = TimeMachine(database, runs, "2026-06-01T10:30")
    with database.write() as session:
        pause_schedule(session, schedule.id, actor=ANNA, now=prague("2026-06-01T10:30"))
    machine.at("2026-06-01T12:30")
    assert runs.run_ids == []
    with database.write() as session:
        resume_schedule(session, schedule.id, actor=ANNA, now=prague("2026-06-01T12:30"))
    machine.at("2026-06-01T12:40").at("2026-06-01T13:00")
    assert [run_id.partition("T")[2] for run_id in runs.run_ids] == ["13:00+02:00"]


def test_a_deleted_schedule_fires_no_more_and_its_history_stays(
    database: Database, job: JobDefinition, runs: HandedOver
) -> None:
    schedule = save(database, job, "0 * * * *")
    machine = TimeMachine(database, runs, "2026-06-01T10:30").at("2026-06-01T11:00")
    with database.write() as session:
        delete_schedule(session, schedule.id, actor=ANNA, now=prague("2026-06-01T11:10"))
    machine.at("2026-06-01T12:00")
    assert states(database) == {"06-01 11:00": "queued"}
    with database.read() as session:
        assert session.scalars(select(Run.schedule_id)).one() == schedule.id


def test_a_closure_that_somebody_adds_counts_at_once(database: Database, job: JobDefinition, runs: HandedOver) -> None:
    save(database, job, "0 9 * * *", calendar_country="CZ")
    machine = TimeMachine(database, runs, "2026-06-01T10:30").at("2026-06-01T10:30")
    with database.write() as session:
        day = prague("2026-06-02T00:00").date()
        add_closure(session, day, day, "Stocktaking", is_working=False, actor=ANNA, now=prague("2026-06-01T10:30"))
    for hour in ("2026-06-02T09:00", "2026-06-03T09:00"):
        machine.at(hour)
    assert list(states(database)) == ["06-03 09:00"]


def test_every_run_of_many_schedules_that_are_due_together_is_recorded(
    database: Database, job: JobDefinition, runs: HandedOver
) -> None:
    for _ in range(250):
        save(database, job, "0 9 * * *")
    clock_at(database, runs, "2026-06-02T09:00").refresh()
    assert len(runs.run_ids) == len(set(recorded(database))) == 250


@pytest.fixture
def ticking(database: Database, runs: HandedOver) -> Iterator[Clock]:
    clock = Clock(database, runs, now=lambda: SAVED)
    clock.start()
    yield clock
    clock.stop()


def test_a_running_clock_follows_the_table_of_schedules(database: Database, job: JobDefinition, ticking: Clock) -> None:
    schedule = save(database, job, "0 9 1 1 *")
    ticking.wake()
    assert [(firing.hour, firing.day) for firing in ticking.next_firings().values()] == [(9, 1)]
    for version, cron, is_enabled in [(1, "0 10 1 1 *", True), (2, "0 10 1 1 *", False)]:
        with database.write() as session:
            changed = draft(cron, is_enabled=is_enabled)
            update_schedule(session, schedule.id, version, job, changed, actor=ANNA, now=SAVED)
        ticking.wake()
        assert [firing.hour for firing in ticking.next_firings().values()] == ([10] if is_enabled else [])


class Told(HandedOver):
    """Says at once when a run is handed over."""

    def __init__(self) -> None:
        super().__init__()
        self.queue: Queue[str] = Queue()

    def hand_over(self, run_id: str, job: str) -> None:
        self.queue.put(run_id)


def test_the_alarm_rings_at_a_firing_without_anybody_asking(database: Database, job: JobDefinition) -> None:
    """The product's time runs a little before a full minute, so that the test need not wait for one."""
    save(database, job, "* * * * *", overlap="queue_all")
    offset = prague("2026-06-01T10:30") - timedelta(milliseconds=300) - datetime.now(UTC)
    told = Told()
    clock = Clock(database, told, now=lambda: datetime.now(UTC) + offset)
    with database.write() as session:
        session.execute(update(Schedule).values(settled_until=datetime.now(UTC) + offset))
    clock.start()
    try:
        assert told.queue.get(timeout=10).endswith("T10:30+02:00")
    finally:
        clock.stop()
