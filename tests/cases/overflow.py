"""The task overflow of the worked cases: moving away what lies above the maximum."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from automations.rules.reorder.order_point import overflow


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    on_hand, maximum, target = (Decimal(str(given[name])) for name in ("on_hand", "max", "target"))
    return {"move": overflow(on_hand, maximum, target)}
