"""The task daily_overtime of the worked cases: presence beyond the day's calendar."""

from collections.abc import Mapping
from datetime import datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from automations.rules.payroll.overtime import WorkCalendar, daily_overtime

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    zone = ZoneInfo(given.get("timezone", "UTC"))
    calendar = WorkCalendar(
        zone=zone,
        blocks=[(time.fromisoformat(start), time.fromisoformat(end)) for start, end in given["calendar"]],
        working_weekdays=_weekdays(given.get("working_days", "mon-fri")),
        tolerance_minutes=Decimal(str(given.get("tolerance_minutes", 0))),
    )
    by_day = daily_overtime(calendar, [(_moment(start, zone), _moment(end, zone)) for start, end in given["presence"]])
    return {
        "overtime_hours": sum(by_day.values()),
        "by_day": {day.isoformat(): hours for day, hours in by_day.items()},
    }


def _weekdays(names: Any) -> frozenset[int]:
    """`mon-fri`, or a list of names."""
    if isinstance(names, str):
        first, last = (WEEKDAYS.index(name[:3]) for name in names.lower().split("-"))
        return frozenset(range(first, last + 1))
    return frozenset(WEEKDAYS.index(name[:3].lower()) for name in names)


def _moment(text: str, zone: ZoneInfo) -> datetime:
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=zone)
