"""What purchasing says of goods on their way and of receipts, and how our own behaves with much or nothing to read."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select

from connectors.contracts.purchasing import (
    PurchaseOrder,
    PurchaseOrderLine,
    PurchaseOrderState,
    Purchasing,
    ReceivedGoods,
)
from connectors.database.models.purchasing import (
    PurchaseOrderLineRow,
    Receipt,
)
from connectors.database.session import Database
from connectors.errors import Unavailable
from connectors.vendors.house_purchasing import HousePurchasing
from connectors.vendors.memory_purchasing import MemoryPurchasing
from tests.contract.test_purchasing import (
    CLOSED,
    FILLED,
    INVOICE,
    ORDER,
    SCREWS,
    STOOLS,
    _fill_house,
)


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


def _receive_at_house(database: Database, _purchasing: Purchasing, line: str, accepted: int, on: date) -> None:
    with database.write() as session:
        query = select(PurchaseOrderLineRow.id).where(PurchaseOrderLineRow.line == line)
        line_id = session.scalars(query.where(PurchaseOrderLineRow.order_number == "PO-9")).one()
        session.add(Receipt(line_id=line_id, quantity=Decimal(9), accepted=Decimal(accepted), received_on=on))


def _receive_in_memory(_database: Database, purchasing: Purchasing, line: str, accepted: int, on: date) -> None:
    assert isinstance(purchasing, MemoryPurchasing)
    purchasing.receive("PO-9", line, Decimal(9), Decimal(accepted), on)


RECEIVE = {"house": _receive_at_house, "memory": _receive_in_memory}


@pytest.mark.parametrize("vendor", sorted(FILLED))
def test_receipts_come_one_by_one_with_what_was_accepted(database: Database, vendor: str) -> None:
    stools = replace(STOOLS, received=Decimal(0), accepted=Decimal(0))
    purchasing = FILLED[vendor](database, [replace(ORDER, number="PO-9", lines=(stools, SCREWS))])
    first, last = date(2026, 11, 3), date(2026, 11, 9)
    for line, accepted, on in [("1", 8, last), ("1", 9, first), ("2", 7, first), ("1", 6, date(2026, 11, 10))]:
        RECEIVE[vendor](database, purchasing, line, accepted, on)
    came = ReceivedGoods("STOOL", "", "H87", date(2026, 11, 2), first, Decimal(9))
    later = replace(came, received_on=last, quantity=Decimal(8))
    assert list(purchasing.receipts(["STOOL", "VASE"], first, last)) == [came, later]
    assert list(purchasing.receipts(["STOOL", "SCREW"], first, first)) in (
        [came, replace(came, item="SCREW", quantity=Decimal(7))],
        [replace(came, item="SCREW", quantity=Decimal(7)), came],
    )
    assert list(purchasing.receipts([], first, last)) == []


def test_goods_on_their_way_may_be_asked_for_by_the_ten_thousand(database: Database) -> None:
    purchasing = _fill_house(database, [_awaiting("PO-1", None)])
    items = [f"ITEM-{number}" for number in range(40_000)]
    assert [order.number for order in purchasing.awaited_orders([*items, "CANDLE"])] == ["PO-1"]


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
    line = purchasing.find_orders(["PO-7"])["PO-7"].lines[0]
    assert (line.billed, line.billed_amount) == (Decimal(0), Decimal(0))
