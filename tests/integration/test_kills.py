"""Killed at every boundary of its steps, a run ends as an undisturbed one: nothing twice, nothing lost."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from automations.engine.run_record import create_run
from connectors.database.models.work import Run, RunEvent, RunItem
from connectors.database.session import Database
from tests.fixtures.fresh_databases import give_tables
from tests.integration.kill_office import EFFECTS, write_company
from tests.integration.kill_process import BOOK, ITEMS, KILLS, PAYMENTS, RUN_ID

pytestmark = pytest.mark.integration

PROCESS = Path(__file__).with_name("kill_process.py")
TIMEOUT_SECONDS = 300
NOW = datetime(2026, 11, 20, 6, 30, tzinfo=UTC)
# Of a run with two batches of two items; payroll's law is of a year, so its month is set.
WANTED_KILLS = {PAYMENTS: 25, **dict.fromkeys(EFFECTS, 20)}
PARAMETERS: dict[str, dict[str, Any]] = {"payroll-preparation": {"month": "2026-10"}}


@dataclass
class Outcome:
    """What a run left: its own record and, apart from it, what the other system has."""

    record: dict[str, Any]
    effects: Counter[str]
    kills: int
    resumed: int


@pytest.fixture
def databases(database_url: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[list[str]]:
    """A database for the undisturbed run and one for the disturbed."""
    if database_url.startswith("sqlite"):
        yield [f"sqlite:///{tmp_path / name}.sqlite" for name in ("calm", "killed")]
    else:
        yield [database_url, request.getfixturevalue("postgresql_url")]


@pytest.mark.parametrize("job", WANTED_KILLS)
def test_a_run_killed_at_every_boundary_ends_as_an_undisturbed_one(
    databases: list[str], tmp_path: Path, job: str, record_property: Any
) -> None:
    calm, killed = (
        carry_out(url, tmp_path / name, job, *options)
        for url, name, options in zip(databases, ("calm", "killed"), (["--undisturbed"], []), strict=True)
    )
    doubled = sum((killed.effects - calm.effects).values())
    lost = sum((calm.effects - killed.effects).values())
    row = {
        "database": databases[0].split(":")[0],
        "job": job,
        "kills": killed.kills,
        "resumed": killed.resumed,
        "doubled": doubled,
        "lost": lost,
    }
    record_property("kill_test", json.dumps(row))
    sys.stdout.write(json.dumps(row) + "\n")
    assert (doubled, lost) == (0, 0)
    assert killed.record == calm.record
    assert sum(calm.effects.values()) == ITEMS
    # Every kill was of a process at work on the run, but the one before the run was begun and that after its end.
    assert killed.resumed >= killed.kills - 2
    assert killed.kills >= WANTED_KILLS[job]


def carry_out(url: str, folder: Path, job: str, *options: str) -> Outcome:
    folder.mkdir()
    with opened(url) as database:
        write_company(database, folder)
        with database.write() as session:
            create_run(session, job, PARAMETERS.get(job, {}), "ops@example.com", now=NOW, run_id=RUN_ID)
        subprocess.run(
            [sys.executable, str(PROCESS), url, str(folder), *options],
            check=True,
            timeout=TIMEOUT_SECONDS,
            stdout=subprocess.DEVNULL,
        )
        kills = folder / KILLS
        died = kills.read_text(encoding="utf-8").splitlines() if kills.exists() else []
        record, resumed = read_record(database)
        return Outcome(record, effects_in(database, folder, job), len(died), resumed)


@contextmanager
def opened(url: str) -> Iterator[Database]:
    database = Database(url)
    give_tables(database)
    yield database
    database.close()


def effects_in(database: Database, folder: Path, job: str) -> Counter[str]:
    """What the other system did, once for each time that it did it."""
    if job == PAYMENTS:
        return Counter((folder / BOOK).read_text(encoding="utf-8").splitlines())
    with database.read() as session:
        return EFFECTS[job](session, folder)


def read_record(database: Database) -> tuple[dict[str, Any], int]:
    """The final state of the run and its items, without times and counts of tries; and how often it was resumed."""
    with database.read() as session:
        run = session.get_one(Run, RUN_ID)
        items = session.scalars(select(RunItem).order_by(RunItem.id)).all()
        confirmed = session.scalars(
            select(RunEvent.item_key).where(RunEvent.event.in_(("effect_confirmed", "effect_found")))
        ).all()
        record = {
            "run": (run.state, run.failure, run.summary, run.items_total, run.items_done),
            "items": [
                (i.key, i.title, i.state, i.outcome, i.reasons, i.effect_state, i.effect_key, i.effect_reference)
                for i in items
            ],
            "confirmed": sorted(key or "" for key in confirmed),
        }
        return record, run.resumed
