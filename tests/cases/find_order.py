"""The task find_order of the worked cases: which open order an invoice belongs to."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from automations.rules.matching.line_sets import WantedLine
from automations.rules.matching.order_search import OrderSearch, find_order
from connectors.contracts.purchasing import PurchaseOrder, PurchaseOrderLine, PurchaseOrderState


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    found = find_order(
        OrderSearch(
            supplier=given["supplier"],
            reference=given.get("reference"),
            lines=[
                WantedLine(row["item"], _number(row["quantity"]), _number(row["unit_price"])) for row in _lines(given)
            ],
            total=None if given.get("total") is None else _number(given["total"]),
            total_tolerance=_number(given.get("total_tolerance", 0)),
        ),
        [_order(row) for row in given["orders"]],
    )
    return {
        "resolution": found.resolution.value,
        "order": found.order,
        "lines": [int(line) if line.isdigit() else line for line in found.lines],
        "solutions": found.solutions,
    }


def _lines(row: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return list(row.get("lines") or [])


def _order(row: Mapping[str, Any]) -> PurchaseOrder:
    return PurchaseOrder(
        number=row["number"],
        supplier=row["supplier"],
        currency=row.get("currency", "EUR"),
        ordered_on=date.fromisoformat(row.get("date", "2026-01-01")),
        state=PurchaseOrderState(row.get("state", "open")),
        lines=tuple(_line(line) for line in _lines(row)),
    )


def _line(row: Mapping[str, Any]) -> PurchaseOrderLine:
    return PurchaseOrderLine(
        line=str(row["line"]),
        item=row.get("item", ""),
        quantity=_number(row.get("quantity", 1)),
        uom=row.get("uom", "unit"),
        unit_price=_number(row.get("unit_price", 0)),
        price_per=_number(row.get("price_per", 1)),
        amount=None if row.get("amount") is None else _number(row["amount"]),
        billed=_number(row.get("billed_quantity", 0)),
    )


def _number(value: Any) -> Decimal:
    return Decimal(str(value))
