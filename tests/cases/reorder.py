"""The task reorder of the worked cases: what each run orders for each item and place."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from automations.rules.matching.units import UnitConversions
from automations.rules.reorder.lots import InvalidRuleError, LotRule
from automations.rules.reorder.order_point import OrderPointRule, StockPosition, Trigger, order_quantity
from connectors.contracts.purchasing import UnitConversion
from connectors.money import ZERO

UNIT = "unit"


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    items = given["items"]
    try:
        rules = [_rule(row, Trigger(given.get("trigger", "below"))) for row in items]
    except InvalidRuleError:
        return {"error": "INVALID_RULE"}
    positions = [_position(row) for row in items]
    quantities = []
    for run in given.get("runs", [{}]):
        new_demand = _number(run.get("new_demand", 0))
        positions = [replace(position, demand=position.demand + new_demand) for position in positions]
        today = date.fromisoformat(run["today"]) if "today" in run else None
        ordered = [order_quantity(position, rule, today) for position, rule in zip(positions, rules, strict=True)]
        positions = [
            replace(position, on_order=position.on_order + quantity)
            for position, quantity in zip(positions, ordered, strict=True)
        ]
        quantities.append(ordered)
    size = rules[0].lot.purchase_unit_size or Decimal(1)
    return {"quantities": quantities, "purchase_units": quantities[0][0] / size}


def _rule(row: Mapping[str, Any], trigger: Trigger) -> OrderPointRule:
    snoozed = row.get("snoozed_until")
    return OrderPointRule(
        minimum=_number(row["min"]),
        maximum=_optional(row, "max"),
        fixed_quantity=_optional(row, "fixed_quantity"),
        lot=LotRule(_minimum_order(row), _optional(row, "multiple"), _optional(row, "purchase_unit_size")),
        trigger=trigger,
        snoozed_until=date.fromisoformat(snoozed) if snoozed else None,
    )


def _minimum_order(row: Mapping[str, Any]) -> Decimal:
    minimum = _number(row.get("moq", 0))
    uom = row.get("uom", UNIT)
    conversions = UnitConversions(
        UnitConversion(one["from"], one["to"], _number(one["factor"]), one.get("item"))
        for one in row.get("conversions", [])
    )
    ratio = conversions.ratio(row["item"], row.get("moq_uom", uom), uom)
    if ratio is None:
        raise InvalidRuleError("The unit of the minimum order is not known.")
    return ratio.convert_quantity(minimum)


def _position(row: Mapping[str, Any]) -> StockPosition:
    names = ("on_hand", "on_order", "requested", "reserved", "demand")
    return StockPosition(**{name: _number(row.get(name, ZERO)) for name in names})


def _optional(row: Mapping[str, Any], name: str) -> Decimal | None:
    return None if row.get(name) is None else _number(row[name])


def _number(value: Any) -> Decimal:
    return Decimal(str(value))
