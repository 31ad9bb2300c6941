"""The task leave_accrual of the worked cases: days of leave earned since joining."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from automations.rules.payroll.periods import accrue_leave


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    step = given.get("round_month_to")
    accrued = accrue_leave(
        date.fromisoformat(given["joined"]),
        date.fromisoformat(given["as_of"]),
        Decimal(str(given["per_month"])),
        None if step is None else Decimal(str(step)),
    )
    return {"accrued": accrued}
