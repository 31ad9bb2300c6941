"""The task arrears of the worked cases: what is owed for the past."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from automations.rules.payroll.payment_days import PaymentDays
from automations.rules.payroll.retroactive import ArrearsLine
from connectors.money import ZERO


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    arrears = [_line(row).arrear for row in given["lines"]]
    return {"arrears": arrears, "total": sum(arrears)}


def _line(row: Mapping[str, Any]) -> ArrearsLine:
    return ArrearsLine(_due(row), _number(row.get("paid", 0)), _number(row.get("already_corrected", 0)))


def _due(row: Mapping[str, Any]) -> Decimal:
    if "due" in row:
        return _number(row["due"])
    if "old_amount" in row:
        parts = [(_number(row[f"{age}_amount"]), _number(row[f"{age}_days"])) for age in ("old", "new")]
        working_days = _number(row.get("working_days", sum(days for _, days in parts)))
        return sum((_share(amount, days, working_days) for amount, days in parts), ZERO)
    working_days = _number(row.get("working_days", 1))
    paid_days = _number(row.get("paid_days", working_days))
    return _share(_number(row["new_amount"]), paid_days, working_days)


def _share(amount: Decimal, days: Decimal, working_days: Decimal) -> Decimal:
    return PaymentDays(working_days, ZERO, ZERO, days, sources_differ=False).exact_share_of(amount)


def _number(value: Any) -> Decimal:
    return Decimal(str(value))
