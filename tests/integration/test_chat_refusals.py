"""What the chat API refuses, and what it says then: wrong tokens, bodies and texts, floods, a database that is away."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import update

from bot.application import create_application
from bot.conversations.store import MAX_PENDING_MESSAGES
from bot.front_desk import MAX_TEXT_LENGTH
from bot.office import Office
from bot.web_security import MAX_BODY_BYTES
from connectors.database.models.conversation import Conversation, Owner
from tests.fixtures.assistants import PATIENCE_SECONDS, ScriptedAssistant
from tests.fixtures.web_office import (
    Chat,
    build_web_office,
    code_of,
    start_chat,
)

pytestmark = pytest.mark.integration
MESSAGES = "/api/chat/messages"
ENDPOINTS = [("POST", MESSAGES), ("GET", MESSAGES), ("GET", "/api/chat/events"), ("POST", "/api/chat/typing")]


@pytest.mark.parametrize("token", [None, "", "unknown", "x" * 5000, "' OR 1=1 --"])
@pytest.mark.parametrize(("method", "path"), ENDPOINTS)
def test_an_unknown_token_opens_nothing(http: TestClient, method: str, path: str, token: str | None) -> None:
    body = {"text": "hello", "client_message_id": "1"} if method == "POST" else None
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    answer = http.request(method, path, json=body, headers=headers)
    assert answer.status_code == 401
    assert code_of(answer) == "unknown_session"


def test_a_token_reads_its_own_conversation_only(http: TestClient) -> None:
    mine, theirs = start_chat(http), start_chat(http)
    theirs.ask("my secret")
    assert "my secret" not in str(mine.read())
    assert len(mine.read()["messages"]) == 1


@pytest.mark.parametrize("words", ["", "   ", "\n\t\u00a0"])
def test_an_empty_message_is_refused(chat: Chat, words: str) -> None:
    answer = chat.send(words)
    assert (answer.status_code, code_of(answer)) == (422, "text_empty")
    assert len(chat.read()["messages"]) == 1


def test_a_message_of_a_hundred_thousand_characters_is_refused_with_the_limit(chat: Chat) -> None:
    answer = chat.send("x" * 100_000)
    assert (answer.status_code, code_of(answer)) == (413, "text_too_long")
    assert str(MAX_TEXT_LENGTH) in answer.json()["detail"]["message"]
    assert len(chat.read()["messages"]) == 1


def test_a_message_as_long_as_allowed_is_taken(chat: Chat) -> None:
    assert chat.send("ř" * MAX_TEXT_LENGTH).status_code == 202


def body_in_pieces() -> Iterator[bytes]:
    for _ in range(MAX_BODY_BYTES // 1024 + 1):
        yield b" " * 1024


@pytest.mark.parametrize("path", [MESSAGES, "/api/chat/sessions"])
@pytest.mark.parametrize("is_announced", [True, False], ids=["with length", "in pieces"])
def test_a_body_of_more_than_a_megabyte_is_refused(chat: Chat, path: str, is_announced: bool) -> None:
    body = b" " * (MAX_BODY_BYTES + 1) if is_announced else body_in_pieces()
    answer = chat.http.post(path, content=body, headers={**chat.headers, "Content-Type": "application/json"})
    assert (answer.status_code, code_of(answer)) == (413, "body_too_large")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"text": "\xff\xfe", "client_message_id": "1"}', 400),
        (b"\xff\xfe\x00", 400),
        (b'{"text": "hello"', 422),
        (b"", 422),
        (b"[]", 422),
        (b'"hello"', 422),
        (b'{"text": "\\ud800", "client_message_id": "1"}', 422),
        (b'{"text": ["\\ud800"], "client_message_id": "1"}', 422),
        (b'{"text": "hello", "client_message_id": "\\udfff"}', 422),
        (b'{"text": "hello", "client_message_id": "a\\u0000b"}', 422),
        (b'{"text": "hello", "client_message_id": "1", "button_id": "\\ud800"}', 422),
        (b'{"text": "a\\u0000b", "client_message_id": "1"}', 422),
        (b'{"text": 1, "client_message_id": "1"}', 422),
        (b'{"text": null, "client_message_id": "1"}', 422),
        (b'{"text": {"a": 1}, "client_message_id": "1"}', 422),
        (b'{"text": "hello"}', 422),
        (b'{"client_message_id": "1"}', 422),
        (b'{"text": "hello", "client_message_id": ""}', 422),
        (b'{"text": "hello", "client_message_id": 7}', 422),
        (b'{"text": "hello", "client_message_id": "' + b"x" * 101 + b'"}', 422),
        (b'{"text": "hello", "client_message_id": "1", "button_id": "' + b"x" * 41 + b'"}', 422),
    ],
)
def test_a_body_that_is_no_message_is_refused_and_nothing_is_stored(chat: Chat, body: bytes, status: int) -> None:
    answer = chat.http.post(MESSAGES, content=body, headers={**chat.headers, "Content-Type": "application/json"})
    assert answer.status_code == status
    assert code_of(answer) in {"unreadable_body", "bad_request", "not_text"}
    assert len(chat.read()["messages"]) == 1


@pytest.mark.parametrize("query", ["after=-1", "after=x", f"after={2**31}", "wait=-1", "wait=x", "wait=nan"])
def test_a_wrong_query_is_refused(chat: Chat, query: str) -> None:
    answer = chat.http.get(f"{MESSAGES}?{query}", headers=chat.headers)
    assert (answer.status_code, code_of(answer)) == (422, "bad_request")


@pytest.mark.parametrize("body", [{"language": 7}, {"language": "x" * 36}, {"language": ["cs"]}])
def test_a_session_with_a_wrong_language_field_is_refused(http: TestClient, body: dict[str, Any]) -> None:
    assert http.post("/api/chat/sessions", json=body).status_code == 422


def test_a_customer_who_floods_a_silent_bot_is_asked_for_patience(chat: Chat, assistant: ScriptedAssistant) -> None:
    with assistant.thinking():
        codes = {chat.send("hello there").status_code for _ in range(MAX_PENDING_MESSAGES)}
        refused = chat.send("hello there")
    assert codes == {202}
    assert (refused.status_code, code_of(refused)) == (429, "too_many_pending")
    assert int(refused.headers["Retry-After"]) > 0


def test_a_customer_who_floods_a_person_is_told_when_to_go_on(tmp_path: Path, assistant: ScriptedAssistant) -> None:
    office = build_web_office(tmp_path, assistant, messages_per_minute_per_conversation=3)
    with TestClient(create_application(office, has_engine=False)) as http:
        chat, other = start_chat(http), start_chat(http)
        with office.database.write() as session:
            session.execute(update(Conversation).values(owner=Owner.HUMAN))
        codes = [chat.send("hello there").status_code for _ in range(3)]
        refused = chat.send("hello there")
        stored = [m for m in chat.read()["messages"] if m["author"] == "customer"]
        assert other.send("hello there").status_code == 202
    assert codes == [202] * 3
    assert (refused.status_code, code_of(refused)) == (429, "too_many_messages")
    assert refused.headers["Retry-After"] == "20"
    assert len(stored) == 3


def test_a_message_to_a_bot_that_is_down_is_kept_and_answered_when_it_is_back(
    chat: Chat, assistant: ScriptedAssistant
) -> None:
    assistant.is_down = True
    sent = chat.send("hello there")
    assert sent.status_code == 202
    assistant.wait_until_asked(1)
    (told,) = chat.read(after=sent.json()["seq"], wait=PATIENCE_SECONDS)["messages"]
    assert told["author"] == "system"
    assert told["text"].startswith("I can't answer you right now. Your message is safe")
    assistant.is_down = False
    news = chat.read(after=told["seq"], wait=PATIENCE_SECONDS)
    assert [m["text"] for m in news["messages"]] == ["echo: hello there"]


def test_a_locked_database_is_said_to_be_busy_and_nothing_is_stored(
    chat: Chat, chat_office: Office, assistant: ScriptedAssistant
) -> None:
    locker = sqlite3.connect(str(chat_office.database.engine.url.database), isolation_level=None)
    locker.execute("BEGIN EXCLUSIVE")
    refused = chat.send("hello there", "id-1")
    no_session = chat.http.post("/api/chat/sessions", json={})
    locker.execute("ROLLBACK")
    locker.close()
    assert (refused.status_code, code_of(refused)) == (503, "database_unavailable")
    assert "Nothing was stored" in refused.json()["detail"]["message"]
    assert no_session.status_code == 503
    assert len(chat.read()["messages"]) == 1
    assert assistant.asked == []
    assert chat.send("hello there", "id-1").json() == {"seq": 2}
    assert len(chat.read(after=2, wait=PATIENCE_SECONDS)["messages"]) == 1
