"""Adapter: the next firings of a cron line."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from automations.rules.cron import CronSchedule, InvalidCronError, NeverFiresError


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    timezone = ZoneInfo(given["timezone"])
    try:
        schedule = CronSchedule.parse(given["cron"])
    except NeverFiresError:
        return {"error": "NEVER_FIRES"}
    except InvalidCronError:
        return {"error": "INVALID_SCHEDULE"}
    firings = schedule.next_firings(aware(given["after"], timezone), timezone, given["count"])
    return {"runs": [firing.isoformat() for firing in firings]}


def aware(text: str, timezone: ZoneInfo) -> datetime:
    """A local time of the case, or one that carries its own offset."""
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=timezone) if moment.tzinfo is None else moment
