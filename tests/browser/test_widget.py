"""Customers chat in the shop page's widget: what they see, on the running product, in a real browser."""

import re
from typing import Any

import pytest
from playwright.sync_api import ConsoleMessage, Request, Route, expect

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

SCRIPT = "<img src=x onerror=\"document.title='broken in'\"><script>document.title='broken in'</script>"


def test_a_question_is_answered_below_it(new_context: NewContext, product_url: str) -> None:
    page = visit(new_context(), product_url)
    open_chat(page)
    write(page, "When are you open?")
    expect_answer_after(page, "When are you open?")
    expect(messages(page, "customer")).to_have_count(1)
    expect(part(page, "composer")).to_have_value("")


def test_the_conversation_survives_a_reload(new_context: NewContext, product_url: str) -> None:
    page = visit(new_context(), product_url)
    open_chat(page)
    write(page, "Hello there")
    expect_answer_after(page, "Hello there")
    seen = part(page, "text").all_inner_texts()
    page.reload()
    open_chat(page)
    expect(part(page, "text")).to_have_text(seen)


def test_a_quick_reply_is_sent_as_the_customers_words_and_then_disappears(
    new_context: NewContext, product_url: str
) -> None:
    page = visit(new_context(), product_url)
    open_chat(page)
    button = part(page, "buttons").get_by_role("button").first
    title = button.inner_text()
    button_id = button.get_attribute("data-button-id")
    with page.expect_request(
        lambda request: request.method == "POST" and request.url.endswith("/api/chat/messages")
    ) as sent:
        button.click()
    body: Any = sent.value.post_data_json
    assert body["button_id"] == button_id
    expect_answer_after(page, title)
    expect(messages(page, "bot").first.get_by_role("button")).to_have_count(0)


def test_new_messages_are_announced_to_screen_readers(new_context: NewContext, product_url: str) -> None:
    page = visit(new_context(), product_url)
    open_chat(page)
    log = part(page, "log")
    expect(log).to_have_role("log")
    expect(log).to_have_attribute("aria-live", "polite")
    expect(log).to_have_attribute("aria-busy", "false")
    expect(log).to_have_accessible_name(re.compile(r"\S"))
    expect(log.locator("[data-part=message]").first).to_be_visible()


def test_the_keyboard_alone_opens_and_closes_the_chat(new_context: NewContext, product_url: str) -> None:
    page = visit(new_context(), product_url)
    part(page, "launcher").focus()
    page.keyboard.press("Enter")
    expect(part(page, "composer")).to_be_focused()
    expect(chat(page)).to_have_attribute("data-state", "open")
    page.keyboard.press("Escape")
    expect(chat(page)).to_have_attribute("data-state", "closed")
    expect(part(page, "launcher")).to_be_focused()


def test_shift_and_enter_start_a_new_line_instead_of_sending(new_context: NewContext, product_url: str) -> None:
    page = visit(new_context(), product_url)
    open_chat(page)
    part(page, "composer").fill("first")
    part(page, "composer").press("Shift+Enter")
    part(page, "composer").press_sequentially("second")
    expect(part(page, "composer")).to_have_value("first\nsecond")
    expect(messages(page, "customer")).to_have_count(0)


def test_a_script_in_a_message_is_shown_as_text(new_context: NewContext, product_url: str) -> None:
    page = visit(new_context(), product_url)
    title = page.title()
    open_chat(page)
    write(page, SCRIPT)
    expect(messages(page, "customer").locator("[data-part=text]")).to_have_text(SCRIPT)
    expect_answer_after(page, SCRIPT)
    page.reload()
    open_chat(page)
    expect(messages(page, "customer").locator("[data-part=text]")).to_have_text(SCRIPT)
    assert part(page, "log").locator("img, script").count() == 0
    assert page.title() == title


def test_only_web_and_mail_addresses_become_links(new_context: NewContext, product_url: str) -> None:
    page = visit(new_context(), product_url)
    open_chat(page)
    write(page, "javascript:alert(1) data:text/html,x https://example.com/a?b=1.")
    links = messages(page, "customer").get_by_role("link")
    expect(links).to_have_count(1)
    expect(links).to_have_attribute("href", "https://example.com/a?b=1")
    expect(links).to_have_attribute("rel", re.compile("noopener"))


def test_a_message_written_offline_is_kept_and_delivered_once(new_context: NewContext, product_url: str) -> None:
    context = new_context()
    page = visit(context, product_url)
    open_chat(page)
    context.set_offline(True)
    write(page, "Written in a tunnel")
    expect(messages(page, "customer")).to_have_attribute("data-status", "failed")
    expect(part(page, "retry")).to_be_visible()
    expect(chat(page)).to_have_attribute("data-connection", "reconnecting")
    context.set_offline(False)
    expect_answer_after(page, "Written in a tunnel")
    page.reload()
    open_chat(page)
    expect(messages(page, "customer")).to_have_count(1)


