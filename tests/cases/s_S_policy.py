"""The task s_S_policy of the worked cases: order up to S when stock is at or below s."""

from collections.abc import Mapping
from typing import Any

from automations.rules.reorder.uncertain_demand import StockCosts, ss_policy_poisson


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    if given["demand"] != "poisson":
        raise ValueError(f"only Poisson demand is known, not {given['demand']}")
    costs = StockCosts(*(float(given[name]) for name in ("holding_cost", "stockout_cost", "fixed_cost")))
    policy = ss_policy_poisson(costs, float(given["demand_mean"]))
    return {"s": policy.reorder_point, "S": policy.order_up_to, "cost_per_period": policy.cost_per_period}
