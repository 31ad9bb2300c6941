"""The task week_pay of the worked cases: US overtime of work weeks."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from automations.rules.payroll.overtime import WorkWeek, pay_us_week


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    threshold = _number(given.get("threshold_hours", 40))
    weeks = [pay_us_week(_week(row), threshold) for row in given["weeks"]]
    return {
        "weeks": [
            {
                "regular_rate": week.regular_rate,
                "overtime_hours": week.overtime_hours,
                "premium": week.premium,
                "total": week.total,
            }
            for week in weeks
        ],
        "total": sum(week.total for week in weeks),
    }


def _week(row: Mapping[str, Any]) -> WorkWeek:
    bonus = _number(row.get("bonus", 0))
    if "parts" in row:
        parts = [(_number(part["hours"]), _number(part["rate"])) for part in row["parts"]]
        hours = sum((hours for hours, _ in parts), Decimal(0))
        return WorkWeek(hours, sum((hours * rate for hours, rate in parts), Decimal(0)), bonus)
    hours = _number(row["hours"])
    pay = _number(row["salary"]) if "salary" in row else hours * _number(row["hourly_rate"])
    return WorkWeek(hours, pay, bonus)


def _number(value: Any) -> Decimal:
    return Decimal(str(value))
