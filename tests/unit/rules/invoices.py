"""Orders and invoices for the matching tests: ten pieces of X at 5.00, ordered, received and accepted."""

from datetime import date
from decimal import Decimal
from typing import Any

from automations.rules.matching.match import MatchResult, match_invoice
from automations.rules.matching.policy import MatchingPolicy
from automations.rules.matching.totals import line_amount
from connectors.contracts.documents import DocumentType, Invoice, InvoiceLine
from connectors.contracts.purchasing import PurchaseOrder, PurchaseOrderLine, PurchaseOrderState

INVOICE_DATE = date(2026, 6, 10)
LINE_NUMBERS = {"quantity", "unit_price", "price_per", "received", "accepted", "billed", "billed_amount", "amount"}


def exact(value: str | int | Decimal) -> Decimal:
    return Decimal(value)


def order_line(line: str = "1", **changes: Any) -> PurchaseOrderLine:
    """Received and accepted are the ordered quantity unless the test says otherwise."""
    values: dict[str, Any] = {"item": "X", "quantity": 10, "uom": "EA", "unit_price": 5, **changes}
    values.setdefault("received", values["quantity"])
    values.setdefault("accepted", values["received"])
    for name in LINE_NUMBERS & values.keys():
        values[name] = Decimal(values[name])
    return PurchaseOrderLine(line=line, **values)


def service_line(amount: str, *, billed_amount: str = "0") -> PurchaseOrderLine:
    return order_line(item="", quantity=0, uom="", unit_price=0, amount=amount, billed_amount=billed_amount)


def order(*lines: PurchaseOrderLine, **changes: Any) -> PurchaseOrder:
    values: dict[str, Any] = {"supplier": "S1", "currency": "EUR", "state": PurchaseOrderState.OPEN, **changes}
    return PurchaseOrder(number="PO-1", ordered_on=date(2026, 5, 1), lines=lines or (order_line(),), **values)


def billed_line(quantity: str | int = 10, unit_price: str | int = 5, **changes: Any) -> InvoiceLine:
    """A line of order line 1 whose printed amount is right, unless the test says otherwise."""
    price_per = Decimal(changes.pop("price_per", 1))
    net = changes.pop("net", None)
    values: dict[str, Any] = {"uom": "EA", "order_line": None if "item" in changes else "1", **changes}
    return InvoiceLine(
        number="1",
        description="goods",
        quantity=Decimal(quantity),
        unit_price=Decimal(unit_price),
        price_per=price_per,
        net=Decimal(net)
        if net is not None
        else line_amount(Decimal(quantity), Decimal(unit_price), price_per) or Decimal(0),
        **values,
    )


def invoice(*lines: InvoiceLine, **changes: Any) -> Invoice:
    values: dict[str, Any] = {
        "type": DocumentType.INVOICE,
        "supplier": "S1",
        "currency": "EUR",
        "issue_date": INVOICE_DATE,
        "order_reference": "PO-1",
        **changes,
    }
    return Invoice(number="A-1", lines=lines or (billed_line(),), **values)


def credit_note(*lines: InvoiceLine, **changes: Any) -> Invoice:
    return invoice(*lines, type=DocumentType.CREDIT_NOTE, **changes)


def match(document: Invoice, ordered: PurchaseOrder | None, settings: dict[str, Any] | None = None) -> MatchResult:
    return match_invoice(document, ordered, MatchingPolicy.from_settings(settings or {}))


def reasons(result: MatchResult) -> set[str]:
    return {reason.value for reason in result.reasons}
