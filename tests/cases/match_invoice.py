"""The task match_invoice of the worked cases: an invoice against orders, receipts and earlier documents."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from automations.rules.matching.holds import HoldOwner, HoldReason
from automations.rules.matching.match import MatchResult, match_invoice
from automations.rules.matching.policy import MatchingPolicy
from automations.rules.matching.totals import line_amount
from automations.rules.matching.units import UnitConversions
from automations.rules.order_reference import order_reference_candidates
from connectors.contracts.documents import DocumentType, Invoice, InvoiceCharge, InvoiceLine
from connectors.contracts.purchasing import (
    PlannedCharge,
    PurchaseOrder,
    PurchaseOrderLine,
    PurchaseOrderState,
    UnitConversion,
)

ZERO = Decimal(0)


class _UnknownUnitError(Exception):
    """A receipt or an earlier document is in a unit that nobody can convert to the unit of the order line."""


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    conversions = UnitConversions(
        UnitConversion(row["from"], row["to"], _number(row["factor"]), row.get("item"))
        for row in given.get("conversions", ())
    )
    orders = {row["number"].upper(): row for row in given["orders"]}
    candidates = order_reference_candidates(given["invoice"].get("order_reference"))
    row = next((orders[candidate] for candidate in candidates if candidate in orders), None)
    unreadable: set[str] = set()
    order = None if row is None else _order(row, given, conversions, unreadable)
    result = match_invoice(
        _invoice(given["invoice"], order),
        order,
        MatchingPolicy.from_settings(given.get("policy", {})),
        conversions=conversions,
        exchange_rates={date.fromisoformat(rate["date"]): _rate(rate) for rate in given.get("exchange_rates", ())},
        today=date.fromisoformat(given["today"]) if given.get("today") else None,
    )
    return _report(result, unreadable)


def _report(result: MatchResult, unreadable: set[str]) -> dict[str, Any]:
    """Quantities of a line with an unreadable receipt are unknown, so their holds give way to the unknown unit."""
    reasons = {
        hold.reason
        for hold in result.holds
        if not (hold.order_line in unreadable and hold.owner is HoldOwner.RECEIVING)
    }
    if unreadable:
        reasons.add(HoldReason.UOM_UNKNOWN)
    numbers = {
        "billed_after": result.billed_after,
        "billed_amount_after": result.billed_amount_after,
        "over_by": result.over_by,
        "value_variance": result.value_variance,
        "price_deviation_pct": result.price_deviation_percent,
        "expected_tax": result.expected_tax,
        "tax_deviation_pct": result.tax_deviation_percent,
        "charge_limit": result.charge_limit,
    }
    status = "exception" if unreadable else result.status.value
    return {"status": status, "reasons": sorted(reasons), **numbers}


def _number(value: Any) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(str(value))


def _optional(row: Mapping[str, Any], key: str) -> Decimal | None:
    return None if row.get(key) is None else _number(row[key])


def _rate(row: Mapping[str, Any]) -> Decimal:
    return next(_number(value) for key, value in row.items() if key != "date" and not isinstance(value, str))


def _order(
    row: Mapping[str, Any], given: Mapping[str, Any], conversions: UnitConversions, unreadable: set[str]
) -> PurchaseOrder:
    lines = []
    for line in row["lines"]:
        related = {
            name: [
                entry
                for entry in given.get(name, ())
                if entry.get("order", row["number"]) == row["number"] and str(entry["line"]) == str(line["line"])
            ]
            for name in ("receipts", "posted")
        }
        lines.append(_order_line(line, related["receipts"], related["posted"], conversions, unreadable))
    return PurchaseOrder(
        number=row["number"],
        supplier=row["supplier"],
        currency=row.get("currency", "EUR"),
        ordered_on=date.fromisoformat(row.get("date", "2026-01-01")),
        state=PurchaseOrderState(row.get("state", "open")),
        lines=tuple(lines),
        charges=tuple(PlannedCharge(charge["kind"], _number(charge["amount"])) for charge in row.get("charges", ())),
    )


def _order_line(
    line: Mapping[str, Any],
    receipts: list[Mapping[str, Any]],
    posted: list[Mapping[str, Any]],
    conversions: UnitConversions,
    unreadable: set[str],
) -> PurchaseOrderLine:
    item, uom = line.get("item", ""), line.get("uom", "")

    def in_order_unit(entry: Mapping[str, Any], key: str) -> Decimal:
        quantity = _number(entry.get(key, 0))
        ratio = conversions.ratio(item, entry.get("uom", uom), uom)
        if ratio is None and quantity:
            raise _UnknownUnitError
        return ratio.convert_quantity(quantity) if ratio else ZERO

    price, price_per = _number(line.get("unit_price", 0)), _number(line.get("price_per", 1))
    received = accepted = billed = billed_amount = ZERO
    try:
        for entry in receipts:
            received += in_order_unit(entry, "quantity")
            accepted += in_order_unit(entry, "accepted" if "accepted" in entry else "quantity")
        for entry in posted:
            sign = -1 if entry.get("type") == "credit_note" else 1
            quantity = in_order_unit(entry, "quantity")
            billed += sign * quantity
            billed_amount += sign * _number(entry.get("amount", quantity * price / price_per))
    except _UnknownUnitError:
        unreadable.add(str(line["line"]))
    return PurchaseOrderLine(
        line=str(line["line"]),
        item=item,
        quantity=_number(line.get("quantity", 0)),
        uom=uom,
        unit_price=price,
        price_per=price_per,
        tax_percent=_optional(line, "tax_pct"),
        amount=_optional(line, "amount") if line.get("basis") == "amount" else None,
        description=line.get("description", ""),
        received=received,
        accepted=accepted,
        billed=billed,
        billed_amount=billed_amount,
    )


def _invoice(row: Mapping[str, Any], order: PurchaseOrder | None) -> Invoice:
    uoms = {} if order is None else {line.line: line.uom for line in order.lines}
    uoms |= {} if order is None else {line.item: line.uom for line in order.lines if line.item}
    return Invoice(
        number=row["number"],
        type=DocumentType(row.get("type", "invoice")),
        supplier=row["supplier"],
        currency=row.get("currency", "EUR"),
        issue_date=date.fromisoformat(row["date"]) if row.get("date") else None,
        order_reference=row.get("order_reference"),
        lines=tuple(_invoice_line(str(number), line, uoms) for number, line in enumerate(row["lines"], start=1)),
        charges=tuple(
            InvoiceCharge(charge["kind"], _number(charge["amount"]), _optional(charge, "tax_pct"))
            for charge in row.get("charges", ())
        ),
        net_total=_optional(row, "net_total"),
        tax_total=_optional(row, "tax_total"),
        gross_total=_optional(row, "total"),
    )


def _invoice_line(number: str, line: Mapping[str, Any], uoms: Mapping[str, str]) -> InvoiceLine:
    """A line by amount is one piece at that amount; with a stated quantity of 0 it is a price-only credit."""
    amount = _optional(line, "amount")
    quantity = _number(line.get("quantity", 0 if amount is None else 1))
    unit_price = _number(line.get("unit_price", amount or 0))
    price_per = _number(line.get("price_per", 1))
    net = _optional(line, "net") if amount is None else amount
    order_line = None if line.get("order_line") is None else str(line["order_line"])
    return InvoiceLine(
        number=number,
        description=line.get("description", ""),
        quantity=quantity,
        uom=line.get("uom", uoms.get(order_line or line.get("item", ""), "")),
        unit_price=unit_price,
        net=net if net is not None else line_amount(quantity, unit_price, price_per) or ZERO,
        price_per=price_per,
        item=line.get("item"),
        order_line=order_line,
        tax_percent=_optional(line, "tax_pct"),
    )
