"""What stands behind the widget's menu: conversations, articles, tickets, transcript, rating, Telegram."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.chat_house import ChatHouse, answer_with, configure, log_in_at, open_view
from tests.browser.widget_page import (
    ANSWER_MS,
    NewContext,
    expect_answer_after,
    messages,
    open_chat,
    part,
    visit,
    write,
)

pytestmark = pytest.mark.browser

MARKUP = "<img src=x onerror=alert(1)>"
ARTICLES = [{"slug": "returns", "title": f"Returns {MARKUP}", "text": "You have 30 days."}]
ARTICLE = {
    "title": "Returns",
    "sections": [
        {"heading": "How long", "text": "You have **30 days**.\n\n- unused\n- complete"},
        {"heading": "Elsewhere", "text": "See [the law](https://example.com/law) or [this](javascript:alert(1))."},
    ],
}
TICKETS = [
    {
        "number": "TIC-000007",
        "subject": f"Lamp {MARKUP}",
        "state": "answered",
        "updated_at": "2026-11-20T10:00:00+00:00",
    },
    {"number": "TIC-000008", "subject": "Stool", "state": "closed", "updated_at": "2026-11-21T10:00:00+00:00"},
]


def begin(page: Page, words: str) -> str:
    """Opens the chat and says something; the conversation's id."""
    open_chat(page)
    write(page, words)
    expect_answer_after(page, words)
    return str(page.evaluate("JSON.parse(localStorage.getItem('twinoffice-chat')).session_id"))


def test_a_customer_has_several_conversations_and_goes_on_with_any(new_context: NewContext, house: ChatHouse) -> None:
    page = visit(new_context(), house.url)
    first = begin(page, "About my lamp")
    open_view(page, "conversations")
    part(page, "back").click()
    part(page, "menu-new-conversation").click()
    expect(messages(page, "customer")).to_have_count(0)
    write(page, "About my stool")
    expect_answer_after(page, "About my stool")
    open_view(page, "conversations")
    expect(part(page, "conversation")).to_have_count(2)
    expect(part(page, "conversation").filter(has_text="About my stool")).to_have_attribute("aria-current", "true")
    part(page, "conversation").filter(has_text="About my lamp").click()
    expect(messages(page, "customer").locator("[data-part=text]")).to_have_text(["About my lamp"], timeout=ANSWER_MS)
    assert page.evaluate("JSON.parse(localStorage.getItem('twinoffice-chat')).session_id") == first
    page.reload()
    open_chat(page)
    expect(messages(page, "customer")).to_contain_text("About my lamp")


def test_what_could_not_be_sent_waits_in_its_own_conversation(new_context: NewContext, house: ChatHouse) -> None:
    context = new_context()
    page = visit(context, house.url)
    first = begin(page, "First")
    context.route("**/api/chat/messages", lambda route: route.abort())
    write(page, "Kept for the first")
    expect(messages(page, "customer").last).to_have_attribute("data-status", "failed", timeout=ANSWER_MS)
    part(page, "menu").click()
    part(page, "menu-new-conversation").click()
    expect(messages(page, "customer")).to_have_count(0)
    context.unroute("**/api/chat/messages")
    write(page, "In the second")
    expect_answer_after(page, "In the second")
    expect(messages(page, "customer")).to_have_count(1)
    open_view(page, "conversations")
    part(page, "conversation").filter(has_text="First").click()
    expect_answer_after(page, "Kept for the first")
    assert page.evaluate("JSON.parse(localStorage.getItem('twinoffice-chat')).session_id") == first
    page.reload()
    open_chat(page)
    expect(messages(page, "customer")).to_have_count(2)


def test_articles_are_found_and_read_inside_the_chat(new_context: NewContext, house: ChatHouse) -> None:
    context = new_context()
    asked = answer_with(context, "articles?*", ARTICLES)
    answer_with(context, "articles/returns", ARTICLE)
    page = visit(context, house.url)
    open_chat(page)
    open_view(page, "articles")
    expect(part(page, "article-search")).to_be_focused()
    part(page, "article-search").fill("send back")
    expect(part(page, "article-entry")).to_contain_text(MARKUP)
    page.wait_for_function("true")
    part(page, "article-entry").click()
    article = part(page, "article")
    expect(article.get_by_role("heading")).to_have_text(["How long", "Elsewhere"])
    expect(article.get_by_role("listitem")).to_have_text(["unused", "complete"])
    expect(article.get_by_role("link")).to_have_text(["the law"])
    expect(article.locator("strong")).to_have_text("30 days")
    assert any(url.endswith("query=") for url in asked)
    part(page, "back").click()
    expect(part(page, "view")).to_have_attribute("data-view", "articles")


