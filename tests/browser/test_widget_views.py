"""What stands behind the widget's menu: conversations, articles, tickets, transcript, rating, Telegram."""

from email import message_from_bytes
from email.policy import default

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from bot.channels.setup_model import TelegramSetup
from bot.services.tickets import TicketDraft, Tickets
from connectors.database.models.conversation import Ticket
from connectors.database.models.service import Rating
from tests.browser.chat_house import ADMIN, ChatHouse, answer_with, log_in_at, open_view, texts
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

MARKUP = "<img src=x onerror=alert(1)>"


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
    expect(messages(page, "customer").locator("[data-part=text]")).to_have_text(["About my lamp"])
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
    expect(messages(page, "customer").last).to_have_attribute("data-status", "failed")
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
    page = visit(new_context(), house.url)
    open_chat(page)
    open_view(page, "articles")
    expect(part(page, "article-search")).to_be_focused()
    everything = part(page, "article-entry").count()
    part(page, "article-search").fill("how do I return something")
    expect(part(page, "article-entry").first).to_contain_text("eturn")
    assert everything > part(page, "article-entry").count() > 0
    title = part(page, "article-entry").first.locator("strong").inner_text()
    part(page, "article-entry").first.click()
    expect(part(page, "view").get_by_role("heading", level=3)).to_have_text(title)
    expect(part(page, "article").get_by_role("heading", level=4).first).to_be_visible()
    assert len(part(page, "article").inner_text()) > 200
    part(page, "back").click()
    expect(part(page, "view")).to_have_attribute("data-view", "articles")
    part(page, "article-search").fill("zzz")
    expect(part(page, "note")).to_have_text("Nothing found.")


def test_an_article_shows_lists_and_safe_links_and_no_markup(new_context: NewContext, house: ChatHouse) -> None:
    context = new_context()
    links = f"See [the law](https://example.com/law), [this](javascript:alert(1)) or {MARKUP}."
    sections = [
        {"heading": "How long", "text": "You have **30 days**.\n\n- unused\n- complete"},
        {"heading": "Elsewhere", "text": links},
    ]
    answer_with(context, "articles/*", {"title": f"Returns {MARKUP}", "sections": sections})
    page = visit(context, house.url)
    open_chat(page)
    open_view(page, "articles")
    part(page, "article-entry").first.click()
    article = part(page, "article")
    expect(article.get_by_role("heading")).to_have_text(["How long", "Elsewhere"])
    expect(article.get_by_role("listitem")).to_have_text(["unused", "complete"])
    expect(article.get_by_role("link")).to_have_text(["the law"])
    expect(article.locator("strong")).to_have_text("30 days")
    expect(article).to_contain_text(MARKUP)
    expect(part(page, "view").get_by_role("heading", level=3)).to_have_text(f"Returns {MARKUP}")


def test_customers_see_their_own_tickets_and_how_far_they_are(new_context: NewContext, house: ChatHouse) -> None:
    page = visit(new_context(), house.url)
    conversation = begin(page, "My lamp is broken")
    tickets = Tickets(house.office.database)
    for subject in (f"Lamp {MARKUP}", "Stool"):
        draft = TicketDraft(subject, "It is broken.", "emma@example.com")
        number = tickets.open_ticket(conversation, f"turn-{subject}", draft)
    with house.office.database.write() as session:
        session.scalars(select(Ticket).where(Ticket.number == number)).one().state = "closed"
    open_view(page, "tickets")
    expect(part(page, "ticket")).to_have_count(2)
    expect(part(page, "ticket").first).to_contain_text("Stool")
    expect(part(page, "ticket").first).to_contain_text("Closed")
    expect(part(page, "ticket").last).to_contain_text(MARKUP)
    expect(part(page, "ticket").last).to_contain_text("Open")


@pytest.mark.parametrize(("language", "words"), [("en", "Hello there"), ("fa", "سلام، چراغ من شکسته است")])
def test_a_transcript_is_saved_in_the_customers_language(
    new_context: NewContext, house: ChatHouse, language: str, words: str
) -> None:
    page = visit(new_context(), house.url, language)
    begin(page, words)
    open_view(page, "transcript")
    with page.expect_download() as saved:
        part(page, "transcript-txt").click()
    assert saved.value.suggested_filename == f"{texts(language)['transcript']}.txt"
    text = saved.value.path().read_text(encoding="utf-8")
    assert words in text
    assert ("Assistant" in text) is (language == "en")
    with page.expect_download() as saved:
        part(page, "transcript-html").click()
    assert f'lang="{language}"' in saved.value.path().read_text(encoding="utf-8")


