"""The chat in the shop page, as its customers see and use it."""

import re
from collections.abc import Callable

from playwright.sync_api import BrowserContext, Locator, Page, expect

NewContext = Callable[..., BrowserContext]


def visit(context: BrowserContext, product_url: str, language: str = "en") -> Page:
    page = context.new_page()
    page.goto(f"{product_url.rstrip('/')}/?lang={language}")
    expect(chat(page)).to_have_attribute("data-ready", "")
    return page


def chat(page: Page) -> Locator:
    return page.locator("twinoffice-chat")


def part(page: Page, name: str) -> Locator:
    return page.locator(f"twinoffice-chat [data-part={name}]")


def messages(page: Page, author: str) -> Locator:
    return page.locator(f"twinoffice-chat [data-part=message][data-author={author}]")


def open_chat(page: Page) -> None:
    part(page, "launcher").click()
    expect(part(page, "panel")).to_be_visible()
    expect(messages(page, "bot").first).to_be_visible()
    expect(chat(page)).to_have_attribute("data-connection", re.compile("live|polling"))


def write(page: Page, text: str) -> None:
    part(page, "composer").fill(text)
    part(page, "composer").press("Enter")


def expect_answer_after(page: Page, text: str) -> None:
    """The customer's text is stored and something of the bot stands below it."""
    mine = messages(page, "customer").filter(has_text=text)
    expect(mine).to_have_attribute("data-status", "sent")
    below = mine.locator("xpath=following-sibling::*[@data-part='message'][@data-author='bot']")
    expect(below.first).to_be_visible()
