"""Items that the engine carries out in a second, recorded and with their effects, beside bare DBOS workflows.

A bare workflow does nothing and keeps nothing of ours; it is what one item would at least cost if each were a
workflow of its own. Both sides run in the same processes' settings on the same machine, one after the other.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from dbos import DBOS, DBOSConfig
from sqlalchemy import create_engine, make_url, select, text

from automations.engine.discovery import JobCatalogue
from automations.engine.durable import Engine, EngineOptions
from automations.engine.job import ItemOutcome, JobContext, JobDefinition, JobWork, Parameter, ParameterType, Reason
from automations.engine.run_record import create_run
from connectors.database.base import Base, utc_now
from connectors.database.models.work import ItemState, Run
from connectors.database.session import Database
from connectors.registry import Connectors

POSTGRES_VARIABLE = "TWINOFFICE_TEST_POSTGRES_URL"
ITEMS = 10_000
ITEMS_A_RUN, RUNS = 1_000, 8
BARE_WORKFLOWS = 150
OPTIONS = EngineOptions(queue_poll_seconds=0.05, sweep_seconds=0.5)


class Noting:
    """Decides each item with a word and an effect, and carries the effect out by doing nothing."""

    def __init__(self, context: JobContext) -> None:
        self._count = int(context.parameters["items"])

    def plan(self) -> Sequence[str]:
        return [f"item-{number}" for number in range(self._count)]

    def recall(self, outcomes: Iterable[ItemOutcome]) -> None:
        """Nothing of one item depends on another."""

    def decide(self, keys: Sequence[str]) -> Sequence[ItemOutcome]:
        return [ItemOutcome(key, key, ItemState.DONE, "noted", effect={"note": key}) for key in keys]

    def apply(self, outcomes: Sequence[ItemOutcome]) -> Mapping[str, Reason | str]:
        return {outcome.key: outcome.key for outcome in outcomes}


def start(context: JobContext) -> JobWork:
    return Noting(context)


def catalogue() -> JobCatalogue:
    """The job under as many names as there are runs, because runs of one job wait for each other."""
    items = Parameter("items", ParameterType.INTEGER, ITEMS, "Items", "How many")
    names = [f"note-{number}" for number in range(RUNS)]
    return JobCatalogue({name: JobDefinition(name, "Note", "", "item", "0 6 * * *", (items,), start) for name in names})


def measure() -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name:
        results: dict[str, Any] = {"sqlite": measure_one(f"sqlite:///{name}/bench.sqlite", Path(name))}
        with postgres_database() as url:
            results["postgresql"] = measure_one(url, Path(name))
        results["postgresql_two_workers"] = compare_workers(Path(name))
        return results


def measure_one(url: str, folder: Path) -> dict[str, Any]:
    """One run of 10,000 items, then bare workflows with the same kind of database behind them."""
    database = Database(url)
    Base.metadata.create_all(database.engine)
    engine = Engine(database, Connectors(database), folder, catalogue(), OPTIONS)
    engine.start()
    started = time.perf_counter()
    run = engine.wait(engine.start_run("note-0", {"items": ITEMS}, started_by="bench"), 600)
    seconds = time.perf_counter() - started
    engine.stop()
    bare = bare_rate(url, folder)
    database.close()
    return {
        "items": run.items_done,
        "state": run.state,
        "seconds": round(seconds, 2),
        "items_per_second": round(ITEMS / seconds),
        "bare_workflows_per_second": round(bare, 1),
        "ratio": round(ITEMS / seconds / bare, 1),
    }


def bare_rate(url: str, folder: Path) -> float:
    """Workflows of three steps a second, as the figures of the decision 0007 were made."""
    system = f"sqlite:///{folder / 'bare.sqlite'}"
    if not url.startswith("sqlite"):
        system = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    config: DBOSConfig = {"name": "bare", "system_database_url": system, "log_level": "ERROR", "enable_otlp": False}
    DBOS(config=config)

    @DBOS.step()
    def step(number: int) -> int:
        return number

    @DBOS.workflow()
    def bare(number: int) -> int:
        return step(number) + step(number) + step(number)

    DBOS.launch()
    bare(0)
    started = time.perf_counter()
    for number in range(BARE_WORKFLOWS):
        bare(number)
    rate = BARE_WORKFLOWS / (time.perf_counter() - started)
    DBOS.destroy(destroy_registry=True)
    return rate


def compare_workers(folder: Path) -> dict[str, Any]:
    """Eight runs of a thousand items, carried out by one worker process and by two."""
    seconds = {workers: time_workers(folder, workers) for workers in (1, 2)}
    return {
        "runs": RUNS,
        "items": RUNS * ITEMS_A_RUN,
        "one_worker_seconds": round(seconds[1], 2),
        "two_workers_seconds": round(seconds[2], 2),
        "speed_up": round(seconds[1] / seconds[2], 2),
    }


def time_workers(folder: Path, workers: int) -> float:
    """From the moment when all workers are ready until the last run is over, as the runs themselves say."""
    with postgres_database() as url:
        database = Database(url)
        Base.metadata.create_all(database.engine)
        processes = [
            subprocess.Popen(
                [sys.executable, "-m", "tests.bench.engine", url, str(folder)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for _ in range(workers)
        ]
        for process in processes:
            assert process.stdout is not None
            while process.stdout.readline() != "ready\n":
                continue
        began = utc_now()
        with database.write() as session:
            for number in range(RUNS):
                create_run(session, f"note-{number}", {"items": ITEMS_A_RUN}, "bench", now=began)
        while (ended := last_end(database)) is None:
            time.sleep(0.05)
        for process in processes:
            process.communicate()
        database.close()
    return (ended - began).total_seconds()


def last_end(database: Database) -> datetime | None:
    with database.read() as session:
        ends = session.scalars(select(Run.finished_at)).all()
    known = [end for end in ends if end is not None]
    return max(known) if len(known) == len(ends) else None


@contextmanager
def postgres_database() -> Iterator[str]:
    server = make_url(os.environ[POSTGRES_VARIABLE])
    name = f"bench_{uuid4().hex}"
    admin = create_engine(server.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    try:
        yield server.set(database=name).render_as_string(hide_password=False)
    finally:
        with admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        admin.dispose()


def work(url: str, folder: Path) -> None:
    """A worker process; it ends when its standard input does."""
    database = Database(url)
    engine = Engine(database, Connectors(database), folder, catalogue(), OPTIONS)
    engine.start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.read()
    engine.stop()
    database.close()


if __name__ == "__main__":
    work(sys.argv[1], Path(sys.argv[2]))
