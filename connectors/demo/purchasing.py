"""The demo's purchase orders, with what was received and billed so far."""

from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy.orm import Session

from connectors.database.models.purchasing import (
    PlannedChargeRow,
    PurchaseOrderLineRow,
    PurchaseOrderRow,
    Receipt,
    SupplierDocument,
    SupplierDocumentLine,
    UnitConversionRow,
)
from connectors.demo.records import Record, day_of, load_records, required_day_of


def add_purchase_orders(session: Session, today: date) -> None:
    for record in load_records("purchase_orders.json"):
        order = PurchaseOrderRow(
            number=record["number"],
            supplier=record["supplier"],
            currency=record["currency"],
            ordered_on=required_day_of(record, "ordered", today),
            expected_on=day_of(record, "expected", today),
            state=record.get("state", "open"),
            owner=record.get("owner"),
            site="Prague",
            lines=[_order_line(line) for line in record["lines"]],
        )
        session.add(order)
        session.flush()
        for charge in record.get("charges", ()):
            amount = Decimal(charge["amount"])
            session.add(PlannedChargeRow(order_number=order.number, kind=charge["kind"], amount=amount))
        for row, line in zip(order.lines, record["lines"], strict=True):
            _add_receipts(session, row, line, today)
        for document in record.get("posted", ()):
            _add_posted(session, order, document, today)


def add_unit_conversions(session: Session) -> None:
    """Packs in which the demo's suppliers may bill."""
    for record in load_records("unit_conversions.json"):
        session.add(
            UnitConversionRow(
                item=record.get("item"),
                from_uom=record["from"],
                to_uom=record["to"],
                factor=Decimal(record["factor"]),
            )
        )


def _order_line(line: Record) -> PurchaseOrderLineRow:
    return PurchaseOrderLineRow(
        line=line["line"],
        item=line["item"],
        description=line["description"],
        quantity=Decimal(line["quantity"]),
        uom=line["uom"],
        unit_price=Decimal(line["unit_price"]),
        tax_percent=Decimal(line["tax_percent"]),
        billed=Decimal(0),
        billed_amount=Decimal(0),
    )


def _add_receipts(session: Session, row: PurchaseOrderLineRow, line: Record, today: date) -> None:
    for receipt in line.get("receipts", ()):
        session.add(
            Receipt(
                line_id=row.id,
                quantity=Decimal(receipt["quantity"]),
                accepted=Decimal(receipt.get("accepted", receipt["quantity"])),
                received_on=today - timedelta(days=receipt["days_ago"]),
            )
        )


def _add_posted(session: Session, order: PurchaseOrderRow, document: Record, today: date) -> None:
    row = SupplierDocument(
        idempotency_key=f"demo:{document['number']}",
        supplier=order.supplier,
        type=document["type"],
        number=document["number"],
        issue_date=required_day_of(document, "issued", today),
        currency=order.currency,
        total=Decimal(document["total"]),
        order_number=order.number,
    )
    session.add(row)
    session.flush()
    lines = {line.line: line for line in order.lines}
    for billed in document["lines"]:
        line, quantity, amount = lines[billed["line"]], Decimal(billed["quantity"]), Decimal(billed["amount"])
        line.billed += quantity
        line.billed_amount += amount
        session.add(SupplierDocumentLine(document_id=row.id, line_id=line.id, quantity=quantity, amount=amount))
