"""Everything that a customer can do with an order, as whole conversations in every language."""

import re

import pytest
import requests

from connectors.contracts.orders import Order, OrderState
from connectors.database.session import Database
from connectors.vendors.house_orders import HouseOrders
from connectors.vendors.house_sales import HouseReturns
from tests.dialogue.lines import LINES
from tests.dialogue.order_lines import ORDER_LINES
from tests.dialogue.test_conversations import LANGUAGES, TEXTS, begins_like
from tests.fixtures.customer import Customer, Said
from tests.fixtures.order_book import ONE_ITEM, PlacedOrder, bill, delivered, in_days, place_order, sent

pytestmark = pytest.mark.dialogue


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def lines(language: str) -> dict[str, str]:
    return {**LINES[language], **ORDER_LINES[language]}


@pytest.fixture
def customer(product_url: str, language: str) -> Customer:
    return Customer(product_url, language)


def text(key: str, language: str) -> str:
    return TEXTS.render(key, language).text


def title(key: str, language: str, payload: str) -> str:
    """What a button of a response is called."""
    buttons = TEXTS.languages[language].responses[key]["buttons"]
    return next(str(button["title"]) for button in buttons if button["payload"] == payload)


def order_in(database: Database, number: str) -> Order:
    return HouseOrders(database).find_order(number)


def prove(customer: Customer, line: str, order: PlacedOrder) -> Said:
    """Ask for something, and answer what proves the order."""
    customer.say(line)
    customer.say(order.number)
    return customer.say(order.email)


def test_an_order_is_cancelled(
    customer: Customer, language: str, lines: dict[str, str], product_database: Database
) -> None:
    order = place_order(product_database)
    asked = prove(customer, lines["cancel_order"], order)
    assert order.number in asked.text
    assert order_in(product_database, order.number).state == OrderState.PAID
    done = customer.press(asked, _yes(asked))
    assert done.text == TEXTS.render("order_cancelled", language, {"number": order.number}).text
    assert order_in(product_database, order.number).state == OrderState.CANCELLED


def _yes(asked: Said) -> str:
    return asked.buttons[0]["title"]


def _no(asked: Said) -> str:
    return asked.buttons[1]["title"]


def test_an_order_is_not_cancelled_without_a_yes(
    customer: Customer, language: str, lines: dict[str, str], product_database: Database
) -> None:
    order = place_order(product_database)
    prove(customer, lines["cancel_order"], order)
    kept = customer.say(lines["no"])
    assert kept.text == TEXTS.render("order_unchanged", language, {"number": order.number}).text
    assert order_in(product_database, order.number).state == OrderState.PAID


def test_a_stranger_cancels_nothing(
    customer: Customer, language: str, lines: dict[str, str], product_database: Database
) -> None:
    order = place_order(product_database)
    customer.say(lines["cancel_order"])
    customer.say(order.number)
    refused = customer.say("stranger@example.com")
    assert refused.text == text("order_refused", language)
    again = customer.press(refused, _yes(refused))
    assert again.text == text("utter_ask_order_number", language)
    assert order_in(product_database, order.number).state == OrderState.PAID


def test_the_postcode_proves_an_order_too(
    customer: Customer, lines: dict[str, str], product_database: Database
) -> None:
    order = place_order(product_database)
    customer.say(lines["cancel_order"])
    customer.say(order.number)
    assert order.number in customer.say("11000").text


def test_a_quantity_is_changed(
    customer: Customer, language: str, lines: dict[str, str], product_database: Database
) -> None:
    order = place_order(product_database)
    asked = prove(customer, lines["change_order"], order)
    assert asked.text == TEXTS.render("ask_order_item", language, {"number": order.number}).text
    assert len(asked.buttons) == 2
    customer.say(lines["item"])
    confirm = customer.say("3")
    assert confirm.text.startswith(begins_like("change_order_confirm", language))
    changed = customer.say(lines["yes"])
    assert changed.text.startswith(begins_like("order_changed", language))
    items = {item.sku: item.quantity for item in order_in(product_database, order.number).items}
    assert items == {"LAMP-GLASS-20": 2, "OAK-TRAY": 3}


