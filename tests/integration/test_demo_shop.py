"""The demonstration company as its customers meet it: everything that can be asked for is there and adds up."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.demo import prepare_demo
from bot.understanding.postcodes import as_postcode
from connectors.contracts.orders import Order, OrderState
from connectors.contracts.returns import ReturnRequest, ReturnState
from connectors.database.models.sales import SalesOrder
from connectors.database.models.service import Closure, OpeningHours
from connectors.database.models.work import Connection
from connectors.database.session import Database
from connectors.demo.seed import DEMO_ORDER_EMAIL, DEMO_ORDER_NUMBER, INVOICE_CONNECTION, seed_demo
from connectors.errors import NotFound
from connectors.money import ZERO
from connectors.registry import Connectors
from tests.fixtures.days import TODAY
from tests.fixtures.fresh_databases import give_tables

LANGUAGES = {"en", "cs", "hu", "is", "fa", "ru"}
BILLED = {OrderState.SHIPPED, OrderState.DELIVERED}
# What data/<language>/knowledge/delivery.md promises: so much, and nothing from 60 € on.
DELIVERY_CHARGES = {ZERO, Decimal("4.90")}
FREE_FROM = {"EUR": Decimal(60), "CZK": Decimal(1500)}
DELIVERED_TO = {"CZ", "HU", "DE", "AT", "IS"}


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'demo.sqlite'}")
    give_tables(database)
    yield database
    database.close()


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Connectors:
    seed_demo(database, tmp_path, TODAY)
    return Connectors(database)


@pytest.fixture
def orders(shop: Connectors, database: Database) -> list[Order]:
    with database.read() as session:
        numbers = session.scalars(select(SalesOrder.number)).all()
    return [shop.orders().find_order(number) for number in numbers]


def test_every_product_is_described_and_priced_in_every_language(shop: Connectors) -> None:
    products = shop.catalogue().list_products()
    assert len(products) >= 20
    for product in products:
        assert set(product.names) == set(product.descriptions) == LANGUAGES
        assert all(product.names.values())
        assert len(set(product.descriptions.values())) == len(LANGUAGES)
        assert product.price > 0
        assert product.category
    for language in LANGUAGES:
        assert len({product.name_in(language) for product in products}) == len(products)


def test_alternatives_are_products_of_the_same_kind(shop: Connectors) -> None:
    products = {product.sku: product for product in shop.catalogue().list_products()}
    for product in products.values():
        assert product.sku not in product.alternatives
        assert {products[sku].category for sku in product.alternatives} <= {product.category}


def test_one_product_is_sold_out_and_on_its_way_one_is_gone_and_one_is_nearly_gone(shop: Connectors) -> None:
    catalogue, purchasing = shop.catalogue(), shop.purchasing()
    candle, vase = catalogue.find_product("CANDLE-SOY"), catalogue.find_product("VASE-TALL")
    (awaited,) = purchasing.awaited_orders(["CANDLE-SOY"])
    assert (candle.stock, candle.expected_on) == (ZERO, awaited.expected_on)
    assert (vase.stock, vase.expected_on) == (ZERO, None)
    assert list(purchasing.awaited_orders(["VASE-TALL"])) == []
    assert catalogue.find_product("LAMP-GLASS-30").stock == 2
    for sold_out in (candle, vase):
        assert any(catalogue.find_product(sku).stock for sku in sold_out.alternatives)


def test_a_back_order_is_promised_for_the_days_after_the_goods_come(shop: Connectors) -> None:
    order = shop.orders().find_order("ORD-2026-1034")
    (awaited,) = shop.purchasing().awaited_orders([item.sku for item in order.items])
    assert order.state is OrderState.BACK_ORDER
    assert awaited.expected_on is not None
    assert order.expected_on is not None
    assert TODAY < awaited.expected_on < order.expected_on <= awaited.expected_on + timedelta(days=5)


def test_every_order_is_for_products_of_the_shop_and_goes_where_it_delivers(
    shop: Connectors, orders: list[Order]
) -> None:
    for order in orders:
        assert order.address is not None
        assert order.address.country in DELIVERED_TO
        assert as_postcode(order.address.postcode) == order.address.postcode.replace(" ", "")
        for item in order.items:
            product = shop.catalogue().find_product(item.sku)
            assert item.name == product.name_in("en")
            assert order.currency != product.currency or item.unit_price == product.price


def test_every_total_is_what_the_items_cost_and_the_delivery(orders: list[Order]) -> None:
    for order in orders:
        goods = sum((item.quantity * (item.unit_price or ZERO) for item in order.items), ZERO)
        assert order.total - goods in DELIVERY_CHARGES
        assert (order.total == goods) == (goods >= FREE_FROM[order.currency])


def test_what_has_left_was_billed_with_exactly_what_was_paid_and_nothing_else_was(
    shop: Connectors, orders: list[Order]
) -> None:
    numbers = []
    for order in orders:
        invoices = shop.sales_invoices().invoices_of(order.number)
        assert len(invoices) == (order.state in BILLED)
        for invoice in invoices:
            numbers.append(invoice.number)
            assert (invoice.gross_total, invoice.currency) == (order.total, order.currency)
            assert order.shipment is not None
            assert (invoice.issued_on, invoice.address) == (order.shipment.shipped_on, order.address)
            assert sum(line.net for line in invoice.lines) == invoice.net_total
            assert invoice.net_total + invoice.tax_total == invoice.gross_total
            for line in invoice.lines:
                assert abs(line.quantity * line.unit_price - line.net) <= Decimal("0.005")
                assert line.tax_percent == 21
    assert len(set(numbers)) == len(numbers) == 6
    assert all(number.startswith("FV-2026-") for number in numbers)


def test_there_is_a_return_under_way_and_one_that_was_paid(shop: Connectors, orders: list[Order]) -> None:
    cases = [case for order in orders for case in shop.returns().returns_of(order.number)]
    assert sorted(case.state for case in cases) == [ReturnState.REFUNDED, ReturnState.REQUESTED]
    assert {case.order_number for case in cases}.isdisjoint({DEMO_ORDER_NUMBER, "ORD-2026-1037"})
    for case in cases:
        order = shop.orders().find_order(case.order_number)
        assert order.state is OrderState.DELIVERED
        prices = {item.sku: item.quantity * (item.unit_price or ZERO) for item in order.items}
        assert (case.amount, case.currency) == (sum(prices[sku] for sku in case.skus), order.currency)
    (paid,) = shop.returns().refunded_since(TODAY - timedelta(days=14))
    assert paid.state is ReturnState.REFUNDED


def test_one_customer_can_try_everything(shop: Connectors) -> None:
    mine = {order.number: order for order in shop.orders().orders_of(DEMO_ORDER_EMAIL)}
    assert {number: order.state.value for number, order in mine.items()} == {
        "ORD-2026-1037": "delivered",
        "ORD-2026-1042": "shipped",
        "ORD-2026-1043": "paid",
        "ORD-2026-1044": "delivered",
    }
    parcel = mine["ORD-2026-1044"].shipment
    assert parcel is not None
    assert parcel.delivered_on == TODAY - timedelta(days=10)
    assert len(mine["ORD-2026-1043"].items) == 2


def test_a_new_return_gets_a_number_that_nobody_has(shop: Connectors) -> None:
    request = ReturnRequest("key", "ORD-2026-1044", ("VASE-TALL",), "too tall", False, Decimal("34.50"), "EUR")
    assert shop.returns().request_return(request).number == "RET-000003"


def test_people_answer_on_weekdays_and_saturday_mornings_and_not_while_stock_is_taken(
    database: Database, tmp_path: Path
) -> None:
    seed_demo(database, tmp_path, TODAY)
    with database.read() as session:
        hours = [(row.weekday, row.opens, row.closes) for row in session.scalars(select(OpeningHours))]
        (closure,) = session.scalars(select(Closure))
    assert hours == [*((day, "09:00", "18:00") for day in range(5)), (5, "09:00", "13:00")]
    assert closure.first_day == closure.last_day > TODAY


@pytest.mark.parametrize("today", [date(2028, 2, 29), date(2027, 1, 2)], ids=str)
def test_the_shop_looks_the_same_on_any_day(database: Database, tmp_path: Path, today: date) -> None:
    seed_demo(database, tmp_path, today)
    order = Connectors(database).orders().find_order(DEMO_ORDER_NUMBER)
    assert order.ordered_on == today - timedelta(days=6)


def test_a_demo_of_an_earlier_version_goes_on_and_says_what_is_not_connected(
    database: Database, tmp_path: Path
) -> None:
    with database.write() as session:
        session.add(Connection(name=INVOICE_CONNECTION, contracts=["documents"], vendor="folder", settings={}))
        session.add(Connection(name="shop-orders", contracts=["orders"], vendor="house", settings={}))
    prepare_demo(database, tmp_path, TODAY)
    shop = Connectors(database)
    assert shop.check("shop-orders") == "Our own database holds 0 customer orders."
    for ask in (shop.catalogue, shop.returns, shop.sales_invoices, shop.leads):
        with pytest.raises(NotFound, match="no connection"):
            ask()
