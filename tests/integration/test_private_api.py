"""The private listener: only Rasa may call it, it gives nothing away, and its texts are in the customer's language."""

from typing import Any

import pytest
import yaml
from fastapi.testclient import TestClient

from bot.application import create_application
from bot.office import Office
from connectors.database.models.conversation import Conversation, Owner
from connectors.settings import PROJECT_ROOT
from tests.fixtures.rasa_calls import ALLOWED, SECRET
from tests.fixtures.trackers import action_call, said, tracker_of

pytestmark = pytest.mark.integration


def conversation(office: Office, sender: str) -> Conversation:
    with office.database.read() as session:
        return session.get_one(Conversation, sender.partition(".")[0])


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


def test_every_action_of_the_domain_is_ours(office: Office) -> None:
    parts = [yaml.safe_load(path.read_text()) for path in (PROJECT_ROOT / "data/shared/domain").glob("*.yml")]
    wanted = {name for part in parts for name in part.get("actions", ()) if not name.startswith("utter_")}
    assert wanted == {action.name() for action in office.actions}
