"""What customers do with their conversations: find them, go on with them, read, choose a language, rate."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select

from bot.channels.rate_limit import RateLimit
from bot.channels.setup_model import WebSetup
from bot.channels.web_api import MESSAGE_BURST
from bot.conversations.store import add_message, lock_conversation
from bot.office import Office
from bot.texts import Rendered
from connectors.database.models.conversation import Author, Conversation
from connectors.database.models.service import Rating
from tests.fixtures.assistants import ScriptedAssistant
from tests.fixtures.web_office import Chat, build_web_office, code_of, start_chat

pytestmark = pytest.mark.integration


@pytest.fixture
def chat_office(tmp_path: Path, assistant: ScriptedAssistant, database_url: str) -> Iterator[Office]:
    office = build_web_office(tmp_path, assistant, database_url=database_url, demo=True)
    yield office
    office.database.close()


def another(chat: Chat) -> Chat:
    answer = chat.http.post("/api/chat/sessions", json={"language": "en"}, headers=chat.headers)
    assert answer.status_code == 201
    return Chat(chat.http, answer.json()["token"])


def listed(chat: Chat) -> list[dict[str, Any]]:
    answer = chat.http.get("/api/chat/conversations", headers=chat.headers)
    assert answer.status_code == 200, answer.text
    return list(answer.json())


def post(chat: Chat, path: str, **body: Any) -> Any:
    return chat.http.post(f"/api/chat/{path}", json=body, headers=chat.headers)


def stored(office: Office, conversation_id: str) -> Conversation:
    with office.database.read() as session:
        return session.get_one(Conversation, conversation_id)


def test_conversations_are_listed_with_their_titles_the_newest_first(chat: Chat) -> None:
    chat.ask("Where is my order ORD-2026-0001?")
    second = another(chat)
    second.ask("I am emma.novak@example.com and my lamp is broken")
    lines = listed(second)
    assert [one["title"] for one in lines] == [
        "I am e•••k@example.com and my lamp is broken",
        "Where is my order ORD-2026-0001?",
    ]
    assert lines[1]["last_text"] == "echo: Where is my order ORD-2026-0001?"
    assert lines[1]["owner"] == "bot"
    assert lines[1]["unread"] == 2
    assert listed(chat) == lines


def test_one_in_which_nothing_was_said_is_listed_only_where_one_is(chat: Chat) -> None:
    chat.ask("hello")
    empty = another(chat)
    assert [one["title"] for one in listed(chat)] == ["hello"]
    assert [one["title"] for one in listed(empty)] == [None, "hello"]


def test_a_customer_goes_on_with_an_earlier_conversation(chat: Chat) -> None:
    chat.ask("the first")
    second = another(chat)
    earlier = listed(second)[-1]["id"]
    switched = post(second, f"conversations/{earlier}/token")
    assert (switched.status_code, switched.json()["session_id"]) == (200, earlier)
    resumed = Chat(chat.http, switched.json()["token"])
    assert "the first" in [one["text"] for one in resumed.read()["messages"]]
    resumed.ask("and on")
    assert [one["text"] for one in chat.read()["messages"]][-1] == "echo: and on"


def test_nobody_reaches_another_customers_conversation(http: TestClient, chat: Chat) -> None:
    chat.ask("mine")
    (mine,) = listed(chat)
    stranger = start_chat(http)
    for wanted in (mine["id"], "0" * 32, "x", "../sessions"):
        refused = post(stranger, f"conversations/{wanted}/token")
        assert refused.status_code == 404
    assert code_of(post(stranger, f"conversations/{mine['id']}/token")) == "unknown_conversation"
    assert mine["id"] not in [one["id"] for one in listed(stranger)]


def test_a_conversation_in_telegram_cannot_be_opened_here(chat: Chat, chat_office: Office) -> None:
    (mine,) = listed(chat)
    elsewhere = chat_office.desk.open("telegram", "1:1", "en", None)
    with chat_office.database.write() as session:
        contact = session.get_one(Conversation, mine["id"]).contact_id
        session.get_one(Conversation, elsewhere).contact_id = contact
    assert [one["id"] for one in listed(chat)] == [mine["id"]]
    assert code_of(post(chat, f"conversations/{elsewhere}/token")) == "unknown_conversation"


def test_what_the_customer_has_seen_is_not_unread_any_more(chat: Chat, chat_office: Office) -> None:
    chat.ask("hello")
    (line,) = listed(chat)
    assert line["unread"] == 2
    assert post(chat, "read", seq=1).status_code == 204
    assert listed(chat)[0]["unread"] == 1
    post(chat, "read", seq=3)
    post(chat, "read", seq=2)  # a slower tab
    assert (listed(chat)[0]["unread"], stored(chat_office, line["id"]).customer_read_seq) == (0, 3)


def test_nobody_reads_further_than_there_is(chat: Chat, chat_office: Office) -> None:
    assert post(chat, "read", seq=2_000_000_000).status_code == 204
    assert stored(chat_office, listed(chat)[0]["id"]).customer_read_seq == 1
    chat.ask("hello")
    assert listed(chat)[0]["unread"] == 1
    for seq in (0, -1, 2**31, "x", None):
        assert post(chat, "read", seq=seq).status_code == 422


def test_a_chosen_language_stays_whatever_is_written(chat: Chat) -> None:
    assert post(chat, "language", language="cs-CZ").status_code == 204
    chat.ask("Where is my order, please? I have been waiting for it.")
    assert chat.read()["language"] == "cs"
    refused = post(chat, "language", language="xx")
    assert (refused.status_code, code_of(refused)) == (422, "unknown_language")
    assert post(chat, "language", language="e" * 36).status_code == 422


def test_a_rating_is_kept_for_the_stretch_and_a_second_one_replaces_it(chat: Chat, chat_office: Office) -> None:
    assert post(chat, "rating", score=2, comment=" slow \n<b>answers</b> ").status_code == 204
    assert post(chat, "rating", score=5).status_code == 204
    with chat_office.database.read() as session:
        (rating,) = session.scalars(select(Rating)).all()
    assert (rating.score, rating.comment, rating.bot_session) == (5, "slow \n<b>answers</b>", 1)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"score": 0},
        {"score": 6},
        {"score": "x"},
        {"score": 3, "comment": "x" * 1001},
        {"score": 3, "comment": "\0"},
    ],
)
def test_a_rating_that_is_none_is_refused(chat: Chat, body: dict[str, Any]) -> None:
    assert post(chat, "rating", **body).status_code == 422


def test_where_ratings_are_not_wanted_there_are_none(chat: Chat, chat_office: Office) -> None:
    chat_office.setups.change_web(WebSetup(has_rating=False), 0, "admin@example.com")
    assert code_of(post(chat, "rating", score=5)) == "not_offered"


def test_words_of_a_colleague_count_as_unread_until_they_are_seen(chat: Chat, chat_office: Office) -> None:
    chat.ask("hello")
    post(chat, "read", seq=3)
    with chat_office.database.write() as session:
        conversation = lock_conversation(session, listed(chat)[0]["id"])
        add_message(session, conversation, Author.AGENT, Rendered("Hello, Jana here"))
    (line,) = listed(chat)
    assert (line["unread"], line["last_text"]) == (1, "Hello, Jana here")


def test_every_call_needs_the_token(http: TestClient) -> None:
    calls = [("GET", "conversations"), ("POST", "conversations/x/token"), ("POST", "read"), ("POST", "language")]
    calls += [("POST", "rating"), ("GET", "transcript"), ("POST", "transcript"), ("GET", "tickets")]
    calls += [("GET", "articles"), ("GET", "articles/returns"), ("POST", "telegram-link")]
    for headers in ({}, {"Authorization": "Bearer gone"}, {"Authorization": "Basic eDp5"}):
        for method, path in calls:
            answer = http.request(method, f"/api/chat/{path}", headers=headers)
            assert (answer.status_code, path) == (401, path)
            assert code_of(answer) == "unknown_session"


def test_whoever_asks_without_end_has_to_wait(app: FastAPI, chat: Chat) -> None:
    app.state.chat_limit = RateLimit(60, burst=5)
    codes = [chat.http.get("/api/chat/tickets", headers=chat.headers).status_code for _ in range(7)]
    assert codes[:5] == [200] * 5
    assert codes[5:] == [429] * 2


def test_two_hundred_messages_at_once_are_limited_and_the_others_told(app: FastAPI, chat: Chat) -> None:
    app.state.message_limit = RateLimit(600, lambda: 0.0, burst=MESSAGE_BURST)
    answers = [chat.send(f"message {number}") for number in range(200)]
    taken = [one for one in answers if one.status_code == 202]
    told = [one for one in answers if one.status_code == 429]
    assert len(taken) + len(told) == 200
    assert len(taken) <= MESSAGE_BURST
    assert {code_of(one) for one in told} <= {"too_many_messages", "too_many_pending"}
    assert all(int(one.headers["Retry-After"]) > 0 for one in told)
    assert [one["text"] for one in chat.read()["messages"] if one["author"] == "customer"][: len(taken)] == [
        f"message {number}" for number, one in enumerate(answers) if one.status_code == 202
    ]
