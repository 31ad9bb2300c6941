"""What the widget shows around the messages: form before the chat, office hours, queue, proactive messages, alerts."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from bot.conversations import ownership
from bot.texts import Texts
from connectors.database.models.conversation import Conversation
from connectors.settings import PROJECT_ROOT
from tests.browser.chat_house import ChatHouse, is_ready, log_in_at, texts
from tests.browser.widget_page import (
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

TEXTS = Texts(PROJECT_ROOT / "data")

FORM = [
    {"name": "name", "kind": "text", "is_required": True, "labels": {"en": "Your name <b>", "cs": "Vaše jméno"}},
    {"name": "email", "kind": "email", "is_required": True, "labels": {"en": "Your e-mail"}},
    {
        "name": "topic",
        "kind": "choice",
        "labels": {"en": "What is it about?"},
        "choices": {"en": ["Order", "Other"], "cs": ["Objednávka", "Něco jiného"]},
    },
    {"name": "privacy", "kind": "consent", "is_required": True, "labels": {"en": "I have read the notes"}},
]
OFFER = dict.fromkeys(("en", "cs", "hu", "is", "fa", "ru"), "Can we help?")
PROACTIVE = {"name": "help", "seconds": 30, "texts": OFFER, "times": 2, "days": 7}


def field(page: Page, name: str) -> Any:
    return page.locator(f"twinoffice-chat [data-field={name}]")


def conversation_of(page: Page) -> str:
    return str(page.evaluate("JSON.parse(localStorage.getItem('twinoffice-chat')).session_id"))


def answers_kept(page: Page, house: ChatHouse) -> dict[str, str]:
    """What our database has of the form, by the names of its questions."""
    with house.office.database.read() as session:
        opened_with: Any = session.get_one(Conversation, conversation_of(page)).opened_with
    return {answer["name"]: answer["value"] for answer in opened_with["answers"]}


def test_the_form_before_the_chat_is_checked_and_then_the_chat_begins(
    new_context: NewContext, house: ChatHouse
) -> None:
    context = new_context()
    sessions: list[str] = []
    context.on("request", lambda request: sessions.append(request.url) if request.url.endswith("/sessions") else None)
    with house.set_up(pre_chat=FORM):
        page = visit(context, house.url)
        part(page, "launcher").click()
        expect(part(page, "view")).to_have_attribute("data-view", "form")
        expect(field(page, "name")).to_be_focused()
        expect(part(page, "pre-chat")).to_contain_text("Your name <b>")
        part(page, "pre-chat-send").click()
        expect(field(page, "name")).to_have_attribute("aria-invalid", "true")
        expect(field(page, "name")).to_be_focused()
        expect(field(page, "name")).to_have_accessible_description(texts("en")["field_required"])
        field(page, "name").fill("Emma <script>alert(1)</script>\u202e")
        field(page, "email").fill("emma at example")
        field(page, "privacy").check()
        part(page, "pre-chat-send").click()
        expect(field(page, "email")).to_have_accessible_description(texts("en")["field_email"])
        assert sessions == []
        field(page, "email").fill("emma@example.com")
        field(page, "topic").select_option("Order")
        part(page, "pre-chat-send").click()
        expect(messages(page, "bot").first).to_be_visible()
    answers = {"name": "Emma <script>alert(1)</script>", "email": "emma@example.com", "topic": "Order"}
    assert answers_kept(page, house) == {**answers, "privacy": "yes"}
    assert len(sessions) == 1
    expect(part(page, "view")).to_be_hidden()


def test_the_form_speaks_the_customers_language_and_english_where_there_are_no_other_words(
    new_context: NewContext, house: ChatHouse
) -> None:
    with house.set_up(pre_chat=FORM):
        page = visit(new_context(), house.url, "cs")
        part(page, "launcher").click()
        expect(part(page, "pre-chat")).to_contain_text("Vaše jméno")
        expect(part(page, "pre-chat")).to_contain_text("Your e-mail")


def test_who_changes_the_language_of_the_form_keeps_what_was_written(new_context: NewContext, house: ChatHouse) -> None:
    with house.set_up(pre_chat=FORM):
        page = visit(new_context(), house.url)
        part(page, "launcher").click()
        field(page, "email").fill("emma@exam")
        field(page, "topic").select_option("Order")
        part(page, "language").select_option("cs")
        expect(part(page, "pre-chat")).to_contain_text("Vaše jméno")
        expect(field(page, "email")).to_have_value("emma@exam")
        expect(field(page, "topic")).to_have_value("")
        field(page, "email").fill("emma@example.com")
        field(page, "name").fill("Emma")
        field(page, "privacy").check()
        part(page, "pre-chat-send").click()
        welcome = TEXTS.render("welcome", "cs").text
        expect(messages(page, "bot").first).to_contain_text(welcome)


def test_what_only_the_server_finds_wrong_stands_at_its_field(new_context: NewContext, house: ChatHouse) -> None:
    with house.set_up(pre_chat=FORM[:2]):
        page = visit(new_context(), house.url)
        part(page, "launcher").click()
        field(page, "name").fill("Emma")
        field(page, "email").fill("emma;x@example.com")  # passes for an address here, and not there
        part(page, "pre-chat-send").click()
        expect(field(page, "email")).to_have_attribute("aria-invalid", "true")
        expect(field(page, "email")).to_be_focused()
        expect(field(page, "email")).to_have_accessible_description(texts("en")["field_email"])
        expect(field(page, "name")).to_have_value("Emma")
        expect(chat(page)).to_have_attribute("data-connection", "idle")


def test_what_the_page_knows_of_its_visitor_is_not_asked(new_context: NewContext, house: ChatHouse) -> None:
    with house.set_up(pre_chat=FORM[:2]):
        page = visit(new_context(), house.url)
        page.evaluate("Twinoffice.setAttributes({name: 'Emma', email: 'emma@example.com', plan: 'gold'})")
        open_chat(page)
    assert answers_kept(page, house) == {"name": "Emma", "email": "emma@example.com"}


def test_the_companys_own_words_go_before_ours(new_context: NewContext, house: ChatHouse) -> None:
    own = {"heading": "Ask <i>Oak</i>", "disclosure": "A robot answers.", "welcome_text": "Come in!"}
    with house.set_up(texts={"en": own}):
        page = new_context().new_page()
        page.goto(f"{house.shop_url}/")
        is_ready(page)
        open_chat(page)
    expect(part(page, "panel").get_by_role("heading", level=2)).to_have_text("Ask <i>Oak</i>")
    expect(part(page, "disclosure")).to_have_text("A robot answers.")
    expect(messages(page, "bot").first).to_contain_text("Come in!")


def test_that_a_machine_answers_stands_there_from_the_start(new_context: NewContext, house: ChatHouse) -> None:
    for language in ("en", "fa"):
        page = visit(new_context(), house.url, language)
        open_chat(page)
        expect(part(page, "disclosure")).to_have_text(texts(language)["disclosure"])


def test_who_waits_sees_their_place_and_how_it_moves_on(new_context: NewContext, house: ChatHouse) -> None:
    first, second = (visit(new_context(), house.url) for _ in range(2))
    for place, page in enumerate((first, second), start=1):
        open_chat(page)
        with house.office.database.write() as session:
            ownership.hand_over(session, session.get_one(Conversation, conversation_of(page)), "asked_for_a_person")
        write(page, "Is anybody there?")
        expect(part(page, "queue")).to_contain_text(f"Your place in the queue: {place}.")
        expect(part(page, "queue")).to_have_role("status")
    agent = new_context(locale="en-GB").new_page()
    log_in_at(agent, house.url, "agent")
    take_over(agent, house, first)
    expect(part(first, "queue")).to_be_hidden()
    second.reload()
    open_chat(second)
    expect(part(second, "queue")).to_contain_text("Your place in the queue: 1.")
    take_over(agent, house, second)


def take_over(agent: Page, house: ChatHouse, customer: Page) -> None:
    agent.goto(f"{house.url}/staff/conversations/{conversation_of(customer)}")
    agent.get_by_role("button", name="Take over").click()
    expect(chat(customer)).to_have_attribute("data-owner", "human")


def test_the_expected_wait_is_said_in_words(new_context: NewContext, house: ChatHouse) -> None:
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


def test_a_proactive_message_is_said_as_often_as_allowed_and_can_be_dismissed(
    new_context: NewContext, house: ChatHouse
) -> None:
    context = new_context()
    context.clock.install()
    with house.set_up(proactive=[PROACTIVE]):
        _said_as_often_as_allowed(visit(context, house.url))


def _said_as_often_as_allowed(page: Page) -> None:
    context = page.context
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
    expect(page).to_have_title(f"(1) {title}")
    assert page.evaluate("tones") == 0
    part(page, "launcher").click()
    expect(page).to_have_title(title)
    part(page, "menu").click()
    part(page, "sound").check()
    assert page.evaluate("tones") == 2
    part(page, "close").click()
    answer_from_elsewhere(page, house)
    expect(part(page, "unread")).to_be_visible()
    assert page.evaluate("tones") == 4
    page.reload()
    is_ready(page)
    part(page, "launcher").click()
    part(page, "menu").click()
    expect(part(page, "sound")).to_be_checked()


def test_the_customer_chooses_the_language_and_it_stays(new_context: NewContext, house: ChatHouse) -> None:
    page = visit(new_context(), house.url, "en")
    open_chat(page)
    part(page, "menu").click()
    with page.expect_response("**/api/chat/language"):
        part(page, "language").select_option("hu")
    expect(chat(page)).to_have_attribute("data-language", "hu")
    expect(part(page, "view").get_by_role("heading")).to_have_text(texts("hu")["menu"])
    with house.office.database.read() as session:
        assert session.get_one(Conversation, conversation_of(page)).language == "hu"
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
