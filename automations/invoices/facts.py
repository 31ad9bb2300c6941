"""What of a decided invoice is kept so that it can be decided again: as it was read, its order as it was seen then."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from automations.invoices.findings import show
from automations.rules.matching.assignment import Assignment
from automations.rules.matching.lines import value_of
from automations.rules.matching.units import SAME_UNIT, UnitConversions
from connectors.contracts.documents import DocumentType, Invoice, InvoiceCharge, InvoiceLine
from connectors.contracts.purchasing import (
    PlannedCharge,
    PostedDocument,
    PurchaseOrder,
    PurchaseOrderLine,
    PurchaseOrderState,
    UnitConversion,
)
from connectors.money import ZERO

# Of a hostile file with thousands of charges, or a document that looks like hundreds of others.
MOST_CHARGES, MOST_LOOK_ALIKES = 50, 20
# An order line that no document can name, because the reader drops white space around what it reads.
NOT_ON_ORDER, OTHER_LINES = " ", "  "


@dataclass(frozen=True, slots=True)
class DecidedAs:
    """How a document was decided, beside its lines.

    `outside` are the codes of what was found outside the matching, `look_alikes` the documents that it may repeat,
    `solutions` in how many ways it fits open orders where it fits several.
    """

    decimals: int
    outside: Sequence[str] = ()
    look_alikes: Sequence[PostedDocument] = ()
    solutions: int = 0


@dataclass(frozen=True, slots=True)
class DecisionFacts:
    """All that the matching needs to decide a document again. Order lines without a billed line are one line of an
    amount, which counts for the share of planned charges."""

    invoice: Invoice
    order: PurchaseOrder | None
    conversions: UnitConversions
    decided: DecidedAs


def describe_facts(
    invoice: Invoice, order: PurchaseOrder | None, assignments: Iterable[Assignment], decided: DecidedAs
) -> dict[str, Any]:
    """What the header of a recorded invoice lacks; each line is completed by `describe_line_facts`."""
    facts: dict[str, Any] = {"decimals": decided.decimals}
    if invoice.gross_total is not None:
        facts["gross_total"] = show(invoice.gross_total)
    if decided.solutions:
        facts["solutions"] = decided.solutions
    if invoice.charges:
        facts["charges"] = [
            [show(charge.kind), show(charge.amount), show(charge.tax_percent)]
            for charge in invoice.charges[:MOST_CHARGES]
        ]
    if decided.outside:
        facts["outside"] = sorted(set(decided.outside))
    if decided.look_alikes:
        facts["look_alikes"] = [
            [show(other.number), other.issue_date and other.issue_date.isoformat(), show(other.total)]
            for other in decided.look_alikes[:MOST_LOOK_ALIKES]
        ]
    if order is not None:
        facts["order"] = _describe_order(invoice, order, assignments)
    return facts


def describe_line_facts(assignment: Assignment) -> dict[str, Any]:
    """What a recorded line lacks: rates of tax, money billed before, the item's group, and how its unit converts."""
    billed, ordered, ratio = assignment.billed, assignment.ordered, assignment.ratio
    facts: dict[str, Any] = {}
    if billed.tax_percent is not None:
        facts["tax_percent"] = show(billed.tax_percent)
    if ordered is None:
        return facts
    if ordered.item != billed.item:
        facts["order_item"] = ordered.item
    if ordered.tax_percent is not None:
        facts["order_tax_percent"] = show(ordered.tax_percent)
    if ordered.billed_amount:
        facts["billed_amount_before"] = show(ordered.billed_amount)
    if ordered.item_group is not None:
        facts["item_group"] = ordered.item_group
    if ratio is not None and ratio != SAME_UNIT:
        facts["ratio"] = [show(ratio.numerator), show(ratio.denominator)]
    return facts


def read_facts(detail: Mapping[str, Any]) -> DecisionFacts | None:
    """The facts of a recorded invoice; None where it was recorded before facts were, or without all of its lines."""
    facts = detail.get("facts")
    if facts is None or detail["lines_left_out"] or len(facts.get("charges", ())) == MOST_CHARGES:
        return None
    return DecisionFacts(
        _read_invoice(detail, facts),
        _read_order(detail, facts["order"]) if "order" in facts else None,
        _read_conversions(detail["lines"]),
        DecidedAs(
            facts["decimals"], facts.get("outside", ()), _read_look_alikes(detail, facts), facts.get("solutions", 0)
        ),
    )


