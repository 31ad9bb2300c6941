"""The chat API as its customers see it, on the real application with a scripted assistant."""

import re
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import update
from structlog.testing import capture_logs

from bot.application import create_application
from bot.conversations.store import MAX_PENDING_MESSAGES
from bot.front_desk import MAX_TEXT_LENGTH
from bot.office import Office
from bot.texts import Button, Rendered
from bot.web_security import HEADERS, MAX_BODY_BYTES
from connectors.database.models.conversation import Conversation, Owner
from tests.fixtures.assistants import PATIENCE_SECONDS, ScriptedAssistant
from tests.fixtures.web_office import Chat, WatchedLive, build_web_office, start_chat

pytestmark = pytest.mark.integration

MESSAGES = "/api/chat/messages"
SCRIPT = "<script>alert('x')</script><img src=x onerror=alert(1)>"
ENDPOINTS = [("POST", MESSAGES), ("GET", MESSAGES), ("GET", "/api/chat/events"), ("POST", "/api/chat/typing")]


@pytest.fixture
def assistant() -> ScriptedAssistant:
    return ScriptedAssistant()


@pytest.fixture
def office(tmp_path: Path, assistant: ScriptedAssistant, monkeypatch: pytest.MonkeyPatch) -> Office:
    monkeypatch.setattr("connectors.database.session.SQLITE_BUSY_TIMEOUT_MS", 100)
    return build_web_office(tmp_path, assistant)


@pytest.fixture
def app(office: Office) -> FastAPI:
    return create_application(office, has_engine=False)


