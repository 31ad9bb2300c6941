"""What is recorded of a decided invoice, as JSON: the figures for the console, and what a resumed run recalls."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from automations.invoices.findings import show
from automations.invoices.inbox import IncomingFile
from automations.rules.duplicates import describe_incoming
from automations.rules.matching.assignment import Assignment
from connectors.contracts.documents import DocumentType, Invoice
from connectors.contracts.purchasing import BilledLine, DocumentToPost, PostedDocument, PurchaseOrder

# Enough for anybody to read; the holds name every line, shown here or not.
MAX_SHOWN_LINES = 200


def describe_file(file: IncomingFile) -> dict[str, Any]:
    return {"file": file.document.name, "checksum": file.document.checksum}


def describe_invoice(
    file: IncomingFile, invoice: Invoice, order: PurchaseOrder | None, assignments: Sequence[Assignment]
) -> dict[str, Any]:
    """The header of the invoice, and each billed line beside what was ordered, received and billed before it."""
    detail = describe_file(file)
    detail |= {
        "supplier": invoice.supplier,
        "type": invoice.type.value,
        "number": invoice.number,
        "issue_date": invoice.issue_date and invoice.issue_date.isoformat(),
        "currency": invoice.currency,
        "net": show(invoice.net_total),
        "tax": show(invoice.tax_total),
        "total": show(describe_incoming(invoice).total),
        "order_reference": show(invoice.order_reference),
        "order": order and order.number,
        "order_currency": order and order.currency,
        "lines": [_describe_line(assignment) for assignment in assignments[:MAX_SHOWN_LINES]],
        "lines_left_out": max(0, len(assignments) - MAX_SHOWN_LINES),
    }
    return detail


def _describe_line(assignment: Assignment) -> dict[str, str | None]:
    billed, ordered = assignment.billed, assignment.ordered
    line: dict[str, str | None] = {
        "number": show(billed.number),
        "item": show(billed.item),
        "description": show(billed.description),
        "quantity": show(billed.quantity),
        "uom": show(billed.uom),
        "unit_price": show(billed.unit_price),
        "price_per": show(billed.price_per),
        "net": show(billed.net),
    }
    if ordered is not None:
        line |= {
            "order_line": ordered.line,
            "ordered": show(ordered.quantity),
            "received": show(ordered.received),
            "accepted": show(ordered.accepted),
            "billed_before": show(ordered.billed),
            "order_uom": ordered.uom,
            "order_price": show(ordered.unit_price),
            "order_price_per": show(ordered.price_per),
            "order_amount": show(ordered.amount),
        }
    return line


def describe_billed(lines: Sequence[BilledLine]) -> list[list[str]]:
    return [[line.order_line, format(line.quantity, "f"), format(line.amount, "f")] for line in lines]


def read_billed(detail: Mapping[str, Any]) -> tuple[BilledLine, ...]:
    return tuple(
        BilledLine(line, Decimal(quantity), Decimal(amount)) for line, quantity, amount in detail.get("billed", ())
    )


def read_document(detail: Mapping[str, Any]) -> PostedDocument:
    """The recorded document as later ones are compared with it."""
    return PostedDocument(
        id=f"file {detail['file']}",
        supplier=detail["supplier"],
        type=DocumentType(detail["type"]),
        number=detail["number"],
        issue_date=date.fromisoformat(detail["issue_date"]) if detail["issue_date"] else None,
        currency=detail["currency"],
        total=Decimal(detail["total"]),
    )


def read_document_to_post(detail: Mapping[str, Any], key: str) -> DocumentToPost:
    """The recorded document as the purchasing system is to post it."""
    document = read_document(detail)
    return DocumentToPost(
        idempotency_key=key,
        supplier=document.supplier,
        type=document.type,
        number=document.number,
        issue_date=document.issue_date,
        currency=document.currency,
        total=document.total,
        order_number=detail["order"],
        lines=read_billed(detail),
    )
