"""Somebody else sat at the same computer before: what they copied there opens nothing of the customer who signs in."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from structlog.testing import capture_logs

from bot.application import create_application
from bot.channels import chat_conversations, chat_help, chat_sessions
from bot.office import Office
from bot.services.channel_links import LinkOutcome
from bot.services.identities import Identities
from connectors.database.base import utc_now
from connectors.database.models.conversation import Conversation
from tests.fixtures.assistants import ScriptedAssistant
from tests.fixtures.signed import EMMA, KEYS, identity_of
from tests.fixtures.web_office import Chat, build_web_office, sign_in

pytestmark = pytest.mark.integration

SECRET = "my iban is CZ65 0800"
READS = ("messages", "conversations", "tickets", "transcript?format=txt")


@pytest.fixture
def office(tmp_path: Path, database_url: str) -> Iterator[Office]:
    with capture_logs():
        settings = {"identity_keys": KEYS, "database_url": database_url, "secret_key": "k" * 32}
        made = build_web_office(tmp_path, ScriptedAssistant(), **settings)
        yield made
        made.turns.stop()
        made.database.close()


@pytest.fixture
def http(office: Office) -> Iterator[TestClient]:
    office.links.learn_bot_name("shop_bot")
    with TestClient(create_application(office, has_engine=False), raise_server_exceptions=False) as client:
        yield client


def identity() -> str:
    return identity_of(EMMA, utc_now())


def start(http: TestClient, earlier: Chat | None = None, **body: Any) -> Chat:
    headers = earlier.headers if earlier else {}
    answer = http.post("/api/chat/sessions", json={"language": "en", **body}, headers=headers)
    assert answer.status_code == 201, answer.text
    return Chat(http, answer.json()["token"])


def sign_out(chat: Chat) -> None:
    assert chat.http.post("/api/chat/sign-out", headers=chat.headers).status_code == 204


def ids(chat: Chat) -> list[str]:
    """The conversations of the customer in which something was said, and the one of the token."""
    return [one["id"] for one in chat.http.get("/api/chat/conversations", headers=chat.headers).json()]


def switch(chat: Chat, conversation_id: str) -> Chat:
    answer = chat.http.post(f"/api/chat/conversations/{conversation_id}/token", headers=chat.headers)
    assert answer.status_code == 200, answer.text
    return Chat(chat.http, answer.json()["token"])


def opens_nothing(chat: Chat) -> bool:
    return {chat.http.get(f"/api/chat/{path}", headers=chat.headers).status_code for path in READS} == {401}


def test_a_copy_from_before_a_new_conversation_ends_at_sign_out(http: TestClient) -> None:
    copied = start(http, identity=identity())
    copied.ask("hello")
    now = start(http, copied, identity=identity())
    assert not opens_nothing(copied)
    sign_out(now)
    assert opens_nothing(copied)


@pytest.mark.parametrize("is_new_conversation", [True, False])
def test_what_was_made_with_a_copied_token_ends_at_sign_out(http: TestClient, is_new_conversation: bool) -> None:
    emma = start(http, identity=identity())
    emma.ask("hello")
    copies = [start(http, emma) if is_new_conversation else switch(emma, ids(emma)[0])]
    copies.append(switch(copies[0], ids(emma)[0]))
    sign_out(emma)
    assert [opens_nothing(copy) for copy in copies] == [True, True]


def test_who_signs_out_here_stays_signed_in_elsewhere(http: TestClient) -> None:
    here, elsewhere = (start(http, identity=identity()) for _ in range(2))
    here.ask(SECRET)
    sign_out(here)
    (said,) = (one for one in ids(elsewhere) if SECRET in str(switch(elsewhere, one).read()))
    sign_out(switch(elsewhere, said))
    assert opens_nothing(elsewhere)


def test_another_conversation_of_the_shared_browser_opens_nothing_of_who_signs_in(http: TestClient) -> None:
    at_home = start(http)
    at_home.ask(SECRET)
    sign_in(start(http, at_home), identity())
    left = start(http)
    left.ask("hi")
    copied = start(http, left)
    copied.ask("hi")
    emma = sign_in(left, identity())
    assert opens_nothing(copied)
    assert SECRET in str([switch(emma, one).read() for one in ids(emma)])


def test_a_session_as_a_signed_customer_ends_the_other_conversations_of_the_browser_too(http: TestClient) -> None:
    left = start(http)
    left.ask("hi")
    copied = start(http, left)
    emma = start(http, left, identity=identity())
    assert opens_nothing(copied)
    assert opens_nothing(left)
    later = start(http, emma)
    sign_out(emma)
    assert opens_nothing(later)


def follow_link(office: Office, code: str) -> Conversation:
    """A stranger's chat in Telegram after its person opened the link and agreed."""
    chat_id = office.desk.open("telegram", "4711:4711", "en", None)
    with office.database.write() as session:
        chat = session.get_one(Conversation, chat_id)
        followed = office.links.follow(session, chat, code)
        if followed.outcome == LinkOutcome.ASK:
            office.links.join(session, chat, followed.key)
        session.flush()
        session.refresh(chat)
        return chat


def contact_of(office: Office, chat: Chat) -> str:
    with office.database.read() as session:
        return session.get_one(Conversation, ids(chat)[0]).contact_id


def link(chat: Chat) -> Any:
    return chat.http.post("/api/chat/telegram-link", headers=chat.headers)


def test_a_link_made_in_another_conversation_of_the_browser_joins_nobody_to_who_signs_in(
    office: Office, http: TestClient
) -> None:
    left = start(http)
    code = link(start(http, left)).json()["url"].partition("start=")[2]
    emma = sign_in(left, identity())
    chat = follow_link(office, code)
    assert (chat.contact_id != contact_of(office, emma), chat.verified_email) == (True, None)


Call = Callable[[Chat, str], Any]
IN_FLIGHT: dict[str, tuple[Any, str, Call]] = {
    "switch": (
        chat_conversations,
        "refuse_flood",
        lambda chat, talk: chat.http.post(f"/api/chat/conversations/{talk}/token", headers=chat.headers),
    ),
    "session": (
        chat_sessions,
        "_read_form",
        lambda chat, _talk: chat.http.post("/api/chat/sessions", json={}, headers=chat.headers),
    ),
    "signed session": (
        Identities,
        "open",
        lambda chat, _talk: chat.http.post("/api/chat/sessions", json={"identity": identity()}, headers=chat.headers),
    ),
    "link": (chat_help, "refuse_flood", lambda chat, _talk: link(chat)),
}


@pytest.mark.parametrize("call", IN_FLIGHT)
@pytest.mark.parametrize("is_of_sibling", [False, True])
def test_what_was_asked_for_before_and_is_done_after_the_customer_signed_in_is_refused(
    http: TestClient, monkeypatch: pytest.MonkeyPatch, call: str, is_of_sibling: bool
) -> None:
    left = start(http)
    left.ask("hi")
    copied = start(http, left) if is_of_sibling else left
    talk = ids(left)[0]
    module, name, ask = IN_FLIGHT[call]
    real = getattr(module, name)
    signed: list[Chat] = []

    def work(*args: Any) -> Any:
        monkeypatch.setattr(module, name, real)
        signed.append(sign_in(left, identity()))
        return real(*args)

    monkeypatch.setattr(module, name, work)
    answer = ask(copied, talk)
    assert (answer.status_code, answer.json()["detail"]["code"]) == (401, "unknown_session")
    assert len(ids(signed[0])) == 1
