"""How a chat begins: the form before it, and a customer who was here before."""

from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from bot.application import create_application
from bot.channels.setup_model import PreChatField, WebSetup
from bot.office import Office
from bot.services.verification import CODE, verify_conversation
from connectors.database.base import utc_now
from connectors.database.models.conversation import Contact, Conversation
from tests.fixtures.assistants import ScriptedAssistant
from tests.fixtures.signed import EMMA, KEYS, identity_of
from tests.fixtures.web_office import Chat, build_web_office, code_of

pytestmark = pytest.mark.integration

FORM = (
    PreChatField(name="name", kind="text", is_required=True, labels={"en": "Your name"}),
    PreChatField(name="email", kind="email", labels={"en": "E-mail"}),
)
SCRIPT = "<script>alert(1)</script>"
LIAM = {"sub": "customer-8", "email": "liam@example.com", "name": "Liam"}


def start(http: TestClient, earlier: str | None = None, **body: Any) -> Response:
    headers = {} if earlier is None else {"Authorization": f"Bearer {earlier}"}
    return http.post("/api/chat/sessions", json=body, headers=headers)


def ask_first(office: Office) -> None:
    office.setups.change_web(WebSetup(pre_chat=FORM), 0, "admin@example.com")


def conversation(office: Office, session_id: str) -> tuple[Conversation, Contact]:
    with office.database.read() as session:
        found = session.get_one(Conversation, session_id)
        return found, found.contact


@pytest.fixture
def signed(tmp_path: Path, assistant: ScriptedAssistant) -> Office:
    return build_web_office(tmp_path / "signed", assistant, identity_keys=KEYS)


def test_answers_of_the_form_are_kept_with_their_questions_for_whoever_helps(
    http: TestClient, chat_office: Office
) -> None:
    ask_first(chat_office)
    started = start(http, pre_chat={"name": f"Emma {SCRIPT}", "email": "Emma@Example.com"}, path="/cart")
    assert started.status_code == 201
    kept, contact = conversation(chat_office, started.json()["session_id"])
    assert kept.opened_with == {
        "path": "/cart",
        "answers": [
            {"name": "name", "labels": {"en": "Your name"}, "value": f"Emma {SCRIPT}"},
            {"name": "email", "labels": {"en": "E-mail"}, "value": "Emma@Example.com"},
        ],
    }
    assert (contact.display_name, contact.email) == (f"Emma {SCRIPT}", "emma@example.com")
    assert kept.verified_email is None


def test_a_form_that_is_not_filled_in_starts_nothing_and_says_what_is_wrong(
    http: TestClient, chat_office: Office
) -> None:
    ask_first(chat_office)
    refused = start(http, pre_chat={"email": "no address"})
    assert refused.status_code == 422
    detail = refused.json()["detail"]
    assert (detail["code"], detail["fields"]) == ("pre_chat_invalid", {"name": "required", "email": "email"})
    assert code_of(start(http, pre_chat={"x" * 31: "y"})) == "bad_request"
    assert code_of(start(http, pre_chat={"name": "x" * 4001})) == "bad_request"
    assert code_of(start(http, pre_chat={"name": ["Emma"]})) == "bad_request"
    assert code_of(start(http, path="/" * 201)) == "bad_request"


def test_without_a_form_what_pages_say_of_the_visitor_is_left_alone(http: TestClient, chat_office: Office) -> None:
    kept, contact = conversation(chat_office, start(http, pre_chat={"name": "Emma"}).json()["session_id"])
    assert (kept.opened_with, contact.display_name) == (None, None)


def test_with_an_earlier_token_it_is_the_same_customer(http: TestClient, chat_office: Office) -> None:
    first = start(http).json()
    second = start(http, first["token"]).json()
    stranger = start(http).json()
    contacts = [conversation(chat_office, one["session_id"])[1].id for one in (first, second, stranger)]
    assert contacts[0] == contacts[1] != contacts[2]
    assert first["session_id"] != second["session_id"]


@pytest.mark.parametrize("token", ["", "x", "gone", "' OR 1=1 --", "é"])
def test_a_token_that_nobody_has_is_told_of(http: TestClient, token: str) -> None:
    refused = http.post("/api/chat/sessions", json={}, headers={b"Authorization": f"Bearer {token}".encode()})
    # Without any token at all it is a first visit.
    expected = 201 if not token else 401
    assert refused.status_code == expected
    if expected == 401:
        assert code_of(refused) == "unknown_session"


def test_what_was_proved_before_counts_in_the_next_conversation(http: TestClient, chat_office: Office) -> None:
    first = start(http).json()
    with chat_office.database.write() as session:
        verify_conversation(session, session.get_one(Conversation, first["session_id"]), "emma@example.com", CODE)
    next_one, _ = conversation(chat_office, start(http, first["token"]).json()["session_id"])
    assert (next_one.verified_email, next_one.verified_by) == ("emma@example.com", "code")


def test_a_claim_never_replaces_what_was_proved(http: TestClient, chat_office: Office) -> None:
    first = start(http).json()
    with chat_office.database.write() as session:
        found = session.get_one(Conversation, first["session_id"])
        verify_conversation(session, found, "emma@example.com", CODE, "Emma")
    ask_first(chat_office)
    second = start(http, first["token"], pre_chat={"name": "Liam", "email": "liam@example.com"}).json()
    found, contact = conversation(chat_office, second["session_id"])
    assert (contact.email, contact.display_name) == ("emma@example.com", "Emma")
    assert found.verified_email == "emma@example.com"


def test_whom_the_shop_vouches_for_is_not_asked_and_brings_the_earlier_conversation_along(signed: Office) -> None:
    with TestClient(create_application(signed, has_engine=False)) as http:
        first = start(http).json()
        ask_first(signed)
        second = start(http, first["token"], identity=identity_of(EMMA, utc_now()), path="/").json()
        listed = http.get("/api/chat/conversations", headers=Chat(http, second["token"]).headers).json()
    before, contact = conversation(signed, first["session_id"])
    after, same = conversation(signed, second["session_id"])
    assert contact.id == same.id
    assert (before.verified_by, after.verified_by) == ("signed", "signed")
    assert [one["id"] for one in listed] == [second["session_id"]]


def test_a_conversation_that_is_anothers_stays_theirs(signed: Office) -> None:
    with TestClient(create_application(signed, has_engine=False)) as http:
        emmas = start(http, identity=identity_of(EMMA, utc_now())).json()
        liams = start(http, emmas["token"], identity=identity_of(LIAM, utc_now())).json()
    assert conversation(signed, emmas["session_id"])[1].id != conversation(signed, liams["session_id"])[1].id
    assert conversation(signed, emmas["session_id"])[0].verified_email == EMMA["email"]


def test_a_customer_whose_other_conversation_is_proved_as_somebody_elses_cannot_sign_in_here(signed: Office) -> None:
    with TestClient(create_application(signed, has_engine=False)) as http:
        first = start(http).json()
        second = start(http, first["token"]).json()
        with signed.database.write() as session:
            verify_conversation(session, session.get_one(Conversation, first["session_id"]), "liam@example.com", CODE)
        headers = Chat(http, second["token"]).headers
        refused = http.post("/api/chat/identity", json={"identity": identity_of(EMMA, utc_now())}, headers=headers)
    assert (refused.status_code, code_of(refused)) == (409, "another_person")
