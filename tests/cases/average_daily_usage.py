"""The task average_daily_usage of the worked cases: demand a day, from the past, the forecast or both."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from automations.rules.reorder.ddmrp import Usage, average_daily_usage, blend_usage


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    if "past" in given:
        return {
            "adu": blend_usage(*(_number(given[name]) for name in ("past", "past_weight", "future", "future_weight")))
        }
    moves = [
        Usage(date.fromisoformat(row["date"]), _number(row["quantity"]), is_loss=row.get("kind") == "loss")
        for row in given["moves"]
    ]
    return {"adu": average_daily_usage(moves, date.fromisoformat(given["today"]), int(given["window_days"]))}


def _number(value: Any) -> Decimal:
    return Decimal(str(value))
