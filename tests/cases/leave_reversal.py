"""The task leave_reversal of the worked cases: what days that turned out to be paid are worth."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from automations.rules.payroll.payment_days import PaymentDays
from connectors.money import ZERO


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    days = PaymentDays(_number(given["working_days"]), ZERO, ZERO, _number(given["days"]), sources_differ=False)
    return {"amounts": [days.share_of(_number(amount)) for amount in given["monthly_amounts"]]}


def _number(value: Any) -> Decimal:
    return Decimal(str(value))
