"""A dry run of a job, timed as the product makes it: recorded, step by step, item by item."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from automations.engine.discovery import discover_jobs
from automations.engine.durable import Engine
from connectors.database.base import utc_now
from connectors.database.models.work import Run, RunState
from connectors.database.session import Database
from connectors.registry import Connectors

LONGEST_SECONDS = 1800
GONE_THROUGH = frozenset({RunState.SUCCEEDED, RunState.SUCCEEDED_WITH_EXCEPTIONS})


def time_dry_run(database: Database, folder: Path, job: str, parameters: Mapping[str, Any]) -> tuple[float, Run]:
    """Seconds from the start of the run to its end. Raises RuntimeError when it did not go through."""
    engine = Engine(database, Connectors(database), folder, discover_jobs(), now=utc_now)
    engine.start()
    try:
        started = time.perf_counter()
        run = engine.wait(engine.start_run(job, parameters, is_dry_run=True, started_by="bench"), LONGEST_SECONDS)
        seconds = time.perf_counter() - started
    finally:
        engine.stop()
    if run.state not in GONE_THROUGH:
        raise RuntimeError(f"the run of {job} ended as {run.state}: {run.summary}")
    return seconds, run