def test_another_number_corrects_the_first(
    customer: Customer, lines: dict[str, str], product_database: Database
) -> None:
    wrong = place_order(product_database)
    right = place_order(product_database, email=wrong.email, items=ONE_ITEM)
    prove(customer, lines["cancel_order"], wrong)
    asked = customer.say(lines["correction"].format(number=right.number))
    assert right.number in asked.text
    customer.press(asked, _yes(asked))
    assert order_in(product_database, wrong.number).state == OrderState.PAID
    assert order_in(product_database, right.number).state == OrderState.CANCELLED


def test_another_task_in_the_middle_is_done_and_the_first_goes_on_with_its_own_order(
    customer: Customer, lines: dict[str, str], product_database: Database
) -> None:
    order, other = place_order(product_database), place_order(product_database, **sent())
    asked = prove(customer, lines["cancel_order"], order)
    customer.say(f"{lines['where']} {other.number}")
    both = customer.say(other.email)
    assert "9340018" in both.texts[0]
    assert both.texts[-1] == asked.text
    customer.press(both, _yes(both))
    assert order_in(product_database, order.number).state == OrderState.CANCELLED


def test_an_enquiry_in_the_middle_is_answered_and_the_question_asked_again(
    customer: Customer, language: str, lines: dict[str, str], product_database: Database
) -> None:
    order = place_order(product_database)
    prove(customer, lines["change_order"], order)
    again = customer.say(lines["delivery"])
    assert again.texts[-1] == TEXTS.render("ask_order_item", language, {"number": order.number}).text
    assert len(again.texts) > 1


def test_a_task_can_be_left(
    customer: Customer, language: str, lines: dict[str, str], product_database: Database
) -> None:
    order = place_order(product_database)
    prove(customer, lines["change_address"], order)
    assert customer.say(lines["cancel"]).text == text("utter_cancelled", language)
    asked = customer.say(lines["return"])
    assert asked.text == text("utter_ask_order_number", language)
    # What was proved before the customer left is still proved.
    assert order.number in asked.buttons[0]["title"]


def test_an_address_is_changed(
    customer: Customer, language: str, lines: dict[str, str], product_database: Database
) -> None:
    order = place_order(product_database)
    asked = prove(customer, lines["change_address"], order)
    assert "D•••" in asked.text
    assert "Dlouhá" not in asked.text
    confirm = customer.say(lines["address"])
    assert "Krátká 5" in confirm.text
    done = customer.press(confirm, _yes(confirm))
    assert done.text.startswith(begins_like("address_changed", language))
    address = order_in(product_database, order.number).address
    assert address is not None
    assert (address.street, address.postcode, address.country) == ("Krátká 5", "602 00", "CZ")


def test_what_is_missing_of_an_address_is_asked_for(
    customer: Customer, language: str, lines: dict[str, str], product_database: Database
) -> None:
    order = place_order(product_database)
    prove(customer, lines["change_address"], order)
    assert customer.say(lines["street_only"]).text == text("utter_ask_address_postcode", language)
    asked = customer.say("60200")
    assert asked.text == text("ask_country", language)
    confirm = customer.press(asked, asked.buttons[0]["title"])
    assert "60200" in confirm.text
    assert customer.press(confirm, _no(confirm)).text.startswith(begins_like("order_unchanged", language))


@pytest.mark.parametrize(
    ("task", "key"),
    [
        ("cancel_order", "order_on_the_way"),
        ("change_order", "order_on_the_way"),
        ("change_address", "address_too_late"),
    ],
)
def test_a_parcel_on_its_way_is_out_of_our_hands(
    customer: Customer, language: str, lines: dict[str, str], product_database: Database, task: str, key: str
) -> None:
    order = place_order(product_database, **sent())
    refused = prove(customer, lines[task], order)
    assert refused.text.startswith(begins_like(key, language))
    assert title(key, language, "/talk_to_human") in [button["title"] for button in refused.buttons]


