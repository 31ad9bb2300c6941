"""Any REST interface becomes a connector by what an admin declares; what was declared wrongly is named."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from connectors.contracts.catalogue import Product
from connectors.contracts.orders import Order, OrderItem, OrderState
from connectors.database.session import Database
from connectors.errors import AuthFailed, NotFound, Rejected
from connectors.http.reach import Allowed, Reach
from connectors.vendor import Setup
from connectors.vendors import rest
from connectors.vendors.rest_orders import RestOrders
from tests.fixtures.faulty_gateway import Answer, FaultyGateway, Request
from tests.fixtures.rest_shop import ORDERS_MAPPING, PAGING, SETTINGS, SIGNING_IN, RestShop, order_row, product_row

ORDER = Order(
    "ORD-1", "emma@example.com", "Emma Novak", date(2026, 11, 2), OrderState.PAID,
    (OrderItem("LAMP", "Oak lamp", Decimal(1), Decimal("129.95")),), Decimal("129.95"), "EUR",
)  # fmt: skip
ORDERS = [replace(ORDER, number=f"ORD-{number}") for number in range(1, 8)]
MODIFIED = datetime.fromisoformat("2024-11-01T00:00:00+00:00")


def connect(url: str, contract: str = "orders", **settings: Any) -> Any:
    written: Mapping[str, Any] = SETTINGS | {"page_size": 3, "base_url": url, "token_url": f"{url}token"} | settings
    return rest.make(contract, Setup("shop", Database("sqlite://"), written, Allowed(Reach.LOOPBACK)))


def rows(orders: list[Order] = ORDERS) -> list[dict[str, Any]]:
    return [order_row(order, (MODIFIED + timedelta(hours=number)).isoformat()) for number, order in enumerate(orders)]


@pytest.fixture
def shop() -> RestShop:
    return RestShop(most_rows=3, lists={"orders": rows()})


@pytest.fixture
def gateway(shop: RestShop) -> Iterator[FaultyGateway]:
    with FaultyGateway(shop).running() as gateway:
        yield gateway


@pytest.mark.parametrize("paging", PAGING)
@pytest.mark.parametrize("signing_in", SIGNING_IN)
def test_all_orders_come_however_the_system_pages_and_signs_in(paging: str, signing_in: str) -> None:
    shop = RestShop(paging, signing_in, most_rows=3, lists={"orders": rows()})
    with FaultyGateway(shop).running() as gateway:
        orders = connect(gateway.url, **PAGING[paging], **SIGNING_IN[signing_in])
        assert list(orders.undelivered_orders()) == ORDERS


@pytest.mark.parametrize("signing_in", sorted(SIGNING_IN.keys() - {"none"}))
def test_a_wrong_secret_is_named_as_that(signing_in: str) -> None:
    with FaultyGateway(RestShop("page", signing_in, lists={"orders": []})).running() as gateway:
        orders = connect(gateway.url, **PAGING["page"], **(SIGNING_IN[signing_in] | {"secret": "wrong"}))
        with pytest.raises(AuthFailed) as caught:
            orders.check()
    assert "wrong" not in caught.value.reason


@pytest.mark.parametrize("signing_in", sorted(SIGNING_IN.keys() - {"none"}))
def test_a_way_to_sign_in_needs_its_secret(signing_in: str) -> None:
    with pytest.raises(Rejected, match="needs a secret"):
        connect("https://shop.example/", **(SIGNING_IN[signing_in] | {"secret": ""}))


def test_after_the_first_reading_only_changes_are_asked_for(shop: RestShop, gateway: FaultyGateway) -> None:
    orders = connect(gateway.url, **PAGING["page"])
    assert len(orders.undelivered_orders()) == 7
    changed = replace(ORDERS[0], state=OrderState.DELIVERED), replace(ORDER, number="ORD-8")
    shop.lists["orders"][0] = order_row(changed[0], (MODIFIED + timedelta(hours=20)).isoformat())
    shop.lists["orders"].append(order_row(changed[1], (MODIFIED + timedelta(hours=21)).isoformat()))
    asked = len(gateway.requests)
    assert [order.number for order in orders.undelivered_orders()] == [f"ORD-{n}" for n in range(2, 9)]
    assert "since=2024-11-01T05%3A59%3A00Z" in gateway.requests[asked].path


def test_an_order_is_asked_for_alone_where_the_system_offers_that(gateway: FaultyGateway) -> None:
    orders = connect(gateway.url, **PAGING["page"])
    assert orders.find_order("ord-5") == ORDERS[4]
    assert [request.path for request in gateway.requests] == ["/orders/ORD-5"]


def test_without_addresses_for_one_order_the_list_is_looked_through(gateway: FaultyGateway) -> None:
    orders = connect(gateway.url, **PAGING["page"], order_path="", customer_orders_path="")
    assert orders.find_order("ORD-5") == ORDERS[4]
    assert len(orders.orders_of("EMMA@example.com")) == 7
    with pytest.raises(NotFound):
        orders.find_order("ORD-99")


def test_what_customers_type_stays_inside_its_place_of_the_address(gateway: FaultyGateway) -> None:
    orders = connect(gateway.url, **PAGING["page"])
    with pytest.raises(NotFound):
        orders.find_order("../payments?x=1#")
    assert list(orders.orders_of("a&mail=emma@example.com")) == []
    assert gateway.requests[0].path == "/orders/..%2FPAYMENTS%3FX%3D1%23"


@pytest.mark.parametrize("dots", [".", ".."])
def test_what_leads_out_of_its_place_of_the_address_is_not_asked_for(gateway: FaultyGateway, dots: str) -> None:
    products = connect(gateway.url, "catalogue", **PAGING["page"], product_path="products/{sku}/stock")
    with pytest.raises(NotFound):
        products.find_product(dots)
    assert gateway.requests == []


def test_the_key_in_an_address_stands_in_no_log_and_goes_once(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    shop = RestShop("next", "query_key", most_rows=3, lists={"orders": rows()})
    caplog.set_level("DEBUG")
    with FaultyGateway(shop).running() as gateway:
        orders = connect(gateway.url, **PAGING["next"], **SIGNING_IN["query_key"])
        assert len(orders.undelivered_orders()) == 7
        asked = [request.path for request in gateway.requests]
    assert [path.count("key=") for path in asked] == [1, 1, 1]
    assert SIGNING_IN["query_key"]["secret"] not in caplog.text + capsys.readouterr().out


def test_a_system_that_repeats_the_address_it_was_asked_at_gives_no_key_away() -> None:
    with FaultyGateway(lambda request: Answer.of({"message": f"cannot read {request.path}"}, 400)).running() as gateway:
        orders = connect(gateway.url, **PAGING["page"], **SIGNING_IN["query_key"])
        with pytest.raises(Rejected) as caught:
            orders.check()
    assert SIGNING_IN["query_key"]["secret"][:8] not in caught.value.reason


def test_a_system_that_says_how_many_orders_there_are_is_not_asked_for_more() -> None:
    shop = RestShop("page", most_rows=3, lists={"orders": rows()})
    with FaultyGateway(shop).running() as gateway:
        orders = connect(gateway.url, **PAGING["page"], total_path="$.meta.total")
        assert len(orders.undelivered_orders()) == 7
        assert len(gateway.requests) == 3


def test_a_system_that_answers_with_another_order_is_not_believed(gateway: FaultyGateway) -> None:
    orders = connect(gateway.url, **PAGING["page"], order_path="orders/ORD-1?of={number}")
    with pytest.raises(NotFound):
        orders.find_order("ORD-2")


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"total": "$.sum.total"}, r"Order ORD-1, field total \(\$\.sum\.total\)"),
        ({"ordered_on": "$.customer.mail"}, "field ordered_on"),
        ({"currency": ""}, r"field currency \(not mapped\)"),
        ({"rows": "$.orders"}, r"there is no list at \$\.orders"),
        ({"rows": "$.meta"}, r"there is no list at \$\.meta"),
        ({"number": "$.nr"}, "A row of orders has no number"),
        ({"items": "$.customer"}, "no list of items"),
        ({"item_quantity": "$.article.title"}, "an item, field quantity"),
    ],
)
def test_a_mapping_that_does_not_fit_is_named_by_row_field_and_path(
    gateway: FaultyGateway, wrong: dict[str, str], named: str
) -> None:
    orders = connect(gateway.url, **PAGING["page"], orders_mapping=ORDERS_MAPPING | wrong)
    with pytest.raises(Rejected, match=named):
        orders.check()


def test_a_state_that_nobody_named_is_refused_and_not_guessed(gateway: FaultyGateway) -> None:
    orders = connect(gateway.url, **PAGING["page"], order_states={"paid": "settled"})
    with pytest.raises(Rejected, match="'processing'"):
        orders.undelivered_orders()


def test_several_words_may_mean_one_state(gateway: FaultyGateway) -> None:
    orders = connect(gateway.url, **PAGING["page"], order_states={"paid": "on-hold, Processing"})
    assert {order.state for order in orders.undelivered_orders()} == {OrderState.PAID}


def test_a_path_that_is_none_is_refused_before_anything_is_asked() -> None:
    with pytest.raises(Rejected, match="is no path"):
        connect("https://shop.example/", orders_mapping={"number": "$..id"})


def test_pages_by_cursor_need_to_know_where_it_is() -> None:
    for kind in ("cursor", "next"):
        with pytest.raises(Rejected, match="path of the next cursor"):
            connect("https://shop.example/", paging=kind)


@pytest.mark.parametrize("rest_of_it", ["v1?company=1", "?", "v1#orders"])
def test_an_address_with_parameters_is_no_beginning_of_paths(rest_of_it: str) -> None:
    with pytest.raises(Rejected, match="into the paths"):
        connect(f"https://shop.example/{rest_of_it}")


@pytest.mark.parametrize(
    ("contract", "name"), [("orders", "orders"), ("catalogue", "products"), ("inventory", "stock")]
)
def test_a_contract_without_an_address_is_named(gateway: FaultyGateway, contract: str, name: str) -> None:
    connector = connect(gateway.url, contract, **{f"{name}_path": ""})
    with pytest.raises(Rejected, match=f"no address and no mapping for {name}"):
        connector.check()


def test_a_preview_shows_rows_by_path_what_becomes_of_them_and_what_is_wrong(gateway: FaultyGateway) -> None:
    orders = connect(gateway.url, **PAGING["page"], orders_mapping={"rows": "$.data", "number": "$.id"})
    first, second = orders.preview(2)
    assert first.source["$.customer['full name']"] == "Emma Novak"
    assert first.source["$.lines[0].article.sku"] == "LAMP"
    assert first.mapped["number"] == "ORD-1"
    assert "not mapped" in first.problem
    assert second.mapped["number"] == "ORD-2"


def test_a_preview_of_an_empty_mapping_shows_where_the_rows_may_be(gateway: FaultyGateway) -> None:
    (only,) = connect(gateway.url, **PAGING["page"], orders_mapping={}).preview(5)
    assert only.source["$.data[0].id"] == "ORD-1"
    assert "no list at $" in only.problem


def test_a_trial_finds_an_address_of_one_order_that_leads_nowhere(gateway: FaultyGateway) -> None:
    with pytest.raises(Rejected, match="not at the address of one order"):
        connect(gateway.url, **PAGING["page"], order_path="order/{number}").check()


def test_a_trial_finds_an_address_of_a_customer_that_has_no_orders(gateway: FaultyGateway) -> None:
    with pytest.raises(Rejected, match="none for customers who have some"):
        connect(gateway.url, **PAGING["page"], customer_orders_path="orders?mail=x{email}").check()


def test_a_trial_does_not_stumble_over_a_customer_without_a_list() -> None:
    shop = RestShop("none", lists={"orders": rows()})
    mails = iter(["guest", "emma"])

    def forgetful(request: Request) -> Answer:
        return Answer.of({"data": []}) if "mail=" in request.path and next(mails) == "guest" else shop(request)

    shop.lists["orders"][0]["customer"]["mail"] = "guest@example.com"
    with FaultyGateway(forgetful).running() as gateway:
        assert "7 orders" in connect(gateway.url, **PAGING["none"]).check()
        assert next(mails, None) is None


def test_a_trial_finds_an_address_of_one_product_that_leads_nowhere() -> None:
    lamp = product_row(Product("LAMP", {"en": "Oak lamp"}, {}, Decimal(1), "EUR", Decimal(1), "Lamps"))
    with FaultyGateway(RestShop(lists={"products": [lamp]})).running() as gateway:
        with pytest.raises(Rejected, match="not at the address of one product"):
            connect(gateway.url, "catalogue", **PAGING["page"], product_path="product/{sku}").check()
        assert "1 products" in connect(gateway.url, "catalogue", **PAGING["page"]).check()


def test_a_preview_asks_for_one_page_and_shows_no_more_than_a_person_reads() -> None:
    row = {f"field_{n}": n for n in range(1000)}
    shop = RestShop(most_rows=100, lists={"orders": [row] * 50})
    with FaultyGateway(shop).running() as gateway:
        (first, *_) = connect(gateway.url, **PAGING["page"]).preview(2)
        assert gateway.requests[0].path == "/orders?per_page=3&page=1"
    assert len(first.source) == 200


def test_a_preview_of_a_mapping_that_fits_has_no_problem(gateway: FaultyGateway) -> None:
    orders: RestOrders = connect(gateway.url, **PAGING["page"])
    assert [(row.mapped["state"], row.problem) for row in orders.preview(3)] == [("paid", "")] * 3


def test_settings_that_a_form_left_empty_have_their_defaults() -> None:
    empty = {setting.name: None for setting in rest.SETTINGS if setting.name != "base_url"}
    assert rest.make("orders", Setup("shop", Database("sqlite://"), empty | {"base_url": "https://shop.example/"}))


def test_nothing_that_is_shown_of_a_connector_holds_its_secret() -> None:
    orders = connect("https://shop.example/", **SIGNING_IN["basic"])
    assert SIGNING_IN["basic"]["secret"] not in repr(vars(orders))