def test_customers_see_their_own_tickets_and_how_far_they_are(new_context: NewContext, house: ChatHouse) -> None:
    context = new_context()
    answer_with(context, "tickets", TICKETS)
    page = visit(context, house.url)
    open_chat(page)
    open_view(page, "tickets")
    expect(part(page, "ticket")).to_have_count(2)
    expect(part(page, "ticket").first).to_contain_text(MARKUP)
    expect(part(page, "ticket").first).to_contain_text("Answered")
    expect(part(page, "ticket").last).to_contain_text("Closed")


def test_a_transcript_is_saved_or_sent_by_mail(new_context: NewContext, house: ChatHouse) -> None:
    context = new_context()
    context.route(
        "**/api/chat/transcript?*", lambda route: route.fulfill(body="Emma: hello", content_type="text/plain")
    )
    page = visit(context, house.url)
    open_chat(page)
    open_view(page, "transcript")
    with page.expect_download() as saved:
        part(page, "transcript-txt").click()
    assert saved.value.suggested_filename == "Transcript.txt"
    assert saved.value.path().read_text() == "Emma: hello"
    context.unroute("**/api/chat/transcript?*")
    mailed = answer_with(context, "transcript", None, 204)
    part(page, "transcript-email").fill("not an address")
    part(page, "transcript-send").click()
    assert mailed == []
    part(page, "transcript-email").fill("emma@example.com")
    part(page, "transcript-send").click()
    expect(part(page, "note")).to_have_text("It is on its way.", timeout=ANSWER_MS)
    assert mailed == [{"email": "emma@example.com"}]


def test_a_conversation_is_rated_with_stars_and_words_by_keyboard(new_context: NewContext, house: ChatHouse) -> None:
    context = new_context()
    rated = answer_with(context, "rating", None, 204)
    page = visit(context, house.url)
    open_chat(page)
    open_view(page, "rating")
    part(page, "rating-send").click()
    expect(part(page, "note")).to_have_text("Please choose one to five stars.")
    page.keyboard.press("Space")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    part(page, "rating-comment").fill("Quick!")
    part(page, "rating-send").click()
    expect(part(page, "note")).to_have_text("Thank you for your rating.", timeout=ANSWER_MS)
    assert rated == [{"score": 4, "comment": "Quick!"}]


def test_a_view_that_the_server_does_not_answer_says_so(new_context: NewContext, house: ChatHouse) -> None:
    context = new_context()
    answer_with(context, "tickets", {"detail": {"code": "busy", "message": "Busy."}}, 503)
    page = visit(context, house.url)
    open_chat(page)
    open_view(page, "tickets")
    expect(part(page, "note")).to_contain_text("try again")


def test_the_chat_goes_on_in_telegram(new_context: NewContext, house: ChatHouse) -> None:
    context = new_context()
    configure(context, telegram="lumen_oak_bot")
    answer_with(context, "telegram-link", {"url": f"{house.shop_url}/?body=telegram"})
    page = visit(context, house.url)
    open_chat(page)
    part(page, "menu").click()
    with context.expect_page() as opened:
        part(page, "menu-telegram").click()
    opened.value.wait_for_url("**/?body=telegram")
    assert opened.value.evaluate("window.opener") is None


def take_over(new_context: NewContext, house: ChatHouse, conversation: str) -> Page:
    agent = new_context(locale="en-GB").new_page()
    log_in_at(agent, house.url, "agent")
    agent.goto(f"{house.url}/staff/conversations/{conversation}")
    agent.get_by_role("button", name="Take over").click()
    return agent


def test_customer_and_agent_side_by_side_see_each_other_type_and_read(
    new_context: NewContext, house: ChatHouse
) -> None:
    page = visit(new_context(), house.url)
    conversation = begin(page, "I need a person")
    agent = take_over(new_context, house, conversation)
    expect(part(page, "status")).to_have_text("You are talking to a person", timeout=ANSWER_MS)
    agent.get_by_label("Your answer").press_sequentially("Let me look")
    expect(part(page, "typing")).to_have_attribute("data-author", "agent", timeout=ANSWER_MS)
    agent.keyboard.press("Control+Enter")
    expect(messages(page, "agent")).to_contain_text("Let me look", timeout=ANSWER_MS)
    write(page, "Thank you")
    mine = messages(page, "customer").filter(has_text="Thank you")
    expect(mine).to_have_attribute("data-status", "sent", timeout=ANSWER_MS)
    expect(mine).to_have_attribute("data-read", "", timeout=ANSWER_MS)
    expect(mine.get_by_role("img", name="Read")).to_be_visible()
    part(page, "composer").press_sequentially("And one more thing")
    expect(agent.locator("#typing")).to_contain_text("The customer is typing", timeout=ANSWER_MS)
