"""The task leave_reversal of the worked cases: what days that turned out to be paid are worth."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from automations.rules.payroll.arrears import reverse_leave


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    amounts = [_number(amount) for amount in given["monthly_amounts"]]
    return {"amounts": list(reverse_leave(amounts, _number(given["days"]), _number(given["working_days"])))}


def _number(value: Any) -> Decimal:
    return Decimal(str(value))