def test_a_message_whose_acknowledgement_was_lost_is_not_doubled(new_context: NewContext, product_url: str) -> None:
    page = visit(new_context(), product_url)
    open_chat(page)
    ids: list[str] = []

    def lose_the_first_answer(route: Route, request: Request) -> None:
        if request.method != "POST":
            route.fallback()
            return
        body: Any = request.post_data_json
        ids.append(body["client_message_id"])
        response = route.fetch()
        if len(ids) == 1:
            route.abort()
        else:
            route.fulfill(response=response)

    page.route("**/api/chat/messages", lose_the_first_answer)
    write(page, "Did you get this?")
    expect_answer_after(page, "Did you get this?")
    page.reload()
    open_chat(page)
    expect(messages(page, "customer")).to_have_count(1)
    assert len(set(ids)) == 1


def test_two_tabs_show_the_same_conversation_once(new_context: NewContext, product_url: str) -> None:
    context = new_context()
    first = visit(context, product_url)
    open_chat(first)
    second = visit(context, product_url)
    open_chat(second)
    write(first, "From the first tab")
    expect(messages(second, "customer")).to_have_text(re.compile("From the first tab"))
    expect_answer_after(second, "From the first tab")
    write(second, "From the second tab")
    expect(messages(first, "customer")).to_have_count(2)
    expect(messages(second, "customer")).to_have_count(2)
    expect_answer_after(first, "From the second tab")


def test_an_answer_that_comes_while_the_chat_is_closed_is_counted_on_the_bubble(
    new_context: NewContext, product_url: str
) -> None:
    context = new_context()
    reading, closed = visit(context, product_url), visit(context, product_url)
    open_chat(reading)
    write(reading, "Hello")
    expect_answer_after(reading, "Hello")
    part(reading, "close").click()
    closed.reload()
    expect(chat(closed)).to_have_attribute("data-connection", re.compile("live|polling"))
    expect(part(closed, "unread")).to_be_hidden()
    token = closed.evaluate("JSON.parse(localStorage.getItem('twinoffice-chat')).token")
    stored = closed.request.post(
        f"{product_url.rstrip('/')}/api/chat/messages",
        headers={"Authorization": f"Bearer {token}"},
        data={"text": "When are you open?", "client_message_id": "from-elsewhere"},
    )
    assert stored.status == 202
    expect(part(closed, "unread")).to_have_text("1")


def test_an_unknown_session_is_replaced_and_the_customer_hears_so(new_context: NewContext, product_url: str) -> None:
    page = visit(new_context(), product_url)
    page.evaluate(
        "localStorage.setItem('twinoffice-chat', JSON.stringify({session_id: 'gone', token: 'gone', read_seq: 0}))"
    )
    page.reload()
    open_chat(page)
    expect(page.locator("twinoffice-chat [data-notice=session-lost]")).to_be_visible()
    write(page, "Still there?")
    expect_answer_after(page, "Still there?")


def test_a_new_conversation_starts_from_the_menu(new_context: NewContext, product_url: str) -> None:
    page = visit(new_context(), product_url)
    open_chat(page)
    write(page, "Old words")
    expect_answer_after(page, "Old words")
    part(page, "menu").click()
    part(page, "menu-new-conversation").click()
    expect(messages(page, "customer")).to_have_count(0)
    expect(messages(page, "bot")).to_have_count(1)


def test_a_text_over_the_limit_is_not_sent(new_context: NewContext, product_url: str) -> None:
    page = visit(new_context(), product_url)
    open_chat(page)
    write(page, "x" * 4001)
    expect(part(page, "composer")).to_have_attribute("aria-invalid", "true")
    expect(part(page, "composer")).to_have_value("x" * 4001)
    expect(messages(page, "customer")).to_have_count(0)


def test_the_shop_opens_the_chat_with_a_question_ready(new_context: NewContext, product_url: str) -> None:
    page = visit(new_context(), product_url)
    opener = page.locator("#help [data-twinoffice-open]").first
    opener.click()
    expect(part(page, "composer")).to_have_value(opener.get_attribute("data-twinoffice-open") or "")
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()


def test_the_page_asks_no_other_host_and_breaks_no_security_policy(new_context: NewContext, product_url: str) -> None:
    page = new_context().new_page()
    hosts: set[str] = set()
    complaints: list[str] = []

    def note_complaint(message: ConsoleMessage) -> None:
        if message.type == "error":
            complaints.append(message.text)

    page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    page.on("console", note_complaint)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(product_url)
    open_chat(page)
    write(page, "Hello")
    expect_answer_after(page, "Hello")
    assert hosts == {product_url.rstrip("/").split("/")[2]}
    assert complaints == []
