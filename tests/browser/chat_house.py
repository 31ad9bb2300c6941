"""The chat over a scripted assistant: quick to start, and a test can hold the assistant's tongue."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from playwright.sync_api import BrowserContext, Page, Route, expect
from structlog.testing import capture_logs

from bot.application import create_application
from bot.demo import DEMO_ACCOUNTS, prepare_demo
from bot.office import Office
from bot.texts import Rendered
from connectors.settings import DATA_FOLDER
from tests.browser.widget_page import chat, part
from tests.fixtures.assistants import ScriptedAssistant
from tests.fixtures.signed import KEYS
from tests.fixtures.web_office import build_web_office, serve_on_loopback
from tests.product import free_port

DAY = datetime(2026, 11, 20, tzinfo=UTC).date()
ADMIN = "admin@example.com"
STRICT = "default-src 'none'; script-src {host}; connect-src {host}; require-trusted-types-for 'script'"
WITH_LINKS = "Read https://example.com/help."


@dataclass
class ChatHouse:
    """`url` serves the product, `shop_url` another host's page with the widget on it."""

    url: str
    shop_url: str
    office: Office
    assistant: ScriptedAssistant

    @contextmanager
    def set_up(self, **changes: Any) -> Iterator[None]:
        """What an admin set otherwise, for as long as the block lasts."""
        setups = self.office.setups
        before, version = setups.read_web()
        version = setups.change_web(before.with_changes(changes), version, ADMIN)
        try:
            yield
        finally:
            setups.change_web(before, version, ADMIN)

    @contextmanager
    def at(self, now: datetime) -> Iterator[None]:
        """The office's clock says this time; business hours are asked of it."""
        hours = self.office.hours
        usual, hours.now = hours.now, lambda: now
        try:
            yield
        finally:
            hours.now = usual


@contextmanager
def chat_house(folder: Path) -> Iterator[ChatHouse]:
    assistant = ScriptedAssistant({"links": [Rendered(WITH_LINKS)]})
    shop_port = free_port()
    shop_url = f"http://127.0.0.1:{shop_port}"
    office = build_web_office(
        folder, assistant, demo=True, secret_key="x" * 40, allowed_origins=shop_url, identity_keys=KEYS
    )
    prepare_demo(office.database, folder, DAY)
    office.knowledge.refresh()
    app = create_application(office, has_engine=False)
    with capture_logs(), serve_on_loopback(app) as url, serve_on_loopback(_shop(url), shop_port):
        yield ChatHouse(url, shop_url, office, assistant)


def _shop(chat_url: str) -> FastAPI:
    """A shop on a host of its own, with the strictest policy that lets the chat in; `body` is its page."""
    app = FastAPI()

    @app.get("/")
    def page(body: str = "", style: str = "", options: str = "") -> HTMLResponse:
        sheet = f"<style nonce=shop>{style}</style>" if style else ""
        html = f"<!doctype html><html lang=en><title>Shop</title>{sheet}<body>{body}"
        script = f'<script src="{chat_url}/widget.js" async {options}></script>'
        policy = STRICT.format(host=chat_url) + ("; style-src 'nonce-shop'" if style else "")
        return HTMLResponse(html + script, headers={"Content-Security-Policy": policy})

    return app


def texts(language: str) -> dict[str, str]:
    """What the widget says in a language."""
    read: dict[str, str] = json.loads((DATA_FOLDER / language / "widget.json").read_text(encoding="utf-8"))
    return read


def configure(context: BrowserContext, **changes: Any) -> None:
    """What the company set, as far as a test wants it otherwise."""

    def change(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=json.dumps(answer.json() | changes), headers=answer.headers)

    context.route("**/api/chat/config?*", change)


def answer_with(context: BrowserContext, path: str, answer: Any, status: int = 200) -> list[Any]:
    """Calls of the chat API that end here; what they sent is in the list."""
    asked: list[Any] = []

    def fulfil(route: Route) -> None:
        is_json = route.request.headers.get("content-type") == "application/json"
        asked.append(route.request.post_data_json if is_json else route.request.url)
        body = "" if answer is None else json.dumps(answer)
        route.fulfill(status=status, body=body, content_type="application/json")

    context.route(f"**/api/chat/{path}", fulfil)
    return asked


def open_view(page: Page, name: str) -> None:
    """A view behind the menu."""
    part(page, "menu").click()
    part(page, f"menu-{name}").click()
    expect(part(page, "view")).to_have_attribute("data-view", name)
    expect(part(page, "view")).to_have_attribute("aria-busy", "false")


def log_in_at(page: Page, url: str, role: str) -> None:
    """As the first demo account with a role."""
    account = next(account for account in DEMO_ACCOUNTS if account.role == role)
    page.goto(f"{url}/login")
    page.fill("input[name=email]", account.email)
    page.fill("input[name=password]", account.password)
    page.click("form[action='/login'] button[type=submit]")
    page.wait_for_url(lambda address: "/login" not in address)


def is_ready(page: Page) -> None:
    expect(chat(page)).to_have_attribute("data-ready", "")
