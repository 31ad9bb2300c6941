"""The task document_totals of the worked cases: net, tax and total of a document."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from automations.rules.rounding import Allowance, DocumentLine, TaxLevel, total_document


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    totals = total_document(
        [_line(row) for row in given["lines"]],
        [Allowance(_number(row["amount"]), _number(row.get("tax_pct", 0))) for row in given.get("allowances", [])],
        prepaid=_number(given.get("prepaid", 0)),
        tax_level=TaxLevel(given.get("tax_level", "document")),
        decimals=given.get("decimals", 2),
    )
    return {
        "line_nets": list(totals.line_nets),
        "net": totals.net,
        "tax": totals.tax,
        "total": totals.total,
        "payable": totals.payable,
    }


def _line(row: Mapping[str, Any]) -> DocumentLine:
    return DocumentLine(
        quantity=_number(row["quantity"]),
        unit_price=_number(row["unit_price"]),
        price_per=_number(row.get("price_per", 1)),
        tax_percent=_number(row.get("tax_pct") or 0),
    )


def _number(value: Any) -> Decimal:
    return Decimal(str(value))
