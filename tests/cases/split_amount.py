"""The task split_amount of the worked cases: parts that add up."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from automations.rules.rounding import split_amount


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    weights = [Decimal(str(weight)) for weight in given["weights"]]
    parts = split_amount(Decimal(str(given["amount"])), weights, given.get("decimals", 2))
    return {"parts": list(parts), "total": sum(parts)}
