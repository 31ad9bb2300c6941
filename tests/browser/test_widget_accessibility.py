"""axe-core finds nothing in any state of the widget, in six languages, at 320 pixels, dark, enlarged to 200 %."""

from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.chat_house import ChatHouse, answer_with, configure, open_view
from tests.browser.test_accessibility import FOR_AXE, complaints
from tests.browser.test_widget_files import choose, picture
from tests.browser.test_widget_states import CLOSED, FORM, PROACTIVE
from tests.browser.test_widget_views import ARTICLE, ARTICLES, TICKETS
from tests.browser.widget_page import ANSWER_MS, NewContext, expect_answer_after, open_chat, part, visit, write

pytestmark = pytest.mark.browser

LANGUAGES = ["en", "cs", "hu", "is", "fa", "ru"]
NARROW: dict[str, Any] = {"viewport": {"width": 320, "height": 568}}
# A browser window of 1280 × 1024 at 200 %.
ENLARGED: dict[str, Any] = {"viewport": {"width": 640, "height": 430}}
CONVERSATIONS = [
    {
        "id": "a",
        "title": "Lamp",
        "owner": "bot",
        "last_text": "Hello",
        "last_at": "2026-11-20T10:00:00+00:00",
        "unread": 2,
    }
]


def prepared(context: BrowserContext) -> BrowserContext:
    configure(context, office=CLOSED, telegram="bot", theme={"appearance": "auto", "position": "end", "radius": 16})
    answer_with(context, "articles?*", ARTICLES)
    answer_with(context, "articles/returns", ARTICLE)
    answer_with(context, "tickets", TICKETS)
    answer_with(context, "conversations", CONVERSATIONS)
    return context


def is_clean(page: Page) -> None:
    assert complaints(page) == []
    width = page.evaluate("innerWidth")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for name in ("log", "view", "panel"):
        box = part(page, name)
        if box.count() and box.is_visible():
            assert box.evaluate("e => e.scrollWidth <= e.clientWidth + 1"), f"{name} scrolls sideways"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_state_of_the_widget_is_accessible_on_a_narrow_screen(
    new_context: NewContext, house: ChatHouse, language: str
) -> None:
    page = visit(prepared(new_context(**NARROW, **FOR_AXE)), house.url, language)
    open_chat(page)
    choose(page, picture())
    expect(part(page, "upload")).to_have_attribute("data-state", "ready", timeout=ANSWER_MS)
    is_clean(page)
    write(page, "Hello")
    expect_answer_after(page, "Hello")
    part(page, "emoji").click()
    is_clean(page)
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
    context = new_context(**NARROW, **FOR_AXE)
    configure(context, pre_chat=FORM, proactive=[PROACTIVE | {"seconds": 0}])
    page = visit(context, house.url, language)
    expect(part(page, "teaser")).to_be_visible()
    is_clean(page)
    part(page, "launcher").click()
    part(page, "pre-chat-send").click()
    is_clean(page)


@pytest.mark.parametrize("view", [{"color_scheme": "dark"}, ENLARGED], ids=["dark", "enlarged"])
def test_dark_and_enlarged_to_200_percent_nothing_is_lost(
    new_context: NewContext, house: ChatHouse, view: dict[str, Any]
) -> None:
    page = visit(prepared(new_context(**view, **FOR_AXE)), house.url, "hu")
    open_chat(page)
    write(page, "Hello")
    expect_answer_after(page, "Hello")
    is_clean(page)
    for name in ("close", "menu", "composer", "send", "log"):
        expect(part(page, name)).to_be_in_viewport(ratio=1 if name != "log" else 0.2)
    open_view(page, "articles")
    part(page, "article-entry").click()
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
