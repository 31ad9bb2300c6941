"""The task lot_sizing of the worked cases: the cheapest orders for known demand."""

from collections.abc import Mapping
from typing import Any

from automations.rules.reorder.lot_sizes import plan_lots


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    plan = plan_lots(float(given["fixed_cost"]), float(given["holding_cost"]), [float(one) for one in given["demand"]])
    return {"orders": list(plan.orders), "cost": plan.cost}
