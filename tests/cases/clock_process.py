"""A process with a clock of the product, taken through given moments: `python clock_process.py URL < moments`."""

import json
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import structlog

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from automations.engine.clock import Clock
from connectors.database.session import Database


class Started:
    """Stands where the engine does and remembers which runs this process was the one to start."""

    def __init__(self) -> None:
        self.run_ids: list[str] = []

    def hand_over(self, run_id: str, job: str) -> None:
        self.run_ids.append(run_id)

    def cancel(self, run_id: str, actor: str) -> None:
        raise AssertionError("nothing is cancelled here")


def run_clocks(url: str, count: int, moments: Sequence[datetime]) -> list[str]:
    """Let `count` processes go through the moments at the same time; the ids of all runs that they started."""
    told = json.dumps([moment.astimezone(UTC).isoformat() for moment in moments])
    with ExitStack() as running:
        processes = [running.enter_context(_start(url)) for _ in range(count)]
        for process in processes:
            # Each waits until all are ready: started one after the other they would not meet.
            if process.stdout is None or process.stdout.readline() != "ready\n":
                raise RuntimeError("A clock process did not start; run it by hand to see why.")
        for process in processes:
            if process.stdin is not None:
                process.stdin.write(told)
                process.stdin.close()
        answers = [process.stdout.read() if process.stdout else "" for process in processes]
    if any(process.returncode for process in processes):
        raise RuntimeError("A clock process failed; run it by hand to see why.")
    return [run_id for answer in answers for run_id in json.loads(answer)]


def _start(url: str) -> subprocess.Popen[str]:
    command = [sys.executable, __file__, url]
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )


def main() -> None:
    # Standard output is for the answer.
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    database, started = Database(sys.argv[1]), Started()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    moments = [datetime.fromisoformat(moment) for moment in json.loads(sys.stdin.read())]
    present = moments[0]
    clock = Clock(database, started, now=lambda: present)
    for moment in moments:
        present = moment
        clock.refresh()
    clock.stop()
    database.close()
    sys.stdout.write(json.dumps(started.run_ids))


if __name__ == "__main__":
    main()
