"""The made-up year as rows of purchasing: orders, receipts, and the invoices that were posted long ago."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy.orm import Session

from connectors.contracts.purchasing import PurchaseOrderState
from connectors.database.models.purchasing import (
    PurchaseOrderLineRow,
    PurchaseOrderRow,
    Receipt,
    SupplierDocument,
    SupplierDocumentLine,
)
from connectors.demo.year.bills import MadeInvoice, Mistake
from connectors.demo.year.company_year import CompanyYear
from connectors.demo.year.purchases import MadeOrder
from connectors.demo.year.rows import Row, write_numbered, write_rows
from connectors.money import round_money

# Younger invoices are still in the inbox.
DAYS_IN_THE_INBOX = 14


def write_purchases(session: Session, year: CompanyYear) -> int:
    """Returns the number of orders."""
    posted = {made.order.order.number: made for made in year.invoices if is_posted(made, year.shape.last_day)}
    write_rows(session, PurchaseOrderRow, (_order(made, posted) for made in year.purchase_orders))
    places = [(made, position) for made in year.purchase_orders for position in range(len(made.order.lines))]
    ids = write_numbered(session, PurchaseOrderLineRow, (_line(made, position, posted) for made, position in places))
    numbered = list(zip(ids, places, strict=True))
    write_rows(session, Receipt, (row for id_, place in numbered for row in _receipts(id_, *place)))
    line_ids = {(made.order.number, position): id_ for id_, (made, position) in numbered}
    documents = write_numbered(session, SupplierDocument, map(_document, posted.values()))
    paired = zip(documents, posted.values(), strict=True)
    write_rows(session, SupplierDocumentLine, (row for pair in paired for row in _document_lines(*pair, line_ids)))
    return len(year.purchase_orders)


def is_posted(made: MadeInvoice, today: date) -> bool:
    """Accounts payable has dealt with it: it is old, everything it bills is there, and it is not the second copy."""
    issued_on, delivered_on = made.invoice.issue_date, made.order.last_delivery
    is_old = issued_on is not None and issued_on < today - timedelta(days=DAYS_IN_THE_INBOX)
    return is_old and delivered_on is not None and not is_copy(made)


def is_copy(made: MadeInvoice) -> bool:
    return made.mistake is Mistake.TWICE and "/" in made.invoice.number


def _order(made: MadeOrder, posted: dict[str, MadeInvoice]) -> Row:
    order = made.order
    is_closed = order.number in posted
    return {
        "number": order.number,
        "supplier": order.supplier,
        "currency": order.currency,
        "ordered_on": order.ordered_on,
        "state": (PurchaseOrderState.CLOSED if is_closed else PurchaseOrderState.OPEN).value,
        "owner": order.owner,
        "expected_on": order.expected_on,
        "site": order.site,
    }


def _line(made: MadeOrder, position: int, posted: dict[str, MadeInvoice]) -> Row:
    line = made.order.lines[position]
    is_billed = made.order.number in posted
    return {
        "order_number": made.order.number,
        "line": line.line,
        "item": line.item,
        "description": line.description,
        "quantity": line.quantity,
        "uom": line.uom,
        "unit_price": line.unit_price,
        "tax_percent": line.tax_percent,
        "billed": line.quantity if is_billed else Decimal(0),
        "billed_amount": round_money(line.quantity * line.unit_price) if is_billed else Decimal(0),
    }


def _receipts(id_: int, made: MadeOrder, position: int) -> Iterator[Row]:
    for delivery in made.deliveries[position]:
        yield {
            "line_id": id_,
            "quantity": Decimal(delivery.quantity),
            "accepted": Decimal(delivery.accepted),
            "received_on": delivery.on,
        }


def _document(made: MadeInvoice) -> Row:
    """As it was set right: what a mistake billed too much was credited at once."""
    order = made.order.order
    return {
        "idempotency_key": f"demo-year:{order.number}",
        "supplier": order.supplier,
        "type": made.invoice.type.value,
        "number": made.invoice.number,
        "issue_date": made.invoice.issue_date,
        "currency": order.currency,
        "total": made.invoice.gross_total,
        "order_number": order.number,
    }


def _document_lines(id_: int, made: MadeInvoice, line_ids: dict[tuple[str, int], int]) -> Iterator[Row]:
    for position, line in enumerate(made.order.order.lines):
        yield {
            "document_id": id_,
            "line_id": line_ids[made.order.order.number, position],
            "quantity": line.quantity,
            "amount": round_money(line.quantity * line.unit_price),
        }
