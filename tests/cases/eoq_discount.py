"""The task eoq_discount of the worked cases: the economic order quantity under price breaks."""

from collections.abc import Mapping
from typing import Any

from automations.rules.reorder.lot_sizes import Discount, discounted_order


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    order = discounted_order(
        Discount(given["discount"]),
        fixed_cost=float(given["fixed_cost"]),
        holding_rate=float(given["holding_rate"]),
        demand_per_year=float(given["demand_per_year"]),
        breaks=[float(number) for number in given["breaks"]],
        prices=[float(number) for number in given["prices"]],
    )
    return {
        "order_quantity": order.order_quantity,
        "break_index": order.break_index,
        "cost_per_year": order.cost_per_year,
    }
