"""The task newsvendor of the worked cases: how much to have when it can be ordered once a period."""

from collections.abc import Mapping
from typing import Any

from automations.rules.reorder.uncertain_demand import StockCosts, newsvendor


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    level = newsvendor(
        StockCosts(float(given["holding_cost"]), float(given["stockout_cost"])),
        mean=float(given["demand_mean"]),
        deviation=float(given["demand_sd"]),
        lead_time_periods=float(given.get("lead_time_periods", 0)),
    )
    return {"order_up_to": level.order_up_to, "cost_per_period": level.cost_per_period}
