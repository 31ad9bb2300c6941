"""axe-core finds nothing in any state of the widget, in six languages, at 320 pixels, dark, enlarged to 200 %."""

from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from bot.services.tickets import TicketDraft, Tickets
from tests.browser.chat_house import ChatHouse, open_view, texts
from tests.browser.test_accessibility import FOR_AXE, complaints
from tests.browser.test_widget_files import choose, picture
from tests.browser.test_widget_office import SUNDAY
from tests.browser.test_widget_states import FORM, PROACTIVE
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

LANGUAGES = ["en", "cs", "hu", "is", "fa", "ru"]
NARROW: dict[str, Any] = {"viewport": {"width": 320, "height": 568}}
# A browser window of 1280 × 1024 at 200 %.
ENLARGED: dict[str, Any] = {"viewport": {"width": 640, "height": 430}}
# A mouse or a finger has to hit everything: WCAG 2.2, 2.5.8.
SMALLEST_TARGET = 24


def visit_with_everything(context: BrowserContext, house: ChatHouse, language: str) -> Page:
    """The chat of somebody with a ticket and two conversations, open while nobody is in the office."""
    with house.at(SUNDAY):
        page = visit(context, house.url, language)
        open_chat(page)
        write(page, "About my lamp")
        expect_answer_after(page, "About my lamp")
        draft = TicketDraft("Lamp", "It is broken.", "emma@example.com")
        conversation = page.evaluate("JSON.parse(localStorage.getItem('twinoffice-chat')).session_id")
        Tickets(house.office.database).open_ticket(conversation, f"turn-{conversation}", draft)
        part(page, "menu").click()
        part(page, "menu-new-conversation").click()
        expect(messages(page, "customer")).to_have_count(0)
        expect(messages(page, "bot").first).to_be_visible()
        expect(part(page, "office")).to_be_visible()
    return page


def is_clean(page: Page) -> None:
    assert complaints(page) == []
    assert too_small(page) == []
    width = page.evaluate("innerWidth")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for name in ("log", "view", "panel"):
        box = part(page, name)
        if box.count() and box.is_visible():
            assert box.evaluate("e => e.scrollWidth <= e.clientWidth + 1"), f"{name} scrolls sideways"


def too_small(page: Page) -> list[Any]:
    """Buttons and fields that are hard to hit; links in running text may be as high as their line."""
    found: list[Any] = page.locator("twinoffice-chat .chat").evaluate(
        """(chat, least) => [...chat.querySelectorAll("button, input:not([type=file]), select, textarea, a.file")]
          .filter((node) => node.checkVisibility())
          .map((node) => [node.dataset.part ?? node.outerHTML.slice(0, 80), node.getBoundingClientRect()])
          .filter(([, box]) => box.width < least || box.height < least)
          .map(([name, box]) => [name, box.width, box.height])""",
        SMALLEST_TARGET,
    )
    return found


def names_of(page: Page) -> set[str]:
    """Everything that is said to those who do not see it."""
    named: list[str] = page.locator("twinoffice-chat .chat").evaluate(
        """chat => [...chat.querySelectorAll("[aria-label], [title], [placeholder], .unseen")]
          .flatMap((node) => [node.ariaLabel, node.title, node.placeholder,
            node.classList.contains("unseen") ? node.textContent : null]).filter(Boolean)"""
    )
    return set(named)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_state_of_the_widget_is_accessible_on_a_narrow_screen(
    new_context: NewContext, house: ChatHouse, language: str
) -> None:
    page = visit_with_everything(new_context(**NARROW, **FOR_AXE), house, language)
    choose(page, picture())
    expect(part(page, "upload")).to_have_attribute("data-state", "ready")
    is_clean(page)
    write(page, "Hello")
    expect_answer_after(page, "Hello")
    part(page, "emoji").click()
    is_clean(page)
    others = set(texts("en").values()) - set(texts(language).values())
    assert names_of(page) & others == set(), "said in English"
    page.keyboard.press("Escape")
    part(page, "menu").click()
    expect(part(page, "view")).to_be_visible()
    is_clean(page)
    part(page, "back").click()
    for view in ("conversations", "articles", "tickets", "transcript", "rating"):
        open_view(page, view)
        is_clean(page)
        part(page, "back").click()
        part(page, "back").click()
        expect(part(page, "view")).to_be_hidden()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_form_before_the_chat_and_its_complaints_are_accessible(
    new_context: NewContext, house: ChatHouse, language: str
) -> None:
    with house.set_up(pre_chat=FORM, proactive=[PROACTIVE | {"seconds": 0}]):
        page = visit(new_context(**NARROW, **FOR_AXE), house.url, language)
        expect(part(page, "teaser")).to_be_visible()
        is_clean(page)
        part(page, "launcher").click()
        part(page, "pre-chat-send").click()
        is_clean(page)


@pytest.mark.parametrize("view", [{"color_scheme": "dark"}, ENLARGED], ids=["dark", "enlarged"])
def test_dark_and_enlarged_to_200_percent_nothing_is_lost(
    new_context: NewContext, house: ChatHouse, view: dict[str, Any]
) -> None:
    page = visit_with_everything(new_context(**view, **FOR_AXE), house, "hu")
    write(page, "Hello")
    expect_answer_after(page, "Hello")
    is_clean(page)
    for name in ("close", "menu", "composer", "send", "log"):
        expect(part(page, name)).to_be_in_viewport(ratio=1 if name != "log" else 0.2)
    open_view(page, "articles")
    part(page, "article-entry").first.click()
    expect(part(page, "article")).to_be_visible()
    is_clean(page)
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    part(page, "menu-rating").click()
    expect(part(page, "rating-form")).to_be_visible()
    is_clean(page)


def test_the_keyboard_alone_reaches_everything_in_the_order_of_the_screen(
    new_context: NewContext, house: ChatHouse
) -> None:
    page = visit(new_context(), house.url)
    open_chat(page)
    write(page, "Hello")
    expect_answer_after(page, "Hello")
    part(page, "menu").focus()
    seen = []
    for _ in range(7):
        seen.append(page.evaluate("document.activeElement.shadowRoot?.activeElement?.dataset.part"))
        page.keyboard.press("Tab")
    assert seen == ["menu", "pop-out", "close", "log", "attach", "composer", "emoji"]


def test_whoever_wants_less_motion_gets_none(new_context: NewContext, house: ChatHouse) -> None:
    page = visit(new_context(reduced_motion="reduce"), house.url)
    open_chat(page)
    moving = page.locator("twinoffice-chat .chat").evaluate(
        "e => [e, ...e.querySelectorAll('*')].filter((n) => getComputedStyle(n).animationName !== 'none').length"
    )
    assert moving == 0
