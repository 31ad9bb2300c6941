"""The task cash_round of the worked cases: what is paid in coins."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from automations.rules.rounding import round_cash


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    cash = round_cash(Decimal(str(given["amount"])), Decimal(str(given["step"])))
    return {"payable": cash.payable, "rounding": cash.rounding}
