"""Setting up the chat in a real browser: the theme's live preview, a snippet to copy, and accessible pages."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Dialog, Page, expect

from bot.channels.setup_model import WebSetup
from tests.browser.chat_house import ChatHouse, is_ready, log_in_at
from tests.browser.test_accessibility import FOR_AXE, complaints
from tests.browser.widget_page import NewContext, chat, expect_answer_after, open_chat, part, write

pytestmark = pytest.mark.browser

CHANNELS = "/console/channels"
WEB = f"{CHANNELS}/web"
PAGES = (
    CHANNELS,
    *(f"{WEB}/{name}" for name in ("theme", "texts", "form", "field", "proactive", "message", "files", "sites")),
    f"{CHANNELS}/hours",
    f"{CHANNELS}/telegram",
)
# Once there is something in it.
FILLED = (
    f"{WEB}/form",
    f"{WEB}/field?name=topic",
    f"{WEB}/field/delete?name=topic",
    f"{WEB}/proactive",
    f"{WEB}/message?name=offer",
    f"{WEB}/message/delete?name=offer",
    f"{WEB}/texts?language=hu",
)
TOPIC = {"name": "topic", "kind": "choice", "labels": {"en": "Topic", "fa": "موضوع"}, "choices": {"en": ["One", "Two"]}}
OFFER = {"name": "offer", "texts": {"en": "Questions about delivery? We are here."}}
COLOUR_OF = "(name) => getComputedStyle(document.querySelector('[data-theme-sample]').shadowRoot.querySelector(name))"
VIEWS: dict[str, dict[str, Any]] = {
    "desk": {"viewport": {"width": 1280, "height": 860}},
    "phone in the dark": {"viewport": {"width": 360, "height": 740}, "color_scheme": "dark"},
}
OpenAdmin = Callable[..., Page]


@pytest.fixture
def open_admin(new_context: NewContext, house: ChatHouse) -> OpenAdmin:
    def open_as_admin(language: str = "en", **options: Any) -> Page:
        page = new_context(**{**FOR_AXE, **options}, locale=language, base_url=house.url).new_page()
        log_in_at(page, house.url, "admin")
        return page

    return open_as_admin


@pytest.fixture(autouse=True)
def as_it_came(house: ChatHouse) -> Iterator[None]:
    """The house is shared: what an admin set here is taken back."""
    yield
    setup, version = house.office.setups.read_web()
    if setup != WebSetup():
        house.office.setups.change_web(WebSetup(), version, "test")


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
    expect(page.get_by_text("The text is hard to read on this colour")).to_be_visible()


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
    page.fill("#name", "topic")
    page.fill("#labels-en", "Topic")
    page.fill("#choices-en", "An order\nSomething else")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Topic", exact=True).click()
    lost = page.get_by_text("The answers will be lost when you save.")
    expect(lost).to_be_hidden()
    page.select_option("#kind", "text")
    expect(lost).to_be_visible()


def test_a_page_of_another_site_is_refused_until_its_address_is_entered(
    open_admin: OpenAdmin, house: ChatHouse, new_context: NewContext
) -> None:
    """The same shop under a name that the settings do not allow."""
    site = house.shop_url.replace("127.0.0.1", "localhost")
    admin, shop = open_admin(), new_context().new_page()
    with shop.expect_event("requestfailed", lambda request: "/api/chat/config" in request.url):
        shop.goto(site)
    expect(chat(shop)).not_to_have_attribute("data-ready", "")
    enter_sites(admin, f"{site}/cart?item=7")
    shop.goto(site)
    is_ready(shop)
    open_chat(shop)
    write(shop, "Hello from the shop")
    expect_answer_after(shop, "Hello from the shop")
    enter_sites(admin, "")
    with shop.expect_event("requestfailed", lambda request: "/api/chat/" in request.url):
        shop.goto(site)


def enter_sites(admin: Page, addresses: str) -> None:
    admin.goto(f"{WEB}/sites")
    admin.fill("#allowed-origins", addresses)
    admin.get_by_role("button", name="Save").click()
    expect(admin.get_by_text("Saved.")).to_be_visible()


def test_what_was_typed_and_not_saved_is_not_left_without_a_warning(open_admin: OpenAdmin) -> None:
    page = open_admin()
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    for path in ("theme", "texts", "files"):
        page.goto(f"{WEB}/{path}")
        page.get_by_role("link", name="Overview").click()
        page.wait_for_url(f"**{CHANNELS}")
    assert asked == []
    page.goto(f"{WEB}/texts")
    page.fill("#text-heading", "Lumen & Oak")
    page.get_by_role("link", name="Overview").click(no_wait_after=True)
    expect(page.locator("#text-heading")).to_have_value("Lumen & Oak")
    page.wait_for_timeout(200)
    assert asked == ["beforeunload"]
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    assert asked == ["beforeunload"]


def test_a_day_gets_further_hours_by_keyboard(open_admin: OpenAdmin) -> None:
    page = open_admin()
    page.goto(f"{CHANNELS}/hours")
    monday = page.get_by_role("group", name="Monday")
    another = monday.get_by_role("button", name="Add another")
    shown = monday.locator(".stretch:visible").count()
    for number in range(shown + 1, 5):
        another.press("Enter")
        expect(monday.get_by_label(f"period {number}, from")).to_be_focused()
    expect(another).to_be_hidden()
    assert monday.locator(".stretch:visible").count() == 4


def test_no_page_breaks_the_content_policy(open_admin: OpenAdmin) -> None:
    page = open_admin(bypass_csp=False)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    for path in PAGES:
        page.goto(path)
    assert said == []


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("language", ["en", "cs", "hu", "is", "fa", "ru"])
def test_pages_are_accessible_and_fit(open_admin: OpenAdmin, house: ChatHouse, language: str, view: str) -> None:
    page = open_admin(language, **VIEWS[view])
    for path in PAGES:
        assert_accessible(page, path)
    setup, version = house.office.setups.read_web()
    changes = {"pre_chat": [TOPIC], "proactive": [OFFER], "allowed_origins": ["https://shop.example"]}
    house.office.setups.change_web(setup.with_changes(changes), version, "test")
    for path in FILLED:
        assert_accessible(page, path)


def assert_accessible(page: Page, path: str) -> None:
    page.goto(path)
    assert complaints(page) == [], path
    widths = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert widths[0] <= widths[1], (path, widths)
