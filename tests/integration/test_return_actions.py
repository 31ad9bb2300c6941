"""Sending goods back and hearing what became of the money."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.database.models.sales import ReturnRow, SalesOrderItem
from connectors.errors import Unavailable
from connectors.vendors.house_sales import HouseReturns
from tests.fixtures.order_book import ONE_ITEM, PlacedOrder, delivered, sent, today
from tests.fixtures.played_talk import PlayedTalk, Task
from tests.integration.order_house import OrderHouse, open_order_house

pytestmark = pytest.mark.integration

RETURN = Task("return_form", "action_request_return")
REFUND = Task("refund_status_form", "action_refund_status")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[OrderHouse]:
    with open_order_house(tmp_path) as house:
        yield house


def begin(house: OrderHouse, order: PlacedOrder) -> PlayedTalk:
    talk = house.talk(RETURN)
    talk.say(f"I want to send back {order.number} {order.email}", "refund_request")
    return talk


def test_a_return_is_registered_step_by_step(house: OrderHouse) -> None:
    order = house.place(**delivered())
    talk = begin(house, order)
    assert talk.keys == ["ask_return_items"]
    assert talk.press(1) == ["utter_ask_return_reason"]
    assert talk.say("It is taller than I thought.", "nlu_fallback") == ["utter_ask_is_faulty"]
    assert talk.say("no", "deny") == ["return_confirm"]
    text = house.text(talk.said[0], talk.sender)
    assert "2 × Glass table lamp" in text
    assert "€3.90" in text
    assert "€178.00" in text
    assert talk.say("yes", "affirm") == ["return_created"]
    (case,) = house.office.connectors.returns().returns_of(order.number)
    assert talk.said[0]["return_number"] == case.number
    assert (case.skus, case.reason, case.is_faulty) == (("LAMP-GLASS-20",), "It is taller than I thought.", False)
    assert order.email not in house.text(talk.said[0], talk.sender)
    assert [entry.detail["return_number"] for entry in house.audit("return.request")] == [case.number]


def test_faulty_goods_go_back_free_of_charge_and_a_reason_may_be_skipped(house: OrderHouse) -> None:
    talk = begin(house, house.place(**delivered()))
    assert talk.say('/inform{"return_items":"all"}') == ["utter_ask_return_reason"]
    assert talk.say("/skip") == ["utter_ask_is_faulty"]
    assert talk.say("yes", "affirm") == ["return_confirm"]
    assert talk.said[0]["label"] == [{"key": "label_is_free"}]
    assert talk.said[0]["reason"] == []
    assert len(talk.said[0]["items"]) == 2


@pytest.mark.parametrize(
    ("said", "skus"),
    [
        ("the tray", ["OAK-TRAY"]),
        ("the lamp and the tray", ["LAMP-GLASS-20", "OAK-TRAY"]),
        ("both", ["LAMP-GLASS-20", "OAK-TRAY"]),
    ],
)
def test_items_are_chosen_by_what_they_are_called(house: OrderHouse, said: str, skus: list[str]) -> None:
    talk = begin(house, house.place(**delivered()))
    assert talk.say(said) == ["utter_ask_return_reason"]
    assert talk.slots["return_items"] == skus


def test_the_only_item_is_not_asked_for(house: OrderHouse) -> None:
    assert begin(house, house.place(ONE_ITEM, **delivered())).keys == ["utter_ask_return_reason"]


def test_a_number_in_the_reason_is_no_order(house: OrderHouse) -> None:
    talk = begin(house, house.place(ONE_ITEM, **delivered()))
    assert talk.say("the batch 123456 is known to break", "ticket_open") == ["utter_ask_is_faulty"]
    assert talk.slots["return_reason"] == "the batch 123456 is known to break"


def test_a_return_that_is_not_confirmed_is_not_registered(house: OrderHouse) -> None:
    order = house.place(ONE_ITEM, **delivered())
    talk = begin(house, order)
    talk.say("/skip")
    talk.say("no", "deny")
    assert talk.say("no", "deny") == ["return_not_created"]
    assert house.office.connectors.returns().returns_of(order.number) == ()


@pytest.mark.parametrize(
    ("columns", "key", "buttons"),
    [
        ({"state": "paid"}, "return_not_sent", ["cancel_order", "talk_to_human"]),
        ({"state": "picking"}, "return_not_arrived", []),
        (sent(), "return_not_arrived", []),
        (delivered(31), "return_too_late", []),
        ({"state": "cancelled"}, "refund_of_cancelled", []),
    ],
)
def test_what_cannot_be_returned_is_explained(
    house: OrderHouse, columns: dict[str, Any], key: str, buttons: list[str]
) -> None:
    talk = begin(house, house.place(**columns))
    assert talk.keys == [key]
    assert [choice.partition("{")[0].strip("/") for choice in talk.choices] == buttons


def test_the_thirtieth_day_is_not_too_late(house: OrderHouse) -> None:
    assert begin(house, house.place(**delivered(30))).keys == ["ask_return_items"]


def test_nothing_is_returned_twice(house: OrderHouse) -> None:
    order = house.place(**delivered())
    talk = begin(house, order)
    for said in ('/inform{"return_items":"LAMP-GLASS-20"}', "/skip", "/deny", "/affirm"):
        talk.say(said)
    talk = begin(house, order)
    assert talk.keys == ["utter_ask_return_reason"]
    assert talk.slots["return_items"] == ["OAK-TRAY"]
    for said in ("/skip", "/deny", "/affirm"):
        talk.say(said)
    assert begin(house, order).keys == ["return_all_registered"]


def test_goods_whose_price_nobody_knows_are_left_to_people(house: OrderHouse) -> None:
    order = house.place(ONE_ITEM, **delivered())
    with house.office.database.write() as session:
        session.query(SalesOrderItem).filter_by(order_number=order.number).update({"unit_price": None})
    talk = begin(house, order)
    assert talk.say("/skip") == ["utter_ask_is_faulty"]
    talk.say("/deny")
    assert talk.say("/affirm") == ["return_refused"]


def test_returns_that_cannot_be_reached_are_no_refusal(house: OrderHouse) -> None:
    order = house.place(**delivered())
    house.disconnect("returns")
    talk = begin(house, order)
    assert talk.keys == ["return_refused"]
    assert talk.choices == ["/talk_to_human"]


def ask_for_refund(house: OrderHouse, order: PlacedOrder) -> PlayedTalk:
    talk = house.talk(REFUND)
    talk.say(f"where is my money for {order.number} {order.email}", "refund_status")
    return talk


def test_the_state_of_a_return_is_told_with_its_day_and_amount(house: OrderHouse) -> None:
    order = house.place(ONE_ITEM, **delivered())
    talk = begin(house, order)
    for said in ("/skip", "/deny", "/affirm"):
        talk.say(said)
    asked = ask_for_refund(house, order)
    assert asked.keys == ["refund_status"]
    assert "€33.50: registered, we're waiting for the parcel" in house.text(asked.said[0], asked.sender)
    with house.office.database.write() as session:
        row = session.query(ReturnRow).filter_by(order_number=order.number).one()
        row.state, row.refunded_on = "refunded", today()
    asked = ask_for_refund(house, order)
    assert "money paid back on" in house.text(asked.said[0], asked.sender)


def test_without_a_return_one_is_offered(house: OrderHouse) -> None:
    talk = ask_for_refund(house, house.place(**delivered()))
    assert talk.keys == ["refund_none"]
    assert talk.choices[0].startswith("/refund_request")


def test_the_money_of_a_cancelled_order_comes_by_itself(house: OrderHouse) -> None:
    assert ask_for_refund(house, house.place(state="cancelled")).keys == ["refund_of_cancelled"]


def registered(house: OrderHouse) -> tuple[PlacedOrder, str]:
    """An order of which something comes back, and the number of the return."""
    order = house.place(ONE_ITEM, **delivered())
    talk = begin(house, order)
    for said in ("/skip", "/deny", "/affirm"):
        talk.say(said)
    return order, str(talk.said[0]["return_number"])


@pytest.mark.parametrize("spelling", ["{number}", "{lower}", "ret {digits}"])
def test_a_return_can_be_asked_for_by_its_own_number(house: OrderHouse, spelling: str) -> None:
    order, number = registered(house)
    typed = spelling.format(number=number, lower=number.lower(), digits=int(number[4:]))
    talk = house.talk(REFUND)
    assert talk.say(f"what became of {typed}?", "refund_status") == ["utter_ask_email"]
    assert talk.say(order.email) == ["refund_status"]
    assert number in house.text(talk.said[0], talk.sender)


def test_a_returns_number_answers_the_question_for_the_order(house: OrderHouse) -> None:
    order, number = registered(house)
    talk = house.talk(REFUND)
    assert talk.say("where is my money", "refund_status") == ["utter_ask_order_number"]
    assert talk.say(number, "nlu_fallback") == ["utter_ask_email"]
    assert talk.say(order.email) == ["refund_status"]


def test_a_returns_number_proves_nothing_and_one_that_does_not_exist_is_refused_alike(house: OrderHouse) -> None:
    _, number = registered(house)
    said = []
    for each in (number, "RET-999999"):
        talk = house.talk(REFUND)
        asked = talk.say(f"what became of {each}?", "refund_status")
        said.append((asked, talk.say("stranger@example.com"), talk.said))
    assert said[0] == said[1]
    assert said[0][1] == ["order_refused"]


def test_without_the_returns_the_order_is_asked_for(house: OrderHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    _, number = registered(house)

    def fail(*_: object) -> None:
        raise Unavailable("down")

    monkeypatch.setattr(HouseReturns, "find_return", fail)
    assert house.talk(REFUND).say(f"what became of {number}?", "refund_status") == ["utter_ask_order_number"]
