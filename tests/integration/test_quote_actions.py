"""The wish for an offer, through the private listener: how it starts, is answered, corrected and confirmed."""

from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import delete, select

from bot.office import Office
from connectors.database.models.sales import LeadRow
from connectors.database.models.work import Connection
from tests.fixtures.product_calls import AVAILABILITY, PRICE, ask, asked, facts, payloads
from tests.fixtures.rasa_calls import act, followed_by, keys, slots_set, text_of
from tests.fixtures.trackers import said, tracker_of

pytestmark = pytest.mark.integration
QUOTE = {"quote_product": "MUG-BLUE", "quote_quantity": "40", "quote_company": "Café Rosa", "email": "ann@example.com"}


@pytest.mark.parametrize(
    ("text", "quantity", "is_offer"),
    [
        ("how much are 19 oak trays", "19", False),
        ("how much are 20 oak trays", "20", True),
        ("could you quote me for oak trays", "", True),
    ],
)
def test_many_pieces_or_the_word_offer_start_the_quote(
    rasa: TestClient, sender: str, text: str, quantity: str, is_offer: bool
) -> None:
    entities = {"quantity": quantity} if quantity else {}
    answer = ask(rasa, sender, asked(text, PRICE, **entities))
    assert (followed_by(answer) == ["quote_form"]) is is_offer
    if is_offer:
        expected = {"quote_product": "OAK-TRAY", "quote_quantity": quantity or None}
        assert slots_set(answer) == expected | {"quote_company": None, "confirmed": None}


def test_many_pieces_in_stock_come_with_the_offer_of_an_offer(rasa: TestClient, sender: str) -> None:
    answer = ask(rasa, sender, asked("do you have 40 oak trays", AVAILABILITY, quantity="40"))
    assert facts(answer)[-1] == "product_offer"
    assert payloads(answer) == [{"intent": PRICE, "product": "OAK-TRAY", "wish": "offer", "quantity": "40"}]


def validate(rasa: TestClient, sender: str, message: dict[str, Any], requested: str, **slots: str) -> dict[str, Any]:
    tracker = tracker_of(sender, message, {**slots, "requested_slot": requested}, "quote_form")
    return act(rasa, "validate_quote_form", tracker)


def test_the_offer_may_be_for_what_the_catalogue_does_not_have(rasa: TestClient, sender: str) -> None:
    answer = validate(rasa, sender, asked("30 green chairs for a café", PRICE, quantity="30"), "quote_product")
    assert slots_set(answer)["quote_product"] == "30 green chairs for a café"
    assert slots_set(answer)["quote_quantity"] == "30"
    assert slots_set(answer)["requested_slot"] == "quote_company"


def test_a_named_product_is_recognised_in_the_answer(rasa: TestClient, sender: str) -> None:
    answer = validate(rasa, sender, asked("the Tove stool please", AVAILABILITY), "quote_product")
    assert slots_set(answer)["quote_product"] == "STOOL-TOVE"


@pytest.mark.parametrize("quantity", ["0", "2.5", "1000001"])
def test_a_number_that_counts_no_pieces_is_asked_again(rasa: TestClient, sender: str, quantity: str) -> None:
    answer = validate(rasa, sender, asked(quantity, "inform", quantity=quantity), "quote_quantity", **QUOTE)
    assert keys(answer) == ["utter_need_quantity"]
    assert slots_set(answer)["quote_quantity"] is None


@pytest.mark.parametrize("intent", ["skip", "deny"])
def test_the_company_may_be_skipped(rasa: TestClient, sender: str, intent: str) -> None:
    slots = {"quote_product": "MUG-BLUE", "quote_quantity": "40"}
    answer = validate(rasa, sender, said("no", intent), "quote_company", **slots)
    assert slots_set(answer) == {"quote_company": "", "requested_slot": "email"}


def test_a_company_with_a_product_and_a_number_in_its_name_changes_neither(rasa: TestClient, sender: str) -> None:
    slots = {"quote_product": "MUG-BLUE", "quote_quantity": "40"}
    message = asked("Lamp & 3 Sons", "nlu_fallback", product="LAMP-BASE", quantity="3")
    answer = validate(rasa, sender, message, "quote_company", **slots)
    assert slots_set(answer) == {"quote_company": "Lamp & 3 Sons", "requested_slot": "email"}


def test_a_company_is_no_longer_than_the_sales_system_takes(rasa: TestClient, sender: str) -> None:
    slots = {"quote_product": "MUG-BLUE", "quote_quantity": "40"}
    answer = validate(rasa, sender, said("Rosa & sons " * 300, "nlu_fallback"), "quote_company", **slots)
    assert len(slots_set(answer)["quote_company"]) == 200


def test_the_number_can_be_corrected_at_the_last_moment(rasa: TestClient, sender: str) -> None:
    answer = validate(rasa, sender, asked("no, 50 pieces", "deny", quantity="50"), "confirmed", **QUOTE)
    assert slots_set(answer) == {"quote_quantity": "50", "requested_slot": "confirmed"}


def test_the_offer_is_shown_before_it_is_asked_for(rasa: TestClient, office: Office, sender: str) -> None:
    shown = act(rasa, "action_ask_quote_form_confirmed", tracker_of(sender, said("x", "inform"), QUOTE, "quote_form"))
    text = text_of(rasa, shown, sender)
    assert "Hand-painted mug, blue" in text
    assert "40 pieces" in text
    assert "Company: Café Rosa" in text
    with office.database.read() as session:
        assert session.scalars(select(LeadRow)).all() == []


def request(rasa: TestClient, sender: str, is_confirmed: bool) -> dict[str, Any]:
    slots = {**QUOTE, "confirmed": is_confirmed}
    return act(rasa, "action_request_quote", tracker_of(sender, said("yes", "affirm", seq=9), slots))


def test_a_confirmed_offer_is_asked_for_once(rasa: TestClient, office: Office, sender: str) -> None:
    answers = [request(rasa, sender, is_confirmed=True) for _ in range(2)]
    assert [answer["responses"][0]["number"] for answer in answers] == ["LEAD-000001"] * 2
    assert slots_set(answers[0]) == dict.fromkeys(("quote_product", "quote_quantity", "quote_company", "confirmed"))
    with office.database.read() as session:
        assert session.scalars(select(LeadRow.sku)).all() == ["MUG-BLUE"]


def test_an_offer_that_is_not_confirmed_is_not_asked_for(rasa: TestClient, office: Office, sender: str) -> None:
    assert keys(request(rasa, sender, is_confirmed=False)) == ["quote_not_requested"]
    with office.database.read() as session:
        assert session.scalars(select(LeadRow)).all() == []


def test_without_a_system_for_leads_the_customer_hears_so(rasa: TestClient, office: Office, sender: str) -> None:
    with office.database.write() as session:
        session.execute(delete(Connection).where(Connection.name == "leads"))
    assert keys(request(rasa, sender, is_confirmed=True)) == ["quote_failed"]


def test_a_quote_form_that_was_left_asks_for_nothing(rasa: TestClient, sender: str) -> None:
    assert keys(act(rasa, "action_request_quote", tracker_of(sender, said("cancel", "cancel")))) == []
