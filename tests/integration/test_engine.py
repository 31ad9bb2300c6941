"""The durable engine on both databases: what is recorded, what survives a kill, what is never done twice."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import func, select

from automations.engine.durable import Engine, EngineOptions
from automations.engine.parameters import ParameterError
from automations.engine.retry import RetryPolicy
from automations.engine.run_record import create_run
from automations.engine.schedules import ScheduleDraft, create_schedule
from connectors.database.base import utc_now
from connectors.database.models.people import AuditEntry
from connectors.database.models.work import Run, RunItem, RunState
from connectors.database.session import Database
from connectors.errors import AuthFailed, RateLimited, Unavailable
from connectors.registry import Connectors
from tests.integration.ledger_job import Faults, Ledger, ledger_catalogue

pytestmark = pytest.mark.integration

WAIT_SECONDS = 30
PROCESS = Path(__file__).with_name("engine_process.py")
OPTIONS = EngineOptions(
    retry=RetryPolicy(max_attempts=3, first_wait_seconds=0), queue_poll_seconds=0.05, sweep_seconds=0.1
)
# 40 items, those that end in 7 are held, the others are posted with consecutive numbers.
EXPECTED_ENTRIES = [
    f"item-{key}={number}" for number, key in enumerate((key for key in range(40) if key % 10 != 7), start=1)
]


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path)


@contextmanager
def started_engine(database: Database, folder: Path, faults: Faults | None = None) -> Iterator[Engine]:
    engine = Engine(database, Connectors(database), folder, ledger_catalogue(folder, faults), OPTIONS)
    engine.start()
    try:
        yield engine
    finally:
        engine.stop()


def run_in(engine: Engine, *, is_dry_run: bool = False, items: int = 40) -> Run:
    run_id = engine.start_run("ledger", {"items": items}, is_dry_run=is_dry_run, started_by="ops@example.com")
    return engine.wait(run_id, WAIT_SECONDS)


def test_a_run_posts_every_item_once_and_says_how_it_went(database: Database, tmp_path: Path, ledger: Ledger) -> None:
    with started_engine(database, tmp_path) as engine:
        run = run_in(engine)
    assert run.state == RunState.SUCCEEDED_WITH_EXCEPTIONS
    assert (run.items_total, run.items_done, run.resumed) == (40, 40, 0)
    assert run.summary == {"outcomes": {"held": 4, "posted": 36}, "states": {"done": 36, "exception": 4}}
    assert ledger.entries() == EXPECTED_ENTRIES


def test_who_started_a_run_stands_in_the_audit_log(database: Database, tmp_path: Path) -> None:
    with started_engine(database, tmp_path) as engine:
        run = run_in(engine, items=1)
    with database.read() as session:
        (entry,) = session.scalars(select(AuditEntry))
    assert (entry.actor, entry.action, entry.object_id) == ("ops@example.com", "run.start", run.id)


def test_a_dry_run_decides_everything_and_changes_nothing(database: Database, tmp_path: Path, ledger: Ledger) -> None:
    with started_engine(database, tmp_path) as engine:
        run = run_in(engine, is_dry_run=True)
    assert run.summary["outcomes"] == {"held": 4, "posted": 36}
    assert ledger.entries() == []


def test_a_run_without_items_succeeds(database: Database, tmp_path: Path) -> None:
    with started_engine(database, tmp_path) as engine:
        run = run_in(engine, items=0)
    assert (run.state, run.items_total) == (RunState.SUCCEEDED, 0)


def test_wrong_parameters_are_refused_before_anything_is_recorded(database: Database, tmp_path: Path) -> None:
    with started_engine(database, tmp_path) as engine, pytest.raises(ParameterError, match="at most 1000"):
        run_in(engine, items=1001)
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Run)) == 0


def test_handing_a_run_over_twice_does_it_once(database: Database, tmp_path: Path, ledger: Ledger) -> None:
    with started_engine(database, tmp_path) as engine:
        run = run_in(engine)
        engine.hand_over(run.id, run.job)
        engine.wait(run.id, WAIT_SECONDS)
    assert ledger.entries() == EXPECTED_ENTRIES
    assert ledger.events().count("started") == 1


def test_a_run_recorded_by_a_process_without_engine_is_picked_up(database: Database, tmp_path: Path) -> None:
    with started_engine(database, tmp_path) as engine:
        with database.write() as session:
            run_id = create_run(session, "ledger", {"items": 3}, "ops@example.com", now=utc_now()).id
        assert engine.wait(run_id, WAIT_SECONDS).state == RunState.SUCCEEDED


def test_the_second_run_of_a_job_waits_for_the_first(database: Database, tmp_path: Path, ledger: Ledger) -> None:
    with started_engine(database, tmp_path) as engine:
        ids = [engine.start_run("ledger", {"items": 8}, started_by="ops@example.com") for _ in range(3)]
        runs = [engine.wait(run_id, WAIT_SECONDS) for run_id in ids]
    in_order = sorted((run.started_at, run.finished_at) for run in runs if run.started_at and run.finished_at)
    assert len(in_order) == 3
    assert all(first[1] <= second[0] for first, second in pairwise(in_order))
    assert len(ledger.entries()) == 7


def test_a_system_that_comes_back_is_asked_again_and_nothing_is_counted_twice(
    database: Database, tmp_path: Path, ledger: Ledger
) -> None:
    faults = Faults(
        on_plan=[Unavailable("down")], on_decide=[RateLimited("slow down", 0)], on_apply=[Unavailable("down again")]
    )
    with started_engine(database, tmp_path, faults) as engine:
        run = run_in(engine)
    assert run.state == RunState.SUCCEEDED_WITH_EXCEPTIONS
    assert ledger.entries() == EXPECTED_ENTRIES


@pytest.mark.parametrize(
    ("errors", "said"),
    [
        ([Unavailable("The ERP does not answer.")] * 3, "The ERP does not answer. (tried 3 times)"),
        ([AuthFailed("The ERP refuses our key.")], "The ERP refuses our key."),
        ([ZeroDivisionError("by zero")], "an error that it does not know (ZeroDivisionError: by zero)"),
    ],
)
def test_a_run_that_cannot_go_on_fails_with_a_sentence(
    database: Database, tmp_path: Path, ledger: Ledger, errors: list[Exception], said: str
) -> None:
    with started_engine(database, tmp_path, Faults(on_decide=list(errors))) as engine:
        run = run_in(engine)
        assert engine.is_healthy
    assert run.state == RunState.FAILED
    assert said in (run.failure or "")
    assert "Traceback" not in (run.failure or "")
    assert ledger.entries() == []


def test_items_whose_effect_is_not_confirmed_are_shown_as_failed(database: Database, tmp_path: Path) -> None:
    with started_engine(database, tmp_path, Faults(on_apply=[AuthFailed("The ledger refuses our key.")])) as engine:
        run = run_in(engine)
    assert run.state == RunState.FAILED
    with database.read() as session:
        of_run = select(RunItem).where(RunItem.run_id == run.id)
        items = session.scalars(of_run.where(RunItem.state != "new")).all()
    assert [(item.state, item.effect_state) for item in items] == [("failed", "unknown")] * 4
    assert run.summary["states"] == {"failed": 4, "new": 36}
    assert {item.reasons[0]["found"] for item in items} == {"The ledger refuses our key."}
    assert {item.owner for item in items} == {"technical"}


def test_a_run_interrupted_by_a_stop_goes_on_at_the_next_start(
    database: Database, tmp_path: Path, ledger: Ledger
) -> None:
    # A system that is down for an hour: the run waits for it when the process is stopped.
    patient = EngineOptions(RetryPolicy(first_wait_seconds=3600, longest_wait_seconds=3600), 0.05, 0.1)
    catalogue = ledger_catalogue(tmp_path, Faults(on_apply=[Unavailable("down")]))
    engine = Engine(database, Connectors(database), tmp_path, catalogue, patient)
    engine.start()
    run_id = engine.start_run("ledger", {}, started_by="ops@example.com")
    wait_until(lambda: len(ledger.entries()) == 4)
    engine.stop()
    with database.read() as session:
        assert session.get_one(Run, run_id).state == RunState.RUNNING
    with started_engine(database, tmp_path) as engine:
        run = engine.wait(run_id, WAIT_SECONDS)
    assert (run.state, run.resumed) == (RunState.SUCCEEDED_WITH_EXCEPTIONS, 1)
    assert ledger.entries() == EXPECTED_ENTRIES


@pytest.mark.parametrize("moment", ["plan", "decided item-11", "before item-20", "after item-22", "after item-39"])
def test_a_killed_run_goes_on_in_a_new_process_and_does_nothing_twice(
    database: Database, tmp_path: Path, ledger: Ledger, moment: str
) -> None:
    with database.write() as session:
        run_id = create_run(session, "ledger", {"items": 40}, "ops@example.com", now=utc_now()).id
    with worker(database.url, tmp_path, "--kill-at", moment) as process:
        assert process.wait(WAIT_SECONDS) == -9
    with started_engine(database, tmp_path) as engine:
        run = engine.wait(run_id, WAIT_SECONDS)
    assert (run.state, run.resumed) == (RunState.SUCCEEDED_WITH_EXCEPTIONS, 1)
    assert (run.items_total, run.items_done) == (40, 40)
    assert run.summary == {"outcomes": {"held": 4, "posted": 36}, "states": {"done": 36, "exception": 4}}
    assert ledger.entries() == EXPECTED_ENTRIES
    decided = [event for event in ledger.events() if event.startswith("decided")]
    # Only a batch that was not recorded yet is decided again.
    assert len(decided) == (44 if moment.startswith("decided") else 40)


def test_a_living_process_takes_over_from_a_killed_one(database: Database, tmp_path: Path, ledger: Ledger) -> None:
    with database.write() as session:
        run_id = create_run(session, "ledger", {"items": 40}, "ops@example.com", now=utc_now()).id
    with worker(database.url, tmp_path, "--kill-at", "before item-20") as doomed:
        assert doomed.wait(WAIT_SECONDS) == -9
        with worker(database.url, tmp_path), worker(database.url, tmp_path):
            wait_until(lambda: state_of(database, run_id) == RunState.SUCCEEDED_WITH_EXCEPTIONS)
    assert ledger.entries() == EXPECTED_ENTRIES
    assert ledger.events().count("started") == 2


def test_two_processes_with_a_clock_run_a_missed_firing_once(
    database: Database, tmp_path: Path, ledger: Ledger
) -> None:
    job = ledger_catalogue(tmp_path).find("ledger")
    saved_at = datetime.now(UTC) - timedelta(minutes=3)
    with database.write() as session:
        schedule = create_schedule(
            session,
            job,
            ScheduleDraft({"kind": "cron", "line": "* * * * *"}, "UTC"),
            actor="ops@example.com",
            now=saved_at,
        )
    with worker(database.url, tmp_path, "--clock") as first, worker(database.url, tmp_path, "--clock") as second:
        for process in (first, second):
            assert process.stdout is not None
            assert "ready\n" in process.stdout
        wait_until(lambda: finished_runs(database) > 0)
    with database.read() as session:
        runs = session.scalars(select(Run).where(Run.state != RunState.SKIPPED)).all()
    # One, or two if a minute began meanwhile; of the missed minutes only the last is run.
    assert len(runs) in (1, 2)
    assert all(run.id.startswith(f"{schedule.id}:") and run.schedule_id == schedule.id for run in runs)
    assert ledger.events().count("started") <= len(runs)
    assert ledger.entries() == EXPECTED_ENTRIES


def state_of(database: Database, run_id: str) -> str:
    with database.read() as session:
        return session.get_one(Run, run_id).state


def finished_runs(database: Database) -> int:
    with database.read() as session:
        is_done = Run.finished_at.is_not(None) & (Run.state != RunState.SKIPPED)
        return session.scalar(select(func.count()).select_from(Run).where(is_done)) or 0


def wait_until(is_so: Callable[[], bool], seconds: float = WAIT_SECONDS) -> None:
    deadline = datetime.now(UTC) + timedelta(seconds=seconds)
    while not is_so():
        assert datetime.now(UTC) < deadline, "it did not happen in time"
        Event().wait(0.02)


@contextmanager
def worker(url: str, folder: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    """A worker process, ended in good order unless it is gone by then."""
    process = subprocess.Popen(
        [sys.executable, str(PROCESS), url, str(folder), *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        yield process
        if process.poll() is None:
            assert process.stdin is not None
            process.stdin.close()
            process.wait(WAIT_SECONDS)
