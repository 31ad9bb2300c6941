"""10,000 schedules: next firings computed per second beside APScheduler's own trigger, and drift under load."""

import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from queue import Queue
from random import Random
from statistics import quantiles
from typing import Any
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger
from sqlalchemy import insert, select

from automations.engine.clock import Clock
from automations.rules.timings import read_timing
from automations.rules.working_days import MONDAY_TO_FRIDAY
from connectors.database.base import Base
from connectors.database.models.work import Run, Schedule
from connectors.database.session import Database

SCHEDULES = 10_000
FIRING_TOGETHER = 1_000
ZONES = ("Europe/Prague", "America/New_York", "Asia/Tehran", "Australia/Lord_Howe", "UTC")
AFTER = datetime(2026, 11, 22, 10, 7, tzinfo=UTC)
LONGEST_WAIT_SECONDS = 120
MONTH_DAY = {"kind": "month_day", "rule": "last_working_day", "time": "18:00"}


class Recorded:
    """Stands where the engine does and counts what is handed over."""

    def __init__(self) -> None:
        self.queue: Queue[str] = Queue()

    def hand_over(self, run_id: str, job: str) -> None:
        self.queue.put(run_id)

    def cancel(self, run_id: str, actor: str) -> None:
        raise AssertionError("nothing is cancelled here")


def measure() -> dict[str, Any]:
    lines = cron_lines()
    zones = [ZoneInfo(ZONES[number % len(ZONES)]) for number in range(SCHEDULES)]
    ours = [read_timing({"kind": "cron", "line": line}, MONDAY_TO_FRIDAY) for line in lines]
    # APScheduler counts weekdays from Monday; names mean the same to both.
    theirs = [CronTrigger.from_crontab(line, zone) for line, zone in zip(lines, zones, strict=True)]
    month_days = [read_timing(MONTH_DAY, MONDAY_TO_FRIDAY)] * SCHEDULES
    our_rate = per_second(lambda n: ours[n].next_firings(AFTER, zones[n], 1))
    their_rate = per_second(lambda n: theirs[n].get_next_fire_time(None, AFTER.astimezone(zones[n])))
    return {
        "schedules": SCHEDULES,
        "next_firings_per_second": round(our_rate),
        "apscheduler_cron_trigger_per_second": round(their_rate),
        "ratio": round(our_rate / their_rate, 2),
        "month_rules_per_second": round(per_second(lambda n: month_days[n].next_firings(AFTER, zones[n], 1))),
    } | measure_clock(lines)


def cron_lines() -> list[str]:
    """Daily and weekly times, working hours and short steps, as offices have them."""
    # The same schedules in every run.
    random = Random(4)
    kinds: Sequence[Callable[[int, int], str]] = (
        lambda minute, hour: f"{minute} {hour} * * *",
        lambda minute, hour: f"{minute} {hour} * * mon-fri",
        lambda minute, _hour: f"{minute} 8-17 * * mon-fri",
        lambda minute, hour: f"{minute} {hour} {1 + minute % 28} * *",
        lambda _minute, _hour: "*/15 * * * *",
    )
    return [kinds[n % len(kinds)](random.randrange(60), random.randrange(24)) for n in range(SCHEDULES)]


def per_second(compute: Callable[[int], object]) -> float:
    started = time.perf_counter()
    for number in range(SCHEDULES):
        compute(number)
    return SCHEDULES / (time.perf_counter() - started)


def measure_clock(lines: Sequence[str]) -> dict[str, Any]:
    """Reading all schedules at start, and how late runs are recorded when many are due at the same moment."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'bench.sqlite'}")
        Base.metadata.create_all(database.engine)
        # The product's time runs shortly before a full minute of a day on which the first ones are due.
        due = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
        offset = due - timedelta(seconds=30) - datetime.now(UTC)

        def now() -> datetime:
            return datetime.now(UTC) + offset

        write_schedules(database, lines, now())
        recorded = Recorded()
        clock = Clock(database, recorded, now)
        started = time.perf_counter()
        clock.start()
        start_seconds = time.perf_counter() - started
        for _ in range(FIRING_TOGETHER):
            recorded.queue.get(timeout=LONGEST_WAIT_SECONDS)
        clock.stop()
        with database.read() as session:
            runs = session.scalars(select(Run.created_at).where(Run.scheduled_for == due, Run.job == "together")).all()
        database.close()
    drifts = [(created_at - due).total_seconds() for created_at in runs]
    return {
        "clock_start_seconds": round(start_seconds, 2),
        "firing_together": len(drifts),
        "drift_median_seconds": round(quantiles(drifts, n=100)[49], 2),
        "drift_p95_seconds": round(quantiles(drifts, n=100)[94], 2),
        "drift_max_seconds": round(max(drifts), 2),
    }


def write_schedules(database: Database, lines: Sequence[str], now: datetime) -> None:
    """All of them; those that fire together do so at the full hour, the others not within this minute."""
    quiet = [line for line in lines if not line.startswith(("*", "0 ", "59 "))]
    rows = [("together", "0 10 23 11 *", "UTC") for _ in range(FIRING_TOGETHER)]
    rows += [("apart", quiet[n % len(quiet)], ZONES[n % len(ZONES)]) for n in range(SCHEDULES - FIRING_TOGETHER)]
    with database.write() as session:
        session.execute(
            insert(Schedule),
            [
                {
                    "job": job,
                    "timing": {"kind": "cron", "line": line},
                    "timezone": zone,
                    "parameters": {},
                    "settled_until": now,
                }
                for job, line, zone in rows
            ],
        )
