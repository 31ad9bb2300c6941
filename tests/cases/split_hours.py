"""The task split_hours of the worked cases: regular and overtime hours, none of them twice."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from automations.rules.payroll.overtime import DayHours, OvertimeEntry, pay_overtime, split_hours, total_split
from automations.rules.payroll.periods import Period


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    days = split_hours(
        [DayHours(date.fromisoformat(row["date"]), _number(row["hours"])) for row in given["days"]],
        _optional(given, "daily_limit"),
        _optional(given, "weekly_limit"),
    )
    regular, overtime = total_split(days)
    rate, multiplier = _number(given.get("hourly_rate", 0)), _number(given.get("overtime_multiplier", "1.5"))
    periods = [
        total_split(days, Period(date.fromisoformat(row["from"]), date.fromisoformat(row["to"])))
        for row in given.get("periods", [])
    ]
    return {
        "regular_hours": regular,
        "overtime_hours": overtime,
        "pay": pay_overtime(
            [OvertimeEntry("regular", regular), OvertimeEntry("overtime", overtime)],
            rate,
            {"regular": Decimal(1), "overtime": multiplier},
        ),
        "periods": [{"regular_hours": one, "overtime_hours": other} for one, other in periods],
    }


def _optional(given: Mapping[str, Any], name: str) -> Decimal | None:
    return None if given.get(name) is None else _number(given[name])


def _number(value: Any) -> Decimal:
    return Decimal(str(value))
