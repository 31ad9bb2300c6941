"""The task supply_date of the worked cases: when an order arrives, or has to be placed."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from automations.rules.reorder.supply import LeadTime
from automations.rules.working_days import WorkingDays

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    days_off = {date.fromisoformat(day): "day off" for day in given.get("holidays", [])}
    calendar = WorkingDays(
        weekend=frozenset(WEEKDAYS.index(day[:3].lower()) for day in given.get("weekend", ("sat", "sun"))),
        closures=days_off,
        extra=frozenset(date.fromisoformat(day) for day in given.get("extra_working_days", [])),
    )
    counted = calendar if given.get("count", "calendar_days") == "working_days" else None
    landing = calendar if given.get("move_to_working_day", False) else None
    return {"dates": [_date(row, counted, landing).isoformat() for row in given["orders"]]}


def _date(row: Mapping[str, Any], counted: WorkingDays | None, landing: WorkingDays | None) -> date:
    lead_time = LeadTime(int(row["lead_time_days"]), counted, landing)
    if "ordered_on" in row:
        return lead_time.arrival(date.fromisoformat(row["ordered_on"]))
    return lead_time.order_by(date.fromisoformat(row["needed_on"]))
