"""The task overtime_pay of the worked cases: overtime by kind of day."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from automations.rules.payroll.overtime import OvertimeEntry, pay_overtime


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    cap = given.get("daily_cap_hours")
    amount = pay_overtime(
        [OvertimeEntry(row["day_type"], _number(row["hours"])) for row in given["entries"]],
        _number(given["rate"]),
        {day_type: _number(multiplier) for day_type, multiplier in given["multipliers"].items()},
        None if cap is None else _number(cap),
    )
    return {"amount": amount}


def _number(value: Any) -> Decimal:
    return Decimal(str(value))
