"""The task reorder_point of the worked cases: safety stock for a service level."""

from collections.abc import Mapping
from typing import Any

from automations.rules.reorder.uncertain_demand import safety_stock


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    stock = safety_stock(
        demand_per_day=float(given["demand_per_day"]),
        deviation_per_day=float(given["demand_sd_per_day"]),
        lead_time_days=float(given["lead_time_days"]),
        service_level=float(given["service_level"]),
        lead_time_deviation_days=float(given.get("lead_time_sd_days", 0)),
    )
    return {"z": stock.z, "safety_stock": stock.safety_stock, "reorder_point": stock.reorder_point}
