"""What customers change of orders in a real Tryton happens once, whenever the process dies that does it."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from connectors.contracts.orders import Address, Order, Orders, OrderState
from connectors.errors import Rejected
from connectors.vendors.tryton.orders import TrytonOrders
from connectors.vendors.tryton.sales import read_address
from connectors.vendors.tryton.session import TrytonSession
from tests.fixtures.tryton_books import TrytonBooks
from tests.fixtures.tryton_deaths import survive
from tests.fixtures.tryton_server import TrytonServer
from tests.integration.test_tryton_sales import offer_lamps

pytestmark = pytest.mark.integration

NUMBER = "ORD-2026-0117"
HOME = Address("Korunní 48", "Ulm", "89073", "DE")
ELSEWHERE = Address("Dlouhá 12", "Praha 1", "110 00", "CZ")


@pytest.fixture
def books(tryton: TrytonServer) -> TrytonBooks:
    return TrytonBooks(tryton.session())


@pytest.fixture
def sale(tryton: TrytonServer, books: TrytonBooks) -> int:
    """Emma has been offered two lamps and oil."""
    tryton.begin("lamps-offered", offer_lamps)
    return books.find("sale.sale", number=NUMBER)


def send_in_two_parcels(session: TrytonSession) -> None:
    """She took it, and one lamp goes into a parcel of its own."""
    books = TrytonBooks(session)
    offer_lamps(session)
    sale = books.find("sale.sale", number=NUMBER)
    first = books.confirm(sale)
    books.ship(first, "draft")
    move = books.find("stock.move", shipment=f"stock.shipment.out,{first}", quantity=2, state="draft")
    fewer = {"outgoing_moves": [["write", [move], {"quantity": 1}]]}
    books.session.write("model.stock.shipment.out.write", [first], fewer)
    books.ship(first, "wait")
    books.session.write("model.sale.sale.process", [sale])


@pytest.fixture
def parcel(tryton: TrytonServer, books: TrytonBooks) -> int:
    """The first of the two parcels."""
    tryton.begin("two-parcels", send_in_two_parcels)
    first, _second = books.session.search("stock.shipment.out", [], ["id"], [["id", "ASC"]])
    number: int = first["id"]
    return number


@pytest.fixture
def orders(tryton: TrytonServer) -> TrytonOrders:
    return TrytonOrders(tryton.session())


def change_with_deaths(server: TrytonServer, change: Callable[[Orders], Order], least_deaths: int) -> Order:
    order, died_at = survive(server, lambda session: change(TrytonOrders(session)))
    assert len(died_at) >= least_deaths, died_at
    return order


@pytest.mark.usefixtures("sale")
def test_a_cancellation_survives_every_death(tryton: TrytonServer) -> None:
    order = change_with_deaths(tryton, lambda orders: orders.cancel_order(NUMBER, "k"), 3)
    assert order.state is OrderState.CANCELLED


@pytest.mark.usefixtures("sale")
@pytest.mark.parametrize(("quantity", "left"), [(3, ["LAMP 3", "OIL 1"]), (0, ["OIL 1"])])
def test_a_quantity_survives_every_death_and_the_offer_stands(
    tryton: TrytonServer, books: TrytonBooks, quantity: int, left: list[str]
) -> None:
    order = change_with_deaths(tryton, lambda orders: orders.change_quantity(NUMBER, "LAMP", Decimal(quantity), "k"), 5)
    assert [f"{item.sku} {item.quantity}" for item in order.items] == left
    assert [one["state"] for one in books.session.search("sale.sale", [], ["state"])] == ["quotation"]


@pytest.mark.usefixtures("parcel")
def test_all_parcels_of_an_order_go_to_the_new_address_whenever_the_process_dies(
    tryton: TrytonServer, books: TrytonBooks
) -> None:
    assert parcels(books) == [("waiting", HOME)] * 2
    change_with_deaths(tryton, lambda orders: orders.change_address(NUMBER, ELSEWHERE, "k"), 9)
    assert parcels(books) == [("waiting", ELSEWHERE)] * 2
    assert len(books.session.search("party.address", [["street", "=", ELSEWHERE.street]], ["id"])) == 1


@pytest.mark.usefixtures("sale")
def test_an_offer_goes_to_the_new_address_whenever_the_process_dies(tryton: TrytonServer) -> None:
    order = change_with_deaths(tryton, lambda orders: orders.change_address(NUMBER, ELSEWHERE, "k"), 6)
    assert order.address == ELSEWHERE


def test_the_second_parcel_goes_along_when_the_first_is_sent_there_already(
    orders: TrytonOrders, books: TrytonBooks, parcel: int
) -> None:
    books.ship(parcel, "draft")
    elsewhere = books.add("party.address", party=books.party("Emma Novak"), delivery=True, **address_values(books))
    books.session.write("model.stock.shipment.out.write", [parcel], {"delivery_address": elsewhere})
    books.ship(parcel, "wait")
    assert parcels(books) == [("waiting", ELSEWHERE), ("waiting", HOME)]
    orders.change_address(NUMBER, ELSEWHERE, "k")
    assert parcels(books) == [("waiting", ELSEWHERE)] * 2


def test_no_parcel_is_sent_elsewhere_when_one_is_packed(orders: TrytonOrders, books: TrytonBooks, parcel: int) -> None:
    (second,) = books.session.search("stock.shipment.out", [["id", "!=", parcel]], ["id"])
    books.ship(second["id"], "assign_force", "pick")
    with pytest.raises(Rejected, match="packed"):
        orders.change_address(NUMBER, ELSEWHERE, "k")
    assert {where for _state, where in parcels(books)} == {HOME}


@pytest.mark.usefixtures("sale")
def test_what_was_changed_again_meanwhile_is_not_changed_back_by_the_first_key(orders: TrytonOrders) -> None:
    orders.change_quantity(NUMBER, "LAMP", Decimal(3), "k")
    orders.change_quantity(NUMBER, "LAMP", Decimal(5), "k2")
    assert orders.change_quantity(NUMBER, "LAMP", Decimal(3), "k").items[0].quantity == 5


def test_what_was_refused_once_may_be_tried_with_the_same_key(
    orders: TrytonOrders, books: TrytonBooks, sale: int
) -> None:
    shipment = books.confirm(sale)
    books.ship(shipment, "assign_force", "pick")
    with pytest.raises(Rejected, match="packed"):
        orders.change_address(NUMBER, ELSEWHERE, "k")
    assert books.session.search("ir.note", [["resource", "=", f"sale.sale,{sale}"]], ["message"]) == []


def parcels(books: TrytonBooks) -> list[tuple[str, Address | None]]:
    fields = [f"delivery_address.{name}" for name in ("street", "city", "postal_code", "country.code")]
    found = books.session.search("stock.shipment.out", [], ["state", *fields], [["id", "ASC"]])
    return [(one["state"], read_address(one["delivery_address."])) for one in found]


def address_values(books: TrytonBooks) -> dict[str, object]:
    country = books.find("country.country", code=ELSEWHERE.country)
    return {
        "street": ELSEWHERE.street,
        "city": ELSEWHERE.city,
        "postal_code": ELSEWHERE.postcode,
        "country": country,
    }
