"""The durable engine on both databases: approval, cancelling, retrying, limits of connections, and broken databases."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from dbos._dbos import _get_dbos_instance
from sqlalchemy import Engine as SqlEngine
from sqlalchemy import create_engine, event, make_url, text, update
from sqlalchemy.exc import OperationalError

from automations.engine.approval_policy import ApprovalPolicy
from automations.engine.durable import Engine, EngineOptions
from automations.engine.retry import RetryPolicy
from automations.engine.run_log import read_events
from automations.engine.run_loop import go_on
from automations.engine.run_record import create_run
from connectors.database.base import utc_now
from connectors.database.models.approvals import Approval
from connectors.database.models.work import Connection, Run, RunItem, RunState
from connectors.database.session import Database
from connectors.registry import Connectors
from tests.fixtures.fresh_databases import give_tables
from tests.integration.ledger_job import Ledger, ledger_catalogue
from tests.integration.test_engine import EXPECTED_ENTRIES, wait_until, worker

pytestmark = pytest.mark.integration

WAIT_SECONDS = 60
# DBOS asks an absent database again after 1, 2, 4 … seconds, each half to one and a half times: of an outage of half a
# minute it may hear three quarters of a minute late.
RETURN_SECONDS = 120
ANNA = "anna@example.com"
OPTIONS = EngineOptions(
    retry=RetryPolicy(max_attempts=3, first_wait_seconds=0.05), queue_poll_seconds=0.05, sweep_seconds=0.1
)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path)


@contextmanager
def started_engine(
    database: Database, folder: Path, reach: Callable[[str], None] = go_on, **declared: Any
) -> Iterator[Engine]:
    catalogue = ledger_catalogue(folder, **declared)
    engine = Engine(database, Connectors(database), folder, catalogue, replace(OPTIONS, reach=reach))
    engine.start()
    try:
        yield engine
    finally:
        engine.stop()


def test_a_run_waits_for_approval_and_is_carried_out_once_it_has_it(
    database: Database, tmp_path: Path, ledger: Ledger
) -> None:
    with started_engine(database, tmp_path, approval=ApprovalPolicy(group="treasury")) as engine:
        run_id = engine.start_run("ledger", {"items": 6}, started_by=ANNA)
        assert engine.wait(run_id, WAIT_SECONDS).state == RunState.WAITING_FOR_APPROVAL
        assert ledger.entries() == []
        assert not engine.continue_run(run_id)
        with database.write() as session:
            session.execute(update(RunItem).where(RunItem.run_id == run_id).values(effect_state="pending"))
            session.execute(update(Approval).values(state="approved"))
        # Nobody tells the engine: it finds by itself that nothing waits any more.
        wait_until(lambda: state_of(database, run_id) == RunState.SUCCEEDED)
        assert not engine.continue_run(run_id)
    assert ledger.calls() == [f"item-{number}={number + 1}" for number in range(6)]


def test_a_run_is_cancelled_between_two_batches_and_the_rest_is_retried(
    database: Database, tmp_path: Path, ledger: Ledger
) -> None:
    under_way, may_go_on = Event(), Event()

    def hold(point: str) -> None:
        if point == "apply-0 done":
            under_way.set()
            may_go_on.wait(WAIT_SECONDS)

    with started_engine(database, tmp_path, reach=hold) as engine:
        run_id = engine.start_run("ledger", {}, started_by=ANNA)
        assert under_way.wait(WAIT_SECONDS)
        assert engine.cancel(run_id, ANNA).state == RunState.RUNNING
        may_go_on.set()
        assert engine.wait(run_id, WAIT_SECONDS).state == RunState.CANCELLED
        assert ledger.entries() == EXPECTED_ENTRIES[:4]
        retry = engine.wait(engine.retry(run_id, ANNA), WAIT_SECONDS)
    assert (retry.retry_of, retry.items_total) == (run_id, 36)
    assert {entry.split("=")[0] for entry in ledger.entries()} == {entry.split("=")[0] for entry in EXPECTED_ENTRIES}


def test_a_run_that_is_late_knows_the_firing_that_it_stands_for_and_so_does_its_retry(
    database: Database, tmp_path: Path, ledger: Ledger
) -> None:
    firing = datetime(2026, 2, 1, 6, tzinfo=UTC)
    with database.write() as session:
        run_id = create_run(
            session, "ledger", {"items": 8}, ANNA, now=utc_now(), scheduled_for=firing, is_backfill=True
        ).id
    with started_engine(database, tmp_path) as engine:
        wait_until(lambda: state_of(database, run_id) == RunState.SUCCEEDED_WITH_EXCEPTIONS)
        engine.wait(engine.retry(run_id, ANNA, from_step="plan"), WAIT_SECONDS)
    started = [event for event in ledger.events() if event.startswith("started")]
    assert started == [f"started for {firing.isoformat()}"] * 2


def test_two_processes_keep_to_the_places_of_a_connection(database: Database, tmp_path: Path) -> None:
    with database.write() as session:
        session.add(Connection(name="erp", contracts=["orders"], vendor="memory", max_concurrent_runs=1))
        # Another job's runs would be at work at once, in either process, and long enough to meet.
        ids = [
            create_run(session, job, {"items": 60}, ANNA, now=utc_now()).id
            for job in ("ledger", "second_ledger", "ledger", "second_ledger")
        ]
    with worker(database.url, tmp_path, "--uses", "orders"), worker(database.url, tmp_path, "--uses", "orders"):
        wait_until(lambda: all(state_of(database, run_id) == RunState.SUCCEEDED_WITH_EXCEPTIONS for run_id in ids))
    with database.read() as session:
        runs = [session.get_one(Run, run_id) for run_id in ids]
        waited = [event.event for run_id in ids for event in read_events(session, run_id)]
    times = sorted((run.started_at, run.finished_at) for run in runs if run.started_at and run.finished_at)
    assert all(first[1] <= second[0] for first, second in pairwise(times))
    assert "run_waits_for_connection" in waited


def test_calls_to_a_paced_connection_are_spread_over_the_minute(database: Database) -> None:
    waits: list[float] = []
    now = datetime(2026, 11, 22, 8, tzinfo=UTC)
    with database.write() as session:
        session.add(Connection(name="erp", contracts=["orders"], vendor="house", calls_per_minute=30))
    # Two processes, each with connections of its own, share one pace.
    first, second = (Connectors(database).paced(lambda: now, waits.append) for _ in range(2))
    for connectors in (first, second, first, second):
        connectors.orders().undelivered_orders()
    assert waits == [2.0, 4.0, 6.0]


def test_a_clock_set_back_by_a_day_lets_nobody_wait_for_a_day(database: Database) -> None:
    waits: list[float] = []
    now = datetime(2026, 11, 22, 8, tzinfo=UTC)
    with database.write() as session:
        session.add(
            Connection(
                name="erp",
                contracts=["orders"],
                vendor="house",
                calls_per_minute=30,
                next_call_at=now + timedelta(days=1),
            )
        )
    Connectors(database).paced(lambda: now, waits.append).orders().undelivered_orders()
    assert waits == [600.0]


def test_a_database_that_goes_away_in_mid_run_delays_it_and_nothing_else(
    postgresql_url: str, tmp_path: Path, ledger: Ledger
) -> None:
    database = Database(postgresql_url)
    give_tables(database)
    server = make_url(postgresql_url).set(drivername="postgresql+psycopg", database="postgres")
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    name = database.engine.url.database
    outages: list[str] = []

    def go_away(point: str) -> None:
        if point in ("decided item-4", "apply-2 done") and point not in outages:
            outages.append(point)
            with admin.connect() as connection:
                connection.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false"))
                connection.execute(
                    text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"), {"name": name}
                )

    with started_engine(database, tmp_path, reach=go_away) as engine:
        run_id = engine.start_run("ledger", {}, started_by=ANNA)
        for number, seconds in ((1, 30.0), (2, 1.0)):
            wait_until(lambda number=number: len(outages) == number, RETURN_SECONDS)  # type: ignore[misc]
            Event().wait(seconds)
            with admin.connect() as connection:
                connection.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true"))
        wait_until(lambda: state_of(database, run_id) == RunState.SUCCEEDED_WITH_EXCEPTIONS, RETURN_SECONDS)
    assert ledger.entries() == EXPECTED_ENTRIES
    database.close()
    admin.dispose()


def test_a_locked_database_delays_a_run_and_nothing_else(tmp_path: Path, ledger: Ledger) -> None:
    database = Database(f"sqlite:///{tmp_path / 'twinoffice.sqlite'}")
    give_tables(database)
    holder = sqlite3.connect(tmp_path / "twinoffice.sqlite", isolation_level=None, check_same_thread=False)

    def lock(point: str) -> None:
        if point == "decided item-4":
            holder.execute("BEGIN IMMEDIATE")
            locked.set()

    locked = Event()
    with started_engine(database, tmp_path, reach=lock) as engine:
        run_id = engine.start_run("ledger", {}, started_by=ANNA)
        assert locked.wait(WAIT_SECONDS)
        Event().wait(0.5)
        holder.execute("ROLLBACK")
        assert engine.wait(run_id, WAIT_SECONDS).state == RunState.SUCCEEDED_WITH_EXCEPTIONS
    assert ledger.entries() == EXPECTED_ENTRIES
    holder.close()
    database.close()


@pytest.mark.parametrize("file", ["twinoffice.sqlite", "engine.sqlite"])
def test_a_full_disk_lets_a_run_wait_until_there_is_room(tmp_path: Path, ledger: Ledger, file: str) -> None:
    """SQLite refuses pages beyond a limit just as it does on a full disk."""
    database = Database(f"sqlite:///{tmp_path / 'twinoffice.sqlite'}")
    give_tables(database)
    disk, filled = Disk(), Event()

    def fill(point: str) -> None:
        if point == "decided item-4":
            disk.is_full = True
            filled.set()

    with started_engine(database, tmp_path, reach=fill) as engine:
        disk.hold(_get_dbos_instance()._sys_db.engine if file == "engine.sqlite" else database.engine)
        run_id = engine.start_run("ledger", {"items": 400}, started_by=ANNA)
        assert filled.wait(WAIT_SECONDS)
        wait_until(lambda: len(disk.refusals) > 0)
        assert state_of(database, run_id) == RunState.RUNNING
        disk.is_full = False
        assert engine.wait(run_id, WAIT_SECONDS).state == RunState.SUCCEEDED_WITH_EXCEPTIONS
    assert len(ledger.entries()) == len(set(ledger.entries())) == 360
    database.close()


class Disk:
    """The room that a SQLite file has: none when it is full."""

    def __init__(self) -> None:
        self.is_full = False
        self.refusals: list[str] = []

    def hold(self, engine: SqlEngine) -> None:
        event.listen(engine, "checkout", self._limit)
        event.listen(engine, "handle_error", self._note)

    def _limit(self, connection: Any, _record: Any, _proxy: Any) -> None:
        # SQLite takes a limit below the present size as the present size.
        connection.execute(f"PRAGMA max_page_count = {1 if self.is_full else 2**30}")

    def _note(self, context: Any) -> None:
        if "full" in str(context.original_exception):
            self.refusals.append(str(context.original_exception))


def state_of(database: Database, run_id: str) -> str:
    """Asked while the database may be away."""
    try:
        with database.read() as session:
            return session.get_one(Run, run_id).state
    except OperationalError:
        return "away"
