"""The task allocate_payment of the worked cases: which invoices a payment pays."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from automations.rules.payments import OpenInvoice, OverAllocationError, allocate_payment


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    try:
        allocation = allocate_payment(_number(given["payment"]), [_invoice(row) for row in given["invoices"]])
    except OverAllocationError as error:
        return {"accepted": False, "reason": "OVER_ALLOCATION", "open": error.open}
    return {
        "accepted": True,
        "allocated": list(allocation.allocated),
        "unallocated": allocation.unallocated,
        "still_open": allocation.still_open,
    }


def _invoice(row: Mapping[str, Any]) -> OpenInvoice:
    return OpenInvoice(
        total=_number(row["total"]),
        credited=_number(row.get("credited", 0)),
        paid=_number(row.get("paid", 0)),
        requested=None if row.get("requested") is None else _number(row["requested"]),
    )


def _number(value: Any) -> Decimal:
    return Decimal(str(value))
