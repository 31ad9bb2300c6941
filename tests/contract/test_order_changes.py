"""What every sales system must do when a customer changes an order, run over every vendor of the registry."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from decimal import Decimal
from threading import Barrier

import pytest
from sqlalchemy import func, select

from connectors.contracts.orders import Address, Order, OrderItem, Orders, OrderState
from connectors.database.models.sales import SalesOrderChange, SalesOrderItem
from connectors.database.session import Database
from connectors.errors import NotFound, Rejected
from connectors.vendors.house_orders import HouseOrders
from tests.fixtures.filled_orders import FILLED_ORDERS, READING_ONLY, add_orders

NUMBER = "ORD-2026-0117"
HOME = Address("Korunní 48", "Praha 2", "120 00", "CZ")
WORK = Address("Laugavegur 45", "Reykjavík", "101", "IS")
# 2 × 13.50 + 47.90 + 4.90 for delivery
ORDER = Order(
    number=NUMBER,
    email="emma@example.com",
    customer_name="Emma Novak",
    ordered_on=date(2026, 11, 20),
    state=OrderState.PAID,
    items=(
        OrderItem("MUG", "Mug, blue", Decimal(2), Decimal("13.50")),
        OrderItem("BOARD", "Chopping board", Decimal(1), Decimal("47.90")),
    ),
    total=Decimal("79.80"),
    currency="EUR",
    expected_on=date(2026, 11, 25),
    address=HOME,
)
Fill = Callable[..., Orders]

UNTIL_PACKED = [OrderState.RECEIVED, OrderState.PAID, OrderState.BACK_ORDER]
UNTIL_DISPATCHED = [*UNTIL_PACKED, OrderState.PICKING]


def _others(states: list[OrderState]) -> list[OrderState]:
    return [state for state in OrderState if state not in states]


@pytest.fixture(params=sorted(FILLED_ORDERS.keys() - READING_ONLY))
def fill(request: pytest.FixtureRequest, database: Database) -> Fill:
    """A sales system with ORDER, changed as the test says."""
    return lambda **changes: FILLED_ORDERS[request.param](database, [replace(ORDER, **changes)])


@pytest.fixture
def orders(fill: Fill) -> Orders:
    return fill()


@pytest.mark.parametrize("state", UNTIL_PACKED)
def test_an_order_is_cancelled_until_it_is_packed(fill: Fill, state: OrderState) -> None:
    orders = fill(state=state)
    answer = orders.cancel_order(NUMBER, "key")
    assert answer == replace(ORDER, state=OrderState.CANCELLED, expected_on=None)
    assert orders.find_order(NUMBER) == answer


@pytest.mark.parametrize("state", _others(UNTIL_PACKED))
def test_an_order_that_is_being_packed_or_gone_is_not_cancelled(fill: Fill, state: OrderState) -> None:
    orders = fill(state=state)
    with pytest.raises(Rejected, match=state.value):
        orders.cancel_order(NUMBER, "key")
    assert orders.find_order(NUMBER) == replace(ORDER, state=state)


@pytest.mark.parametrize("state", UNTIL_DISPATCHED)
def test_the_address_changes_until_the_parcel_leaves(fill: Fill, state: OrderState) -> None:
    orders = fill(state=state)
    answer = orders.change_address(" ord–2026–0117", WORK, "key")
    assert answer == orders.find_order(NUMBER) == replace(ORDER, state=state, address=WORK)


@pytest.mark.parametrize("state", _others(UNTIL_DISPATCHED))
def test_a_parcel_that_left_goes_where_it_was_sent(fill: Fill, state: OrderState) -> None:
    orders = fill(state=state)
    with pytest.raises(Rejected, match=state.value):
        orders.change_address(NUMBER, WORK, "key")
    assert orders.find_order(NUMBER).address == HOME


def test_an_order_without_an_address_gets_one(fill: Fill) -> None:
    assert fill(address=None).change_address(NUMBER, WORK, "key").address == WORK


@pytest.mark.parametrize(
    ("part", "written", "reason"),
    [
        ("street", "", "no street"),
        ("city", " ", "no city"),
        ("postcode", "1" * 21, "postcode is longer than 20"),
        ("street", "x" * 201, "street is longer than 200"),
        ("country", "Iceland", "country is longer than 2"),
    ],
)
def test_an_address_that_nobody_can_deliver_to_is_rejected(
    orders: Orders, part: str, written: str, reason: str
) -> None:
    with pytest.raises(Rejected, match=reason):
        orders.change_address(NUMBER, replace(WORK, **{part: written}), "key")
    assert orders.find_order(NUMBER).address == HOME


@pytest.mark.parametrize(
    ("sku", "quantity", "left", "total"),
    [
        ("MUG", "5", ["5", "1"], "120.30"),  # 79.80 + 3 × 13.50
        ("MUG", "1", ["1", "1"], "66.30"),  # 79.80 - 13.50
        ("MUG", "2", ["2", "1"], "79.80"),
        ("BOARD", "0", ["2"], "31.90"),  # 79.80 - 47.90: delivery stays
        ("MUG", "2.25", ["2.25", "1"], "83.18"),  # 2.25 × 13.50 = 30.375, rounded as a line; 30.38 - 27.00 more
    ],
)
def test_the_total_follows_the_quantity(orders: Orders, sku: str, quantity: str, left: list[str], total: str) -> None:
    answer = orders.change_quantity(NUMBER, sku, Decimal(quantity), "key")
    assert answer == orders.find_order(NUMBER)
    assert [item.quantity for item in answer.items] == [Decimal(each) for each in left]
    assert answer.total == Decimal(total)


@pytest.mark.parametrize("state", _others(UNTIL_PACKED))
def test_what_is_being_packed_or_gone_keeps_its_quantities(fill: Fill, state: OrderState) -> None:
    orders = fill(state=state)
    with pytest.raises(Rejected, match=state.value):
        orders.change_quantity(NUMBER, "MUG", Decimal(1), "key")
    assert orders.find_order(NUMBER) == replace(ORDER, state=state)


@pytest.mark.parametrize("quantity", ["-1", "NaN", "Infinity"])
def test_a_quantity_that_nobody_can_pack_is_rejected(orders: Orders, quantity: str) -> None:
    with pytest.raises(Rejected, match="not negative"):
        orders.change_quantity(NUMBER, "MUG", Decimal(quantity), "key")
    assert orders.find_order(NUMBER) == ORDER


def test_the_last_item_is_not_removed_because_that_would_be_a_cancellation(orders: Orders) -> None:
    orders.change_quantity(NUMBER, "BOARD", Decimal(0), "first")
    with pytest.raises(Rejected, match="cancel it instead"):
        orders.change_quantity(NUMBER, "MUG", Decimal(0), "second")
    assert [item.sku for item in orders.find_order(NUMBER).items] == ["MUG"]


def test_an_item_that_was_not_ordered_has_no_quantity(orders: Orders) -> None:
    with pytest.raises(NotFound, match="VASE"):
        orders.change_quantity(NUMBER, "VASE", Decimal(1), "key")


def test_without_a_price_the_total_cannot_follow(fill: Fill) -> None:
    mug, board = ORDER.items
    orders = fill(items=(replace(mug, unit_price=None), board))
    with pytest.raises(Rejected, match="price of MUG"):
        orders.change_quantity(NUMBER, "MUG", Decimal(1), "key")
    assert orders.change_quantity(NUMBER, "BOARD", Decimal(2), "key").total == Decimal("127.70")  # 79.80 + 47.90


def test_two_lines_of_one_article_are_left_to_a_person_and_other_lines_are_not(fill: Fill) -> None:
    mug, board = ORDER.items
    orders = fill(items=(mug, board, replace(mug, quantity=Decimal(4))))
    with pytest.raises(Rejected, match="more than once"):
        orders.change_quantity(NUMBER, "MUG", Decimal(1), "key")
    answer = orders.change_quantity(NUMBER, "BOARD", Decimal(3), "key")
    assert [item.quantity for item in answer.items] == [2, 3, 4]
    assert answer.total == Decimal("175.60")  # 79.80 + 2 × 47.90


CHANGES: list[Callable[[Orders, str, str], Order]] = [
    lambda orders, number, key: orders.cancel_order(number, key),
    lambda orders, number, key: orders.change_address(number, WORK, key),
    lambda orders, number, key: orders.change_quantity(number, "MUG", Decimal(3), key),
]
each_change = pytest.mark.parametrize("change", CHANGES, ids=["cancel", "address", "quantity"])


@each_change
def test_an_unknown_order_cannot_be_changed(orders: Orders, change: Callable[[Orders, str, str], Order]) -> None:
    with pytest.raises(NotFound, match="ORD-1"):
        change(orders, "ORD-1", "key")


@each_change
def test_the_same_change_with_the_same_key_happens_once(
    orders: Orders, change: Callable[[Orders, str, str], Order]
) -> None:
    first = change(orders, NUMBER, "key")
    assert change(orders, NUMBER, "key") == first


def test_a_repeated_change_does_not_undo_what_came_after_it(orders: Orders) -> None:
    orders.change_quantity(NUMBER, "MUG", Decimal(3), "first")
    later = orders.change_quantity(NUMBER, "MUG", Decimal(1), "second")
    assert orders.change_quantity(NUMBER, "MUG", Decimal(3), "first") == later


def test_another_change_with_a_used_key_is_rejected(orders: Orders) -> None:
    changed = orders.change_quantity(NUMBER, "MUG", Decimal(3), "key")
    with pytest.raises(Rejected, match="'key'"):
        orders.change_quantity(NUMBER, "MUG", Decimal(4), "key")
    with pytest.raises(Rejected, match="'key'"):
        orders.cancel_order(NUMBER, "key")
    assert orders.find_order(NUMBER) == changed


def test_of_two_who_change_at_once_each_counts_and_of_one_key_only_one(orders: Orders) -> None:
    start = Barrier(4)

    def change(sku: str, quantity: int, key: str) -> None:
        start.wait()
        orders.change_quantity(NUMBER, sku, Decimal(quantity), key)

    with ThreadPoolExecutor(4) as threads:
        wishes = [("MUG", 4, "mugs"), ("MUG", 4, "mugs"), ("BOARD", 2, "boards"), ("BOARD", 2, "boards")]
        for done in [threads.submit(change, *wish) for wish in wishes]:
            done.result()
    changed = orders.find_order(NUMBER)
    assert [item.quantity for item in changed.items] == [4, 2]
    assert changed.total == Decimal("154.70")  # 4 × 13.50 + 2 × 47.90 + 4.90


def test_our_own_orders_remember_each_change_once_and_keep_no_removed_item(database: Database) -> None:
    add_orders(database, [ORDER])
    orders = HouseOrders(database)
    orders.change_quantity(NUMBER, "BOARD", Decimal("0.0"), "key")
    orders.change_quantity(NUMBER, "BOARD", Decimal(0), "key")
    with database.read() as session:
        (change,) = session.scalars(select(SalesOrderChange))
        assert (change.kind, change.detail) == ("quantity", {"sku": "BOARD", "quantity": "0"})
        assert session.scalar(select(func.count()).select_from(SalesOrderItem)) == 1
