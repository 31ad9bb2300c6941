"""Lumen & Oak, a home goods shop that exists only to be shown: its orders, connections and supplier invoices."""

import json
import os
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from connectors.database.models.trade import (
    PlannedChargeRow,
    PurchaseOrderLineRow,
    PurchaseOrderRow,
    Receipt,
    SalesOrder,
    SalesOrderItem,
    SupplierDocument,
    SupplierDocumentLine,
)
from connectors.database.models.work import Connection, Schedule
from connectors.database.session import Database
from connectors.email_address import normalise_email

DEMO_ORDER_NUMBER = "ORD-2026-1042"
DEMO_ORDER_EMAIL = "emma.novak@example.com"
INVOICE_CONNECTION = "supplier-invoices"

# The dates in the invoice files were written for this day; seeding on another one shifts them along.
WRITTEN_FOR = date(2026, 11, 20)
HERE = Path(__file__).resolve().parent
_UBL_DATE = re.compile(rb"(?<=Date>)[0-9]{4}-[0-9]{2}-[0-9]{2}(?=</cbc:)")
_CII_DATE = re.compile(rb'(?<=format="102">)[0-9]{8}(?=</udt:)')


def seed_demo(database: Database, data_dir: Path, today: date) -> bool:
    """Fill an empty database with the demonstration company and put its invoices into `data_dir`/inbox.

    Returns False and changes nothing if that was done before, also when people have worked with the demo since.
    """
    with database.write() as session:
        if session.scalar(select(Connection).where(Connection.name == INVOICE_CONNECTION)) is not None:
            return False
        _add_sales_orders(session, today)
        _add_purchase_orders(session, today)
        _add_back_office(session, data_dir.resolve())
        # Files before the commit: an interrupted seed is begun again, and then writes the same files again.
        _deliver_invoices(data_dir.resolve(), today)
    return True


def demo_invoices() -> list[Path]:
    """The invoice files as they ship with the project."""
    return sorted((HERE / "invoices").glob("*.xml"))


def _load(name: str) -> Any:
    return json.loads((HERE / name).read_text(encoding="utf-8"))


def _day(record: Mapping[str, Any], event: str, today: date) -> date | None:
    if (days_ago := record.get(f"{event}_days_ago")) is not None:
        return today - timedelta(days=days_ago)
    if (in_days := record.get(f"{event}_in_days")) is not None:
        return today + timedelta(days=in_days)
    return None


def _required_day(record: Mapping[str, Any], event: str, today: date) -> date:
    return today - timedelta(days=record[f"{event}_days_ago"])


def _add_sales_orders(session: Session, today: date) -> None:
    for record in _load("sales_orders.json"):
        session.add(
            SalesOrder(
                number=record["number"],
                email=normalise_email(record["email"]),
                customer_name=record["customer_name"],
                ordered_on=_required_day(record, "ordered", today),
                state=record["state"],
                total=Decimal(record["total"]),
                currency=record["currency"],
                expected_on=_day(record, "expected", today),
                carrier=record.get("carrier"),
                tracking_number=record.get("tracking_number"),
                shipped_on=_day(record, "shipped", today),
                delivered_on=_day(record, "delivered", today),
                items=[
                    SalesOrderItem(sku=item["sku"], name=item["name"], quantity=Decimal(item["quantity"]))
                    for item in record["items"]
                ],
            )
        )


def _add_purchase_orders(session: Session, today: date) -> None:
    for record in _load("purchase_orders.json"):
        order = PurchaseOrderRow(
            number=record["number"],
            supplier=record["supplier"],
            currency=record["currency"],
            ordered_on=_required_day(record, "ordered", today),
            state=record.get("state", "open"),
            owner=record.get("owner"),
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


def _order_line(line: Mapping[str, Any]) -> PurchaseOrderLineRow:
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


def _add_receipts(session: Session, row: PurchaseOrderLineRow, line: Mapping[str, Any], today: date) -> None:
    for receipt in line.get("receipts", ()):
        session.add(
            Receipt(
                line_id=row.id,
                quantity=Decimal(receipt["quantity"]),
                accepted=Decimal(receipt.get("accepted", receipt["quantity"])),
                received_on=today - timedelta(days=receipt["days_ago"]),
            )
        )


def _add_posted(session: Session, order: PurchaseOrderRow, document: Mapping[str, Any], today: date) -> None:
    row = SupplierDocument(
        idempotency_key=f"demo:{document['number']}",
        supplier=order.supplier,
        type=document["type"],
        number=document["number"],
        issue_date=_required_day(document, "issued", today),
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


def _add_back_office(session: Session, data_dir: Path) -> None:
    back_office = _load("back_office.json")
    for record in back_office["connections"]:
        folder = record.get("folder")
        session.add(
            Connection(
                name=record["name"],
                contract=record["contract"],
                vendor=record["vendor"],
                settings={"path": str(data_dir / folder)} if folder else {},
            )
        )
    for record in back_office["schedules"]:
        session.add(Schedule(**record))


def _deliver_invoices(data_dir: Path, today: date) -> None:
    inbox = data_dir / "inbox" / "invoices"
    inbox.mkdir(parents=True, exist_ok=True)
    # Yesterday's files: the folder connector leaves a file alone that has only just been written.
    yesterday = datetime.combine(today - timedelta(days=1), time(12), UTC).timestamp()
    for file in demo_invoices():
        target = inbox / file.name
        target.write_bytes(_shift_dates(file.read_bytes(), today - WRITTEN_FOR))
        os.utime(target, (yesterday, yesterday))


def _shift_dates(content: bytes, by: timedelta) -> bytes:
    def shift(written: re.Match[bytes]) -> bytes:
        text = written[0].decode()
        day = date.fromisoformat(text) + by
        return day.strftime("%Y-%m-%d" if "-" in text else "%Y%m%d").encode()

    return _CII_DATE.sub(shift, _UBL_DATE.sub(shift, content))
