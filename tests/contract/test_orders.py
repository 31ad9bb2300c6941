"""What every sales system must say about orders, run over every vendor of the registry."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from connectors.contracts.orders import Address, Order, OrderItem, Orders, OrderState, Shipment
from connectors.database.session import Database
from connectors.errors import NotFound, Rejected, Unavailable
from connectors.registry import vendors_of
from connectors.vendors.house_orders import HouseOrders
from tests.contract.with_a_server import tested_with_a_server
from tests.fixtures.filled_orders import FILLED_ORDERS, READING_ONLY

LAMP = Order(
    number="ORD-2026-0117",
    email="emma@example.com",
    customer_name="Emma Novak",
    ordered_on=date(2026, 11, 2),
    state=OrderState.SHIPPED,
    items=(
        OrderItem("LAMP", "Oak lamp", Decimal("1"), Decimal("129.95")),
        OrderItem("OIL", "Wood oil, 0.5 l", Decimal("1.5"), Decimal("12.97")),
    ),
    total=Decimal("154.30"),
    currency="EUR",
    expected_on=date(2026, 11, 9),
    shipment=Shipment("GLS", "934001", date(2026, 11, 4), date(2026, 11, 6)),
    address=Address("Korunní 48", "Praha 2", "120 00", "CZ"),
)
# The same customer, written otherwise: a vendor may give the address back normalised.
OLDER = replace(
    LAMP,
    number="ORD-2026-0090",
    email=" Emma@Example.com",
    ordered_on=date(2026, 10, 1),
    shipment=None,
    expected_on=None,
    address=None,
    items=(OrderItem("LAMP", "Oak lamp", Decimal("1")),),
)
STRANGER = replace(LAMP, number="ORD-2026-0118", email="other@example.com")
ORDERS = (LAMP, OLDER, STRANGER)


def test_every_vendor_of_the_registry_is_tested_here() -> None:
    assert set(vendors_of("orders")) - tested_with_a_server("orders") == set(FILLED_ORDERS)


@pytest.fixture(params=sorted(FILLED_ORDERS))
def orders(request: pytest.FixtureRequest, database: Database) -> Orders:
    return FILLED_ORDERS[request.param](database, ORDERS)


def test_an_order_comes_back_with_all_it_says(orders: Orders) -> None:
    assert orders.find_order("ORD-2026-0117") == LAMP


def test_an_order_says_nothing_of_what_is_not_known(orders: Orders) -> None:
    order = orders.find_order("ORD-2026-0090")
    assert (order.shipment, order.expected_on, order.address) == (None, None, None)
    assert order.items[0].unit_price is None


@pytest.mark.parametrize("written", ["ord-2026-0117", " ORD-2026-0117 ", "ORD–2026–0117", "ORD-۲۰۲۶-۰۱۱۷"])
def test_an_order_is_found_however_people_write_its_number(orders: Orders, written: str) -> None:
    assert orders.find_order(written) == LAMP


def test_an_unknown_order_is_said_to_be_unknown(orders: Orders) -> None:
    with pytest.raises(NotFound, match="ORD-1"):
        orders.find_order("ORD-1")


def test_the_orders_of_an_address_come_newest_first_whatever_its_capitals(orders: Orders) -> None:
    assert [order.number for order in orders.orders_of(" emma@EXAMPLE.com ")] == [LAMP.number, OLDER.number]


def test_a_stranger_has_no_orders(orders: Orders) -> None:
    assert list(orders.orders_of("nobody@example.com")) == []


@pytest.mark.parametrize("vendor", sorted(FILLED_ORDERS))
def test_orders_that_are_neither_delivered_nor_cancelled_are_found_by_number(database: Database, vendor: str) -> None:
    states = (OrderState.DELIVERED, OrderState.BACK_ORDER, OrderState.CANCELLED, OrderState.PAID, OrderState.RECEIVED)
    orders = [replace(LAMP, number=f"ORD-2026-020{number}", state=state) for number, state in enumerate(states)]
    assert list(FILLED_ORDERS[vendor](database, orders).undelivered_orders()) == [orders[1], orders[3]]


@pytest.mark.parametrize("vendor", sorted(READING_ONLY))
def test_a_system_that_is_only_read_refuses_every_change(database: Database, vendor: str) -> None:
    orders = FILLED_ORDERS[vendor](database, ORDERS)
    changes: tuple[Callable[[], object], ...] = (
        lambda: orders.cancel_order(LAMP.number, "key"),
        lambda: orders.change_address(LAMP.number, Address("Laugavegur 45", "Reykjavík", "101", "IS"), "key"),
        lambda: orders.change_quantity(LAMP.number, "LAMP", Decimal(2), "key"),
    )
    for change in changes:
        with pytest.raises(Rejected, match="only reads"):
            change()
    assert orders.find_order(LAMP.number) == LAMP


def test_our_own_orders_are_unavailable_while_the_database_has_no_tables(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'empty.sqlite'}")
    with pytest.raises(Unavailable, match="own database"):
        HouseOrders(database).find_order("ORD-1")
    database.close()
