"""The task eoq of the worked cases: the economic order quantity, or the cost of a given one."""

from collections.abc import Mapping
from typing import Any

from automations.rules.reorder.lot_sizes import economic_order, order_cost


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    figures = [float(given[name]) for name in ("fixed_cost", "holding_cost", "demand_per_year")]
    quantity = given.get("order_quantity")
    if quantity is not None:
        return {"order_quantity": float(quantity), "cost_per_year": order_cost(float(quantity), *figures)}
    order = economic_order(*figures)
    return {"order_quantity": order.order_quantity, "cost_per_year": order.cost_per_year}