def _describe_order(invoice: Invoice, order: PurchaseOrder, assignments: Iterable[Assignment]) -> dict[str, Any]:
    described: dict[str, Any] = {"state": order.state.value}
    if order.supplier != invoice.supplier:
        described["supplier"] = order.supplier
    if order.charges:
        described["charges"] = [[charge.kind, show(charge.amount)] for charge in order.charges]
        billed = {assignment.ordered.line for assignment in assignments if assignment.ordered is not None}
        others = (line for line in order.lines if line.line not in billed)
        values = (value_of(line, line.quantity) if line.amount is None else line.amount for line in others)
        described["other_lines"] = show(sum(values, ZERO))
    return described


def _read_invoice(detail: Mapping[str, Any], facts: Mapping[str, Any]) -> Invoice:
    total = facts.get("gross_total")
    return Invoice(
        number=detail["number"],
        type=DocumentType(detail["type"]),
        supplier=detail["supplier"],
        currency=detail["currency"],
        issue_date=_day(detail["issue_date"]),
        lines=tuple(_read_line(line) for line in detail["lines"]),
        order_reference=detail["order_reference"],
        charges=tuple(
            InvoiceCharge(kind, Decimal(amount), _number(tax)) for kind, amount, tax in facts.get("charges", ())
        ),
        net_total=_number(detail["net"]),
        tax_total=_number(detail["tax"]),
        gross_total=_number(total),
        # The total that duplicates are compared by is that which is payable where no gross total is printed.
        payable=Decimal(detail["total"]),
    )


def _read_line(line: Mapping[str, Any]) -> InvoiceLine:
    return InvoiceLine(
        number=line["number"] or "",
        description=line["description"] or "",
        quantity=Decimal(line["quantity"]),
        uom=line["uom"] or "",
        unit_price=Decimal(line["unit_price"]),
        net=Decimal(line["net"]),
        price_per=Decimal(line["price_per"]),
        item=line["item"],
        # The line that was found for it then, also where only its item was named.
        order_line=line.get("order_line", NOT_ON_ORDER),
        tax_percent=_number(line.get("tax_percent")),
    )


def _read_order(detail: Mapping[str, Any], order: Mapping[str, Any]) -> PurchaseOrder:
    lines = {line["order_line"]: _read_order_line(line) for line in detail["lines"] if "order_line" in line}
    others = _number(order.get("other_lines"))
    if others:
        rest = PurchaseOrderLine(OTHER_LINES, OTHER_LINES, ZERO, "", ZERO, amount=others)
        lines[OTHER_LINES] = rest
    return PurchaseOrder(
        number=detail["order"],
        supplier=order.get("supplier", detail["supplier"]),
        currency=detail["order_currency"],
        ordered_on=date.min,
        state=PurchaseOrderState(order["state"]),
        lines=tuple(lines.values()),
        charges=tuple(PlannedCharge(kind, Decimal(amount)) for kind, amount in order.get("charges", ())),
    )


def _read_order_line(line: Mapping[str, Any]) -> PurchaseOrderLine:
    return PurchaseOrderLine(
        line=line["order_line"],
        item=line.get("order_item", line["item"]) or "",
        quantity=Decimal(line["ordered"]),
        uom=line["order_uom"],
        unit_price=Decimal(line["order_price"]),
        price_per=Decimal(line["order_price_per"]),
        tax_percent=_number(line.get("order_tax_percent")),
        amount=_number(line["order_amount"]),
        received=Decimal(line["received"]),
        accepted=Decimal(line["accepted"]),
        billed=Decimal(line["billed_before"]),
        billed_amount=Decimal(line.get("billed_amount_before", 0)),
        item_group=line.get("item_group"),
    )


def _read_conversions(lines: Iterable[Mapping[str, Any]]) -> UnitConversions:
    """The conversions of then. A ratio that has no exact factor goes by way of a unit that both are counted in."""
    steps: list[UnitConversion] = []
    for line in lines:
        if "ratio" not in line:
            continue
        numerator, denominator = line["ratio"]
        item, between = line.get("order_item", line["item"]) or "", f"{line['uom']} : {line['order_uom']}"
        steps.append(UnitConversion(line["uom"], between, Decimal(numerator), item))
        steps.append(UnitConversion(line["order_uom"], between, Decimal(denominator), item))
    return UnitConversions(steps)


def _read_look_alikes(detail: Mapping[str, Any], facts: Mapping[str, Any]) -> Sequence[PostedDocument]:
    return [
        PostedDocument(
            f"look-alike {place}",
            detail["supplier"],
            DocumentType(detail["type"]),
            number,
            _day(issue_date),
            detail["currency"],
            Decimal(total),
        )
        for place, (number, issue_date, total) in enumerate(facts.get("look_alikes", ()))
    ]


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
