"""The task supplier_price of the worked cases: what a supplier asks for a quantity."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from automations.rules.reorder.lots import LotRule
from automations.rules.reorder.supplier_price import PriceBreak, PriceList, price_purchase


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    prices = PriceList(
        list_price=_number(given["list_price"]),
        breaks=[PriceBreak(_number(row["from"]), _number(row["price"])) for row in given.get("breaks", [])],
        stock_units_per_purchase_unit=_number(given.get("stock_units_per_purchase_unit", 1)),
    )
    multiple = given.get("multiple")
    lot = LotRule(_number(given.get("moq", 0)), None if multiple is None else _number(multiple))
    purchase = price_purchase(
        _number(given["quantity"]), prices, lot, buy_more_if_cheaper=bool(given.get("buy_more_if_cheaper", False))
    )
    return {
        "quantity": purchase.quantity,
        "price_per_purchase_unit": purchase.price_per_purchase_unit,
        "price_per_stock_unit": purchase.price_per_stock_unit,
        "amount": purchase.amount,
    }


def _number(value: Any) -> Decimal:
    return Decimal(str(value))
