"""Customer orders, products and contacts out of a real Tryton, and the changes that it lets be made."""

from datetime import date
from decimal import Decimal

import pytest

from connectors.contracts.contacts import all_contacts
from connectors.contracts.orders import Address, OrderItem, OrderState
from connectors.errors import NotFound, Rejected
from connectors.vendors.tryton.catalogue import TrytonCatalogue
from connectors.vendors.tryton.contacts import TrytonContacts
from connectors.vendors.tryton.orders import TrytonOrders
from connectors.vendors.tryton.session import TrytonSession
from tests.fixtures.tryton_books import TrytonBooks
from tests.fixtures.tryton_server import TrytonServer, asked_of

pytestmark = pytest.mark.integration

NUMBER, EMAIL, DAY = "ORD-2026-0117", "emma@example.com", date(2026, 11, 2)
HOME = Address("Korunní 48", "Ulm", "89073", "DE")
ELSEWHERE = Address("Dlouhá 12", "Praha 1", "110 00", "CZ")


@pytest.fixture
def books(tryton: TrytonServer) -> TrytonBooks:
    return TrytonBooks(tryton.session())


def offer_lamps(session: TrytonSession) -> None:
    TrytonBooks(session).sale(NUMBER, "Emma Novak", "Emma@Example.com", DAY, {"LAMP": 2, "OIL": 1})


@pytest.fixture
def sale(tryton: TrytonServer, books: TrytonBooks) -> int:
    """Emma has been offered two lamps."""
    tryton.begin("lamps-offered", offer_lamps)
    return books.find("sale.sale", number=NUMBER)


@pytest.fixture
def orders(tryton: TrytonServer, sale: int) -> TrytonOrders:  # noqa: ARG001 - the sale is to be there
    return TrytonOrders(tryton.session())


def test_an_order_comes_back_with_prices_that_contain_the_tax(orders: TrytonOrders) -> None:
    order = orders.find_order(NUMBER)
    assert (order.number, order.customer_name, order.ordered_on) == (NUMBER, "Emma Novak", DAY)
    assert order.items == (
        OrderItem("LAMP", "Lamp", Decimal(2), Decimal("94.01")),
        OrderItem("OIL", "Oil", Decimal(1), Decimal("94.01")),
    )
    assert (order.total, order.currency, order.address) == (Decimal("282.03"), "EUR", HOME)


@pytest.mark.parametrize("written", ["ord-2026-0117", " ORD-2026-0117 ", "ORD–2026–0117", "ORD-۲۰۲۶-۰۱۱۷"])
def test_an_order_is_found_however_people_write_its_number(orders: TrytonOrders, written: str) -> None:
    assert orders.find_order(written).number == NUMBER


def test_an_unknown_order_is_said_to_be_unknown(orders: TrytonOrders) -> None:
    with pytest.raises(NotFound, match="ORD-1"):
        orders.find_order("ORD-1")


def test_the_orders_of_an_address_come_newest_first_whatever_its_capitals(
    orders: TrytonOrders, books: TrytonBooks
) -> None:
    books.sale("ORD-2026-0118", "Emma Novak", EMAIL, date(2026, 11, 3), {"LAMP": 1})
    books.sale("ORD-2026-0119", "Adam", "adam@example.com", DAY, {"LAMP": 1})
    assert [order.number for order in orders.orders_of(" emma@EXAMPLE.com ")] == ["ORD-2026-0118", NUMBER]
    assert list(orders.orders_of("nobody@example.com")) == []


def test_an_order_goes_the_way_of_its_shipment(orders: TrytonOrders, books: TrytonBooks, sale: int) -> None:
    states = [orders.find_order(NUMBER).state]
    shipment = books.confirm(sale)
    states.append(orders.find_order(NUMBER).state)
    for button in ("assign_force", "pick", "pack", "ship", "do"):
        books.ship(shipment, button)
        states.append(orders.find_order(NUMBER).state)
    received, picking, shipped = OrderState.RECEIVED, OrderState.PICKING, OrderState.SHIPPED
    assert states == [received, received, picking, picking, picking, shipped, OrderState.DELIVERED]
    parcel = orders.find_order(NUMBER).shipment
    assert parcel is not None
    assert (parcel.tracking_number, parcel.delivered_on) == ("1", parcel.shipped_on)


def test_only_what_is_on_its_way_is_undelivered(orders: TrytonOrders, books: TrytonBooks, sale: int) -> None:
    shipment = books.confirm(sale)
    assert list(orders.undelivered_orders()) == []  # Nobody has paid for it.
    books.ship(shipment, "assign_force", "pick", "pack")
    assert [order.number for order in orders.undelivered_orders()] == [NUMBER]
    books.ship(shipment, "do")
    assert list(orders.undelivered_orders()) == []


def test_an_offer_is_cancelled_once(orders: TrytonOrders) -> None:
    assert orders.cancel_order(NUMBER, "k").state is OrderState.CANCELLED
    assert orders.cancel_order(NUMBER, "k").state is OrderState.CANCELLED
    with pytest.raises(Rejected, match="cancelled"):
        orders.cancel_order(NUMBER, "another")


