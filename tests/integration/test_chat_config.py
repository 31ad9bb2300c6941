"""What a page with the widget is told before anybody chats."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response

from bot.channels.chat_config import ACCEPTED
from bot.channels.rate_limit import RateLimit
from bot.channels.setup_model import FILE_KINDS, PreChatField, ProactiveMessage, TelegramSetup, WebSetup
from bot.office import Office
from connectors.database.models.service import Closure, OpeningHours
from tests.fixtures.web_office import Chat, code_of

pytestmark = pytest.mark.integration

SATURDAY_NIGHT = datetime(2026, 11, 21, 21, 0, tzinfo=UTC)


def load(http: TestClient, **params: str) -> Response:
    return http.get("/api/chat/config", params=params)


def config(http: TestClient, **params: str) -> dict[str, Any]:
    answer = load(http, **params)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def set_up(office: Office, **changes: Any) -> None:
    office.setups.change_web(WebSetup(**changes), office.setups.version("web"), "admin@example.com")


def at(office: Office, now: datetime) -> None:
    office.hours.now = lambda: now


def test_everybody_is_told_how_the_chat_is_set_up(http: TestClient) -> None:
    told = config(http, language="cs")
    assert [one["code"] for one in told["languages"]] == ["cs", "en", "fa", "hu", "is", "ru"]
    assert {"code": "fa", "name": "فارسی", "direction": "rtl"} in told["languages"]
    assert told["language"] == "cs"
    assert told["theme"]["appearance"] == "auto"
    assert told["files"]["largest"] == 10 * 1024 * 1024
    assert "image/png" in told["files"]["accept"]
    assert told["office"] == {"is_open": True, "closes_at": None, "back_at": None, "reason": None}
    assert (told["texts"], told["pre_chat"], told["proactive"], told["telegram"]) == ({}, [], [], None)
    assert (told["has_articles"], told["has_transcript"], told["has_rating"]) == (True, True, True)
    assert told["identity_required"] is False


def test_every_kind_of_file_has_something_to_choose_from() -> None:
    assert set(ACCEPTED) == set(FILE_KINDS)


def test_browsers_keep_it_until_it_changes(http: TestClient, chat_office: Office) -> None:
    first = load(http, language="en")
    assert first.headers["Cache-Control"] == "no-cache"
    etag = first.headers["ETag"]
    again = http.get("/api/chat/config", params={"language": "en"}, headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")
    set_up(chat_office, has_rating=False)
    changed = http.get("/api/chat/config", params={"language": "en"}, headers={"If-None-Match": etag})
    assert (changed.status_code, changed.json()["has_rating"]) == (200, False)


def test_it_travels_compressed_to_browsers_that_unpack(http: TestClient) -> None:
    packed = http.get("/api/chat/config", headers={"Accept-Encoding": "gzip"})
    plain = http.get("/api/chat/config", headers={"Accept-Encoding": "identity"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert packed.json() == plain.json()
    assert int(packed.headers["Content-Length"]) < int(plain.headers["Content-Length"])
    assert "Accept-Encoding" in packed.headers["Vary"]


def test_the_form_speaks_the_visitors_language_or_english(http: TestClient, chat_office: Office) -> None:
    topic = PreChatField(
        name="topic",
        kind="choice",
        is_required=True,
        labels={"en": "Topic", "cs": "Téma"},
        choices={"en": ("Order", "Other"), "cs": ("Objednávka", "Jiné")},
    )
    set_up(chat_office, pre_chat=(topic, PreChatField(name="name", kind="text", labels={"en": "Your name"})))
    (first, second) = config(http, language="cs")["pre_chat"]
    assert first == {
        "name": "topic",
        "kind": "choice",
        "required": True,
        "label": "Téma",
        "choices": ["Objednávka", "Jiné"],
    }
    assert (second["label"], second["choices"]) == ("Your name", [])


def test_own_words_and_messages_said_unasked_come_in_the_language_and_for_the_page(
    http: TestClient, chat_office: Office
) -> None:
    set_up(
        chat_office,
        texts={"cs": {"heading": "Napište Lumen"}},
        proactive=(
            ProactiveMessage(name="cart", path="/cart", seconds=5, texts={"en": "Need help?", "cs": "Pomoci?"}),
            ProactiveMessage(name="all", texts={"en": "Hello"}),
            ProactiveMessage(name="off", is_on=False, texts={"en": "Never"}),
            ProactiveMessage(name="czech", texts={"cs": "Jen česky"}),
        ),
    )
    czech = config(http, language="cs", path="/cart/2")
    assert czech["texts"] == {"heading": "Napište Lumen"}
    assert czech["proactive"][0] == {"name": "cart", "seconds": 5, "text": "Pomoci?", "times": 1, "days": 7}
    assert [one["name"] for one in czech["proactive"]] == ["cart", "czech"]
    english = config(http, language="en", path="/products")
    assert [(one["name"], one["text"]) for one in english["proactive"]] == [("all", "Hello")]
    assert english["texts"] == {}


def test_the_companys_own_greeting_opens_the_chat_in_its_language_and_the_products_in_others(
    http: TestClient, chat_office: Office
) -> None:
    """Written on the page of texts, shown by the widget, and the first message of the conversation."""
    own = "Dobrý den, tady Lumen & Oak. <b>S čím pomůžeme?</b>"
    set_up(chat_office, texts={"cs": {"welcome_text": own}})
    assert config(http, language="cs")["texts"] == {"welcome_text": own}
    assert first_words(http, "cs") == own
    assert config(http, language="en")["texts"] == {}
    assert first_words(http, "en") == chat_office.texts.render("welcome", "en").text
    set_up(chat_office)
    assert first_words(http, "cs") == chat_office.texts.render("welcome", "cs").text


def first_words(http: TestClient, language: str) -> str:
    """What a new conversation begins with."""
    begun = http.post("/api/chat/sessions", json={"language": language})
    assert begun.status_code == 201, begun.text
    chat = Chat(http, begun.json()["token"])
    return str(chat.read()["messages"][0]["text"])


def test_outside_of_business_hours_it_says_when_people_are_back(http: TestClient, chat_office: Office) -> None:
    with chat_office.database.write() as session:
        session.add(OpeningHours(weekday=0, opens="09:00", closes="17:00"))
    at(chat_office, SATURDAY_NIGHT)
    told = config(http)["office"]
    assert (told["is_open"], told["reason"]) == (False, None)
    assert datetime.fromisoformat(told["back_at"]) == datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
    at(chat_office, datetime(2026, 11, 23, 12, 0, tzinfo=UTC))
    told = config(http)["office"]
    assert (told["is_open"], told["back_at"], told["reason"]) == (True, None, None)
    assert datetime.fromisoformat(told["closes_at"]) == datetime(2026, 11, 23, 16, 0, tzinfo=UTC)


def test_a_holiday_is_named_in_the_visitors_language_and_a_closure_as_it_was_entered(
    http: TestClient, chat_office: Office
) -> None:
    with chat_office.database.write() as session:
        session.add_all(OpeningHours(weekday=day, opens="09:00", closes="17:00") for day in range(7))
        day = date(2026, 11, 23)
        session.add(Closure(first_day=day, last_day=day, name="Move to the new hall"))
    at(chat_office, datetime(2026, 12, 25, 10, 0, tzinfo=UTC))
    assert config(http, language="cs")["office"]["reason"] == "1. svátek vánoční"
    at(chat_office, datetime(2026, 11, 23, 10, 0, tzinfo=UTC))
    assert config(http, language="cs")["office"]["reason"] == "Move to the new hall"


def test_the_way_to_telegram_is_shown_only_while_there_is_a_bot(http: TestClient, chat_office: Office) -> None:
    chat_office.setups.change_telegram(TelegramSetup(bot_name="lumen_bot"), 0, "admin@example.com")
    assert config(http)["telegram"] == "lumen_bot"
    chat_office.setups.change_telegram(TelegramSetup(bot_name="lumen_bot", is_on=False), 1, "admin@example.com")
    assert config(http)["telegram"] is None


def test_whoever_asks_too_often_has_to_wait(app: FastAPI, http: TestClient) -> None:
    app.state.config_limit = RateLimit(1)
    assert [load(http).status_code for _ in range(2)] == [200, 429]
    refused = load(http)
    assert code_of(refused) == "too_many_requests"
    assert int(refused.headers["Retry-After"]) > 0


@pytest.mark.parametrize("params", [{"language": "x" * 36}, {"path": "/" * 2001}])
def test_what_is_far_too_long_is_refused(http: TestClient, params: dict[str, str]) -> None:
    assert load(http, **params).status_code == 422


@pytest.mark.parametrize("language", ["", "xx", "\x00", "<script>", "../en"])
def test_an_unknown_language_is_answered_in_the_default_one(http: TestClient, language: str) -> None:
    assert config(http, language=language)["language"] == "en"
