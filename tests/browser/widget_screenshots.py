"""Pictures of the widget for docs/screenshots: six languages, phone, dark, form, office hours, file, rating, menu."""

import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw
from playwright.sync_api import Browser, BrowserContext, FilePayload, Page, Route

from connectors.demo.seed import DEMO_ORDER_EMAIL, DEMO_ORDER_NUMBER

DESKTOP = {"width": 1280, "height": 860}
PHONE = {"width": 390, "height": 780}
PROOF = [DEMO_ORDER_NUMBER, DEMO_ORDER_EMAIL]
QUESTIONS = {
    "en": ["where is my order?", *PROOF],
    "cs": ["kde je moje objednávka?", *PROOF],
    "hu": ["hol van a rendelésem?", *PROOF],
    "is": ["hvar er pöntunin mín?", *PROOF],
    "fa": ["سفارشم کجاست؟", *PROOF],
    "ru": ["где мой заказ?", *PROOF],
}
FORM = [
    {"name": "name", "kind": "text", "required": True, "label": "Your name", "choices": []},
    {"name": "email", "kind": "email", "required": True, "label": "Your e-mail address", "choices": []},
    {"name": "topic", "kind": "choice", "required": False, "label": "What is it about?", "choices": ["My order"]},
    {"name": "privacy", "kind": "consent", "required": True, "label": "I have read the privacy notes", "choices": []},
]
OPEN = {"is_open": True, "closes_at": None, "back_at": None, "reason": None}
CLOSED = {"is_open": False, "closes_at": None, "back_at": "2026-11-23T09:00:00+01:00", "reason": None}


def take_widget(browser: Browser, url: str, folder: Path) -> None:
    def picture(name: str, page: Page) -> None:
        page.wait_for_timeout(600)
        page.screenshot(path=folder / f"{name}.png")

    for language, lines in QUESTIONS.items():
        picture(f"widget-{language}", talk(browser, url, language, lines))
    picture("widget-phone", talk(browser, url, "cs", ["kolik stojí doprava?"], viewport=PHONE))
    picture("widget-dark", talk(browser, url, "en", ["how much is delivery?"], color_scheme="dark"))
    form = visit(browser, url, "en", pre_chat=FORM)
    part(form, "launcher").click()
    part(form, "pre-chat-send").click()
    picture("widget-form", form)
    picture("widget-offline", talk(visit(browser, url, "hu", office=CLOSED), url, "hu", []))
    filed = talk(browser, url, "en", [])
    send_picture(filed)
    picture("widget-file", filed)
    for view in ("menu", "articles", "rating"):
        part(filed, "menu").click()
        if view != "menu":
            part(filed, f"menu-{view}").click()
        filed.wait_for_timeout(800)
        if view == "rating":
            filed.locator("twinoffice-chat .star").nth(3).click()
        picture(f"widget-{view}", filed)
        for _ in range(1 if view == "menu" else 2):
            part(filed, "back").click()


def part(page: Page, name: str) -> Any:
    return page.locator(f"twinoffice-chat [data-part={name}]").first


def visit(browser: Browser, url: str, language: str, **options: Any) -> Page:
    """The shop's page; `options` of the chat's configuration, or of the browser."""
    changes = {"office": options.pop("office", OPEN), "pre_chat": options.pop("pre_chat", [])}
    context: BrowserContext = browser.new_context(**{"viewport": DESKTOP, "timezone_id": "Europe/Prague", **options})

    def change(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=json.dumps(answer.json() | changes))

    context.route("**/api/chat/config?*", change)
    page = context.new_page()
    page.goto(f"{url}/?lang={language}")
    return page


def talk(start: Browser | Page, url: str, language: str, lines: Sequence[str], **options: Any) -> Page:
    page = start if isinstance(start, Page) else visit(start, url, language, **options)
    part(page, "launcher").click()
    page.wait_for_timeout(1000)
    for line in lines:
        part(page, "composer").fill(line)
        part(page, "composer").press("Enter")
        page.wait_for_timeout(1500)
    return page


def send_picture(page: Page) -> None:
    """A parcel with a dent."""
    drawing = Image.new("RGB", (640, 420), (236, 226, 208))
    pen = ImageDraw.Draw(drawing)
    pen.rectangle((140, 110, 500, 360), fill=(190, 146, 92), outline=(120, 86, 48), width=6)
    pen.line((140, 190, 500, 190), fill=(120, 86, 48), width=6)
    pen.polygon(((420, 110), (500, 110), (500, 200)), fill=(236, 226, 208))
    content = io.BytesIO()
    drawing.save(content, "PNG")
    parcel: FilePayload = {"name": "parcel.png", "mimeType": "image/png", "buffer": content.getvalue()}
    with page.expect_file_chooser() as chooser:
        part(page, "attach").click()
    chooser.value.set_files(parcel)
    page.wait_for_timeout(800)
    part(page, "composer").fill("The parcel came like this")
    part(page, "composer").press("Enter")
    page.wait_for_timeout(2000)
