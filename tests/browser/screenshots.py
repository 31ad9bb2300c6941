"""Takes the pictures of docs/screenshots from a freshly started demo: `make screenshots`."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from bot.demo import DEMO_ACCOUNTS
from connectors.demo.seed import DEMO_ORDER_EMAIL, DEMO_ORDER_NUMBER
from tests.browser.channel_screenshots import take_channels
from tests.browser.conftest import QUIET
from tests.browser.widget_screenshots import take_widget
from tests.product import ROOT, Product, running_product

FOLDER = ROOT / "docs" / "screenshots"
PRICES = """Artikel,Bezeichnung,Preis,Währung,Bestand
LAMP-OAK,Oak lamp,129.95,EUR,14
OIL-500,Wood oil 0.5 l,12.90,EUR,140
"""
PRICE_COLUMNS = {
    "sku": "Artikel",
    "names_en": "Bezeichnung",
    "price": "Preis",
    "currency": "Währung",
    "stock": "Bestand",
}
DESKTOP = {"width": 1280, "height": 860}


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name, running_product(Path(name)) as product, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=QUIET)
        take_widget(browser, product.url, FOLDER)
        take_inbox(browser, product.url)
        admin = take_staff_pages(browser, product.url)
        take_connections(admin, product)
        take_decisions(admin, product)
        take_channels(admin, product.url, FOLDER)
        browser.close()


def take_inbox(browser: Browser, url: str) -> None:
    """A customer was handed over; the agent asked a colleague in a note, and answered."""
    customer = open_page(browser, DESKTOP)
    customer.goto(f"{url}/?lang=en")
    talk(customer, ["where is my order?", DEMO_ORDER_NUMBER, DEMO_ORDER_EMAIL, "can I talk to a person please"])
    agent = open_page(browser, DESKTOP)
    log_in(agent, url, "agent")
    agent.locator("a[href*='/staff/conversations/']").first.click()
    agent.locator("button[form^='take-over'], form[action*='/take-over'] button").first.click()
    agent.locator("form[data-answer] textarea").fill("Hello Emma, I am looking at your parcel right now.")
    agent.keyboard.press("Control+Enter")
    agent.locator(".line-agent").wait_for()
    agent.locator("button[data-compose=note]").click()
    agent.locator("form[data-note] textarea").fill("@Sigríður Jónsdóttir is the carrier late everywhere today?")
    agent.keyboard.press("Control+Enter")
    agent.locator(".line-note").wait_for()
    agent.locator("button[data-compose=answer]").click()
    agent.wait_for_timeout(1500)
    agent.screenshot(path=FOLDER / "inbox.png")


def take_staff_pages(browser: Browser, url: str) -> Page:
    """Returns the page of the admin, logged in."""
    admin = open_page(browser, DESKTOP)
    log_in(admin, url, "admin")
    admin.goto(f"{url}/console/jobs/invoice-matching")
    admin.locator("button[name=mode][value=dry]").first.click()
    admin.wait_for_url("**/console/runs/*")
    admin.locator("#run-poll").wait_for(state="detached")
    admin.screenshot(path=FOLDER / "invoice-run.png")
    admin.get_by_role("link", name="Waldkontor Holzwaren GmbH RE-26-1187").click()
    admin.wait_for_timeout(500)
    admin.screenshot(path=FOLDER / "invoice-item.png", full_page=True)
    take_operations(browser, admin, url)
    return admin


def take_operations(browser: Browser, admin: Page, url: str) -> None:
    """After a real run: the dashboard in two languages, a live run, and the pages of schedules, approvals and audit."""
    admin.goto(f"{url}/console/jobs/invoice-matching")
    admin.locator("button[name=mode][value=real]").first.click()
    admin.get_by_role("button", name="Run for real").click()
    admin.wait_for_url("**/console/runs/*")
    admin.screenshot(path=FOLDER / "run-live.png")
    admin.locator("#run-poll").wait_for(state="detached")
    for name, address in (
        ("console", "/console"),
        ("jobs", "/console/jobs"),
        ("items", "/console/items?state=exception"),
        ("schedule-editor", "/console/jobs/invoice-matching/schedules/new"),
        ("approvals", "/console/approvals"),
        ("audit-log", "/console/audit"),
    ):
        admin.goto(f"{url}{address}")
        admin.wait_for_timeout(500)
        admin.screenshot(path=FOLDER / f"{name}.png", full_page=True)
    persian = browser.new_context(viewport=DESKTOP, locale="fa-IR").new_page()  # type: ignore[arg-type]
    log_in(persian, url, "admin")
    persian.goto(f"{url}/console")
    persian.screenshot(path=FOLDER / "console-fa.png", full_page=True)


def take_connections(admin: Page, product: Product) -> None:
    """The catalogue as a table in a folder: its form, the trial, the mapping on real rows, and how it fared."""
    folder = product.data_dir / "prices"
    folder.mkdir()
    table = folder / "prices-2026-11.csv"
    table.write_text(PRICES, encoding="utf-8")
    # A file that has only just been written may still be on its way.
    os.utime(table, (table.stat().st_mtime - 60,) * 2)
    admin.goto(f"{product.url}/console/connections/new?vendor=folder")
    admin.fill("#name", "price list")
    admin.fill("[id='s.path']", str(folder))
    admin.check("[name='contract.catalogue']")
    admin.locator("details.more summary").first.click()
    for field, column in PRICE_COLUMNS.items():
        admin.fill(f"[name='s.columns.{field}']", column)
    admin.evaluate("scrollTo(0, 0)")
    admin.screenshot(path=FOLDER / "connection-form.png", full_page=True)
    for button, name in (("/try", "connection-test"), ("/preview", "connection-mapping")):
        admin.click(f"button[formaction$='{button}']")
        admin.wait_for_timeout(800)
        admin.locator("#trial").scroll_into_view_if_needed()
        admin.screenshot(path=FOLDER / f"{name}.png")
    inbox = product.data_dir / "inbox" / "invoices"
    away = inbox.with_name("away")
    for now, then in ((inbox, inbox), (inbox, away), (away, inbox)):
        now.rename(then)
        admin.goto(f"{product.url}/console/connections")
        admin.click("form[action='/console/connections/supplier-invoices/test'] button")
        admin.wait_for_timeout(800)
    admin.goto(f"{product.url}/console/connections/supplier-invoices")
    admin.locator("#history-title").scroll_into_view_if_needed()
    admin.screenshot(path=FOLDER / "connection-health.png")


def take_decisions(admin: Page, product: Product) -> None:
    """Over the made-up year: a what-if, payroll with its variance, a reorder proposal and the reports."""
    seed = [sys.executable, "-m", "bot.cli", "demo", "seed", "--scale", "1"]
    subprocess.run(seed, cwd=ROOT, env=product.environment, check=True, capture_output=True)
    run_job(admin, product, "invoice-matching")
    admin.goto(f"{product.url}/console/invoices/what-if")
    admin.fill("[name='p.price_tolerance_percent']", "8")
    admin.locator("form.card button.button-main").click()
    admin.locator("#result-title").wait_for(timeout=60_000)
    admin.evaluate("scrollTo(0, 0)")
    admin.screenshot(path=FOLDER / "what-if.png", full_page=True)
    run_job(admin, product, "payroll-preparation", month="2026-10", country="CZ")
    admin.goto(f"{product.url}/console/payroll")
    admin.screenshot(path=FOLDER / "payroll-review.png", full_page=True)
    run_job(admin, product, "stock-reorder")
    admin.get_by_role("link", name="OAK-STOOL").first.click()
    admin.wait_for_timeout(500)
    admin.screenshot(path=FOLDER / "reorder-proposal.png", full_page=True)
    for report in ("invoices", "stock"):
        admin.goto(f"{product.url}/console/reports/{report}")
        admin.wait_for_timeout(500)
        admin.screenshot(path=FOLDER / f"report-{report}.png")


def run_job(admin: Page, product: Product, job: str, **parameters: str) -> None:
    """A dry run from the form, until its page shows the end."""
    admin.goto(f"{product.url}/console/jobs/{job}")
    for name, value in parameters.items():
        field = admin.locator(f"[name='p.{name}']").first
        field.evaluate("field => field.closest('details')?.setAttribute('open', '')")
        field.fill(value)
    admin.locator("button[name=mode][value=dry]").first.click()
    admin.wait_for_url("**/console/runs/*")
    admin.locator("#run-poll").wait_for(state="detached", timeout=240_000)
    admin.reload()


def open_page(browser: Browser, size: dict[str, int]) -> Page:
    return browser.new_context(viewport=size).new_page()  # type: ignore[arg-type]


def log_in(page: Page, url: str, role: str) -> None:
    account = next(account for account in DEMO_ACCOUNTS if account.role == role)
    page.goto(f"{url}/login")
    page.fill("input[name=email]", account.email)
    page.fill("input[name=password]", account.password)
    page.click("form[action='/login'] button[type=submit]")
    page.wait_for_url(lambda address: "/login" not in address)


def talk(page: Page, lines: list[str]) -> None:
    page.click("twinoffice-chat >> button")
    page.wait_for_timeout(1000)
    for line in lines:
        page.locator("twinoffice-chat >> textarea").fill(line)
        page.keyboard.press("Enter")
        page.wait_for_timeout(1500)


if __name__ == "__main__":
    main()
