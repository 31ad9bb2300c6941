"""The task net_pay of the worked cases: gross less deductions."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from automations.rules.payroll.payslips import net_pay


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    pay = net_pay(
        [_number(amount) for amount in given.get("earnings", [])],
        [_number(amount) for amount in given.get("deductions", [])],
        _number(given.get("exchange_rate", 1)),
    )
    return {
        "gross": pay.gross,
        "net": pay.net,
        "base_gross": pay.base_gross,
        "status": "exception" if pay.problems else "ready",
        "reasons": [problem.reason.value for problem in pay.problems],
    }


def _number(value: Any) -> Decimal:
    return Decimal(str(value))
