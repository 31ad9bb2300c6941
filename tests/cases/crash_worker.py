"""A worker process of the case crash_resume: `python crash_worker.py FOLDER [--stop-at ITEM]`.

It carries out the run of the case. At ITEM, whose effect has just reached the other system, it says so and waits to
be killed; at `end` it does so when the last item is done.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from threading import Event

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from automations.engine.discovery import JobCatalogue
from automations.engine.durable import Engine, EngineOptions
from automations.engine.job import ItemOutcome, JobContext, JobDefinition, JobWork, Reason
from connectors.database.models.work import ItemState
from connectors.database.session import Database
from connectors.registry import Connectors

RUN_ID = "case"
JOB_NAME = "crash-resume"
DATABASE, CASE, CALLS = "case.sqlite", "case.json", "calls.txt"
UNDER_WAY = "under way"
NEXT, END = "next:", "end"
WAIT_SECONDS = 30


class OtherSystem:
    """Notes every request with its key; one that knows keys has an effect only for a new one."""

    def __init__(self, folder: Path, stop_at: str) -> None:
        self._calls = folder / CALLS
        self._stop_at = stop_at

    def send(self, item: str, key: str | None) -> None:
        self.stop_before(item)
        with self._calls.open("a", encoding="utf-8") as calls:
            calls.write(json.dumps([item, key]) + "\n")
        if item == self._stop_at:
            wait_for_the_end()

    def stop_before(self, item: str) -> None:
        if self._stop_at == NEXT + item:
            wait_for_the_end()


class Sending:
    """One effect for each item of the case."""

    def __init__(self, items: Sequence[str], system: OtherSystem) -> None:
        self._items = items
        self._system = system

    def plan(self) -> Sequence[str]:
        return self._items

    def recall(self, outcomes: Iterable[ItemOutcome]) -> None:
        """Nothing of one item depends on another."""

    def decide(self, keys: Sequence[str]) -> Sequence[ItemOutcome]:
        return [ItemOutcome(key, key, ItemState.DONE, "sent", effect={"send": key}) for key in keys]

    def apply(self, outcomes: Sequence[ItemOutcome]) -> Mapping[str, Reason | str]:
        for outcome in outcomes:
            self._system.send(outcome.key, outcome.effect_key)
        return {}


def wait_for_the_end() -> None:
    sys.stdout.write(f"{UNDER_WAY}\n")
    sys.stdout.flush()
    Event().wait()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--stop-at", default="")
    given = parser.parse_args()
    case = json.loads((given.folder / CASE).read_text(encoding="utf-8"))
    system = OtherSystem(given.folder, given.stop_at)

    def start(_context: JobContext) -> JobWork:
        return Sending(case["items"], system)

    def reach(point: str) -> None:
        if given.stop_at == END and point == "finishing":
            wait_for_the_end()

    # One item a batch: what is done is recorded before the next one begins.
    job = JobDefinition(
        JOB_NAME, "Send", "Sends.", "item", "0 6 * * *", (), start, 1, effect_is_idempotent=case["effect_idempotent"]
    )
    database = Database(f"sqlite:///{given.folder / DATABASE}")
    options = EngineOptions(queue_poll_seconds=0.02, sweep_seconds=0.05, reach=reach)
    engine = Engine(database, Connectors(database), given.folder, JobCatalogue({JOB_NAME: job}), options)
    engine.start()
    engine.wait(RUN_ID, WAIT_SECONDS)
    engine.stop()
    database.close()


if __name__ == "__main__":
    main()
