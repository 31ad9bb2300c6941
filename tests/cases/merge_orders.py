"""The task merge_orders of the worked cases: which needs go into one order."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from automations.rules.reorder.supply import Need, merge_needs


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    needs = [Need(row["item"], row["supplier"], date.fromisoformat(row["order_date"])) for row in given["needs"]]
    return {
        "orders": [
            {"supplier": order.supplier, "order_date": order.order_date.isoformat(), "items": list(order.items)}
            for order in merge_needs(needs, int(given.get("merge_window_days", 0)))
        ]
    }
