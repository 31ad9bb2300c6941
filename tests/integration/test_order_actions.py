"""Where an order is, when it comes, and what is done about a parcel that is late or missing."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from bot.services.verification import CODE, verify_conversation
from connectors.contracts.purchasing import PurchaseRequest
from connectors.database.models.conversation import Conversation, Ticket
from connectors.database.models.purchasing import PurchaseOrderLineRow, PurchaseOrderRow
from connectors.database.models.sales import SalesOrder
from connectors.demo.seed import DEMO_ORDER_EMAIL, DEMO_ORDER_NUMBER
from tests.fixtures.front_office import TEXTS
from tests.fixtures.order_book import ONE_ITEM, TWO_ITEMS, delivered, in_days, sent, today
from tests.fixtures.played_talk import PlayedTalk, Task
from tests.integration.order_house import OrderHouse, open_order_house

pytestmark = pytest.mark.integration

STATUS = Task("order_status_form", "action_order_status")
NO_NUMBER = '/account_help{"account_topic": "proof"}'
LATE = Task("late_parcel_form", "action_late_parcel")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[OrderHouse]:
    with open_order_house(tmp_path) as house:
        yield house


def told(house: OrderHouse, talk: PlayedTalk) -> str:
    return house.text(talk.said[0], talk.sender)


def test_the_right_proof_shows_the_order_in_the_customers_words(house: OrderHouse) -> None:
    talk = house.talk(STATUS)
    talk.say("where is my order", "order_status")
    talk.say(DEMO_ORDER_NUMBER)
    assert talk.say(DEMO_ORDER_EMAIL) == ["order_status"]
    text = told(house, talk)
    assert f"Order {DEMO_ORDER_NUMBER} of" in text
    assert "Total: €" in text
    assert "tracking number" in text


@pytest.mark.parametrize("number", ["ORD-2026-9999", "ORD-2026-0"])
def test_an_unknown_order_and_a_wrong_email_are_answered_the_same(house: OrderHouse, number: str) -> None:
    unknown, foreign = house.talk(STATUS), house.talk(STATUS)
    unknown.slots["order_number"] = number
    unknown.say("emma.novak@example.com", "order_status")
    foreign.slots["order_number"] = DEMO_ORDER_NUMBER
    foreign.say("stranger@example.com", "order_status")
    assert unknown.said == foreign.said
    assert unknown.keys == ["order_refused"]


def test_too_many_tries_say_so_and_offer_a_code_or_a_person(house: OrderHouse) -> None:
    talk = house.talk(STATUS)
    keys = [talk.say(f"{DEMO_ORDER_NUMBER} guess{n}@example.com", "order_status") for n in range(6)]
    assert keys == [["order_refused"]] * 5 + [["order_too_many_tries"]]
    assert talk.choices == ['/account_help{"account_topic": "overview"}', "/talk_to_human"]


def test_an_address_that_was_said_about_something_else_does_not_fail_the_form(house: OrderHouse) -> None:
    order, talk = house.place(), house.talk(STATUS)
    talk.slots["email"] = "for.my.ticket@example.com"
    assert talk.say(f"where is {order.number}", "order_status") == ["utter_ask_email"]
    assert talk.say(order.email) == ["order_status"]


def test_whoever_proved_who_they_are_is_not_offered_another_proof(house: OrderHouse) -> None:
    order, talk = house.place(), house.talk(STATUS)
    with house.office.database.write() as session:
        conversation = session.get_one(Conversation, talk.sender.partition(".")[0])
        verify_conversation(session, conversation, order.email, CODE)
    talk.say("where is my order", "order_status")
    assert talk.choices == [f'/inform{{"order_number":"{order.number}"}}']


@pytest.mark.parametrize("language", sorted(TEXTS.languages))
def test_the_way_without_a_number_is_named_in_every_language(language: str) -> None:
    button = TEXTS.button_of({"term": "no_number", "payload": NO_NUMBER}, language)
    assert button.title == TEXTS.render("utter_ask_ticket_number", language).buttons[0].title


def test_orders_that_were_proved_are_offered_when_the_number_is_asked_for(house: OrderHouse) -> None:
    order, talk = house.place(), house.talk(STATUS)
    talk.say("where is my order", "order_status")
    assert talk.choices == [NO_NUMBER]
    talk.say(f"{order.number} {order.email}")
    talk.say("where is my order", "order_status")
    assert talk.keys == ["utter_ask_order_number"]
    assert talk.press(1) == ["order_status"]


@pytest.mark.parametrize(("slot", "key"), [("order_number", "utter_need_order_number"), ("email", "utter_need_proof")])
def test_in_an_order_form_the_open_question_is_explained(house: OrderHouse, slot: str, key: str) -> None:
    talk = house.talk(STATUS)
    talk.say("where is my order", "order_status")
    if slot == "email":
        talk.say(DEMO_ORDER_NUMBER)
    assert talk.say("what?", "out_of_scope")[0] == key


def order_goods(house: OrderHouse, sku: str, expected_on: date | None, received: int = 0, quantity: int = 100) -> None:
    line = PurchaseOrderLineRow(
        line="1",
        item=sku,
        description=sku,
        quantity=Decimal(quantity),
        uom="C62",
        unit_price=Decimal(5),
        tax_percent=Decimal(21),
        billed=Decimal(0),
        billed_amount=Decimal(0),
    )
    with house.office.database.write() as session:
        row = PurchaseOrderRow(
            number=f"PO-TEST-{sku}-{received}",
            supplier="Secret Supplier",
            currency="EUR",
            ordered_on=today() - timedelta(days=5),
            state="open",
            expected_on=expected_on,
            lines=[line],
        )
        session.add(row)


MISSING = {"CANDLE-SOY": 10}


def test_a_back_order_comes_when_the_open_purchase_order_does(house: OrderHouse) -> None:
    order, talk = (
        house.place({**ONE_ITEM, **MISSING}, state="back_order", expected_on=in_days(2)),
        house.talk(STATUS),
    )
    with house.office.database.write() as session:
        for row in session.scalars(select(PurchaseOrderRow).where(PurchaseOrderRow.state == "open")):
            row.state = "closed"
    order_goods(house, "CANDLE-SOY", in_days(12))
    order_goods(house, "OAK-TRAY", in_days(40))  # which is in stock: nobody waits for it
    talk.say(f"{order.number} {order.email}", "order_status")
    assert talk.said[0]["delivery"] == [{"key": "order_awaited", "expected_on": in_days(12).isoformat()}]
    text = told(house, talk)
    assert "Secret Supplier" not in text
    assert "PO-TEST" not in text


@pytest.mark.parametrize(("days", "key"), [(9, "order_planned"), (-1, "order_expected")])
def test_a_back_order_comes_when_the_reorder_proposal_of_last_night_says(
    house: OrderHouse, days: int, key: str
) -> None:
    order, talk = house.place(MISSING, state="back_order", expected_on=in_days(2)), house.talk(STATUS)
    with house.office.database.write() as session:
        for row in session.scalars(select(PurchaseOrderRow).where(PurchaseOrderRow.state == "open")):
            row.state = "closed"
    house.office.connectors.purchasing().put_request(
        PurchaseRequest(
            "reorder:1",
            "CANDLE-SOY",
            "PRG",
            "Secret Supplier",
            Decimal(100),
            "H87",
            Decimal(3),
            "EUR",
            today(),
            in_days(days),
        )
    )
    talk.say(f"{order.number} {order.email}", "order_status")
    assert talk.said[0]["delivery"] == [{"key": key, "expected_on": in_days(9 if days > 0 else 2).isoformat()}]
    assert "Secret Supplier" not in told(house, talk)


def test_goods_that_the_supplier_owes_since_yesterday_are_said_to_be_late(house: OrderHouse) -> None:
    order, talk = house.place(MISSING, state="back_order", expected_on=in_days(2)), house.talk(STATUS)
    with house.office.database.write() as session:
        for row in session.scalars(select(PurchaseOrderRow).where(PurchaseOrderRow.state == "open")):
            row.state = "closed"
    order_goods(house, "CANDLE-SOY", in_days(-1))
    talk.say(f"{order.number} {order.email}", "order_status")
    assert [line["key"] for line in talk.said[0]["delivery"]] == ["order_awaited_late"]


def test_goods_that_another_customer_waits_for_are_not_promised_twice(house: OrderHouse) -> None:
    with house.office.database.write() as session:
        for row in session.scalars(select(PurchaseOrderRow).where(PurchaseOrderRow.state == "open")):
            row.state = "closed"
        session.execute(update(SalesOrder).values(state="delivered"))
    order_goods(house, "CANDLE-SOY", in_days(12), quantity=19)
    told = []
    for order in [house.place(MISSING, state="back_order"), house.place(MISSING, state="back_order")]:
        talk = house.talk(STATUS)
        talk.say(f"{order.number} {order.email}", "order_status")
        told += [line["key"] for line in talk.said[0]["delivery"]]
    assert told.count("order_awaited") == 1


def test_without_a_purchasing_system_the_promised_day_is_told(house: OrderHouse) -> None:
    order, talk = house.place(MISSING, state="back_order", expected_on=in_days(2)), house.talk(STATUS)
    house.disconnect("purchasing")
    talk.say(f"{order.number} {order.email}", "order_status")
    assert talk.said[0]["delivery"] == [{"key": "order_expected", "expected_on": in_days(2).isoformat()}]


def test_without_a_catalogue_items_are_called_as_in_the_order(house: OrderHouse) -> None:
    order, talk = house.place(ONE_ITEM), house.talk(STATUS, "cs")
    house.disconnect("catalogue")
    talk.say(f"{order.number} {order.email}", "order_status")
    assert "Oiled oak tray" in told(house, talk)


def tickets(house: OrderHouse) -> list[Ticket]:
    with house.office.database.read() as session:
        return list(session.scalars(select(Ticket)))


def test_a_late_parcel_becomes_a_ticket_that_says_what_we_know(house: OrderHouse) -> None:
    order, talk = house.place(**sent(9, expected_on=in_days(-1))), house.talk(LATE)
    assert talk.say(f"late! {order.number} {order.email}", "late_or_missing_parcel") == ["parcel_late"]
    assert order.email not in told(house, talk)
    assert talk.say("yes", "affirm") == ["parcel_ticket_created"]
    (ticket,) = tickets(house)
    assert ticket.email == order.email
    assert order.number in ticket.subject
    assert "9340018" in ticket.description


def test_a_parcel_marked_as_delivered_is_looked_for(house: OrderHouse) -> None:
    order, talk = house.place(**delivered()), house.talk(LATE)
    assert talk.say(f"{order.number} {order.email}", "late_or_missing_parcel") == ["parcel_not_received"]
    assert talk.say("no", "deny") == ["ticket_not_created"]
    assert tickets(house) == []


@pytest.mark.parametrize(
    ("columns", "keys"),
    [
        (sent(1, expected_on=today()), ["order_status", "parcel_on_time"]),
        ({"state": "paid", "expected_on": in_days(3)}, ["order_status", "parcel_on_time"]),
        ({"state": "cancelled"}, ["order_status"]),
        ({"state": "back_order"}, ["order_status"]),
    ],
)
def test_a_parcel_that_is_not_late_is_said_to_be_on_time(
    house: OrderHouse, columns: dict[str, Any], keys: list[str]
) -> None:
    order, talk = house.place(TWO_ITEMS, **columns), house.talk(LATE)
    assert talk.say(f"{order.number} {order.email}", "late_or_missing_parcel") == keys
