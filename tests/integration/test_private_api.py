"""The private listener: only Rasa may call it, every action answers it, and texts are in the customer's language."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from fastapi.testclient import TestClient
from sqlalchemy import func, select
from structlog.testing import capture_logs

from bot.application import create_application
from bot.conversations import store
from bot.office import Office
from bot.private_api import create_private_api
from bot.services.tickets import MAX_SUBJECT_LENGTH
from connectors.database.models.conversation import Conversation, Owner, Ticket
from connectors.demo.seed import seed_demo
from connectors.settings import PROJECT_ROOT
from tests.fixtures.assistants import ScriptedAssistant
from tests.fixtures.days import TODAY
from tests.fixtures.trackers import action_call, said, tracker_of
from tests.fixtures.web_office import build_web_office

pytestmark = pytest.mark.integration

SECRET = "a secret between Rasa and us"
ALLOWED = {"Authorization": f"Bearer {SECRET}"}
DRAFT = {"ticket_subject": "Broken lamp", "ticket_description": "It is <b>broken</b>.", "email": "emma@example.com"}


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = build_web_office(tmp_path, ScriptedAssistant())
    seed_demo(office.database, tmp_path, TODAY)
    yield office
    office.turns.stop()
    office.database.close()


@pytest.fixture
def rasa(office: Office) -> Iterator[TestClient]:
    """Rasa, as the private listener sees it."""
    api = create_private_api(office.database, office.texts, office.actions, SECRET)
    with capture_logs(), TestClient(api, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def sender(office: Office) -> str:
    return f"{office.desk.open('web', 'customer', 'en', '192.0.2.1')}.1"


def act(rasa: TestClient, action: str, tracker: dict[str, Any]) -> dict[str, Any]:
    answer = rasa.post("/actions", json=action_call(action, tracker), headers=ALLOWED)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def keys(answer: dict[str, Any]) -> list[str]:
    return [response["response"] for response in answer["responses"]]


def slots_set(answer: dict[str, Any]) -> dict[str, Any]:
    return {event["name"]: event["value"] for event in answer["events"] if event["event"] == "slot"}


def conversation(office: Office, sender: str) -> Conversation:
    with office.database.read() as session:
        return session.get_one(Conversation, sender.partition(".")[0])


def ticket_count(office: Office) -> int:
    with office.database.read() as session:
        return session.scalar(select(func.count()).select_from(Ticket)) or 0


@pytest.mark.parametrize("path", ["/actions", "/nlg"])
@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Bearer wrong", f"Basic {SECRET}", SECRET, "Bearer ř"])
def test_a_call_without_the_secret_reaches_nothing(
    rasa: TestClient, office: Office, sender: str, path: str, authorization: str | None
) -> None:
    headers = {} if authorization is None else {b"Authorization": authorization.encode()}
    call = action_call("action_hand_over", tracker_of(sender, said("a person", "talk_to_human")))
    nlg = {"response": "welcome", "arguments": {}, "tracker": {"sender_id": sender}, "channel": {"name": "twinoffice"}}
    answer = rasa.post(path, json=call if path == "/actions" else nlg, headers=headers)
    assert answer.status_code == 401
    assert conversation(office, sender).owner == Owner.BOT


def test_the_listener_describes_itself_to_nobody(rasa: TestClient) -> None:
    for path in ("/openapi.json", "/docs", "/redoc"):
        assert rasa.get(path, headers=ALLOWED).status_code == 404


def test_a_forged_call_finds_no_action_on_the_public_address(office: Office, sender: str) -> None:
    call = action_call("action_hand_over", tracker_of(sender, said("a person", "talk_to_human")))
    with TestClient(create_application(office, has_engine=False)) as public:
        answers = [public.post(path, json=call, headers=ALLOWED) for path in ("/actions", "/nlg", "/webhook")]
    assert [answer.status_code for answer in answers] == [404] * 3
    assert conversation(office, sender).owner == Owner.BOT


@pytest.mark.parametrize(
    ("action", "sender_id"),
    [("action_no_such", None), ("action_hand_over", "nobody.1"), ("action_hand_over", "default")],
)
def test_a_failing_action_tells_that_it_failed_and_nothing_it_was_sent(
    rasa: TestClient, sender: str, action: str, sender_id: str | None
) -> None:
    tracker = tracker_of(sender_id or sender, said("my secret words", "talk_to_human"))
    answer = rasa.post("/actions", json=action_call(action, tracker), headers=ALLOWED)
    assert answer.status_code == 500
    assert answer.json() == {"error": "the action failed"}


def test_a_call_that_rasa_would_not_make_is_refused_without_an_echo(rasa: TestClient) -> None:
    answer = rasa.post("/nlg", json={"text": "my secret words"}, headers=ALLOWED)
    assert answer.status_code == 422
    assert "secret" not in answer.text


def say(rasa: TestClient, key: str, sender: str, **arguments: Any) -> dict[str, Any]:
    call = {"response": key, "arguments": arguments, "tracker": {"sender_id": sender}, "channel": {"name": "x"}}
    answer = rasa.post("/nlg", json=call, headers=ALLOWED)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


@pytest.mark.parametrize(("language", "word"), [("en", "Hello"), ("cs", "Dobrý den"), ("fa", "سلام")])
def test_a_text_is_in_the_language_of_the_conversation(
    rasa: TestClient, office: Office, language: str, word: str
) -> None:
    sender = office.desk.open("web", language, language, None)
    answer = say(rasa, "utter_greet", f"{sender}.3")
    assert word in answer["text"]
    assert [button["payload"] for button in answer["buttons"]] == ["/order_status", "/ticket_open", "/talk_to_human"]


def test_a_text_for_a_conversation_that_we_do_not_know_is_in_english(rasa: TestClient) -> None:
    assert say(rasa, "utter_greet", "test-of-the-rasa-shell")["text"].startswith("Hello")


def test_what_a_customer_wrote_is_no_template(rasa: TestClient, sender: str) -> None:
    wrote = "{email} {0} %s <b>"
    answer = say(rasa, "ticket_confirm", sender, subject=wrote, description="d", email="e@example.com")
    assert f"Subject: {wrote}\n" in answer["text"]


def test_an_unknown_text_fails(rasa: TestClient, sender: str) -> None:
    call = {"response": "utter_nothing", "tracker": {"sender_id": sender}}
    assert rasa.post("/nlg", json=call, headers=ALLOWED).status_code == 500


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


def validate(rasa: TestClient, sender: str, slot: str, value: str, intent: str) -> dict[str, Any]:
    slot_event = {"event": "slot", "name": slot, "value": value, "timestamp": 4.0}
    given = {"requested_slot": slot, slot: value}
    tracker = tracker_of(sender, said(value, intent), given, "ticket_form", events_after=[slot_event])
    return act(rasa, "validate_ticket_form", tracker)


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


def test_every_action_of_the_domain_is_ours(office: Office) -> None:
    parts = [yaml.safe_load(path.read_text()) for path in (PROJECT_ROOT / "data/shared/domain").glob("*.yml")]
    wanted = {name for part in parts for name in part.get("actions", ()) if not name.startswith("utter_")}
    assert wanted == {action.name() for action in office.actions}


def test_a_handover_while_a_person_is_there_already_changes_nothing(
    rasa: TestClient, office: Office, sender: str
) -> None:
    with office.database.write() as session:
        store.lock_conversation(session, sender.partition(".")[0]).owner = Owner.HUMAN
    act(rasa, "action_hand_over", tracker_of(sender, said("a person", "talk_to_human")))
    assert conversation(office, sender).owner == Owner.HUMAN
