"""Opening a ticket, through the private listener: asked, shown, confirmed, created once."""

from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from bot.office import Office
from connectors.contracts.tickets import MAX_SUBJECT_LENGTH
from connectors.database.models.conversation import Ticket
from tests.fixtures.rasa_calls import act, keys, slots_set
from tests.fixtures.trackers import said, tracker_of

pytestmark = pytest.mark.integration
DRAFT = {"ticket_subject": "Broken lamp", "ticket_description": "It is <b>broken</b>.", "email": "emma@example.com"}


def ticket_count(office: Office) -> int:
    with office.database.read() as session:
        return session.scalar(select(func.count()).select_from(Ticket)) or 0


def test_a_ticket_is_shown_before_it_is_created(rasa: TestClient, office: Office, sender: str) -> None:
    tracker = tracker_of(sender, said("emma@example.com", "inform"), DRAFT, "ticket_form")
    (shown,) = act(rasa, "action_ask_ticket_form_confirmed", tracker)["responses"]
    assert shown["response"] == "ticket_confirm"
    assert (shown["subject"], shown["description"], shown["email"]) == tuple(DRAFT.values())
    assert ticket_count(office) == 0


def test_a_confirmed_ticket_gets_a_number_and_only_one_however_often_rasa_asks(
    rasa: TestClient, office: Office, sender: str
) -> None:
    tracker = tracker_of(sender, said("yes", "affirm", seq=9), {**DRAFT, "confirmed": True}, "ticket_form")
    answers = [act(rasa, "action_create_ticket", tracker) for _ in range(2)]
    assert keys(answers[0]) == ["ticket_created"]
    assert [answer["responses"][0]["number"] for answer in answers] == ["TCK-000001"] * 2
    assert ticket_count(office) == 1
    expected = {"ticket_subject": None, "ticket_description": None, "confirmed": None}
    assert slots_set(answers[0]) == expected
    with office.database.read() as session:
        ticket = session.scalars(select(Ticket)).one()
    assert (ticket.subject, ticket.description, ticket.email) == tuple(DRAFT.values())


def test_the_next_ticket_has_the_next_number(rasa: TestClient, sender: str) -> None:
    slots = {**DRAFT, "confirmed": True}
    trackers = [tracker_of(sender, said("yes", "affirm", seq=seq), slots) for seq in (4, 9)]
    numbers = [act(rasa, "action_create_ticket", tracker)["responses"][0]["number"] for tracker in trackers]
    assert numbers == ["TCK-000001", "TCK-000002"]


def test_an_unconfirmed_ticket_is_not_created(rasa: TestClient, office: Office, sender: str) -> None:
    tracker = tracker_of(sender, said("no", "deny"), {**DRAFT, "confirmed": False}, "ticket_form")
    assert keys(act(rasa, "action_create_ticket", tracker)) == ["ticket_not_created"]
    assert ticket_count(office) == 0


def answer_question(rasa: TestClient, sender: str, slot: str, text: str, intent: str) -> dict[str, Any]:
    tracker = tracker_of(sender, said(text, intent), {"requested_slot": slot}, "ticket_form")
    return act(rasa, "validate_ticket_form", tracker)


@pytest.mark.parametrize("slot", ["ticket_subject", "ticket_description"])
def test_a_no_ends_the_ticket_form(rasa: TestClient, sender: str, slot: str) -> None:
    answer = answer_question(rasa, sender, slot, "no thanks", "deny")
    assert keys(answer) == ["utter_cancelled"]
    forgotten = {"ticket_subject": None, "ticket_description": None, "confirmed": None}
    assert slots_set(answer) == {**forgotten, "requested_slot": None}


@pytest.mark.parametrize("slot", ["ticket_subject", "ticket_description"])
def test_a_long_text_with_a_no_in_it_is_an_answer(rasa: TestClient, sender: str, slot: str) -> None:
    answer = answer_question(rasa, sender, slot, " no parcel came to my door ", "deny")
    assert slots_set(answer)[slot] == "no parcel came to my door"


def test_a_subject_that_is_too_long_is_asked_for_again(rasa: TestClient, sender: str) -> None:
    answer = answer_question(rasa, sender, "ticket_subject", "x" * (MAX_SUBJECT_LENGTH + 1), "inform")
    assert keys(answer) == ["ticket_subject_too_long"]
    assert slots_set(answer) == {"ticket_subject": None, "requested_slot": "ticket_subject"}


@pytest.mark.parametrize(("slot", "key"), [("email", "utter_need_email"), ("confirmed", "utter_need_yes_or_no")])
def test_in_a_form_the_open_question_is_explained(rasa: TestClient, sender: str, slot: str, key: str) -> None:
    known = {**DRAFT, slot: None, "requested_slot": slot}
    answer = act(rasa, "validate_ticket_form", tracker_of(sender, said("what?", "out_of_scope"), known, "ticket_form"))
    assert keys(answer) == [key]
    assert slots_set(answer) == {slot: None, "requested_slot": slot}


def test_a_question_about_something_else_is_left_to_the_rules(rasa: TestClient, sender: str) -> None:
    answer = answer_question(rasa, sender, "email", "when are you open", "opening_hours")
    assert keys(answer) == []
    assert slots_set(answer).keys() == {"requested_slot"}
