"""A real Chromium against the running product."""

import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser.chat_house import ChatHouse, chat_house, log_in_at
from tests.browser.waiting import PATIENCE_MS
from tests.browser.widget_page import NewContext

expect.set_options(timeout=PATIENCE_MS)

# Without these Chromium talks to its maker's hosts at every start.
QUIET = [
    "--no-sandbox",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    assert chromium, "Chromium is missing. Get it with: apt-get install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChatHouse]:
    with chat_house(tmp_path_factory.mktemp("chat")) as house:
        yield house


@pytest.fixture(scope="session")
def log_in(product_url: str) -> Callable[[Page, str], None]:
    """Logs a page in as the first demo account with a role."""

    def log_in_as(page: Page, role: str) -> None:
        log_in_at(page, product_url, role)

    return log_in_as


@pytest.fixture
def new_context(browser: Browser) -> Iterator[NewContext]:
    """A customer's browser with nothing stored in it."""
    contexts: list[BrowserContext] = []

    def make(**options: Any) -> BrowserContext:
        contexts.append(browser.new_context(**{"viewport": {"width": 1280, "height": 860}, **options}))
        return contexts[-1]

    yield make
    for context in contexts:
        context.unroute_all(behavior="ignoreErrors")
        context.close()
