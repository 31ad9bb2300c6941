"""What the widget shows around the messages: form before the chat, office hours, queue, proactive messages, alerts."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from connectors.settings import PROJECT_ROOT
from tests.browser.chat_house import ChatHouse, answer_with, configure, is_ready
from tests.browser.widget_page import (
    ANSWER_MS,
    NewContext,
    chat,
    expect_answer_after,
    messages,
    open_chat,
    part,
    visit,
    write,
)

pytestmark = pytest.mark.browser

FORM = [
    {"name": "name", "kind": "text", "required": True, "label": "Your name <b>", "choices": []},
    {"name": "email", "kind": "email", "required": True, "label": "Your e-mail", "choices": []},
    {"name": "topic", "kind": "choice", "required": False, "label": "What is it about?", "choices": ["Order", "Other"]},
    {"name": "privacy", "kind": "consent", "required": True, "label": "I have read the notes", "choices": []},
]
CLOSED = {"is_open": False, "back_at": (datetime.now(UTC) + timedelta(days=2)).isoformat(), "reason": "hours"}
PROACTIVE = {"name": "help", "seconds": 30, "text": "Can we help?", "times": 2, "days": 7}


def texts(language: str) -> dict[str, str]:
    read: dict[str, str] = json.loads((PROJECT_ROOT / "data" / language / "widget.json").read_text(encoding="utf-8"))
    return read


def field(page: Page, name: str) -> Any:
    return page.locator(f"twinoffice-chat [data-field={name}]")


def sent_sessions(context: BrowserContext) -> list[dict[str, Any]]:
    """The bodies by which sessions are begun; the server here knows no form, so it does not get the answers."""
    bodies: list[dict[str, Any]] = []

    def begin(route: Route) -> None:
        body: dict[str, Any] = route.request.post_data_json or {}
        bodies.append(body)
        kept = {key: value for key, value in body.items() if key in ("language", "identity")}
        route.continue_(post_data=json.dumps(kept))

    context.route("**/api/chat/sessions", begin)
    return bodies


def test_the_form_before_the_chat_is_checked_and_then_the_chat_begins(
    new_context: NewContext, house: ChatHouse
) -> None:
    context = new_context()
    configure(context, pre_chat=FORM)
    sessions = sent_sessions(context)
    page = visit(context, house.url)
    part(page, "launcher").click()
    expect(part(page, "view")).to_have_attribute("data-view", "form")
    expect(field(page, "name")).to_be_focused()
    expect(part(page, "pre-chat")).to_contain_text("Your name <b>")
    part(page, "pre-chat-send").click()
    expect(field(page, "name")).to_have_attribute("aria-invalid", "true")
    expect(field(page, "name")).to_be_focused()
    expect(field(page, "name")).to_have_accessible_description(texts("en")["field_required"])
    field(page, "name").fill("Emma")
    field(page, "email").fill("emma at example")
    field(page, "privacy").check()
    part(page, "pre-chat-send").click()
    expect(field(page, "email")).to_have_accessible_description(texts("en")["field_email"])
    assert sessions == []
    field(page, "email").fill("emma@example.com")
    field(page, "topic").select_option("Order")
    part(page, "pre-chat-send").click()
    expect(messages(page, "bot").first).to_be_visible(timeout=ANSWER_MS)
    answers = {"name": "Emma", "email": "emma@example.com", "topic": "Order", "privacy": True}
    assert [session["pre_chat"] for session in sessions] == [answers]
    expect(part(page, "view")).to_be_hidden()


def test_what_the_server_finds_wrong_stands_at_its_field(new_context: NewContext, house: ChatHouse) -> None:
    context = new_context()
    configure(context, pre_chat=FORM[:2])
    refusal = {"detail": {"code": "pre_chat_invalid", "message": "Look again.", "fields": {"email": "email"}}}
    answer_with(context, "sessions", refusal, 422)
    page = visit(context, house.url)
    part(page, "launcher").click()
    field(page, "name").fill("Emma")
    field(page, "email").fill("emma@example.com")
    part(page, "pre-chat-send").click()
    expect(field(page, "email")).to_have_attribute("aria-invalid", "true", timeout=ANSWER_MS)
    expect(field(page, "email")).to_be_focused()
    expect(chat(page)).to_have_attribute("data-connection", "idle")


def test_what_the_page_knows_of_its_visitor_is_not_asked(new_context: NewContext, house: ChatHouse) -> None:
    context = new_context()
    configure(context, pre_chat=FORM[:2])
    sessions = sent_sessions(context)
    page = visit(context, house.url)
    page.evaluate("Twinoffice.setAttributes({name: 'Emma', email: 'emma@example.com', plan: 'gold'})")
    open_chat(page)
    assert sessions[0]["pre_chat"] == {"name": "Emma", "email": "emma@example.com"}
    assert sessions[0]["path"] == "/"


@pytest.mark.parametrize("language", ["en", "cs", "hu", "is", "fa", "ru"])
def test_outside_office_hours_the_customer_reads_when_somebody_is_back_and_can_write(
    new_context: NewContext, house: ChatHouse, language: str
) -> None:
    context = new_context(timezone_id="Europe/Prague")
    configure(context, office=CLOSED)
    page = visit(context, house.url, language)
    open_chat(page)
    back = datetime.fromisoformat(str(CLOSED["back_at"]))
    known = texts(language)
    expect(part(page, "office")).to_contain_text(known["offline_text"])
    moment = page.evaluate(
        "([at, locale]) => new Intl.DateTimeFormat(locale, {weekday: 'long', hour: 'numeric', minute: '2-digit'})"
        ".format(new Date(at))",
        [back.isoformat(), known["locale"]],
    )
    expect(part(page, "office")).to_contain_text(known["office_back"].replace("{back}", moment))
    write(page, "Are you there?")
    expect_answer_after(page, "Are you there?")


def test_the_companys_own_words_go_before_ours(new_context: NewContext, house: ChatHouse) -> None:
    context = new_context()
    own = {"heading": "Ask <i>Oak</i>", "offline_text": "We sleep.", "disclosure": "A robot answers."}
    configure(context, texts=own, office=CLOSED)
    page = context.new_page()
    page.goto(f"{house.shop_url}/")
    is_ready(page)
    open_chat(page)
    expect(part(page, "panel").get_by_role("heading", level=2)).to_have_text("Ask <i>Oak</i>")
    expect(part(page, "office")).to_contain_text("We sleep.")
    expect(part(page, "disclosure")).to_have_text("A robot answers.")


def test_that_a_machine_answers_stands_there_from_the_start(new_context: NewContext, house: ChatHouse) -> None:
    for language in ("en", "fa"):
        page = visit(new_context(), house.url, language)
        open_chat(page)
        expect(part(page, "disclosure")).to_have_text(texts(language)["disclosure"])


def test_who_waits_sees_their_place_and_the_expected_wait(new_context: NewContext, house: ChatHouse) -> None:
    context = new_context()

    def wait(route: Route) -> None:
        answer = route.fetch()
        body = answer.json() | {"owner": "queue", "queue": {"place": 3, "expected_minutes": 5}}
        route.fulfill(response=answer, json=body)

    context.route("**/api/chat/messages?*", wait)
    context.route("**/api/chat/events?*", lambda route: route.fulfill(status=404, json={}))
    page = visit(context, house.url)
    open_chat(page)
    expect(part(page, "queue")).to_have_text("Your place in the queue: 3. Expected wait: about 5 minutes.")
    expect(part(page, "queue")).to_have_role("status")


def test_a_proactive_message_is_said_as_often_as_allowed_and_can_be_dismissed(
    new_context: NewContext, house: ChatHouse
) -> None:
    context = new_context()
    context.clock.install()
    configure(context, proactive=[PROACTIVE])
    page = visit(context, house.url)
    expect(part(page, "teaser")).to_have_count(0)
    context.clock.fast_forward(31_000)
    expect(part(page, "teaser")).to_contain_text("Can we help?")
    part(page, "teaser-close").click()
    expect(part(page, "teaser")).to_have_count(0)
    expect(part(page, "launcher")).to_be_focused()
    come_back(page)
    part(page, "teaser-open").click()
    expect(part(page, "panel")).to_be_visible()
    page.evaluate("localStorage.removeItem('twinoffice-chat')")
    come_back(page)
    expect(part(page, "teaser")).to_have_count(0)
    context.clock.fast_forward(8 * 86_400_000)
    come_back(page)
    expect(part(page, "teaser")).to_be_visible()


def come_back(page: Page) -> None:
    """To the page again, for longer than a proactive message waits."""
    page.reload()
    is_ready(page)
    page.context.clock.fast_forward(31_000)


def answer_from_elsewhere(page: Page, house: ChatHouse) -> None:
    """An answer that arrives while nobody looks."""
    token = page.evaluate("JSON.parse(localStorage.getItem('twinoffice-chat')).token")
    body = {"text": "hello", "client_message_id": f"elsewhere-{datetime.now(UTC).timestamp()}"}
    headers = {"Authorization": f"Bearer {token}"}
    assert page.request.post(f"{house.url}/api/chat/messages", headers=headers, data=body).ok


def test_an_answer_that_nobody_sees_is_counted_in_the_title_and_sounds_once_that_was_turned_on(
    new_context: NewContext, house: ChatHouse
) -> None:
    context = new_context()
    context.add_init_script(
        "window.tones = 0; const start = OscillatorNode.prototype.start;"
        "OscillatorNode.prototype.start = function (...when) { tones += 1; return start.apply(this, when); };"
    )
    page = visit(context, house.url)
    title = page.title()
    open_chat(page)
    write(page, "Hello")
    expect_answer_after(page, "Hello")
    part(page, "close").click()
    answer_from_elsewhere(page, house)
    expect(page).to_have_title(f"(1) {title}", timeout=ANSWER_MS)
    assert page.evaluate("tones") == 0
    part(page, "launcher").click()
    expect(page).to_have_title(title)
    part(page, "menu").click()
    part(page, "sound").check()
    assert page.evaluate("tones") == 2
    part(page, "close").click()
    answer_from_elsewhere(page, house)
    expect(part(page, "unread")).to_be_visible(timeout=ANSWER_MS)
    assert page.evaluate("tones") == 4
    page.reload()
    is_ready(page)
    part(page, "launcher").click()
    part(page, "menu").click()
    expect(part(page, "sound")).to_be_checked()


def test_the_customer_chooses_the_language_and_it_stays(new_context: NewContext, house: ChatHouse) -> None:
    context = new_context()
    told = answer_with(context, "language", None, 204)
    page = visit(context, house.url, "en")
    open_chat(page)
    part(page, "menu").click()
    part(page, "language").select_option("hu")
    expect(chat(page)).to_have_attribute("data-language", "hu", timeout=ANSWER_MS)
    expect(part(page, "view").get_by_role("heading")).to_have_text(texts("hu")["menu"])
    assert told == [{"language": "hu"}]
    part(page, "back").click()
    expect(part(page, "menu")).to_be_focused()
    page.evaluate("localStorage.removeItem('twinoffice-chat')")
    page.reload()
    is_ready(page)
    expect(chat(page)).to_have_attribute("data-language", "hu")


def test_escape_goes_back_one_step_at_a_time(new_context: NewContext, house: ChatHouse) -> None:
    page = visit(new_context(), house.url)
    open_chat(page)
    part(page, "emoji").click()
    expect(part(page, "emoji-picker")).to_be_visible()
    page.keyboard.press("Escape")
    expect(part(page, "emoji-picker")).to_have_count(0)
    expect(part(page, "composer")).to_be_focused()
    part(page, "menu").click()
    part(page, "menu-rating").click()
    expect(part(page, "view")).to_have_attribute("data-view", "rating")
    page.keyboard.press("Escape")
    expect(part(page, "view")).to_have_attribute("data-view", "menu")
    page.keyboard.press("Escape")
    expect(part(page, "view")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(chat(page)).to_have_attribute("data-state", "closed")


def test_an_emoji_is_put_where_the_cursor_is(new_context: NewContext, house: ChatHouse) -> None:
    page = visit(new_context(), house.url)
    open_chat(page)
    part(page, "composer").fill("Hi  there")
    part(page, "composer").evaluate("field => field.setSelectionRange(3, 3)")
    part(page, "emoji").click()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(part(page, "composer")).to_have_value(re.compile(r"^Hi \S+ there$"))
    expect(part(page, "composer")).to_be_focused()
