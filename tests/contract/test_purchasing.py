"""What every purchasing system must do, run over every vendor of the registry."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select

from connectors.contracts.documents import DocumentType
from connectors.contracts.purchasing import (
    BilledLine,
    DocumentToPost,
    PlannedCharge,
    PurchaseOrder,
    PurchaseOrderLine,
    PurchaseOrderState,
    Purchasing,
)
from connectors.database.models.purchasing import (
    PlannedChargeRow,
    PurchaseOrderLineRow,
    PurchaseOrderRow,
    Receipt,
)
from connectors.database.session import Database
from connectors.errors import NotFound, Rejected, Unavailable
from connectors.registry import VENDORS
from connectors.vendors.house_purchasing import HousePurchasing
from connectors.vendors.memory_purchasing import MemoryPurchasing

STOOLS = PurchaseOrderLine(
    line="1",
    item="STOOL",
    quantity=Decimal(40),
    uom="H87",
    unit_price=Decimal("46.00"),
    tax_percent=Decimal(19),
    description="Oak stool",
    received=Decimal("30.5"),
    accepted=Decimal(30),
)
SCREWS = PurchaseOrderLine("2", "SCREW", Decimal(5000), "H87", Decimal("1.25"), price_per=Decimal(100))
ADVICE = PurchaseOrderLine("3", "ADVICE", Decimal(0), "", Decimal(0), amount=Decimal("900.00"))
ORDER = PurchaseOrder(
    number="PO-7",
    supplier="Waldkontor GmbH",
    currency="EUR",
    ordered_on=date(2026, 11, 2),
    state=PurchaseOrderState.OPEN,
    lines=(STOOLS, SCREWS, ADVICE),
    charges=(PlannedCharge("freight", Decimal("45.00")),),
    owner="petra@example.com",
    expected_on=date(2026, 12, 4),
)
CLOSED = replace(
    ORDER, number="PO-8", supplier="Sklo s.r.o.", state=PurchaseOrderState.CLOSED, charges=(), lines=(SCREWS,)
)
INVOICE = DocumentToPost(
    idempotency_key="sha256:1",
    supplier="Waldkontor GmbH",
    type=DocumentType.INVOICE,
    number="RE-1",
    issue_date=date(2026, 11, 10),
    currency="EUR",
    total=Decimal("547.40"),
    order_number="PO-7",
    lines=(BilledLine("1", Decimal(10), Decimal("460.00")),),
)


def _fill_house(database: Database, orders: Sequence[PurchaseOrder]) -> Purchasing:
    with database.write() as session:
        for order in orders:
            rows = [_line_row(line) for line in order.lines]
            session.add(
                PurchaseOrderRow(
                    number=order.number,
                    supplier=order.supplier,
                    currency=order.currency,
                    ordered_on=order.ordered_on,
                    state=order.state.value,
                    owner=order.owner,
                    expected_on=order.expected_on,
                    lines=rows,
                )
            )
            session.flush()
            for charge in order.charges:
                session.add(PlannedChargeRow(order_number=order.number, kind=charge.kind, amount=charge.amount))
            for row, line in zip(rows, order.lines, strict=True):
                session.add_all(_receipts(row, line))
    return HousePurchasing(database)


def _line_row(line: PurchaseOrderLine) -> PurchaseOrderLineRow:
    names = ("line", "item", "description", "quantity", "uom", "unit_price", "price_per", "tax_percent", "amount")
    return PurchaseOrderLineRow(**{name: getattr(line, name) for name in names})


def _receipts(row: PurchaseOrderLineRow, line: PurchaseOrderLine) -> list[Receipt]:
    """In two deliveries, so that something has to be added up."""
    first = min(line.received, Decimal("0.1"))
    parts = [(first, Decimal(0)), (line.received - first, line.accepted)]
    return [
        Receipt(line_id=row.id, quantity=quantity, accepted=accepted, received_on=date(2026, 11, 5))
        for quantity, accepted in parts
        if quantity
    ]


FILLED: dict[str, Callable[[Database, Sequence[PurchaseOrder]], Purchasing]] = {
    "house": _fill_house,
    "memory": lambda _database, orders: MemoryPurchasing(orders),
}


def test_every_vendor_of_the_registry_is_tested_here() -> None:
    assert {vendor for contract, vendor in VENDORS if contract == "purchasing"} == set(FILLED)


@pytest.fixture(params=sorted(FILLED))
def purchasing(request: pytest.FixtureRequest, database: Database) -> Purchasing:
    return FILLED[request.param](database, (ORDER, CLOSED))


def _billed(purchasing: Purchasing, line: int = 0) -> tuple[Decimal, Decimal]:
    found = purchasing.find_orders(["PO-7"])["PO-7"].lines[line]
    return found.billed, found.billed_amount


def test_orders_come_back_with_receipts_added_up(purchasing: Purchasing) -> None:
    assert purchasing.find_orders(["PO-7", "PO-8", "PO-9"]) == {"PO-7": ORDER, "PO-8": CLOSED}


def test_nothing_is_found_when_nothing_is_asked_for(purchasing: Purchasing) -> None:
    assert purchasing.find_orders([]) == {}
    assert list(purchasing.posted_documents([])) == []


def _awaiting(number: str, expected_on: date | None, **line: Any) -> PurchaseOrder:
    candles = PurchaseOrderLine("1", "CANDLE", Decimal(500), "H87", Decimal(690))
    return replace(
        CLOSED, number=number, state=PurchaseOrderState.OPEN, expected_on=expected_on, lines=(replace(candles, **line),)
    )


@pytest.mark.parametrize("vendor", sorted(FILLED))
def test_goods_on_their_way_are_found_with_the_earliest_first(database: Database, vendor: str) -> None:
    orders = [
        _awaiting("PO-1", None),
        _awaiting("PO-2", date(2026, 12, 20)),
        _awaiting("PO-3", date(2026, 12, 4), received=Decimal(499), accepted=Decimal(499)),
        _awaiting("PO-4", date(2026, 12, 1), received=Decimal(500), accepted=Decimal(490)),  # all came
        _awaiting("PO-5", date(2026, 12, 1), item="STOOL"),
        replace(_awaiting("PO-6", date(2026, 12, 1)), state=PurchaseOrderState.CLOSED),
        replace(_awaiting("PO-7", date(2026, 12, 1)), state=PurchaseOrderState.CANCELLED),
    ]
    purchasing = FILLED[vendor](database, orders)
    assert list(purchasing.awaited_orders(["CANDLE", "VASE"])) == [orders[2], orders[1], orders[0]]
    assert [order.number for order in purchasing.awaited_orders(["STOOL", "CANDLE", "CANDLE"])] == [
        "PO-5",
        "PO-3",
        "PO-2",
        "PO-1",
    ]


def test_what_nobody_ordered_is_not_awaited(purchasing: Purchasing) -> None:
    assert list(purchasing.awaited_orders(["VASE"])) == []
    assert list(purchasing.awaited_orders([])) == []


def test_goods_on_their_way_may_be_asked_for_by_the_ten_thousand(database: Database) -> None:
    purchasing = _fill_house(database, [_awaiting("PO-1", None)])
    items = [f"ITEM-{number}" for number in range(40_000)]
    assert [order.number for order in purchasing.awaited_orders([*items, "CANDLE"])] == ["PO-1"]


def test_a_posted_invoice_is_billed_on_the_order(purchasing: Purchasing) -> None:
    purchasing.post_document(INVOICE)
    assert _billed(purchasing) == (Decimal(10), Decimal("460.00"))
    assert _billed(purchasing, line=1) == (Decimal(0), Decimal(0))


def test_a_credit_note_lowers_what_was_billed(purchasing: Purchasing) -> None:
    purchasing.post_document(INVOICE)
    credit = (BilledLine("1", Decimal(2), Decimal("92.00")),)
    note = replace(INVOICE, idempotency_key="sha256:2", type=DocumentType.CREDIT_NOTE, number="GS-1", lines=credit)
    purchasing.post_document(note)
    assert _billed(purchasing) == (Decimal(8), Decimal("368.00"))


def test_posting_again_with_the_same_key_changes_nothing(purchasing: Purchasing) -> None:
    first = purchasing.post_document(INVOICE)
    assert purchasing.post_document(INVOICE) == first
    assert _billed(purchasing) == (Decimal(10), Decimal("460.00"))
    assert len(purchasing.posted_documents([ORDER.supplier])) == 1


def test_a_third_of_a_unit_is_posted_twice_without_being_another_document(purchasing: Purchasing) -> None:
    third = replace(INVOICE, lines=(BilledLine("1", Decimal(1) / 3, Decimal("15.33")),))
    assert purchasing.post_document(third) == purchasing.post_document(third)


def test_another_document_under_a_used_key_is_rejected(purchasing: Purchasing) -> None:
    purchasing.post_document(INVOICE)
    with pytest.raises(Rejected, match="sha256:1"):
        purchasing.post_document(replace(INVOICE, total=Decimal("547.41")))
    with pytest.raises(Rejected, match="sha256:1"):
        purchasing.post_document(replace(INVOICE, lines=()))
    assert _billed(purchasing) == (Decimal(10), Decimal("460.00"))


@pytest.mark.parametrize(("order", "line"), [("PO-7", "9"), ("PO-404", "1")])
def test_a_document_for_an_unknown_line_leaves_nothing_behind(purchasing: Purchasing, order: str, line: str) -> None:
    lines = (*INVOICE.lines, BilledLine(line, Decimal(1), Decimal(1)))
    with pytest.raises(NotFound, match=order):
        purchasing.post_document(replace(INVOICE, order_number=order, lines=lines))
    assert _billed(purchasing) == (Decimal(0), Decimal(0))
    assert list(purchasing.posted_documents([ORDER.supplier])) == []


def test_posted_documents_are_those_of_the_supplier_and_know_their_key(purchasing: Purchasing) -> None:
    posted_id = purchasing.post_document(INVOICE)
    (posted,) = purchasing.posted_documents(["Waldkontor GmbH", "Nobody"])
    assert posted.id == posted_id
    assert (posted.number, posted.issue_date, posted.total) == ("RE-1", date(2026, 11, 10), Decimal("547.40"))
    assert posted.idempotency_key == "sha256:1"
    assert list(purchasing.posted_documents(["Sklo s.r.o."])) == []


def test_thousands_of_orders_cost_our_own_database_a_few_queries(database: Database) -> None:
    orders = [replace(CLOSED, number=f"PO-{number:05}") for number in range(1500)]
    purchasing = _fill_house(database, orders)
    statements: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *seen: statements.append(seen[2]))
    assert len(purchasing.find_orders(order.number for order in orders)) == 1500
    assert len([statement for statement in statements if statement.startswith("SELECT")]) <= 8


def test_our_own_purchasing_is_unavailable_while_the_database_is_missing(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'no such folder' / 'x.sqlite'}")
    with pytest.raises(Unavailable, match="own database"):
        HousePurchasing(database).find_orders(["PO-7"])
    database.close()


def test_our_own_purchasing_is_unavailable_while_the_database_is_locked(database: Database) -> None:
    if not database.is_sqlite:
        pytest.skip("only SQLite locks the whole database")
    purchasing = _fill_house(database, (ORDER,))
    impatient = Database(database.url)
    with impatient.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout=1")
    with database.write() as session:
        session.execute(select(1))  # takes the lock
        with pytest.raises(Unavailable, match="locked"):
            HousePurchasing(impatient).post_document(INVOICE)
    impatient.close()
    assert _billed(purchasing) == (Decimal(0), Decimal(0))