@pytest.fixture
def http(app: FastAPI) -> Iterator[TestClient]:
    with capture_logs(), TestClient(app, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def chat(http: TestClient) -> Chat:
    return start_chat(http)


def code_of(answer: Response) -> str:
    detail = answer.json()["detail"]
    assert set(detail) == {"code", "message"}
    assert len(detail["message"]) > 10
    return str(detail["code"])


def test_a_session_answers_with_its_id_and_a_secret_token(http: TestClient) -> None:
    answer = http.post("/api/chat/sessions", json={"language": "cs"})
    assert answer.status_code == 201
    assert set(answer.json()) == {"session_id", "token"}
    assert len(answer.json()["token"]) >= 32
    assert answer.json()["token"] != http.post("/api/chat/sessions", json={}).json()["token"]


@pytest.mark.parametrize(
    ("body", "accept", "language"),
    [
        ({"language": "cs"}, "fa", "cs"),
        ({"language": "cs-CZ"}, "", "cs"),
        ({}, "de;q=0.9, fa-IR;q=0.8, en", "fa"),
        ({"language": None}, "", "en"),
        ({"language": "xx"}, "yy", "en"),
    ],
)
def test_the_language_comes_from_the_page_then_from_the_browser(
    http: TestClient, body: dict[str, Any], accept: str, language: str
) -> None:
    answer = http.post("/api/chat/sessions", json=body, headers={"Accept-Language": accept})
    assert Chat(http, answer.json()["token"]).read()["language"] == language


def test_too_many_sessions_from_one_address_are_refused(tmp_path: Path, assistant: ScriptedAssistant) -> None:
    office = build_web_office(tmp_path, assistant, sessions_per_minute_per_address=2)
    with TestClient(create_application(office, has_engine=False)) as http:
        codes = [http.post("/api/chat/sessions", json={}).status_code for _ in range(3)]
        refused = http.post("/api/chat/sessions", json={})
    assert codes == [201, 201, 429]
    assert code_of(refused) == "too_many_sessions"
    assert int(refused.headers["Retry-After"]) > 0


def test_a_message_is_accepted_and_its_answer_can_be_read(chat: Chat, assistant: ScriptedAssistant) -> None:
    assistant.script["hello there"] = [Rendered("Hello!", (Button("My order", "/order_status"),))]
    sent = chat.send("hello there", "id-1")
    assert (sent.status_code, sent.json()) == (202, {"seq": 2})
    answer = chat.read(after=2, wait=PATIENCE_SECONDS)
    assert answer["owner"] == "bot"
    (message,) = answer["messages"]
    assert set(message) == {"seq", "author", "text", "at", "buttons"}
    assert (message["seq"], message["author"], message["text"]) == (3, "bot", "Hello!")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+\+00:00", message["at"])
    (button,) = message["buttons"]
    assert set(button) == {"title", "id"}
    assert button["title"] == "My order"
    assert "order_status" not in button["id"]


def test_reading_begins_after_the_number_asked_for(chat: Chat) -> None:
    chat.ask("hello there")
    assert [message["seq"] for message in chat.read()["messages"]] == [1, 2, 3]
    assert [message["seq"] for message in chat.read(after=2)["messages"]] == [3]
    assert chat.read(after=3)["messages"] == []


def test_a_pressed_button_is_sent_by_its_id(chat: Chat, assistant: ScriptedAssistant) -> None:
    button = chat.read()["messages"][0]["buttons"][0]
    sent = chat.send(button["title"], button_id=button["id"])
    chat.read(after=sent.json()["seq"], wait=PATIENCE_SECONDS)
    assert assistant.questions == ["/order_status"]


def test_a_message_sent_again_answers_the_same_and_is_stored_once(chat: Chat) -> None:
    answers = [chat.send("hello there", "the same") for _ in range(2)]
    assert [(a.status_code, a.json()) for a in answers] == [(202, {"seq": 2})] * 2
    assert [m["text"] for m in chat.read()["messages"] if m["author"] == "customer"] == ["hello there"]


def test_a_long_poll_returns_at_once_when_there_is_news(
    chat: Chat, office: Office, assistant: ScriptedAssistant
) -> None:
    assert isinstance(office.live, WatchedLive)
    with ThreadPoolExecutor(1) as threads, assistant.thinking():
        seq = chat.send("hello there").json()["seq"]
        assistant.wait_until_asked(1)
        began = monotonic()
        waiting = threads.submit(chat.read, after=seq, wait=PATIENCE_SECONDS)
        office.live.wait_until_watched()
        assert not waiting.done()
        assistant.speak()
        assert [m["text"] for m in waiting.result()["messages"]] == ["echo: hello there"]
    assert monotonic() - began < PATIENCE_SECONDS / 2


def test_a_long_poll_without_news_answers_when_its_time_is_over(chat: Chat) -> None:
    began = monotonic()
    assert chat.read(after=1, wait=0.3)["messages"] == []
    assert monotonic() - began >= 0.3


def test_a_poll_with_old_news_does_not_wait(chat: Chat) -> None:
    began = monotonic()
    assert len(chat.read(after=0, wait=PATIENCE_SECONDS)["messages"]) == 1
    assert monotonic() - began < PATIENCE_SECONDS / 2


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


def test_markup_is_text_and_comes_back_as_it_was_sent(chat: Chat, assistant: ScriptedAssistant) -> None:
    (answer,) = chat.ask(SCRIPT)
    assert answer["text"] == f"echo: {SCRIPT}"
    assert assistant.questions == [SCRIPT]
    read = chat.http.get(MESSAGES, headers=chat.headers)
    assert read.headers["Content-Type"] == "application/json"
    assert [m["text"] for m in read.json()["messages"] if m["author"] == "customer"] == [SCRIPT]


def test_texts_of_every_script_come_back_unchanged(chat: Chat) -> None:
    words = "Žluťoučký کجاست \u200cسفارش 🎉👩‍👩‍👧 ﷺ Þæð"
    (answer,) = chat.ask(words)
    assert answer["text"] == f"echo: {words}"


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
    chat: Chat, office: Office, assistant: ScriptedAssistant
) -> None:
    locker = sqlite3.connect(str(office.database.engine.url.database), isolation_level=None)
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


