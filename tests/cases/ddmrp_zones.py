"""The task ddmrp_zones of the worked cases: a demand-driven buffer and the order that fills it."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from automations.rules.reorder.ddmrp import BufferProfile, size_buffer


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    zones = size_buffer(
        BufferProfile(
            lead_time=_number(given["lead_time"]),
            average_daily_usage=_number(given["adu"]),
            lead_time_factor=_number(given["lead_time_factor"]),
            variability=_number(given["variability"]),
            minimum_order=_number(given.get("moq", 0)),
            order_cycle=_number(given.get("order_cycle", 0)),
        )
    )
    on_hand, incoming, demand = (_number(given.get(name, 0)) for name in ("on_hand", "incoming", "qualified_demand"))
    net_flow = on_hand + incoming - demand
    return {
        "red_base": zones.red_base,
        "red_safety": zones.red_safety,
        "red": zones.red,
        "green": zones.green,
        "top_of_yellow": zones.top_of_yellow,
        "top_of_green": zones.top_of_green,
        "net_flow": net_flow,
        "net_flow_pct": zones.share(net_flow),
        "order": zones.order(net_flow),
    }


def _number(value: Any) -> Decimal:
    return Decimal(str(value))
