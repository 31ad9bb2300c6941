"""axe-core finds nothing to complain about: shop with chat, log-in, inbox and console, light, dark and on a phone."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.widget_page import NewContext, expect_answer_after, open_chat, visit, write
from tests.product import ROOT

pytestmark = pytest.mark.browser

LogIn = Callable[[Page, str], None]
AXE = ROOT / ".state" / "axe" / "node_modules" / "axe-core" / "axe.min.js"
JOB = "/console/jobs/invoice-matching"
VIEWS: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light", "viewport": {"width": 1280, "height": 860}},
    "dark": {"color_scheme": "dark", "viewport": {"width": 1280, "height": 860}},
    "phone": {"color_scheme": "light", "viewport": {"width": 360, "height": 740}},
}
# The page's own security policy would keep the checker out; a text that still fades in has no colour of its own yet.
FOR_AXE: dict[str, Any] = {"bypass_csp": True, "reduced_motion": "reduce"}


def complaints(page: Page) -> list[str]:
    """What axe-core finds wrong with the page as it stands, each with the elements it is about."""
    assert AXE.exists(), "axe-core is missing. Get it with: tests/install_servers.sh"
    page.add_script_tag(path=AXE)
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    assert found["passes"], "axe-core looked at nothing"
    return [
        f"{violation['id']} ({violation['help']}): {[node['target'] for node in violation['nodes']]}"
        for violation in found["violations"]
    ]


@pytest.fixture(scope="module", params=VIEWS)
def admin(request: pytest.FixtureRequest, browser: Browser, log_in: LogIn, product_url: str) -> Iterator[Page]:
    context = browser.new_context(**VIEWS[request.param], **FOR_AXE, locale="en-GB", base_url=product_url)
    page = context.new_page()
    log_in(page, "admin")
    yield page
    context.close()


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("language", ["en", "cs", "hu", "is", "fa", "ru"])
def test_shop_and_open_chat_are_accessible(new_context: NewContext, product_url: str, language: str, view: str) -> None:
    page = visit(new_context(**VIEWS[view], **FOR_AXE), product_url, language)
    open_chat(page)
    write(page, "Hello")
    expect_answer_after(page, "Hello")
    assert complaints(page) == []


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("path", ["/help/en?q=delivery", "/help/fa?q=zzz", "/help/hu/payment", "/help/fa/returns"])
def test_the_help_pages_are_accessible(new_context: NewContext, product_url: str, path: str, view: str) -> None:
    page = new_context(**VIEWS[view], **FOR_AXE).new_page()
    page.goto(product_url + path)
    expect(page.locator("#main h1")).to_be_visible()
    assert complaints(page) == []


@pytest.mark.parametrize("view", VIEWS)
def test_the_log_in_page_is_accessible(new_context: NewContext, product_url: str, view: str) -> None:
    page = new_context(**VIEWS[view], **FOR_AXE).new_page()
    page.goto(f"{product_url}/login")
    assert complaints(page) == []
    page.fill("input[name=email]", "nobody@example.com")
    page.fill("input[name=password]", "wrong")
    page.click("form[action='/login'] button[type=submit]")
    expect(page.get_by_role("alert")).to_be_visible()
    assert complaints(page) == []


@pytest.mark.parametrize(
    "path",
    [
        "/staff",
        "/console",
        JOB,
        f"{JOB}/schedules/new",
        "/console/runs",
        "/console/exceptions",
        "/console/reports",
        "/console/reports/invoices",
        "/console/reports/stock",
        "/console/invoices/what-if",
        "/console/drafts",
        "/console/tasks",
        "/console/overrides",
        "/console/connections",
        "/console/connections/new",
        "/console/connections/new?vendor=sftp",
        "/console/connections/new?vendor=rest",
        "/console/connections/supplier-invoices",
    ],
)
def test_each_staff_page_is_accessible(admin: Page, path: str) -> None:
    admin.goto(path)
    expect(admin.get_by_role("heading", level=1)).to_be_attached()
    assert complaints(admin) == []


def test_a_conversation_that_an_agent_has_is_accessible(admin: Page, new_context: NewContext, product_url: str) -> None:
    customer = visit(new_context(), product_url)
    open_chat(customer)
    write(customer, "Hello")
    expect_answer_after(customer, "Hello")
    conversation = customer.evaluate("JSON.parse(localStorage.getItem('twinoffice-chat')).session_id")
    admin.goto(f"/staff/conversations/{conversation}")
    assert complaints(admin) == []
    admin.get_by_role("button", name="Take over").click()
    expect(admin.get_by_label("Your answer")).to_be_focused()
    assert complaints(admin) == []


def test_a_payroll_and_a_slip_of_it_are_accessible(admin: Page) -> None:
    admin.goto("/console/jobs/payroll-preparation")
    admin.get_by_role("button", name="Dry run").click()
    admin.wait_for_url("**/console/runs/**")
    expect(admin.locator("#run-poll")).to_have_count(0)
    admin.goto("/console/payroll")
    expect(admin.get_by_role("heading", name="Employees")).to_be_visible()
    assert complaints(admin) == []
    admin.locator("a[data-row]").first.click()
    expect(admin.get_by_role("heading", name="Payslip")).to_be_visible()
    assert complaints(admin) == []


def test_a_run_its_item_and_its_question_are_accessible(admin: Page) -> None:
    admin.goto(JOB)
    admin.get_by_role("button", name="Run for real").click()
    expect(admin.get_by_role("heading", level=1)).to_contain_text("for real?")
    assert complaints(admin) == []
    admin.goto(JOB)
    admin.get_by_role("button", name="Dry run").click()
    expect(admin.locator("#run-poll")).to_have_count(0)
    assert complaints(admin) == []
    admin.get_by_role("link", name="RE-26-1187").click()
    expect(admin.get_by_role("heading", name="Price above the order")).to_be_visible()
    assert complaints(admin) == []
