"""What the assistant does about the conversation itself: people, misunderstandings, languages."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from bot.conversations import store
from bot.office import Office
from connectors.database.models.conversation import Conversation, Owner
from tests.fixtures.rasa_calls import ALLOWED, act, keys
from tests.fixtures.trackers import said, tracker_of

pytestmark = pytest.mark.integration


def conversation(office: Office, sender: str) -> Conversation:
    with office.database.read() as session:
        return session.get_one(Conversation, sender.partition(".")[0])


def say(rasa: TestClient, key: str, sender: str, **arguments: Any) -> dict[str, Any]:
    call = {"response": key, "arguments": arguments, "tracker": {"sender_id": sender}, "channel": {"name": "x"}}
    answer = rasa.post("/nlg", json=call, headers=ALLOWED)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_asking_for_a_person_puts_the_conversation_into_the_queue(
    rasa: TestClient, office: Office, sender: str
) -> None:
    tracker = tracker_of(sender, said("a person please", "talk_to_human"), loop="ticket_form")
    answer = act(rasa, "action_hand_over", tracker)
    assert keys(answer) == ["hand_over"]
    assert answer["responses"][0]["waiting"][-1]["key"] in {"handoff_place", "handoff_later"}
    assert {"event": "active_loop", "name": None} in [
        {"event": event["event"], "name": event.get("name")} for event in answer["events"]
    ]
    assert conversation(office, sender).owner == Owner.QUEUE


@pytest.mark.parametrize(
    ("before", "key", "owner"),
    [
        (["offer_person"], "hand_over", Owner.QUEUE),
        (["offer_person", "not_understood_again"], "hand_over", Owner.QUEUE),
        (["utter_greet"], "utter_what_next", Owner.BOT),
        (["offer_person", "utter_greet"], "utter_what_next", Owner.BOT),
    ],
)
def test_a_yes_means_a_person_where_one_was_offered(
    rasa: TestClient, office: Office, sender: str, before: list[str], key: str, owner: Owner
) -> None:
    answer = act(rasa, "action_affirm", tracker_of(sender, said("yes", "affirm"), said_before=before))
    assert keys(answer) == [key]
    assert conversation(office, sender).owner == owner


@pytest.mark.parametrize(
    ("before", "key"),
    [
        ([], "not_understood"),
        (["utter_greet"], "not_understood"),
        (["not_understood"], "offer_person"),
        (["did_you_mean"], "offer_person"),
        (["did_you_mean", "utter_greet"], "not_understood"),
        (["did_you_mean", "offer_person"], "not_understood_again"),
        (["did_you_mean", "offer_person", "not_understood_again"], "not_understood_again"),
    ],
)
def test_each_failure_in_a_row_leads_one_step_further(
    rasa: TestClient, sender: str, before: list[str], key: str
) -> None:
    tracker = tracker_of(sender, said("grmpf", "nlu_fallback"), said_before=before)
    assert keys(act(rasa, "action_not_understood", tracker)) == [key]


def unsure(text: str) -> dict[str, Any]:
    ranking = [("nlu_fallback", 0.3), ("refund_status", 0.28), ("thank", 0.2), ("refund_request", 0.16)]
    guesses = [{"name": name, "confidence": confidence} for name, confidence in ranking]
    return said(text, "nlu_fallback") | {"intent_ranking": guesses}


@pytest.mark.parametrize(("language", "titles"), [("en", ["Where my refund is"]), ("cs", ["Něco jiného"])])
def test_what_may_have_been_meant_is_offered_in_the_customers_words(
    rasa: TestClient, office: Office, language: str, titles: list[str]
) -> None:
    sender = office.desk.open("web", language, language, None) + ".1"
    answer = act(rasa, "action_not_understood", tracker_of(sender, unsure("about my money")))
    assert keys(answer) == ["did_you_mean"]
    shown = say(rasa, "did_you_mean", sender, choices=answer["responses"][0]["choices"])
    assert [button["payload"] for button in shown["buttons"]] == ["/refund_status", "/refund_request", "/nlu_fallback"]
    assert set(titles) <= {button["title"] for button in shown["buttons"]}


@pytest.mark.parametrize(
    ("action", "intent", "before", "key"),
    [
        ("action_deny", "deny", "did_you_mean", "offer_person"),
        ("action_deny", "deny", "offer_person", "utter_what_next"),
        ("action_deny", "deny", "utter_greet", "utter_what_next"),
    ],
)
def test_a_no_to_both_guesses_is_one_failure_more(
    rasa: TestClient, sender: str, action: str, intent: str, before: str, key: str
) -> None:
    assert keys(act(rasa, action, tracker_of(sender, said("no", intent), said_before=[before]))) == [key]


def test_the_number_of_a_return_asks_for_its_refund(rasa: TestClient, sender: str) -> None:
    answer = act(rasa, "action_not_understood", tracker_of(sender, said("ret-000002", "nlu_fallback")))
    assert [event["name"] for event in answer["events"]] == ["refund_status_form"]


@pytest.mark.parametrize(("action", "intent"), [("action_affirm", "affirm"), ("action_repeat", "repeat")])
def test_two_guesses_are_said_again_with_their_buttons(rasa: TestClient, sender: str, action: str, intent: str) -> None:
    answer = act(rasa, action, tracker_of(sender, said("well", intent), said_before=["did_you_mean"]))
    (again,) = answer["responses"]
    assert again["text"] == "<did_you_mean>"
    assert [button["payload"] for button in again["buttons"]] == ["/affirm"]
    # Said again it is no second failure.
    assert again["metadata"] == {"response": "did_you_mean", "is_repeated": True}


def test_an_open_question_is_left_to_its_form_to_say_again(rasa: TestClient, sender: str) -> None:
    slots = {"requested_slot": "order_number"}
    tracker = tracker_of(
        sender, said("what?", "repeat"), slots, "order_status_form", said_before=["utter_ask_order_number"]
    )
    assert act(rasa, "action_repeat", tracker)["responses"] == []


@pytest.mark.parametrize(
    ("message", "language"),
    [
        (said("mluvte česky", "change_language"), "cs"),
        (said("/change_language", "change_language", language="fa"), "fa"),
        (said("not Czech, Persian", "change_language"), "fa"),
    ],
)
def test_a_language_that_is_named_is_spoken_and_kept(
    rasa: TestClient, office: Office, sender: str, message: dict[str, Any], language: str
) -> None:
    assert keys(act(rasa, "action_change_language", tracker_of(sender, message))) == ["language_changed"]
    assert conversation(office, sender).language == language
    assert conversation(office, sender).is_language_chosen


def test_a_language_that_is_not_named_is_asked_for_with_all_that_we_speak(
    rasa: TestClient, office: Office, sender: str
) -> None:
    answer = act(rasa, "action_change_language", tracker_of(sender, said("another language", "change_language")))
    assert keys(answer) == ["language_ask"]
    choices = answer["responses"][0]["choices"]
    asked = say(rasa, "language_ask", sender, choices=choices)
    assert [button["title"] for button in asked["buttons"]] == [
        "Čeština",
        "English",
        "فارسی",
        "Magyar",
        "Íslenska",
        "Русский",
    ]
    assert asked["buttons"][0]["payload"] == '/change_language{"language":"cs"}'
    assert conversation(office, sender).language == "en"


def test_a_handover_while_a_person_is_there_already_changes_nothing(
    rasa: TestClient, office: Office, sender: str
) -> None:
    with office.database.write() as session:
        store.lock_conversation(session, sender.partition(".")[0]).owner = Owner.HUMAN
    act(rasa, "action_hand_over", tracker_of(sender, said("a person", "talk_to_human")))
    assert conversation(office, sender).owner == Owner.HUMAN
