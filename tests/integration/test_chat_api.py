"""The chat API as its customers see it, on the real application with a scripted assistant."""

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from structlog.testing import capture_logs

from bot.application import create_application
from bot.office import Office
from bot.texts import Button, Rendered
from bot.web_security import HEADERS
from tests.fixtures.assistants import PATIENCE_SECONDS, ScriptedAssistant
from tests.fixtures.web_office import (
    Chat,
    WatchedLive,
    build_web_office,
    code_of,
)

pytestmark = pytest.mark.integration
MESSAGES = "/api/chat/messages"
SCRIPT = "<script>alert('x')</script><img src=x onerror=alert(1)>"
ENDPOINTS = [("POST", MESSAGES), ("GET", MESSAGES), ("GET", "/api/chat/events"), ("POST", "/api/chat/typing")]

BEFORE_A_SESSION = {("POST", "/api/chat/sessions"), ("POST", "/api/chat/identity"), ("GET", "/api/chat/config")}
OF_A_SESSION = {
    ("POST", "/api/chat/sign-out"),
    ("GET", "/api/chat/conversations"),
    ("POST", "/api/chat/conversations/{other_id}/token"),
    ("POST", "/api/chat/read"),
    ("POST", "/api/chat/language"),
    ("POST", "/api/chat/rating"),
    ("GET", "/api/chat/transcript"),
    ("POST", "/api/chat/transcript"),
    ("GET", "/api/chat/tickets"),
    ("GET", "/api/chat/articles"),
    ("GET", "/api/chat/articles/{slug}"),
    ("POST", "/api/chat/telegram-link"),
    ("POST", "/api/chat/attachments"),
    ("GET", "/api/chat/attachments/{attachment_id}"),
}


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
    chat: Chat, chat_office: Office, assistant: ScriptedAssistant
) -> None:
    assert isinstance(chat_office.live, WatchedLive)
    with ThreadPoolExecutor(1) as threads, assistant.thinking():
        seq = chat.send("hello there").json()["seq"]
        assistant.wait_until_asked(1)
        began = monotonic()
        waiting = threads.submit(chat.read, after=seq, wait=PATIENCE_SECONDS)
        chat_office.live.wait_until_watched()
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


def test_the_agent_sees_that_the_customer_types(http: TestClient, chat_office: Office) -> None:
    started = http.post("/api/chat/sessions", json={}).json()
    answer = http.post("/api/chat/typing", headers={"Authorization": f"Bearer {started['token']}"})
    assert answer.status_code == 204
    assert chat_office.live.is_customer_typing(started["session_id"])


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
    chat = {route for route in routes if route[1].startswith("/api/chat")}
    assert chat == {*ENDPOINTS, *BEFORE_A_SESSION, *OF_A_SESSION}
    names = set(document["components"]["schemas"])
    assert {"NewSession", "Session", "NewMessage", "Accepted", "Messages", "ChatMessage", "Refusal"} <= names
    send = document["paths"][MESSAGES]["post"]
    assert send["requestBody"]["content"]["application/json"]["schema"]["$ref"].endswith("/NewMessage")
    assert send["responses"]["202"]["content"]["application/json"]["schema"]["$ref"].endswith("/Accepted")
    assert set(send["responses"]) == {"202", "400", "401", "403", "413", "422", "429", "503"}
    read = document["paths"][MESSAGES]["get"]
    assert read["responses"]["200"]["content"]["application/json"]["schema"]["$ref"].endswith("/Messages")
    assert "text/event-stream" in document["paths"]["/api/chat/events"]["get"]["responses"]["200"]["content"]
    protected = (*ENDPOINTS, *OF_A_SESSION)
    assert all(document["paths"][path][method.lower()]["security"] for method, path in protected)
    refusals = {"401", "429", "503"}
    assert all(refusals <= set(document["paths"][path][method.lower()]["responses"]) for method, path in OF_A_SESSION)
    assert {"ChatConfig", "OwnConversation", "OwnTicketState", "FormRefusal", "ArticleText", "Queue"} <= names


def test_the_process_is_ready_only_after_the_assistant_was(http: TestClient, assistant: ScriptedAssistant) -> None:
    assistant.is_down = True
    starting = http.get("/readyz")
    assert (starting.status_code, starting.json()["status"]) == (503, "starting")
    assert starting.json()["components"]["rasa"] == "down"
    assistant.is_down = False
    ready = http.get("/readyz")
    assert (ready.status_code, ready.json()["status"]) == (200, "ready")
    components = {"database": "ok", "rasa": "ok", "engine": "off", "alerts": "off", "web": "ok", "telegram": "off"}
    assert ready.json()["components"] == components
    assistant.is_down = True
    degraded = http.get("/readyz")
    assert (degraded.status_code, degraded.json()["status"]) == (200, "degraded")


def test_an_engine_that_should_run_and_does_not_keeps_us_from_being_ready(http: TestClient, app: FastAPI) -> None:
    app.state.has_engine = True
    answer = http.get("/readyz")
    assert (answer.status_code, answer.json()["components"]["engine"]) == (503, "down")
    assert answer.json()["components"]["alerts"] == "down"


def test_the_process_is_up_whatever_its_parts_do(http: TestClient, assistant: ScriptedAssistant) -> None:
    assistant.is_down = True
    assert http.get("/healthz").json() == {"status": "ok"}


def test_actions_and_texts_for_rasa_are_not_on_the_public_address(http: TestClient) -> None:
    for path in ("/actions", "/nlg", "/webhook"):
        answer = http.post(path, json={"next_action": "action_order_status", "tracker": {}})
        assert answer.status_code == 404
