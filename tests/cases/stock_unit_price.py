"""The task stock_unit_price of the worked cases: what a unit in stock has cost."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from automations.rules.matching.billing import PostedPrice, stock_unit_price
from automations.rules.matching.units import UnitConversions
from connectors.contracts.purchasing import UnitConversion

UNIT = "unit"


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    stock_uom = given.get("stock_uom", UNIT)
    conversions = UnitConversions(
        UnitConversion(row["from"], row["to"], Decimal(str(row["factor"]))) for row in given.get("conversions", [])
    )
    posted = [
        PostedPrice(
            quantity=Decimal(str(row["quantity"])),
            unit_price=Decimal(str(row["unit_price"])),
            uom=row.get("uom", stock_uom),
            is_correction=bool(row.get("correction", False)),
        )
        for row in given["posted"]
    ]
    return {"unit_price": stock_unit_price(posted, stock_uom, conversions)}
