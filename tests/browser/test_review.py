"""Reviewing in a real browser: with the keyboard alone, on a phone, from right to left, and accessible."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.test_accessibility import FOR_AXE, complaints
from tests.fixtures.customer import Customer

pytestmark = pytest.mark.browser

LogIn = Callable[[Page, str], None]
DESKTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 860}}
PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 740}}
PAGES = ("/console/review", "/console/models")


@pytest.fixture
def strange(product_url: str) -> str:
    """What a customer just wrote before asking for a person: it is reviewed, whatever the assistant made of it."""
    text = f"frumious {uuid4().hex[:8]}"
    customer = Customer(product_url, "en")
    customer.say(text)
    customer.say("I want to talk to a person")
    return text


@pytest.fixture
def open_browser(browser: Browser, log_in: LogIn, product_url: str) -> Iterator[Callable[..., Page]]:
    contexts = []

    def open_as(role: str, language: str = "en-GB", **options: Any) -> Page:
        context = browser.new_context(**{**DESKTOP, **FOR_AXE, **options}, locale=language, base_url=product_url)
        contexts.append(context)
        page = context.new_page()
        log_in(page, role)
        return page

    yield open_as
    for context in contexts:
        context.close()


def test_a_message_is_labelled_and_taken_back_with_the_keyboard_alone(
    open_browser: Callable[..., Page], strange: str
) -> None:
    page = open_browser("admin")
    page.goto("/console/review")
    turn = page.get_by_role("article", name=strange)
    expect(turn).to_be_visible()
    turn.get_by_label("What did the customer want?").focus()
    page.keyboard.type("Opening")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    notice = page.get_by_role("status").filter(has_text=strange)
    expect(notice).to_contain_text("Saved as “Opening hours”")
    expect(page.get_by_role("article", name=strange)).to_have_count(0)
    page.get_by_role("button", name="Undo").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("article", name=strange)).to_be_visible()


def test_an_agent_sets_a_message_aside(open_browser: Callable[..., Page], strange: str) -> None:
    page = open_browser("agent")
    page.get_by_role("link", name="Review").click()
    page.get_by_role("article", name=strange).get_by_role("button", name="Nothing for us").click()
    expect(page.get_by_role("status").filter(has_text=strange)).to_contain_text("Set aside")


@pytest.fixture
def asked_twice(product_url: str, strange: str) -> None:
    """Two customers wrote the same: each card still has a name of its own for a screen reader."""
    customer = Customer(product_url, "en")
    customer.say(strange)
    customer.say("I want to talk to a person")


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", ["en-GB", "fa-IR"])
@pytest.mark.parametrize("view", [DESKTOP, PHONE, DESKTOP | {"color_scheme": "dark"}], ids=["light", "phone", "dark"])
@pytest.mark.usefixtures("asked_twice")
def test_the_pages_are_accessible(
    open_browser: Callable[..., Page], path: str, language: str, view: dict[str, Any]
) -> None:
    page = open_browser("admin", language, **view)
    page.goto(path)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert complaints(page) == []


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", ["en-GB", "hu-HU", "fa-IR"])
@pytest.mark.usefixtures("strange")
def test_no_content_is_wider_than_a_phone(open_browser: Callable[..., Page], path: str, language: str) -> None:
    page = open_browser("admin", language, **PHONE)
    page.goto(path)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    width = page.evaluate("document.querySelector('main').scrollWidth - document.documentElement.clientWidth")
    assert width <= 0


@pytest.mark.usefixtures("strange")
def test_persian_reads_from_right_to_left(open_browser: Callable[..., Page]) -> None:
    page = open_browser("admin", "fa-IR")
    page.goto("/console/review")
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    buttons = page.get_by_role("article").first.locator(".buttons").last.get_by_role("button")
    save, dismiss = buttons.first.bounding_box(), buttons.last.bounding_box()
    assert save
    assert dismiss
    assert save["x"] > dismiss["x"]
