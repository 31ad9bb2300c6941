"""Carries out one run against Tryton over and over: `python tryton_kill_process.py URL FOLDER [--undisturbed]`.

As `kill_process.py`, and the process dies as well right after each call that changed something in Tryton.
"""

import argparse
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from automations.engine.discovery import JobCatalogue
from automations.engine.durable import Engine, EngineOptions
from automations.jobs import invoice_matching, purchase_sending, stock_reorder
from connectors.database.session import Database
from connectors.vendors.tryton.session import TrytonSession
from tests.fixtures.tryton_connection import connectors_of
from tests.integration.kill_process import BATCH_SIZE, KILLS, RUN_ID, Boundaries

WAIT_SECONDS = 120
JOBS = (invoice_matching, stock_reorder, purchase_sending)


def die_after_writes(boundaries: Boundaries) -> None:
    write = TrytonSession.write

    def write_and_die(session: TrytonSession, method: str, *params: Any, **context: Any) -> Any:
        answer = write(session, method, *params, **context)
        # What is deleted has another number in each process, for Tryton makes its drafts again; and so has a wizard.
        what = "" if method.endswith(".delete") else repr([one for one in params if not isinstance(one, int)])
        boundaries.reach(f"{method} {what}")
        return answer

    setattr(TrytonSession, "write", write_and_die)  # noqa: B010 - mypy knows the method


def work(url: str, folder: Path, boundaries: Boundaries) -> None:
    """One process at work until the run is over, or until it is killed."""
    die_after_writes(boundaries)
    database = Database(url)
    options = EngineOptions(queue_poll_seconds=0.02, sweep_seconds=0.05, max_resumes=1000, reach=boundaries.reach)
    # Nobody is there to approve: what is looked at is what happens once somebody has.
    own = [replace(job.JOB, batch_size=BATCH_SIZE, approval=None) for job in JOBS]
    jobs = {job.name: job for job in own}
    engine = Engine(database, connectors_of(database), folder, JobCatalogue(jobs), options)
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
