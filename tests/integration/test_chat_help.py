"""Beside the conversation: the customer's own tickets, help articles, and the way to Telegram."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from structlog.testing import capture_logs

from bot.application import create_application
from bot.channels.setup_model import TelegramSetup, WebSetup
from bot.office import Office
from bot.services.tickets import TicketDraft, Tickets
from bot.services.verification import CODE, verify_conversation
from connectors.database.models.conversation import Conversation
from tests.fixtures.web_office import Chat, code_of, start_chat

pytestmark = pytest.mark.integration


@pytest.fixture
def http(office: Office) -> Iterator[TestClient]:
    with capture_logs(), TestClient(create_application(office, has_engine=False)) as client:
        yield client


def get(chat: Chat, path: str, **params: str) -> Any:
    answer = chat.http.get(f"/api/chat/{path}", params=params, headers=chat.headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


def id_of(chat: Chat) -> str:
    return str(get(chat, "conversations")[0]["id"])


def open_ticket(office: Office, conversation_id: str, email: str, subject: str = "Broken lamp") -> str:
    draft = TicketDraft(subject, "It arrived broken.", email)
    return Tickets(office.database).open_ticket(conversation_id, f"turn-{conversation_id}-{subject}", draft)


def test_customers_see_the_tickets_that_they_opened_here(http: TestClient, office: Office) -> None:
    chat = start_chat(http)
    assert get(chat, "tickets") == []
    number = open_ticket(office, id_of(chat), "emma@example.com")
    (ticket,) = get(chat, "tickets")
    assert (ticket["number"], ticket["subject"], ticket["state"]) == (number, "Broken lamp", "open")
    assert set(ticket) == {"number", "subject", "state", "opened_at", "updated_at"}
    assert get(start_chat(http), "tickets") == []


def test_tickets_under_an_address_are_shown_only_to_whom_it_belongs_and_without_a_strangers_words(
    http: TestClient, office: Office
) -> None:
    chat, stranger = start_chat(http), start_chat(http)
    number = open_ticket(office, id_of(stranger), "emma@example.com", "Call me under 900 123 456")
    assert get(chat, "tickets") == []
    with office.database.write() as session:
        verify_conversation(session, session.get_one(Conversation, id_of(chat)), "emma@example.com", CODE)
    (ticket,) = get(chat, "tickets")
    assert (ticket["number"], ticket["subject"]) == (number, None)


def test_whoever_proved_nothing_does_not_see_what_was_opened_where_somebody_did(
    http: TestClient, office: Office
) -> None:
    before = start_chat(http)
    begun = http.post("/api/chat/sessions", json={"language": "en"}, headers=before.headers).json()
    proved = Chat(http, begun["token"])
    with office.database.write() as session:
        verify_conversation(session, session.get_one(Conversation, begun["session_id"]), "emma@example.com", CODE)
    number = open_ticket(office, begun["session_id"], "emma@example.com")
    assert [ticket["number"] for ticket in get(proved, "tickets")] == [number]
    assert get(before, "tickets") == []


@pytest.mark.parametrize("language", ["en", "cs", "hu", "is", "fa", "ru"])
def test_articles_are_listed_and_read_in_the_language_of_the_conversation(http: TestClient, language: str) -> None:
    chat = start_chat(http, language)
    found = get(chat, "articles")
    assert len(found) > 3
    article = get(chat, f"articles/{found[0]['slug']}")
    assert article["title"] == found[0]["title"]
    assert article["sections"]
    assert set(article["sections"][0]) == {"heading", "text"}


def test_a_question_finds_each_article_once(http: TestClient, office: Office) -> None:
    office.knowledge.refresh()
    found = get(start_chat(http, "en"), "articles", query="how can I return a lamp that I do not like")
    slugs = [one["slug"] for one in found]
    assert "returns" in slugs
    assert len(slugs) == len(set(slugs)) <= 5
    assert all(len(one["text"]) <= 160 for one in found)


def test_what_no_article_answers_finds_nothing(http: TestClient, office: Office) -> None:
    office.knowledge.refresh()
    assert get(start_chat(http, "en"), "articles", query="zzqx \x01 <script>") == []


@pytest.mark.parametrize("slug", ["nothing", "..%2f..%2fsecret_key", "x" * 200])
def test_an_article_that_there_is_not_is_said_to_be_missing(http: TestClient, slug: str) -> None:
    chat = start_chat(http)
    assert chat.http.get(f"/api/chat/articles/{slug}", headers=chat.headers).status_code == 404


def test_a_question_that_is_far_too_long_is_refused(http: TestClient) -> None:
    chat = start_chat(http)
    answer = chat.http.get("/api/chat/articles", params={"query": "x" * 301}, headers=chat.headers)
    assert answer.status_code == 422


def test_where_articles_are_not_wanted_there_are_none(http: TestClient, office: Office) -> None:
    office.setups.change_web(WebSetup(has_articles=False), 0, "admin@example.com")
    chat = start_chat(http)
    for path in ("articles", "articles/returns"):
        assert code_of(chat.http.get(f"/api/chat/{path}", headers=chat.headers)) == "not_offered"


def test_the_link_to_telegram_is_another_one_each_time(http: TestClient, office: Office) -> None:
    chat = start_chat(http)
    refused = chat.http.post("/api/chat/telegram-link", headers=chat.headers)
    assert (refused.status_code, code_of(refused)) == (404, "not_offered")
    office.setups.change_telegram(TelegramSetup(bot_name="lumen_bot"), 0, "admin@example.com")
    urls = {chat.http.post("/api/chat/telegram-link", headers=chat.headers).json()["url"] for _ in range(2)}
    assert len(urls) == 2
    assert all(url.startswith("https://t.me/lumen_bot?start=") for url in urls)


def test_only_an_order_that_was_proved_here_is_taken_along(http: TestClient, office: Office) -> None:
    office.setups.change_telegram(TelegramSetup(bot_name="lumen_bot"), 0, "admin@example.com")
    chat = start_chat(http)
    body = {"order_number": "ORD-2026-0001"}
    refused = chat.http.post("/api/chat/telegram-link", json=body, headers=chat.headers)
    assert (refused.status_code, code_of(refused)) == (404, "unknown_order")
