"""Adapter: the firings of a cron line in a window, and what several schedulers make of them."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC
from typing import Any
from zoneinfo import ZoneInfo

from automations.engine.schedules import firing_id
from automations.rules.cron import CronSchedule
from tests.cases.next_runs import aware


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    timezone = ZoneInfo(given["timezone"])
    start, end = aware(given["from"], timezone), aware(given["to"], timezone)
    schedulers = given.get("schedulers", 1)
    firings = CronSchedule.parse(given["cron"]).firings_between(start, end, timezone)
    # Every scheduler asks for every firing; the run's id decides which of them get one.
    runs = {firing_id("schedule", firing): firing for _ in range(schedulers) for firing in firings}
    local = [firing.isoformat() for firing in runs.values()]
    started = Counter(firing.astimezone(UTC) for firing in runs.values())
    return {
        "count": len(runs),
        "runs": local,
        "runs_utc": [firing.astimezone(UTC).isoformat() for firing in runs.values()],
        "run_at": local[0] if len(local) == 1 else local,
        "started_per_scheduled_time": max(started.values(), default=0),
    }
