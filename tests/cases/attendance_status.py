"""The task attendance_status of the worked cases: present, half a day or absent, and late or early."""

from collections.abc import Mapping
from datetime import time
from decimal import Decimal
from typing import Any

from automations.rules.payroll.punches import is_early, is_late, judge_hours


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = {}
    if "worked_hours" in given:
        limits = [_optional(given, name) for name in ("half_day_below", "absent_below")]
        answer["status"] = judge_hours(Decimal(str(given["worked_hours"])), *limits).value
    if "shift" in given:
        start, end = (time.fromisoformat(at) for at in given["shift"])
        if given.get("in"):
            answer["late"] = is_late(time.fromisoformat(given["in"]), start, int(given.get("late_grace_minutes", 0)))
        if given.get("out"):
            answer["early"] = is_early(time.fromisoformat(given["out"]), end, int(given.get("early_grace_minutes", 0)))
    return answer


def _optional(given: Mapping[str, Any], name: str) -> Decimal | None:
    return None if given.get(name) is None else Decimal(str(given[name]))
