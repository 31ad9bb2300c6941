"""The task worked_hours of the worked cases: hours from punches."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from automations.rules.payroll.punches import Counting, Punch, PunchKind, count_hours


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    zone = ZoneInfo(given.get("timezone", "UTC"))
    is_typed = given.get("pairing", "alternating") == "typed"
    punches = [_punch(row, zone) for row in given["punches"]]
    worked = count_hours(punches, Counting(given.get("sum", "pairs")), is_typed=is_typed)
    return {"hours": worked.hours, "exceptions": [] if worked.is_complete else ["MISSING_PUNCH"]}


def _punch(row: Mapping[str, Any], zone: ZoneInfo) -> Punch:
    at = datetime.fromisoformat(row["at"])
    aware = at if at.tzinfo else at.replace(tzinfo=zone)
    return Punch(aware.astimezone(UTC), PunchKind(row["kind"]) if row.get("kind") else None)