def test_goods_are_returned_and_the_refund_is_followed(
    customer: Customer, language: str, lines: dict[str, str], product_database: Database
) -> None:
    order = place_order(product_database, **delivered())
    asked = prove(customer, lines["return"], order)
    assert asked.text == text("ask_return_items", language)
    assert customer.say(lines["item"]).text == text("utter_ask_return_reason", language)
    assert customer.say(lines["reason"]).text == text("utter_ask_is_faulty", language)
    confirm = customer.say(lines["no"])
    assert lines["reason"] in confirm.text
    created = customer.say(lines["yes"])
    number = re.search(r"RET-\d{6}", created.text)
    assert number
    assert order.email not in created.text
    (case,) = HouseReturns(product_database).returns_of(order.number)
    assert (case.number, case.skus, case.is_faulty) == (number[0], ("OAK-TRAY",), False)
    asked = customer.say(lines["refund_status"])
    told = customer.press(asked, asked.buttons[0]["title"])
    assert number[0] in told.text
    assert TEXTS.languages[language].terms["return_requested"] in told.text


def test_a_return_may_be_faulty_and_without_words(
    customer: Customer, language: str, lines: dict[str, str], product_database: Database
) -> None:
    order = place_order(product_database, items=ONE_ITEM, **delivered())
    reason = prove(customer, lines["return"], order)
    faulty = customer.press(reason, title("utter_ask_return_reason", language, "/skip"))
    confirm = customer.say(lines["yes"])
    assert faulty.text == text("utter_ask_is_faulty", language)
    assert text("label_is_free", language) in confirm.text
    assert customer.press(confirm, _no(confirm)).text == text("return_not_created", language)
    assert HouseReturns(product_database).returns_of(order.number) == ()


def test_what_was_not_sent_yet_is_cancelled_rather_than_returned(
    customer: Customer, language: str, lines: dict[str, str], product_database: Database
) -> None:
    order = place_order(product_database)
    offered = prove(customer, lines["return"], order)
    assert offered.text == TEXTS.render("return_not_sent", language, {"number": order.number}).text
    confirm = customer.press(offered, _yes(offered))
    customer.press(confirm, _yes(confirm))
    assert order_in(product_database, order.number).state == OrderState.CANCELLED


def test_after_thirty_days_the_warranty_is_named(
    customer: Customer, language: str, lines: dict[str, str], product_database: Database
) -> None:
    order = place_order(product_database, **delivered(31))
    refused = prove(customer, lines["return"], order)
    assert refused.text.startswith(begins_like("return_too_late", language))


def test_an_invoice_comes_as_a_link_and_as_a_mail(
    customer: Customer, language: str, lines: dict[str, str], product_database: Database
) -> None:
    order = place_order(product_database, **sent())
    number = bill(product_database, order)
    given = prove(customer, lines["invoice"], order)
    assert number in given.text
    assert order.email not in given.text
    url = re.search(r"http\S+", given.text)
    assert url
    document = requests.get(url[0], timeout=30)
    assert document.status_code == 200
    assert document.content.startswith(b"%PDF-")
    mailed = customer.press(given, _yes(given))
    assert mailed.text.startswith(begins_like("invoice_mailed", language))
    assert order.email not in mailed.text


def test_without_an_invoice_the_customer_hears_when_it_comes(
    customer: Customer, language: str, lines: dict[str, str], product_database: Database
) -> None:
    order = place_order(product_database)
    told = prove(customer, lines["invoice"], order)
    assert told.text == TEXTS.render("invoice_not_yet", language, {"number": order.number}).text


def test_a_late_parcel_is_taken_up(
    customer: Customer, language: str, lines: dict[str, str], product_database: Database
) -> None:
    order = place_order(product_database, **sent(9, expected_on=in_days(-2)))
    asked = prove(customer, lines["late"], order)
    assert asked.text.startswith(begins_like("parcel_late", language))
    opened = customer.say(lines["yes"])
    assert re.search(r"TCK-\d{6}", opened.text)


def test_a_parcel_that_is_marked_as_delivered_is_looked_for(
    customer: Customer, language: str, lines: dict[str, str], product_database: Database
) -> None:
    order = place_order(product_database, **delivered())
    asked = prove(customer, lines["late"], order)
    assert asked.text.startswith(begins_like("parcel_not_received", language))
    assert customer.say(lines["no"]).text == text("ticket_not_created", language)


def test_a_parcel_that_is_not_late_is_told_with_its_day(
    customer: Customer, language: str, lines: dict[str, str], product_database: Database
) -> None:
    order = place_order(product_database, **sent(1, expected_on=in_days(2)))
    told = prove(customer, lines["late"], order)
    assert told.texts[-1] == text("parcel_on_time", language)
    assert begins_like("order_expected", language) in told.text
