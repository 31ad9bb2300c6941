"""Adapter: a real worker process is killed with SIGKILL while an item is under way, and another one goes on.

The kill comes when the effect of the item has reached the other system and the worker does not know it yet: the
moment at which most can go wrong.
"""

import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select

from automations.engine.run_log import read_events
from automations.engine.run_record import create_run
from connectors.database.base import Base
from connectors.database.models.work import EffectState, Run, RunItem, RunState
from connectors.database.session import Database
from tests.cases.crash_worker import CALLS, CASE, DATABASE, END, JOB_NAME, NEXT, RUN_ID, UNDER_WAY

WORKER = Path(__file__).with_name("crash_worker.py")
TIMEOUT_SECONDS = 60
STATUS = {RunState.SUCCEEDED.value: "done", RunState.SUCCEEDED_WITH_EXCEPTIONS.value: "exception"}


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    is_idempotent = bool(given.get("effect_idempotent", True))
    done = [item for item in given["items"] if item in given.get("done_before_kill", ())]
    under_way = given.get("in_progress_at_kill")
    others = [item for item in given["items"] if item not in done and item != under_way]
    order = [*done, *([under_way] if under_way is not None else []), *others]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / CASE).write_text(json.dumps({"items": order, "effect_idempotent": is_idempotent}), encoding="utf-8")
        database = Database(f"sqlite:///{folder / DATABASE}")
        Base.metadata.create_all(database.engine)
        with database.write() as session:
            create_run(session, JOB_NAME, {}, "case", now=datetime.now(UTC), run_id=RUN_ID)
        kill_a_worker(folder, under_way or (NEXT + others[0] if others else END))
        before, recorded = calls_in(folder), done_items(database)
        with work(folder) as process:
            process.wait(TIMEOUT_SECONDS)
        after = calls_in(folder)[len(before) :]
        told = tell(database)
        database.close()
    keys = before + after
    effects = {tuple(call) for call in keys} if is_idempotent else keys
    again = [item for item, _key in after]
    return told | {
        "resumed_items": [item for item in given["items"] if item in again],
        "not_repeated": [item for item in given["items"] if item in recorded and item not in again],
        "effects_per_item": {item: sum(item == sent for sent, _key in effects) for item in given["items"]},
    }


def kill_a_worker(folder: Path, stop_at: str) -> None:
    with work(folder, "--stop-at", stop_at) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == f"{UNDER_WAY}\n"
        process.send_signal(signal.SIGKILL)


def work(folder: Path, *options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(WORKER), str(folder), *options],
        stdout=subprocess.PIPE,
        text=True,
    )


def calls_in(folder: Path) -> list[list[str]]:
    path = folder / CALLS
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def done_items(database: Database) -> set[str]:
    with database.read() as session:
        return set(session.scalars(select(RunItem.key).where(RunItem.effect_state == EffectState.DONE)))


def tell(database: Database) -> dict[str, Any]:
    """What the product itself says about the run."""
    with database.read() as session:
        run = session.get_one(Run, RUN_ID)
        resumed = [event for event in read_events(session, RUN_ID) if event.event == "run_resumed"]
        unknown = select(RunItem.key).where(RunItem.effect_state == EffectState.UNKNOWN).order_by(RunItem.id)
        return {
            "interruption_recorded": run.resumed > 0 and len(resumed) == run.resumed,
            "needs_check_before_retry": list(session.scalars(unknown)),
            "final_status": STATUS.get(run.state, run.state),
        }
