"""What nobody should send, and what the widget makes of it: markup, turned words, far too much of everything."""

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from bot.texts import Button, Rendered
from connectors.database.models.conversation import Author, Message
from tests.browser.chat_house import ChatHouse, texts
from tests.browser.widget_page import (
    NewContext,
    expect_answer_after,
    messages,
    open_chat,
    part,
    visit,
    write,
)

pytestmark = pytest.mark.browser

MARKUP = "<img src=x onerror=\"document.title='broken in'\"><script>document.title='broken in'</script>"
TURNED = "\u202egpj.exe is a picture\u2066"
LINES = "\n".join(f"line {number}" for number in range(10_000))
FLOOD = 200
SEND_MANY = """(field, count) => {
  for (let number = 0; number < count; number += 1) {
    field.value = `number ${number}`;
    field.dispatchEvent(new InputEvent("input"));
    field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", cancelable: true }));
  }
}"""


def test_markup_in_answers_and_buttons_is_shown_as_it_is_written(new_context: NewContext, house: ChatHouse) -> None:
    house.assistant.script["markup"] = [Rendered(MARKUP, (Button(f"{MARKUP[:20]}", "/greet"),))]
    page = visit(new_context(), house.url)
    title = page.title()
    open_chat(page)
    write(page, "markup")
    answer = messages(page, "bot").last
    expect(answer.locator("[data-part=text]")).to_have_text(MARKUP)
    expect(answer.get_by_role("button")).to_have_text(MARKUP[:20])
    assert part(page, "panel").locator("img, script").count() == 0
    assert page.title() == title


def test_words_that_turn_the_direction_turn_nothing_but_themselves(new_context: NewContext, house: ChatHouse) -> None:
    page = visit(new_context(), house.url)
    open_chat(page)
    write(page, f"{TURNED} https://shop.example/\u202egpj.exe")
    mine = messages(page, "customer")
    expect(mine).to_have_attribute("data-status", "sent")
    expect(mine.locator("[data-part=text]")).to_have_css("unicode-bidi", "isolate")
    expect(mine.get_by_role("link")).to_have_text("https://shop.example/")
    expect(mine.get_by_role("link")).to_have_attribute("href", "https://shop.example/")


def test_ten_thousand_pasted_lines_stay_in_the_composer_and_the_customer_reads_why(
    new_context: NewContext, house: ChatHouse
) -> None:
    page = visit(new_context(permissions=["clipboard-read", "clipboard-write"]), house.url)
    open_chat(page)
    page.evaluate("text => navigator.clipboard.writeText(text)", LINES)
    part(page, "composer").focus()
    page.keyboard.press("Control+V")
    expect(part(page, "composer")).to_have_value(LINES)
    over = texts("en")["characters_over"].replace("{count}", f"{len(LINES) - 4000:,}").replace("{limit}", "4,000")
    expect(part(page, "panel")).to_contain_text(over)
    page.keyboard.press("Enter")
    expect(messages(page, "customer")).to_have_count(0)
    box = part(page, "composer").bounding_box()
    assert box is not None
    assert box["height"] <= 140
    expect(part(page, "send")).to_be_in_viewport(ratio=1)
    part(page, "composer").fill("One line, then")
    page.keyboard.press("Enter")
    expect_answer_after(page, "One line, then")


def test_whoever_sends_two_hundred_messages_at_once_is_told_and_each_arrives_once_and_in_order(
    new_context: NewContext, house: ChatHouse
) -> None:
    page = visit(new_context(), house.url)
    open_chat(page)
    with house.assistant.thinking():
        part(page, "composer").evaluate(SEND_MANY, FLOOD)
        expect(messages(page, "customer")).to_have_count(FLOOD)
        told = messages(page, "customer").filter(has_text=texts("en")["error_rate_limited"])
        expect(told.first).to_be_attached()
    last = messages(page, "customer").filter(has_text=f"number {FLOOD - 1}")
    expect(last).to_have_attribute("data-status", "sent", timeout=120_000)
    conversation = page.evaluate("JSON.parse(localStorage.getItem('twinoffice-chat')).session_id")
    said = select(Message.text).where(Message.conversation_id == conversation, Message.author == Author.CUSTOMER)
    with house.office.database.read() as session:
        stored = list(session.scalars(said.order_by(Message.seq)))
    assert stored == [f"number {number}" for number in range(FLOOD)]
    expect(messages(page, "customer")).to_have_count(FLOOD)


def test_another_visitors_conversation_is_not_shown_by_its_id(new_context: NewContext, house: ChatHouse) -> None:
    other = visit(new_context(), house.url)
    open_chat(other)
    write(other, "My secret")
    expect_answer_after(other, "My secret")
    others_id = other.evaluate("JSON.parse(localStorage.getItem('twinoffice-chat')).session_id")
    page = visit(new_context(), house.url)
    open_chat(page)
    session = page.evaluate("JSON.parse(localStorage.getItem('twinoffice-chat'))")
    headers = {"Authorization": f"Bearer {session['token']}"}
    refused = page.request.post(f"{house.url}/api/chat/conversations/{others_id}/token", headers=headers, data={})
    assert refused.status == 404
    page.evaluate(
        "s => localStorage.setItem('twinoffice-chat', JSON.stringify(s))", session | {"session_id": others_id}
    )
    page.reload()
    open_chat(page)
    expect(part(page, "log")).not_to_contain_text("My secret")
