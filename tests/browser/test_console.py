"""The operations console in a real browser: preview while typing, a dry run to its end, an item explained."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

pytestmark = pytest.mark.browser

LogIn = Callable[[Page, str], None]
JOB = "/console/jobs/invoice-matching"
PHONE = {"width": 360, "height": 740}


@pytest.fixture
def admin(browser: Browser, log_in: LogIn, product_url: str) -> Iterator[Page]:
    context = browser.new_context(locale="en-GB", base_url=product_url)
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text) if "Content Security" in message.text else None)
    log_in(page, "admin")
    yield page
    context.close()
    assert faults == []


@pytest.fixture
def dry_run(admin: Page) -> Page:
    """The page of a finished dry run, reached without a reload."""
    admin.goto(JOB)
    admin.get_by_role("button", name="Dry run").click()
    expect(admin.locator("#run-poll")).to_have_count(0)
    return admin


def test_the_next_ten_times_follow_what_is_typed(admin: Page) -> None:
    admin.goto(f"{JOB}/schedules/new")
    preview = admin.locator("#preview")
    admin.get_by_label("When (cron line)").fill("0 7 * * sun")
    expect(preview.get_by_role("heading")).to_have_text("Sunday at 07:00")
    expect(preview.get_by_role("listitem")).to_have_count(10)
    admin.get_by_label("When (cron line)").fill("0 25 * * sun")
    expect(preview).to_contain_text("it goes from 0 to 23")


def test_a_dry_run_ends_before_the_eyes_of_who_started_it(dry_run: Page) -> None:
    expect(dry_run.get_by_role("status").filter(has_text="dry run")).to_contain_text("succeeded")
    expect(dry_run.get_by_role("heading", name="Items")).to_be_visible()
    expect(dry_run.locator("tbody tr").first).to_be_visible()


def test_an_item_is_reached_and_explained_with_the_keyboard_alone(dry_run: Page) -> None:
    link = dry_run.get_by_role("link", name="RE-26-1187")
    # A held invoice stays in the inbox, so every run decides it again, whatever ran before.
    expect(link).to_be_visible()
    link.focus()
    dry_run.keyboard.press("Enter")
    expect(dry_run.get_by_role("heading", name="Price above the order")).to_be_visible()
    expect(dry_run.get_by_text("€48.50").first).to_be_visible()


def test_a_real_run_asks_first(admin: Page) -> None:
    admin.goto(JOB)
    admin.get_by_role("button", name="Run for real").click()
    expect(admin.get_by_role("heading", level=1)).to_contain_text("for real?")
    admin.get_by_role("link", name="Cancel").click()
    expect(admin.get_by_role("heading", name="Run history")).to_be_visible()


def test_a_system_is_tried_in_its_form_and_then_saved(admin: Page, tmp_path: Path) -> None:
    admin.goto("/console/connections/new?vendor=folder")
    admin.get_by_label("Name", exact=True).fill("second inbox")
    admin.get_by_label("Folder", exact=True).fill(str(tmp_path / "missing"))
    admin.get_by_label("Documents", exact=True).check()
    admin.get_by_role("button", name="Test", exact=True).click()
    expect(admin.get_by_role("status").filter(has_text="It does not work.")).to_be_visible()
    admin.get_by_label("Folder", exact=True).fill(str(tmp_path))
    admin.get_by_role("button", name="Test", exact=True).click()
    expect(admin.get_by_role("status").filter(has_text="It works.")).to_be_visible()
    admin.get_by_role("button", name="Test and save").click()
    expect(admin.get_by_role("heading", level=1)).to_have_text("second inbox")
    expect(admin.get_by_role("table")).to_contain_text("Works")
    admin.get_by_role("link", name="Remove").click()
    admin.get_by_role("button", name="Remove").click()
    expect(admin.get_by_text("The connection is removed.")).to_be_visible()


def test_a_connection_is_tried_in_place(admin: Page) -> None:
    admin.goto("/console/connections")
    admin.get_by_role("button", name="Test purchasing").click()
    expect(admin.get_by_role("status").filter(has_text="It works.")).to_be_visible()


@pytest.mark.parametrize(
    "path",
    [
        "/console",
        "/console/jobs",
        JOB,
        f"{JOB}/schedules/new",
        "/console/exceptions",
        "/console/connections",
        "/console/connections/new?vendor=rest",
        "/console/connections/supplier-invoices",
    ],
)
def test_no_page_is_wider_than_a_phone(admin: Page, path: str) -> None:
    admin.set_viewport_size(PHONE)  # type: ignore[arg-type]
    admin.goto(path)
    expect(admin.get_by_role("heading", level=1)).to_be_visible()
    overflow = admin.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0


def test_persian_reads_from_right_to_left(admin: Page, product_url: str) -> None:
    admin.context.add_cookies([{"name": "twinoffice_language", "value": "fa", "url": product_url}])
    admin.goto("/console/jobs")
    expect(admin.locator("html")).to_have_attribute("dir", "rtl")
    tabs = admin.get_by_role("navigation").nth(1).get_by_role("link")
    first, last = tabs.first.bounding_box(), tabs.last.bounding_box()
    assert first
    assert last
    assert first["x"] > last["x"]