def test_a_transcript_is_sent_by_mail(new_context: NewContext, house: ChatHouse) -> None:
    page = visit(new_context(), house.url)
    begin(page, "Please remember this")
    open_view(page, "transcript")
    house.office.mail_queue.send_due()
    mailbox = house.office.settings.data_dir / "mailbox"
    before = set(mailbox.glob("*.eml"))
    part(page, "transcript-email").fill("not an address")
    part(page, "transcript-send").click()
    part(page, "transcript-email").fill("emma@example.com")
    part(page, "transcript-send").click()
    expect(part(page, "note")).to_have_text("It is on its way.")
    assert house.office.mail_queue.send_due() == 1
    (file,) = set(mailbox.glob("*.eml")) - before
    mail = message_from_bytes(file.read_bytes(), policy=default)
    assert mail["To"] == "emma@example.com"
    assert "Please remember this" in mail.as_string()


def test_a_conversation_is_rated_with_stars_and_words_by_keyboard(new_context: NewContext, house: ChatHouse) -> None:
    page = visit(new_context(), house.url)
    conversation = begin(page, "That was quick")
    open_view(page, "rating")
    part(page, "rating-send").click()
    expect(part(page, "note")).to_have_text("Please choose one to five stars.")
    page.keyboard.press("Space")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    part(page, "rating-comment").fill("Quick!")
    part(page, "rating-send").click()
    expect(part(page, "note")).to_have_text("Thank you for your rating.")
    with house.office.database.read() as session:
        rating = session.scalars(select(Rating).where(Rating.conversation_id == conversation)).one()
    assert (rating.score, rating.comment) == (4, "Quick!")


def test_a_view_that_the_server_does_not_answer_says_so(new_context: NewContext, house: ChatHouse) -> None:
    context = new_context()
    answer_with(context, "tickets", {"detail": {"code": "busy", "message": "Busy."}}, 503)
    page = visit(context, house.url)
    open_chat(page)
    open_view(page, "tickets")
    expect(part(page, "note")).to_contain_text("try again")


def test_the_chat_goes_on_in_telegram(new_context: NewContext, house: ChatHouse) -> None:
    setups = house.office.setups
    before, version = setups.read_telegram()
    version = setups.change_telegram(TelegramSetup(bot_name="lumen_oak_bot"), version, ADMIN)
    context = new_context()
    context.route("https://t.me/**", lambda route: route.fulfill(body="Telegram", content_type="text/html"))
    page = visit(context, house.url)
    open_chat(page)
    part(page, "menu").click()
    with context.expect_page() as opened:
        part(page, "menu-telegram").click()
    opened.value.wait_for_url("https://t.me/lumen_oak_bot?start=*")
    assert opened.value.evaluate("window.opener") is None
    setups.change_telegram(before, version, ADMIN)
    page.reload()
    open_chat(page)
    part(page, "menu").click()
    expect(part(page, "menu-rating")).to_be_visible()
    expect(part(page, "menu-telegram")).to_have_count(0)


def test_what_the_company_does_not_offer_is_not_in_the_menu(new_context: NewContext, house: ChatHouse) -> None:
    with house.set_up(has_articles=False, has_transcript=False, has_rating=False):
        page = visit(new_context(), house.url)
        open_chat(page)
        part(page, "menu").click()
        expect(part(page, "menu-tickets")).to_be_visible()
        for name in ("articles", "transcript", "rating"):
            expect(part(page, f"menu-{name}")).to_have_count(0)


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
    expect(part(page, "status")).to_have_text("You are talking to a person")
    agent.get_by_label("Your answer").press_sequentially("Let me look")
    expect(part(page, "typing")).to_have_attribute("data-author", "agent")
    agent.keyboard.press("Control+Enter")
    expect(messages(page, "agent")).to_contain_text("Let me look")
    write(page, "Thank you")
    mine = messages(page, "customer").filter(has_text="Thank you")
    expect(mine).to_have_attribute("data-status", "sent")
    expect(mine).to_have_attribute("data-read", "")
    expect(mine.get_by_role("img", name="Read")).to_be_visible()
    part(page, "composer").press_sequentially("And one more thing")
    expect(agent.locator("#typing")).to_contain_text("The customer is typing")
