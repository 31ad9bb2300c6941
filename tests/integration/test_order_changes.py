"""Cancelling an order, changing what is in it or where it goes: proved, possible, confirmed, and then done."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connectors.contracts.orders import Address, OrderState
from connectors.errors import Rejected, Unavailable
from tests.fixtures.order_book import ONE_ITEM, delivered, sent
from tests.fixtures.played_talk import Task
from tests.integration.order_house import OrderHouse, open_order_house

pytestmark = pytest.mark.integration

CANCEL = Task("cancel_order_form", "action_cancel_order")
CHANGE = Task("change_order_form", "action_change_order")
ADDRESS = Task("change_address_form", "action_change_address")
TASKS = {"cancel_order": CANCEL, "change_order": CHANGE, "change_address": ADDRESS}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[OrderHouse]:
    with open_order_house(tmp_path) as house:
        yield house


def test_an_order_is_cancelled_after_proof_and_a_yes(house: OrderHouse) -> None:
    order, talk = house.place(), house.talk(CANCEL)
    assert talk.say("I want to cancel my order", "cancel_order") == ["utter_ask_order_number"]
    assert talk.say(order.number) == ["utter_ask_email"]
    assert talk.say(order.email) == ["cancel_order_confirm"]
    assert house.order(order.number).state == OrderState.PAID
    assert talk.say("yes", "affirm") == ["order_cancelled"]
    assert house.order(order.number).state == OrderState.CANCELLED
    assert [entry.detail["outcome"] for entry in house.audit("order.cancel")] == ["done"]
    assert talk.slots["order_number"] is None
    assert talk.slots["confirmed"] is None


def test_the_summary_names_the_items_in_the_customers_language(house: OrderHouse) -> None:
    order, talk = house.place(), house.talk(CANCEL, "cs")
    talk.say(f"zrušte {order.number}, {order.email}", "cancel_order")
    text = house.text(talk.said[0], talk.sender)
    assert "2 × Skleněná stolní lampa, 20 cm" in text
    assert "211,50 €" in text.replace("\xa0", " ")


def test_a_no_leaves_the_order_as_it_is(house: OrderHouse) -> None:
    order, talk = house.place(), house.talk(CANCEL)
    talk.say(f"cancel {order.number} {order.email}", "cancel_order")
    assert talk.say("no", "deny") == ["order_unchanged"]
    assert house.order(order.number).state == OrderState.PAID
    assert house.audit("order.cancel") == []


@pytest.mark.parametrize("intent", ["cancel", "out_of_scope", "inform"])
def test_the_question_whether_to_cancel_takes_a_yes_or_a_no_only(house: OrderHouse, intent: str) -> None:
    order, talk = house.place(), house.talk(CANCEL)
    talk.say(f"cancel {order.number} {order.email}", "cancel_order")
    assert talk.say("cancel", intent) == ["utter_need_yes_or_no", "cancel_order_confirm"]
    assert house.order(order.number).state == OrderState.PAID


def test_saying_again_that_it_should_be_cancelled_is_a_yes(house: OrderHouse) -> None:
    order, talk = house.place(), house.talk(CANCEL)
    talk.say(f"cancel {order.number} {order.email}", "cancel_order")
    assert talk.say("yes, cancel my order", "cancel_order") == ["order_cancelled"]


@pytest.mark.parametrize("intent", TASKS)
def test_without_the_right_proof_nothing_is_shown_and_nothing_changed(house: OrderHouse, intent: str) -> None:
    order, talk = house.place(), house.talk(TASKS[intent])
    assert talk.say(f"{order.number} stranger@example.com", intent) == ["order_refused"]
    assert talk.choices == [f"/{intent}", "/talk_to_human"]
    assert talk.slots["email"] is None
    assert house.order(order.number).state == OrderState.PAID


def test_a_postcode_after_the_question_for_proof_is_no_order_number(house: OrderHouse) -> None:
    order, talk = house.place(), house.talk(CANCEL)
    talk.say(f"cancel {order.number}", "cancel_order")
    assert talk.say("11000") == ["cancel_order_confirm"]
    assert talk.slots["order_number"] == order.number


def test_a_wrong_postcode_is_refused(house: OrderHouse) -> None:
    order, talk = house.place(), house.talk(CANCEL)
    talk.say(f"cancel {order.number}", "cancel_order")
    assert talk.say("12000") == ["order_refused"]


@pytest.mark.parametrize(
    ("state", "key"),
    [
        ({"state": "picking"}, "order_being_packed"),
        (sent(), "order_on_the_way"),
        (delivered(), "order_already_delivered"),
        ({"state": "cancelled"}, "order_already_cancelled"),
    ],
)
@pytest.mark.parametrize("intent", ["cancel_order", "change_order"])
def test_too_late_is_explained_with_what_is_possible_instead(
    house: OrderHouse, intent: str, state: dict[str, Any], key: str
) -> None:
    order, talk = house.place(**state), house.talk(TASKS[intent])
    assert talk.say(f"{order.number} {order.email}", intent) == [key]
    assert talk.slots["order_number"] is None


def test_a_delivered_order_may_be_sent_back_at_the_press_of_a_button(house: OrderHouse) -> None:
    order, talk = house.place(**delivered()), house.talk(CANCEL)
    talk.say(f"{order.number} {order.email}", "cancel_order")
    assert talk.choices == [f'/refund_request{{"order_number":"{order.number}"}}']


@pytest.mark.parametrize(
    ("error", "key", "outcome"),
    [
        (Rejected("It was packed a second ago."), "order_change_refused", "refused"),
        (Unavailable("No answer."), "order_change_unavailable", "unavailable"),
    ],
)
def test_a_system_that_does_not_do_it_is_no_success(
    house: OrderHouse, monkeypatch: pytest.MonkeyPatch, error: Rejected | Unavailable, key: str, outcome: str
) -> None:
    order, talk = house.place(), house.talk(CANCEL)
    talk.say(f"cancel {order.number} {order.email}", "cancel_order")
    house.break_changes(monkeypatch, error)
    assert talk.say("yes", "affirm") == [key]
    assert [entry.detail["outcome"] for entry in house.audit("order.cancel")] == [outcome]


def test_another_number_corrects_the_first_and_is_proved_on_its_own(house: OrderHouse) -> None:
    first, talk = house.place(), house.talk(CHANGE)
    second, foreign = house.place(email=first.email), house.place()
    talk.say(f"{first.number} {first.email}", "change_order")
    talk.press(1)
    assert talk.say(f"no, {second.number}", "deny") == ["ask_order_item"]
    assert talk.slots["order_item"] is None
    assert talk.say(f"sorry, {foreign.number}") == ["utter_ask_email"]


def test_another_task_about_another_order_is_no_correction(house: OrderHouse) -> None:
    first, second, talk = house.place(), house.place(), house.talk(CANCEL)
    talk.say(f"{first.number} {first.email}", "cancel_order")
    assert talk.say(f"where is {second.number}", "order_status") == ["left to the rules"]


def test_an_enquiry_in_the_middle_is_left_to_the_rules(house: OrderHouse) -> None:
    order, talk = house.place(), house.talk(CHANGE)
    talk.say(f"{order.number} {order.email}", "change_order")
    talk.press(1)
    assert talk.say("when are you open?", "opening_hours") == ["left to the rules"]


def test_a_quantity_is_changed_item_by_item(house: OrderHouse) -> None:
    order, talk = house.place(), house.talk(CHANGE)
    assert talk.say(f"{order.number} {order.email}", "change_order") == ["ask_order_item"]
    assert talk.choices == ['/inform{"order_item":"LAMP-GLASS-20"}', '/inform{"order_item":"OAK-TRAY"}']
    assert talk.press(1) == ["ask_new_quantity"]
    assert talk.say("3 please") == ["change_order_confirm"]
    assert (talk.said[0]["before"], talk.said[0]["after"]) == ("2", "3")
    assert talk.said[0]["total"] == {"amount": "300.50", "currency": "EUR"}
    assert talk.say("yes", "affirm") == ["order_changed"]
    changed = house.order(order.number)
    assert {item.sku: item.quantity for item in changed.items} == {"LAMP-GLASS-20": 3, "OAK-TRAY": 1}
    assert changed.total == Decimal("300.50")
    assert [entry.detail["quantity"] for entry in house.audit("order.change")] == ["3"]


def test_an_item_is_taken_out(house: OrderHouse) -> None:
    order, talk = house.place(), house.talk(CHANGE)
    talk.say(f"{order.number} {order.email}", "change_order")
    talk.press(2)
    assert talk.press(1) == ["remove_item_confirm"]
    assert talk.say("yes", "affirm") == ["order_changed"]
    assert [item.sku for item in house.order(order.number).items] == ["LAMP-GLASS-20"]


def test_the_only_item_is_not_asked_for(house: OrderHouse) -> None:
    order, talk = house.place(ONE_ITEM), house.talk(CHANGE)
    assert talk.say(f"{order.number} {order.email}", "change_order") == ["ask_new_quantity"]


def test_an_item_may_be_named_in_the_first_words(house: OrderHouse) -> None:
    order, talk = house.place(), house.talk(CHANGE)
    talk.say("I want more trays", "change_order")
    talk.say(order.number)
    assert talk.say(order.email) == ["ask_new_quantity"]
    assert talk.slots["order_item"] == "OAK-TRAY"


@pytest.mark.parametrize(
    ("said", "keys"),
    [
        ("1", ["quantity_same", "ask_new_quantity"]),
        ("0", ["quantity_leaves_nothing", "ask_new_quantity"]),
        ("1.5", ["need_quantity", "ask_new_quantity"]),
        ("5000", ["need_quantity", "ask_new_quantity"]),
        ("999", ["quantity_not_in_stock", "ask_new_quantity"]),
        ("more", ["need_quantity", "ask_new_quantity"]),
        ("۲", ["change_order_confirm"]),
    ],
)
def test_a_quantity_must_make_sense(house: OrderHouse, said: str, keys: list[str]) -> None:
    order, talk = house.place(ONE_ITEM), house.talk(CHANGE)
    talk.say(f"{order.number} {order.email}", "change_order")
    assert talk.say(said) == keys


def test_an_address_is_read_shown_back_and_changed(house: OrderHouse) -> None:
    order, talk = house.place(), house.talk(ADDRESS)
    assert talk.say(f"{order.number} {order.email}", "change_address") == ["ask_new_address"]
    asked = house.text(talk.said[0], talk.sender)
    assert "D•••, 110 00 Praha 1" in asked
    assert "Dlouhá" not in asked
    assert talk.say("Schillerstraße 15, 10625 Berlin, Germany") == ["change_address_confirm"]
    assert "Schillerstraße 15\n10625 Berlin\nGermany" in house.text(talk.said[0], talk.sender)
    assert talk.say("yes", "affirm") == ["address_changed"]
    assert house.order(order.number).address == Address("Schillerstraße 15", "Berlin", "10625", "DE")
    assert "Schillerstraße" not in str([entry.detail for entry in house.audit("order.readdress")])


def test_what_is_missing_of_an_address_is_asked_for(house: OrderHouse) -> None:
    order, talk = house.place(), house.talk(ADDRESS)
    talk.say(f"{order.number} {order.email}", "change_address")
    assert talk.say("Krátká 5") == ["utter_ask_address_postcode"]
    assert talk.say("60200") == ["utter_ask_address_city"]
    assert talk.say("Brno") == ["ask_country"]
    assert talk.press(1) == ["change_address_confirm"]
    talk.say("yes", "affirm")
    assert house.order(order.number).address == Address("Krátká 5", "Brno", "60200", "CZ")


def test_an_address_in_the_first_words_is_enough(house: OrderHouse) -> None:
    order, talk = house.place(), house.talk(ADDRESS)
    talk.say("please send it to Krátká 5, 602 00 Brno, Czechia", "change_address")
    talk.say(order.number)
    assert talk.say(order.email) == ["change_address_confirm"]
    assert talk.slots["address_street"] == "Krátká 5"


@pytest.mark.parametrize(
    ("said", "keys"),
    [
        ("10 Main Street, New York, 10001, USA", ["address_outside", "ask_country"]),
        ("Krátká 5, 1234 Brno, Česko", ["postcode_of_elsewhere", "utter_ask_address_postcode"]),
        ("why?", ["need_address", "ask_new_address"]),
    ],
)
def test_an_address_that_we_cannot_use_is_asked_for_again(house: OrderHouse, said: str, keys: list[str]) -> None:
    order, talk = house.place(), house.talk(ADDRESS)
    talk.say(f"{order.number} {order.email}", "change_address")
    assert talk.say(said) == keys


def test_an_order_that_is_being_packed_may_still_go_elsewhere(house: OrderHouse) -> None:
    order, talk = house.place(state="picking"), house.talk(ADDRESS)
    assert talk.say(f"{order.number} {order.email}", "change_address") == ["ask_new_address"]


def test_a_parcel_on_its_way_is_left_to_its_carrier(house: OrderHouse) -> None:
    order, talk = house.place(**sent()), house.talk(ADDRESS)
    assert talk.say(f"{order.number} {order.email}", "change_address") == ["address_too_late"]
    assert talk.said[0]["carrier"] == "GLS"
