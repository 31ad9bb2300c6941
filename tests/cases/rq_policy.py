"""The task rq_policy of the worked cases: reorder point and order quantity by four methods."""

from collections.abc import Mapping
from typing import Any

from automations.rules.reorder.uncertain_demand import (
    LeadTimeDemand,
    RQPolicy,
    StockCosts,
    rq_by_expected_inventory,
    rq_cost,
    rq_with_backorders,
    rq_with_safety_stock,
)

METHODS = {
    "eoq_plus_safety_stock": rq_with_safety_stock,
    "eoq_with_backorders": rq_with_backorders,
    "expected_inventory_level": rq_by_expected_inventory,
}


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    costs = StockCosts(*(float(given[name]) for name in ("holding_cost", "stockout_cost", "fixed_cost")))
    demand = LeadTimeDemand.of(
        *(float(given[name]) for name in ("demand_per_year", "demand_sd_per_year", "lead_time_years"))
    )
    if given["method"] == "cost_of":
        point, quantity = float(given["reorder_point"]), float(given["order_quantity"])
        policy = RQPolicy(point, quantity, rq_cost(point, quantity, costs, demand))
    else:
        policy = METHODS[given["method"]](costs, demand)
    return {
        "reorder_point": policy.reorder_point,
        "order_quantity": policy.order_quantity,
        "cost_per_year": policy.cost_per_year,
    }
