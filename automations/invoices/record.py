"""What is recorded of a decided invoice, as JSON: the figures for the console, and what a resumed run recalls."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from automations.invoices.facts import DecidedAs, describe_facts, describe_line_facts
from automations.invoices.findings import show
from automations.invoices.inbox import IncomingFile, idempotency_key
from automations.rules.duplicates import describe_incoming
from automations.rules.exchange_rates import ExchangeRate, convert
from automations.rules.matching.assignment import Assignment
from connectors.contracts.documents import DocumentType, Invoice, PaymentTerms
from connectors.contracts.purchasing import BilledLine, DocumentToPost, PostedDocument, PurchaseOrder

# Enough for anybody to read; the holds name every line, shown here or not.
MAX_SHOWN_LINES = 200


def describe_file(file: IncomingFile) -> dict[str, Any]:
    described: dict[str, Any] = {"file": file.document.name, "checksum": file.document.checksum}
    if file.places > 1:
        described |= {"place": file.place, "places": file.places}
    if file.invoice is not None and (others := file.invoice.attachments + file.invoice.pdf_attachments):
        described["attachments"] = others
    return described


def document_key(detail: Mapping[str, Any]) -> str:
    """The key that the recorded document is posted with."""
    return idempotency_key(detail["checksum"], detail.get("place", 1))


def describe_invoice(
    file: IncomingFile,
    invoice: Invoice,
    order: PurchaseOrder | None,
    assignments: Sequence[Assignment],
    decided: DecidedAs,
) -> dict[str, Any]:
    """The header of the invoice, each billed line beside what was ordered, received and billed before it, and the
    facts to decide it again."""
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
        "terms": _describe_terms(invoice.terms),
        "lines": [_describe_line(assignment) for assignment in assignments[:MAX_SHOWN_LINES]],
        "lines_left_out": max(0, len(assignments) - MAX_SHOWN_LINES),
        "facts": describe_facts(invoice, order, assignments, decided),
    }
    return detail


def describe_conversion(invoice: Invoice, order: PurchaseOrder, rates: Sequence[ExchangeRate]) -> dict[str, str] | None:
    """The total in the order's currency at the rate of the day of the order; None where there is nothing to convert."""
    found = convert(describe_incoming(invoice).total, invoice.currency, order.currency, order.ordered_on, rates)
    if found is None:
        return None
    used = found.used
    return {
        "total": show(found.amount) or "",
        "base": used.base,
        "quote": used.quote,
        "rate": format(used.rate, "f"),
        "since": used.since.isoformat(),
    }


def _describe_line(assignment: Assignment) -> dict[str, Any]:
    billed, ordered = assignment.billed, assignment.ordered
    line: dict[str, Any] = {
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
    return line | describe_line_facts(assignment)


def _describe_terms(terms: PaymentTerms) -> dict[str, str]:
    """What the document states of its payment."""
    stated = {"due_on": terms.due_on, "discount_until": terms.discount_until, "percent": terms.discount_percent}
    return {name: str(value) for name, value in stated.items() if value is not None}


def _read_terms(stated: Mapping[str, str]) -> PaymentTerms:
    due_on, until, percent = (stated.get(name) for name in ("due_on", "discount_until", "percent"))
    return PaymentTerms(
        date.fromisoformat(due_on) if due_on else None,
        date.fromisoformat(until) if until else None,
        Decimal(percent) if percent else None,
    )


def describe_billed(lines: Sequence[BilledLine]) -> list[list[str]]:
    return [[line.order_line, format(line.quantity, "f"), format(line.amount, "f")] for line in lines]


def read_billed(detail: Mapping[str, Any]) -> tuple[BilledLine, ...]:
    return tuple(
        BilledLine(line, Decimal(quantity), Decimal(amount)) for line, quantity, amount in detail.get("billed", ())
    )


def read_document(detail: Mapping[str, Any]) -> PostedDocument:
    """The recorded document as later ones are compared with it."""
    return PostedDocument(
        id=f"file {detail['file']}" + (f", invoice {detail['place']}" if "place" in detail else ""),
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
        terms=_read_terms(detail.get("terms", {})),
    )
