"""The task period_end of the worked cases: the last day of a pay period."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from automations.rules.payroll.periods import Frequency, period_from


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    periods = [period_from(date.fromisoformat(row["start"]), Frequency(row["frequency"])) for row in given["periods"]]
    return {"ends": [period.last.isoformat() for period in periods]}
