"""The task sum_lines of the worked cases: a total is the sum of the lines as they are shown."""

from collections.abc import Mapping
from decimal import Decimal
from math import prod
from typing import Any

from automations.rules.rounding import DocumentLine, total_document


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    factors = [[Decimal(str(factor)) for factor in line] for line in given["lines"]]
    totals = total_document(
        [DocumentLine(quantity, prod(others, start=Decimal(1))) for quantity, *others in factors],
        decimals=given.get("decimals", 2),
    )
    return {"lines": list(totals.line_nets), "total": totals.net}
