"""Carries out one run over and over: `python kill_process.py URL FOLDER JOB [--undisturbed]`.

Every process that works on the run is killed with SIGKILL at the first boundary at which none was killed before, and
the next one takes the run up, until one comes through. `kills.txt` in the folder names the boundaries. The processes
are forked from this one, which has loaded everything: starting Python for each would take a second.
"""

import argparse
import os
import signal
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from automations.engine.discovery import JobCatalogue
from automations.engine.durable import Engine, EngineOptions
from automations.engine.job import ItemOutcome, JobContext, JobDefinition, JobWork, Reason
from automations.jobs import (
    invoice_matching,
    late_orders,
    payment_proposals,
    payroll_preparation,
    purchase_sending,
    stock_reorder,
)
from connectors.database.models.work import ItemState
from connectors.database.session import Database
from connectors.registry import Connectors
from connectors.vendors import settling

RUN_ID = "run-under-test"
PAYMENTS = "payments"
ITEMS = 4
BATCH_SIZE = 2
WAIT_SECONDS = 60
OWN = (invoice_matching, late_orders, stock_reorder, purchase_sending, payment_proposals, payroll_preparation)
KILLS = "kills.txt"
BOOK = "book.txt"
# Nobody uploads anything meanwhile, and each of the processes would look twice.
settling.SETTLING_SECONDS = 0.0


@dataclass
class Boundaries:
    """Where processes died; this one dies at the first boundary that is new, unless nothing is to disturb it."""

    file: Path
    is_undisturbed: bool

    def reach(self, point: str) -> None:
        if self.is_undisturbed or point in self.points():
            return
        with self.file.open("a", encoding="utf-8") as file:
            file.write(f"{point}\n")
        os.kill(os.getpid(), signal.SIGKILL)

    def points(self) -> list[str]:
        return self.file.read_text(encoding="utf-8").splitlines() if self.file.exists() else []


class Payments:
    """Pays items at a bank that knows no keys: what is sent twice is paid twice. It can be looked up, though."""

    def __init__(self, context: JobContext, folder: Path, boundaries: Boundaries) -> None:
        self._book = folder / BOOK
        self._boundaries = boundaries
        self._log = context.log

    def plan(self) -> Sequence[str]:
        return [f"item-{number}" for number in range(ITEMS)]

    def recall(self, outcomes: Iterable[ItemOutcome]) -> None:
        """Nothing of one item depends on another."""

    def decide(self, keys: Sequence[str]) -> Sequence[ItemOutcome]:
        return [ItemOutcome(key, f"Item {key}", ItemState.DONE, "paid", effect={"pay": "10.00"}) for key in keys]

    def apply(self, outcomes: Sequence[ItemOutcome]) -> Mapping[str, Reason | str]:
        for outcome in outcomes:
            with self._book.open("a", encoding="utf-8") as book:
                book.write(f"{outcome.effect_key}\n")
            self._boundaries.reach(f"paid {outcome.key}")
            self._log("paid", outcome.key)
        return {outcome.key: f"REF-{outcome.key}" for outcome in outcomes}

    def read_back(self, outcomes: Sequence[ItemOutcome]) -> Mapping[str, str | None]:
        booked = self._book.read_text(encoding="utf-8").splitlines() if self._book.exists() else []
        return {each.key: f"REF-{each.key}" if each.effect_key in booked else None for each in outcomes}


def catalogue_of(folder: Path, boundaries: Boundaries) -> JobCatalogue:
    def start(context: JobContext) -> JobWork:
        return Payments(context, folder, boundaries)

    payments = JobDefinition(
        PAYMENTS, "Pay", "Pays.", "item", "0 6 * * *", (), start, BATCH_SIZE, effect_is_idempotent=False
    )
    # Nobody is there to approve: what is looked at is what happens once somebody has.
    own = [replace(module.JOB, batch_size=BATCH_SIZE, approval=None) for module in OWN]
    return JobCatalogue({job.name: job for job in (payments, *own)})


def work(url: str, folder: Path, boundaries: Boundaries) -> None:
    """One process at work until the run is over, or until it is killed."""
    database = Database(url)
    options = EngineOptions(queue_poll_seconds=0.02, sweep_seconds=0.05, max_resumes=1000, reach=boundaries.reach)
    engine = Engine(database, Connectors(database), folder, catalogue_of(folder, boundaries), options)
    engine.start()
    engine.wait(RUN_ID, WAIT_SECONDS)
    engine.stop()
    database.close()


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--undisturbed", action="store_true")
    given = parser.parse_args()
    boundaries = Boundaries(given.folder / KILLS, given.undisturbed)
    while True:
        child = os.fork()
        if child == 0:
            work(given.url, given.folder, boundaries)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main())
