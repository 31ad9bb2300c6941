"""The task open_to_bill of the worked cases: what a supplier may still bill."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from automations.rules.matching.billing import BilledQuantities, BillOn, open_to_bill


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    bill_on = BillOn(given["bill_on"])
    return {"open": [open_to_bill(_quantities(row), bill_on) for row in given["lines"]]}


def _quantities(row: Mapping[str, Any]) -> BilledQuantities:
    names = ("ordered", "received", "invoiced", "credited")
    return BilledQuantities(**{name: Decimal(str(row.get(name, 0))) for name in names})
