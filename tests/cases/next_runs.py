"""Adapter: the next firings of a cron line."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from automations.engine.plans import read_zone
from automations.rules.local_time import local_instant
from automations.rules.timing import Timing
from automations.rules.timings import TimingError, read_timing
from automations.rules.working_days import MONDAY_TO_FRIDAY


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    try:
        timing, zone = read_schedule(given)
    except TimingError as error:
        return refusal(error)
    firings = timing.next_firings(aware(given["after"], zone), zone, given["count"])
    return {"runs": [firing.isoformat() for firing in firings]}


def read_schedule(given: Mapping[str, Any]) -> tuple[Timing, ZoneInfo]:
    """The cron line and the zone of a case, as the product reads a saved schedule."""
    zone = read_zone(given.get("timezone", "UTC"))
    return read_timing({"kind": "cron", "line": given["cron"]}, MONDAY_TO_FRIDAY), zone


def refusal(error: TimingError) -> dict[str, Any]:
    return {"error": "NEVER_FIRES" if error.never_fires else "INVALID_SCHEDULE"}


def aware(text: str, zone: ZoneInfo) -> datetime:
    """A local time of the case, or one that carries its own offset."""
    moment = datetime.fromisoformat(text)
    return local_instant(moment.replace(tzinfo=zone)) if moment.tzinfo is None else moment.astimezone(UTC)
