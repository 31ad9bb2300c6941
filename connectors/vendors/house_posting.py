"""Posting supplier documents into our own tables: once for each key, with what they bill of their order."""

from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from connectors.contracts.documents import DocumentType
from connectors.contracts.purchasing import (
    DocumentToPost,
)
from connectors.database.models.purchasing import (
    PurchaseOrderLineRow,
    SupplierDocument,
    SupplierDocumentLine,
)
from connectors.errors import NotFound, Rejected
from connectors.money import round_money

# The scale of our NUMERIC columns; rounding to it first makes a document read back equal to what was posted.
STORED_DECIMALS = 10


def find_posted(session: Session, document: DocumentToPost) -> str | None:
    """The id of the document that was posted with this key.

    Raises:
        Rejected: that one says something else.
    """
    row = session.scalar(select(SupplierDocument).where(SupplierDocument.idempotency_key == document.idempotency_key))
    if row is None:
        return None
    posted = (row.supplier, row.type, row.number, row.issue_date, row.currency, row.total, row.order_number)
    offered = (
        document.supplier,
        document.type.value,
        document.number,
        document.issue_date,
        document.currency,
        _stored(document.total),
        document.order_number,
    )
    if posted != offered or _posted_lines(session, row.id) != _offered_lines(document):
        raise Rejected(f"Another document was already posted with the key {document.idempotency_key!r}.")
    return str(row.id)


def _posted_lines(session: Session, document_id: int) -> list[tuple[str, Decimal, Decimal]]:
    rows = session.execute(
        select(PurchaseOrderLineRow.line, SupplierDocumentLine.quantity, SupplierDocumentLine.amount)
        .join(PurchaseOrderLineRow, PurchaseOrderLineRow.id == SupplierDocumentLine.line_id)
        .where(SupplierDocumentLine.document_id == document_id)
    )
    return sorted((line, quantity, amount) for line, quantity, amount in rows)


def _offered_lines(document: DocumentToPost) -> list[tuple[str, Decimal, Decimal]]:
    return sorted((line.order_line, _stored(line.quantity), _stored(line.amount)) for line in document.lines)


def _stored(value: Decimal) -> Decimal:
    return round_money(value, STORED_DECIMALS)


def post(session: Session, document: DocumentToPost) -> str:
    """Add a document and what it bills of its order; returns its id.

    Raises:
        NotFound: the order has no such line.
    """
    # Locked in one order by everybody, so that two documents of one order wait for each other on PostgreSQL.
    order_lines = {
        line.line: line
        for line in session.scalars(
            select(PurchaseOrderLineRow)
            .where(PurchaseOrderLineRow.order_number == document.order_number)
            .order_by(PurchaseOrderLineRow.id)
            .with_for_update()
        )
    }
    missing = [line.order_line for line in document.lines if line.order_line not in order_lines]
    if missing:
        raise NotFound(f"Order {document.order_number!r} has no line {missing[0]!r}.")
    row = _add_document(session, document)
    sign = -1 if document.type is DocumentType.CREDIT_NOTE else 1
    for billed in document.lines:
        line = order_lines[billed.order_line]
        line.billed += sign * _stored(billed.quantity)
        line.billed_amount += sign * _stored(billed.amount)
        session.add(
            SupplierDocumentLine(
                document_id=row.id, line_id=line.id, quantity=_stored(billed.quantity), amount=_stored(billed.amount)
            )
        )
    return str(row.id)


def _add_document(session: Session, document: DocumentToPost) -> SupplierDocument:
    row = SupplierDocument(
        idempotency_key=document.idempotency_key,
        supplier=document.supplier,
        type=document.type.value,
        number=document.number,
        issue_date=document.issue_date,
        currency=document.currency,
        total=_stored(document.total),
        order_number=document.order_number,
        due_on=document.terms.due_on,
        discount_until=document.terms.discount_until,
        discount_percent=document.terms.discount_percent,
    )
    session.add(row)
    session.flush()
    return row
