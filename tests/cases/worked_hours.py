"""The task worked_hours of the worked cases: hours from punches."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from automations.rules.payroll.hours import hours_between, shown_hours
from automations.rules.payroll.punches import Counting, Pairing, Punch, pair_punches
from connectors.money import ZERO


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    zone = ZoneInfo(given.get("timezone", "UTC"))
    punches = sorted((_punch(row, zone) for row in given["punches"]), key=lambda punch: punch.at)
    paired = pair_punches(
        punches, Pairing(given.get("pairing", "alternating")), Counting(given.get("sum", "pairs")), longest=None
    )
    hours = shown_hours(sum((hours_between(*span) for span in paired.spans), ZERO))
    return {"hours": hours, "exceptions": ["MISSING_PUNCH"] if paired.alone else []}


def _punch(row: Mapping[str, Any], zone: ZoneInfo) -> Punch:
    at = datetime.fromisoformat(row["at"])
    aware = at if at.tzinfo else at.replace(tzinfo=zone)
    return Punch(aware.astimezone(UTC), row.get("kind"))
