"""A worker process for engine tests: `python engine_process.py URL FOLDER [--start] [--clock] [--kill-at MOMENT]`."""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from automations.engine.clock import Clock
from automations.engine.durable import Engine, EngineOptions
from connectors.database.session import Database
from connectors.registry import Connectors
from tests.integration.ledger_job import Faults, ledger_catalogue

OPTIONS = EngineOptions(queue_poll_seconds=0.05, sweep_seconds=0.1)
RUN_ID = "run-under-test"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--clock", action="store_true")
    parser.add_argument("--kill-at", default="")
    parser.add_argument("--uses", action="append", default=[])
    given = parser.parse_args()
    database = Database(given.url)
    catalogue = ledger_catalogue(given.folder, Faults(given.kill_at), uses=tuple(given.uses))
    engine = Engine(database, Connectors(database), given.folder, catalogue, OPTIONS)
    engine.start()
    clock = Clock(database, engine)
    if given.clock:
        clock.start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    # Ends when the test closes our standard input.
    sys.stdin.read()
    clock.stop()
    engine.stop()
    database.close()


if __name__ == "__main__":
    main()
