"""Setting up the chat in a real browser: the theme's live preview, a snippet to copy, and accessible pages."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.chat_house import ChatHouse, log_in_at
from tests.browser.test_accessibility import FOR_AXE, complaints
from tests.browser.widget_page import NewContext, chat, part

pytestmark = pytest.mark.browser

CHANNELS = "/console/channels"
WEB = f"{CHANNELS}/web"
PAGES = (
    CHANNELS,
    *(f"{WEB}/{name}" for name in ("theme", "texts", "form", "field", "proactive", "message", "files", "sites")),
    f"{CHANNELS}/hours",
    f"{CHANNELS}/telegram",
)
COLOUR_OF = "(name) => getComputedStyle(document.querySelector('[data-theme-sample]').shadowRoot.querySelector(name))"
VIEWS: dict[str, dict[str, Any]] = {
    "desk": {"viewport": {"width": 1280, "height": 860}},
    "phone": {"viewport": {"width": 360, "height": 740}},
    "dark": {"viewport": {"width": 1280, "height": 860}, "color_scheme": "dark"},
}
OpenAdmin = Callable[..., Page]


@pytest.fixture
def open_admin(new_context: NewContext, house: ChatHouse) -> OpenAdmin:
    def open_as_admin(language: str = "en", **options: Any) -> Page:
        page = new_context(**{**FOR_AXE, **options}, locale=language, base_url=house.url).new_page()
        log_in_at(page, house.url, "admin")
        return page

    return open_as_admin


def colour(page: Page, name: str, property_name: str = "backgroundColor") -> str:
    return str(page.evaluate(f"(name) => ({COLOUR_OF})(name).{property_name}", name))


def choose(page: Page, name: str, value: str) -> None:
    page.locator(f"[name='own.{name}']").check()
    page.locator(f"[name={name}]").fill(value)


def test_the_preview_follows_the_form_and_what_is_saved_is_what_customers_see(
    open_admin: OpenAdmin, house: ChatHouse, new_context: NewContext
) -> None:
    page = open_admin()
    page.goto(f"{WEB}/theme")
    choose(page, "accent", "#7a3e1d")
    assert colour(page, ".launcher") == "rgb(122, 62, 29)"
    choose(page, "accent", "#ffe600")
    assert colour(page, ".launcher", "color") == "rgb(0, 0, 0)"
    page.locator("[name=appearance][value=dark]").check()
    expect(page.locator(".theme-stage")).to_have_attribute("data-page", "dark")
    page.locator("[name=position][value=start]").check()
    left = page.evaluate(
        "document.querySelector('[data-theme-sample]').shadowRoot.querySelector('.launcher').getBoundingClientRect().left"
    )
    assert left < page.locator(".theme-stage").evaluate("(stage) => stage.getBoundingClientRect().left + 60")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    shop = new_context().new_page()
    shop.goto(house.url)
    expect(chat(shop)).to_have_attribute("data-ready", "")
    expect(part(shop, "launcher")).to_have_css("background-color", "rgb(255, 230, 0)")
    expect(part(shop, "launcher")).to_have_css("color", "rgb(0, 0, 0)")


def test_a_contrast_that_is_too_low_is_told_at_once_and_refused(open_admin: OpenAdmin) -> None:
    page = open_admin()
    page.goto(f"{WEB}/theme")
    choose(page, "accent", "#ffe600")
    choose(page, "on_accent", "#ffffff")
    expect(page.locator("[data-contrast]")).to_contain_text("At least 4.5 is needed")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The words cannot be read on this colour")).to_be_visible()


def test_the_snippet_is_copied(open_admin: OpenAdmin, house: ChatHouse) -> None:
    page = open_admin(permissions=["clipboard-read", "clipboard-write"])
    page.goto(CHANNELS)
    page.locator("[data-copies=snippet-bubble]").click()
    expect(page.get_by_text("Copied.")).to_be_visible()
    address = house.office.settings.public_base_url
    assert page.evaluate("navigator.clipboard.readText()") == f'<script src="{address}/widget.js" async></script>'


def test_answers_are_asked_for_only_where_there_is_a_choice(open_admin: OpenAdmin) -> None:
    page = open_admin()
    page.goto(f"{WEB}/field")
    expect(page.locator("#choices-en")).to_be_hidden()
    page.select_option("#kind", "choice")
    expect(page.locator("#choices-en")).to_be_visible()


def test_no_page_breaks_the_content_policy(open_admin: OpenAdmin) -> None:
    page = open_admin(bypass_csp=False)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    for path in PAGES:
        page.goto(path)
    assert said == []


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("language", ["en", "cs", "hu", "is", "fa", "ru"])
def test_pages_are_accessible_and_fit(open_admin: OpenAdmin, language: str, view: str) -> None:
    page = open_admin(language, **VIEWS[view])
    for path in PAGES:
        page.goto(path)
        assert complaints(page) == [], path
        widths = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert widths[0] <= widths[1], (path, widths)
