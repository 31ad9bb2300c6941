"""The console of operations in a real browser: keys, views, a run that is followed, and accessible pages."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.test_accessibility import FOR_AXE, complaints

pytestmark = pytest.mark.browser

LogIn = Callable[[Page, str], None]
DESKTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 860}}
PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 740}}
LISTS = ("/console/runs", "/console/items", "/console/exceptions")
PAGES = ("/console", "/console/jobs", *LISTS)


@pytest.fixture
def open_browser(browser: Browser, log_in: LogIn, product_url: str) -> Iterator[Callable[..., Page]]:
    contexts = []

    def open_as_admin(language: str = "en-GB", **options: Any) -> Page:
        context = browser.new_context(**{**DESKTOP, **FOR_AXE, **options}, locale=language, base_url=product_url)
        contexts.append(context)
        page = context.new_page()
        log_in(page, "admin")
        return page

    yield open_as_admin
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def run_path(browser: Browser, log_in: LogIn, product_url: str) -> str:
    """A dry run of the demonstration invoices, followed on its page to its end."""
    context = browser.new_context(**DESKTOP, locale="en-GB", base_url=product_url)
    page = context.new_page()
    log_in(page, "admin")
    page.goto("/console/jobs/invoice-matching")
    page.locator("button[name=mode][value=dry]").first.click()
    page.wait_for_url("**/console/runs/*")
    about = page.get_by_role("region", name="About this run")
    expect(about.get_by_text("succeeded with exceptions")).to_be_visible()
    expect(page.get_by_role("log").get_by_text("Run ended")).to_be_visible()
    path = page.url.partition("?")[0]
    context.close()
    return path


@pytest.mark.usefixtures("run_path")
def test_a_list_is_walked_and_opened_with_the_keyboard_alone(open_browser: Callable[..., Page]) -> None:
    page = open_browser()
    page.goto("/console/items?view=all")
    rows = page.locator("[data-row]")
    page.keyboard.press("j")
    expect(rows.nth(0)).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    expect(rows.nth(1)).to_be_focused()
    title = rows.nth(1).inner_text()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(title)


def test_the_slash_goes_to_the_search_and_a_letter_there_is_text(open_browser: Callable[..., Page]) -> None:
    page = open_browser()
    page.goto("/console/items?view=all")
    page.keyboard.press("/")
    search = page.get_by_role("searchbox")
    expect(search).to_be_focused()
    page.keyboard.type("jk?")
    expect(search).to_have_value("jk?")


def test_the_sheet_of_keys_opens_and_switches_them_off(open_browser: Callable[..., Page]) -> None:
    page = open_browser()
    page.goto("/console/items?view=all")
    page.keyboard.press("?")
    sheet = page.get_by_role("dialog", name="Keys")
    expect(sheet).to_be_visible()
    sheet.get_by_role("checkbox").check()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).not_to_be_focused()


@pytest.mark.usefixtures("run_path")
def test_a_filter_is_kept_as_a_view_and_removed(open_browser: Callable[..., Page]) -> None:
    page = open_browser()
    page.goto("/console/items?owner=procurement")
    page.get_by_text("Save this view").click()
    page.get_by_label("Name", exact=True).fill("For procurement")
    page.get_by_role("button", name="Save", exact=True).click()
    view = page.get_by_role("navigation", name="Saved views").get_by_role("link", name="For procurement")
    expect(view).to_have_attribute("aria-current", "true")
    page.get_by_role("button", name="Delete view").click()
    expect(view).to_have_count(0)


@pytest.mark.parametrize("language", ["en-GB", "fa-IR"])
@pytest.mark.parametrize("view", [DESKTOP, PHONE, DESKTOP | {"color_scheme": "dark"}], ids=["light", "phone", "dark"])
def test_the_pages_are_accessible(
    open_browser: Callable[..., Page], run_path: str, language: str, view: dict[str, Any]
) -> None:
    page = open_browser(language, **view)
    page.goto(run_path)
    item = page.locator("[data-row]").first.get_attribute("href") or ""
    for path in (*PAGES, "/console/items?owner=procurement", run_path, f"{run_path}/retry", item):
        page.goto(path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert complaints(page) == [], path


@pytest.mark.parametrize("language", ["en-GB", "hu-HU", "fa-IR"])
def test_no_content_is_wider_than_a_phone(open_browser: Callable[..., Page], run_path: str, language: str) -> None:
    page = open_browser(language, **PHONE)
    for path in (*PAGES, run_path):
        page.goto(path)
        width = page.evaluate("document.querySelector('main').scrollWidth - document.documentElement.clientWidth")
        assert width <= 0, path


@pytest.mark.parametrize("path", ["/console", "/console/items"])
def test_the_pages_obey_the_content_security_policy(open_browser: Callable[..., Page], path: str) -> None:
    page = open_browser()
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.goto(path)
    page.wait_for_timeout(500)
    assert faults == []
