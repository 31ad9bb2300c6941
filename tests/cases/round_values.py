"""The task round_values of the worked cases: rounding to the decimals of a currency."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from connectors.money import round_money


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    decimals = given.get("decimals", 2)
    return {"rounded": [round_money(Decimal(str(value)), decimals) for value in given["values"]]}
