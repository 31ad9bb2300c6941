"""Approving in a real browser: a document waits, a colleague approves it by keyboard; no page breaks on a phone."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

pytestmark = pytest.mark.browser

LogIn = Callable[[Page, str], None]
PATH = "/console/approvals"
PHONE = {"width": 360, "height": 740}
PAGES = [PATH, f"{PATH}/delegations", f"{PATH}/groups"]


def _open(browser: Browser, log_in: LogIn, product_url: str, role: str) -> Iterator[Page]:
    context = browser.new_context(locale="en-GB", base_url=product_url)
    page = context.new_page()
    log_in(page, role)
    yield page
    context.close()


@pytest.fixture
def admin(browser: Browser, log_in: LogIn, product_url: str) -> Iterator[Page]:
    yield from _open(browser, log_in, product_url, "admin")


@pytest.fixture
def agent(browser: Browser, log_in: LogIn, product_url: str) -> Iterator[Page]:
    yield from _open(browser, log_in, product_url, "agent")


def test_what_the_admin_started_a_colleague_decides_by_keyboard(admin: Page, agent: Page) -> None:
    """The demo's matched documents are posted once; where another test has posted them, nothing waits any more."""
    admin.goto("/console/jobs/invoice-matching")
    admin.locator("details:has(#run-approve_from) > summary").click()
    admin.locator("#run-approve_from").fill("GBP 1, EUR 1, CZK 1, HUF 1, ISK 1")
    admin.get_by_role("button", name="Run for real").click()
    admin.get_by_role("button", name="Run for real").last.click()
    expect(admin.locator("#run-poll")).to_have_count(0)
    agent.goto(PATH)
    rows = agent.locator("tbody tr")
    if rows.count() == 0:
        expect(agent.get_by_role("heading", name="Nothing waits for approval")).to_be_visible()
        return
    waiting = rows.count()
    rows.first.get_by_role("link").focus()
    agent.keyboard.press("Enter")
    reason = agent.get_by_label("Reason")
    reason.focus()
    agent.keyboard.type("Checked with the warehouse.")
    agent.keyboard.press("Tab")
    expect(agent.get_by_role("button", name="Approve")).to_be_focused()
    agent.keyboard.press("Enter")
    expect(agent.get_by_role("status").filter(has_text="Approved.")).to_be_visible()
    expect(agent.locator("tbody tr")).to_have_count(waiting - 1)


@pytest.mark.parametrize("path", PAGES)
def test_no_page_is_wider_than_a_phone(admin: Page, path: str) -> None:
    admin.set_viewport_size(PHONE)  # type: ignore[arg-type]
    admin.goto(path)
    expect(admin.get_by_role("heading", level=1)).to_be_visible()
    overflow = admin.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0


@pytest.mark.parametrize("path", PAGES)
def test_persian_reads_from_right_to_left(admin: Page, product_url: str, path: str) -> None:
    admin.context.add_cookies([{"name": "twinoffice_language", "value": "fa", "url": product_url}])
    admin.goto(path)
    expect(admin.locator("html")).to_have_attribute("dir", "rtl")
    overflow = admin.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0


def test_a_link_that_is_none_of_ours_says_what_to_do(browser: Browser, product_url: str) -> None:
    context = browser.new_context(locale="en-GB", base_url=product_url)
    page = context.new_page()
    page.goto("/approve/none")
    expect(page.get_by_role("heading", name="This link does not work")).to_be_visible()
    expect(page.get_by_role("link", name="Go to the approvals")).to_be_visible()
    context.close()