def test_a_quantity_is_changed_and_the_total_follows(orders: TrytonOrders) -> None:
    changed = orders.change_quantity(NUMBER, "LAMP", Decimal(3), "k")
    assert (changed.items[0].quantity, changed.total) == (Decimal(3), Decimal("376.04"))
    assert [item.sku for item in orders.change_quantity(NUMBER, "OIL", Decimal(0), "k2").items] == ["LAMP"]
    with pytest.raises(Rejected, match="'k'"):
        orders.change_quantity(NUMBER, "LAMP", Decimal(4), "k")
    with pytest.raises(NotFound, match="VASE"):
        orders.change_quantity(NUMBER, "VASE", Decimal(4), "k3")


def test_what_tryton_processes_is_left_to_a_colleague(orders: TrytonOrders, books: TrytonBooks, sale: int) -> None:
    books.confirm(sale)
    with pytest.raises(Rejected, match="colleague"):
        orders.cancel_order(NUMBER, "k")
    with pytest.raises(Rejected, match="colleague"):
        orders.change_quantity(NUMBER, "LAMP", Decimal(1), "k")


def test_a_parcel_goes_to_another_address_until_it_is_packed(
    orders: TrytonOrders, books: TrytonBooks, sale: int
) -> None:
    shipment = books.confirm(sale)
    assert orders.change_address(NUMBER, ELSEWHERE, "k").address == ELSEWHERE
    assert orders.change_address(NUMBER, ELSEWHERE, "k2").address == ELSEWHERE
    books.ship(shipment, "assign_force", "pick")
    with pytest.raises(Rejected, match="packed"):
        orders.change_address(NUMBER, HOME, "k3")
    assert len(books.session.search("party.address", [["street", "=", ELSEWHERE.street]], ["id"])) == 1


def test_an_address_in_a_country_that_tryton_does_not_know_is_refused(orders: TrytonOrders) -> None:
    with pytest.raises(Rejected, match="trytond_import_countries"):
        orders.change_address(NUMBER, Address("Laugavegur 1", "Reykjavík", "101", "IS"), "k")


def test_products_come_with_price_stock_and_the_next_delivery(
    tryton: TrytonServer,
    books: TrytonBooks,
) -> None:
    books.stock("LAMP", 4, DAY)
    books.product("VASE", "Tall vase", "29.00")
    catalogue = TrytonCatalogue(tryton.session())
    lamp, vase = catalogue.list_products()
    assert (lamp.sku, dict(lamp.names), lamp.price, lamp.stock) == (
        "LAMP",
        {"en": "Lamp"},
        Decimal("94.01"),
        Decimal(4),
    )
    assert (vase.name_in("cs"), vase.price, vase.stock, vase.currency) == (
        "Tall vase",
        Decimal("34.51"),
        Decimal(0),
        "EUR",
    )
    assert catalogue.find_product("VASE") == vase
    with pytest.raises(NotFound, match="BOWL"):
        catalogue.find_product("BOWL")
    assert catalogue.check() == "Tryton holds 2 products on sale."


def test_a_question_about_a_product_asks_only_for_what_changes_from_minute_to_minute(
    tryton: TrytonServer, books: TrytonBooks
) -> None:
    books.product("VASE", "Tall vase", "29.00")
    asked = asked_of(session := tryton.session())
    catalogue = TrytonCatalogue(session)
    vase = catalogue.find_product("VASE")
    asked.clear()
    assert catalogue.find_product("VASE") == vase
    assert sorted(asked) == ["model.product.product.search_read"] * 3 + ["model.stock.move.search_read"]


def test_a_product_with_a_tax_that_is_no_part_of_its_price_is_not_offered(
    tryton: TrytonServer, books: TrytonBooks
) -> None:
    books.product("VASE")
    tryton.execute("UPDATE account_tax SET type = 'fixed', rate = NULL, amount = 5")
    assert list(TrytonCatalogue(tryton.session()).list_products()) == []


def test_orders_are_found_by_every_address_of_the_customer(orders: TrytonOrders, books: TrytonBooks) -> None:
    second = {"type": "email", "value": "Emma.Novak@example.org", "party": books.party("Emma Novak")}
    books.add("party.contact_mechanism", **second)
    assert [order.number for order in orders.orders_of("emma.novak@example.org")] == [NUMBER]
    assert [order.number for order in orders.orders_of(EMAIL)] == [NUMBER]
    assert list(orders.orders_of("novak@example.org")) == []


@pytest.mark.usefixtures("sale")
def test_contacts_are_found_by_their_address_and_listed_once(tryton: TrytonServer) -> None:
    contacts = TrytonContacts(tryton.session())
    (emma,) = contacts.contacts_of(" EMMA@example.com ")
    assert (emma.name, emma.email, emma.address) == ("Emma Novak", EMAIL, HOME)
    assert contacts.find_contact(emma.id) == emma
    listed = [contact.id for piece in all_contacts(contacts, 2) for contact in piece]
    assert listed == sorted(set(listed), key=int)
    assert emma.id in listed
    assert list(contacts.contacts_of("")) == []
    for unknown in ("999", "no number"):
        with pytest.raises(NotFound):
            contacts.find_contact(unknown)
