"""The company in which runs are killed: four items for each job, and what the other systems show afterwards."""

import os
import time
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from connectors.database.base import Base
from connectors.database.models.inventory import PurchaseRequestRow, ReorderRuleRow, StockLevelRow, SupplierTermsRow
from connectors.database.models.payroll import EmployeeRow, EmploymentContractRow, PayslipRow
from connectors.database.models.purchasing import (
    PaymentProposalRow,
    PurchaseOrderLineRow,
    PurchaseOrderRow,
    Receipt,
    SupplierDocument,
)
from connectors.database.models.sales import SalesOrder
from connectors.database.models.service import Notice
from connectors.database.models.work import Connection
from connectors.database.session import Database
from tests.integration.kill_process import ITEMS
from tests.unit.invoice_office import ubl

DAY = date(2026, 10, 1)
ACME = "Acme s.r.o."


def write_company(database: Database, folder: Path) -> None:
    """An order of 100 lamps, all received, with four invoices in a folder; four late parcels, four items without
    stock, four drafts, four unpaid documents and four employees."""
    write_inbox(folder / "inbox")
    with database.write() as session:
        write_connections(session, folder / "inbox")
        write_order(session)
        for number in range(ITEMS):
            session.add_all(write(number) for write in (late_parcel, draft, unpaid_document, employee))
            session.add_all(empty_shelf(number))
        session.flush()
        session.add_all(contract(number) for number in range(ITEMS))


def write_inbox(inbox: Path) -> None:
    inbox.mkdir()
    an_hour_ago = time.time() - 3600
    for number in range(ITEMS):
        path = inbox / f"{number}.xml"
        path.write_bytes(ubl(f"A-{number}", str(10 + number), day=f"2026-11-1{number}"))
        os.utime(path, (an_hour_ago, an_hour_ago))


def write_connections(session: Session, inbox: Path) -> None:
    settings = {"path": str(inbox)}
    session.add(Connection(name="supplier-invoices", contracts=["documents"], vendor="folder", settings=settings))
    for contract_name in ("purchasing", "orders", "inventory", "payables", "people"):
        session.add(Connection(name=contract_name, contracts=[contract_name], vendor="house"))


def write_order(session: Session) -> None:
    session.add(PurchaseOrderRow(number="PO-1", supplier=ACME, currency="EUR", ordered_on=DAY, state="open"))
    session.flush()
    line = PurchaseOrderLineRow(
        order_number="PO-1",
        line="1",
        item="LAMP",
        quantity=Decimal(100),
        uom="H87",
        unit_price=Decimal(40),
    )
    session.add(line)
    session.flush()
    received = Receipt(line_id=line.id, quantity=Decimal(100), accepted=Decimal(100), received_on=date(2026, 11, 1))
    session.add(received)


def late_parcel(number: int) -> Base:
    return SalesOrder(
        number=f"ORD-2026-000{number}",
        email=f"customer{number}@example.com",
        customer_name="Emma",
        ordered_on=DAY,
        state="shipped",
        total=Decimal(50),
        currency="EUR",
        expected_on=DAY,
    )


def empty_shelf(number: int) -> list[Base]:
    item = f"MUG-{number}"
    figures = {"minimum": "10", "maximum": "20"}
    return [
        StockLevelRow(item=item, site="PRG", uom="H87", on_hand=Decimal(0), currency="EUR"),
        ReorderRuleRow(item=item, site="PRG", policy="order_point", figures=figures, forecast="none"),
        SupplierTermsRow(item=item, supplier=ACME, currency="EUR", list_price=Decimal(2)),
    ]


def draft(number: int) -> Base:
    return PurchaseRequestRow(
        idempotency_key=f"by-hand:{number}",
        item=f"VASE-{number}",
        site="PRG",
        supplier=f"Supplier {number}",
        quantity=Decimal(5),
        uom="H87",
        price=Decimal(3),
        currency="EUR",
        order_on=DAY,
        expected_on=DAY,
    )


def unpaid_document(number: int) -> Base:
    return SupplierDocument(
        idempotency_key=f"old:{number}",
        supplier=f"Supplier {number}",
        type="invoice",
        number=f"OLD-{number}",
        issue_date=DAY,
        currency="EUR",
        total=Decimal(100),
        due_on=DAY,
    )


def employee(number: int) -> Base:
    return EmployeeRow(
        id=f"CZ-{number}",
        name="Jana",
        email=f"jana{number}@example.com",
        country="CZ",
        language="cs",
        time_zone="Europe/Prague",
        holiday_calendar="CZ",
        weekly_days_off=[5, 6],
        iban="CZ6508000000192000145399",
        tax_facts={},
    )


def contract(number: int) -> Base:
    return EmploymentContractRow(
        id=f"CZ-{number}-a",
        employee=f"CZ-{number}",
        first=date(2024, 1, 1),
        kind="employment",
        currency="CZK",
        frequency="monthly",
        weekly_hours=Decimal(40),
        salary=Decimal(40_000),
        time_source="none",
        earns_overtime=False,
        multipliers={},
        components=[],
        deductions=[],
    )


def posted_documents(session: Session, folder: Path) -> Counter[str]:
    """What was posted; billed and put aside must agree with it."""
    billed = session.scalars(select(PurchaseOrderLineRow.billed).where(PurchaseOrderLineRow.item == "LAMP")).one()
    archived = sorted(path.name for path in (folder / "inbox" / "archive").iterdir())
    assert billed == sum(10 + number for number in range(ITEMS))
    assert archived == [f"{number}.xml" for number in range(ITEMS)]
    return Counter(session.scalars(select(SupplierDocument.number).where(SupplierDocument.supplier == ACME)))


def sent_orders(session: Session, _folder: Path) -> Counter[str]:
    """What was ordered of which supplier; an order that was sent leaves no draft behind."""
    assert session.scalars(select(PurchaseRequestRow.id)).all() == []
    return Counter(session.scalars(select(PurchaseOrderRow.supplier).where(PurchaseOrderRow.sending_key.is_not(None))))


def put_drafts(session: Session, _folder: Path) -> Counter[str]:
    query = select(PurchaseRequestRow.item).where(PurchaseRequestRow.idempotency_key.like("stock-reorder:%"))
    return Counter(session.scalars(query))


# By job: what the other system did, once for each time that it did it.
EFFECTS: Mapping[str, Callable[[Session, Path], Counter[str]]] = {
    "invoice-matching": posted_documents,
    "late-orders": lambda session, _folder: Counter(session.scalars(select(Notice.email))),
    "stock-reorder": put_drafts,
    "purchase-sending": sent_orders,
    "payment-proposals": lambda session, _folder: Counter(session.scalars(select(PaymentProposalRow.supplier))),
    "payroll-preparation": lambda session, _folder: Counter(session.scalars(select(PayslipRow.employee))),
}
