"""The task time_phased of the worked cases: ordering for stock that is followed day by day."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from automations.rules.reorder.lots import LotRule
from automations.rules.reorder.time_phased import Horizon, StockMove, plan_order


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    lead = int(given.get("lead_time_days", 0))
    need = plan_order(
        today=date.fromisoformat(given["today"]),
        on_hand=_number(given["on_hand"]),
        moves=[StockMove(date.fromisoformat(row["date"]), _number(row["quantity"])) for row in given.get("moves", [])],
        horizon=Horizon(lead, int(given.get("trigger_until_days", lead)), int(given.get("cover_until_days", lead))),
        minimum=_number(given["min"]),
        target=_number(given.get("target", given["min"])),
        lot=LotRule(_number(given.get("moq", 0))),
    )
    return {"quantity": need.quantity, "needed_on": need.needed_on.isoformat() if need.needed_on else None}


def _number(value: Any) -> Decimal:
    return Decimal(str(value))