def test_the_agent_sees_that_the_customer_types(http: TestClient, office: Office) -> None:
    started = http.post("/api/chat/sessions", json={}).json()
    answer = http.post("/api/chat/typing", headers={"Authorization": f"Bearer {started['token']}"})
    assert answer.status_code == 204
    assert office.live.is_customer_typing(started["session_id"])


@pytest.mark.parametrize(
    ("method", "path"), [*ENDPOINTS, ("GET", "/no/such/page"), ("PUT", MESSAGES), ("GET", "/healthz"), ("GET", "/")]
)
def test_every_answer_carries_the_security_headers(http: TestClient, method: str, path: str) -> None:
    answer = http.request(method, path)
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS


def test_even_a_failure_of_ours_carries_the_security_headers_and_tells_nothing_of_its_cause(app: FastAPI) -> None:
    @app.get("/api/chat/broken")
    def broken() -> None:
        raise RuntimeError("the inner secret")

    with capture_logs(), TestClient(app, raise_server_exceptions=False) as http:
        answer = http.get("/api/chat/broken")
    assert (answer.status_code, code_of(answer)) == (500, "internal_error")
    assert "secret" not in answer.text
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS


def test_openapi_documents_the_whole_chat_api(http: TestClient) -> None:
    document = http.get("/openapi.json").json()
    routes = {(method.upper(), path) for path, item in document["paths"].items() for method in item}
    others = {("POST", "/api/chat/sessions"), ("POST", "/api/chat/identity")}
    assert {route for route in routes if route[1].startswith("/api")} == {*ENDPOINTS, *others}
    names = set(document["components"]["schemas"])
    assert {"NewSession", "Session", "NewMessage", "Accepted", "Messages", "ChatMessage", "Refusal"} <= names
    send = document["paths"][MESSAGES]["post"]
    assert send["requestBody"]["content"]["application/json"]["schema"]["$ref"].endswith("/NewMessage")
    assert send["responses"]["202"]["content"]["application/json"]["schema"]["$ref"].endswith("/Accepted")
    assert set(send["responses"]) == {"202", "400", "401", "403", "413", "422", "429", "503"}
    read = document["paths"][MESSAGES]["get"]
    assert read["responses"]["200"]["content"]["application/json"]["schema"]["$ref"].endswith("/Messages")
    assert "text/event-stream" in document["paths"]["/api/chat/events"]["get"]["responses"]["200"]["content"]
    assert all(document["paths"][path][method.lower()]["security"] for method, path in ENDPOINTS)


def test_the_process_is_ready_only_after_the_assistant_was(http: TestClient, assistant: ScriptedAssistant) -> None:
    assistant.is_down = True
    starting = http.get("/readyz")
    assert (starting.status_code, starting.json()["status"]) == (503, "starting")
    assert starting.json()["components"]["rasa"] == "down"
    assistant.is_down = False
    ready = http.get("/readyz")
    assert (ready.status_code, ready.json()["status"]) == (200, "ready")
    components = {"database": "ok", "rasa": "ok", "engine": "off", "web": "ok", "telegram": "off"}
    assert ready.json()["components"] == components
    assistant.is_down = True
    degraded = http.get("/readyz")
    assert (degraded.status_code, degraded.json()["status"]) == (200, "degraded")


def test_an_engine_that_should_run_and_does_not_keeps_us_from_being_ready(http: TestClient, app: FastAPI) -> None:
    app.state.has_engine = True
    answer = http.get("/readyz")
    assert (answer.status_code, answer.json()["components"]["engine"]) == (503, "down")


def test_the_process_is_up_whatever_its_parts_do(http: TestClient, assistant: ScriptedAssistant) -> None:
    assistant.is_down = True
    assert http.get("/healthz").json() == {"status": "ok"}


def test_actions_and_texts_for_rasa_are_not_on_the_public_address(http: TestClient) -> None:
    for path in ("/actions", "/nlg", "/webhook"):
        answer = http.post(path, json={"next_action": "action_order_status", "tracker": {}})
        assert answer.status_code == 404
