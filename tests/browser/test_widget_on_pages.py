"""The widget on pages of other hosts: strict policies, hostile style sheets, places, calls, themes."""

import json
from typing import Any
from urllib.parse import quote, urlencode

import pytest
import requests
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, expect

from tests.browser.chat_house import ChatHouse, configure, is_ready
from tests.browser.widget_page import NewContext, chat, expect_answer_after, messages, open_chat, part, write

pytestmark = pytest.mark.browser

HOSTILE = """
* { display: none !important; position: static !important; color: #fff !important; font-size: 1px !important;
    opacity: 0.01 !important; visibility: hidden !important; direction: rtl; all: unset; --accent: #fff !important; }
html, body { display: block !important; opacity: 1 !important; visibility: visible !important; }
twinoffice-chat { display: none !important; transform: scale(0) !important; pointer-events: none !important;
    width: 0 !important; height: 0 !important; overflow: hidden !important; clip-path: inset(50%) !important; }
button, textarea, div, p { width: 0 !important; height: 0 !important; }
"""


def visit_shop(context: BrowserContext, house: ChatHouse, **page_options: str) -> tuple[Page, list[str]]:
    """A shop's page, and what its browser complained about."""
    page = context.new_page()
    complaints: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            complaints.append(message.text)

    page.on("console", note)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{house.shop_url}/?{urlencode(page_options)}")
    is_ready(page)
    return page, complaints


def test_the_chat_works_under_a_policy_that_allows_its_script_and_its_calls_and_nothing_else(
    new_context: NewContext, house: ChatHouse
) -> None:
    context = new_context()
    hosts: set[str] = set()
    context.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    page, complaints = visit_shop(context, house)
    open_chat(page)
    write(page, "Hello")
    expect_answer_after(page, "Hello")
    expect(part(page, "panel")).to_have_css("border-radius", "18px")
    part(page, "emoji").click()
    part(page, "emoji-picker").get_by_role("button").first.click()
    part(page, "menu").click()
    expect(part(page, "view")).to_be_visible()
    assert [complaint for complaint in complaints if "favicon" not in complaint] == []
    assert {f"http://{host}" for host in hosts} <= {house.url, house.shop_url}


def test_what_a_page_and_an_opened_chat_load_comes_to_less_than_thirty_kilobytes(
    new_context: NewContext, house: ChatHouse
) -> None:
    context = new_context()
    requests: list[Request] = []
    context.on(
        "requestfinished", lambda request: requests.append(request) if request.url.startswith(house.url) else None
    )
    page, _ = visit_shop(context, house)
    open_chat(page)
    sizes = {request.url: request.sizes()["responseBodySize"] for request in requests}
    assert {url.rsplit("/", 1)[-1].partition("?")[0] for url in sizes} >= {"widget.js", "chat.js", "chat.css", "config"}
    assert 20_000 < sum(sizes.values()) < 30_000, sizes


def test_a_hostile_style_sheet_of_the_page_changes_nothing(new_context: NewContext, house: ChatHouse) -> None:
    def looks(page: Page) -> list[Any]:
        open_chat(page)
        write(page, "Hello")
        expect_answer_after(page, "Hello")
        parts = ("panel", "composer", "send", "close")
        sizes = [part(page, name).bounding_box() for name in parts]
        styles = "e => { const s = getComputedStyle(e); return [s.color, s.fontSize, s.opacity, s.visibility]; }"
        bubble = messages(page, "customer").locator("[data-part=text]")
        return [*sizes, bubble.evaluate(styles), part(page, "composer").evaluate(styles)]

    plain, _ = visit_shop(new_context(reduced_motion="reduce"), house)
    attacked, _ = visit_shop(new_context(reduced_motion="reduce"), house, style=HOSTILE)
    expect(part(attacked, "launcher")).to_be_visible()
    assert looks(attacked) == looks(plain)


def test_the_page_sets_colours_roundness_and_corner_by_custom_properties(
    new_context: NewContext, house: ChatHouse
) -> None:
    style = """twinoffice-chat { --twinoffice-accent: #7a3e1d; --twinoffice-on-accent: #fffefd;
               --twinoffice-radius: 0px; --twinoffice-inset-inline: 100px; }"""
    page, _ = visit_shop(new_context(), house, style=style)
    expect(part(page, "launcher")).to_have_css("background-color", "rgb(122, 62, 29)")
    expect(part(page, "launcher")).to_have_css("color", "rgb(255, 254, 253)")
    box = part(page, "launcher").bounding_box()
    assert box is not None
    assert round(box["x"] + box["width"]) == 1280 - 100
    open_chat(page)
    expect(messages(page, "bot").first.locator("[data-part=text]")).to_have_css("border-radius", "0px 0px 0px 5px")


@pytest.mark.parametrize(
    ("appearance", "scheme", "is_dark"), [("dark", "light", True), ("light", "dark", False), ("auto", "dark", True)]
)
def test_the_company_says_light_dark_or_as_the_visitor_has_it(
    new_context: NewContext, house: ChatHouse, appearance: str, scheme: str, is_dark: bool
) -> None:
    context = new_context(color_scheme=scheme)
    configure(
        context,
        theme={"accent": "#ffd400", "on_accent": None, "appearance": appearance, "position": "start", "radius": 4},
    )
    page, _ = visit_shop(context, house)
    assert page.locator("twinoffice-chat .chat").evaluate("e => e.hasAttribute('data-dark')") is is_dark
    box = part(page, "launcher").bounding_box()
    assert box is not None
    assert box["x"] == 20
    expect(part(page, "launcher")).to_have_css("color", "rgb(0, 0, 0)")  # black is readable on yellow


def test_the_page_calls_the_chat_before_and_after_it_is_there(new_context: NewContext, house: ChatHouse) -> None:
    context = new_context()
    context.add_init_script(
        "window.told = []; document.addEventListener('twinoffice:ready', (event) => told.push(event.target.localName));"
        "new MutationObserver((_, observer) => { if (!window.Twinoffice) return; observer.disconnect();"
        " Twinoffice.open('Said early'); }).observe(document, {childList: true, subtree: true});"
    )
    page, _ = visit_shop(context, house, body="<p>Shop</p>")
    assert page.evaluate("told") == ["twinoffice-chat"]
    expect(part(page, "composer")).to_have_value("Said early")
    page.evaluate("Twinoffice.close()")
    expect(chat(page)).to_have_attribute("data-state", "closed")
    page.evaluate("Twinoffice.toggle()")
    expect(chat(page)).to_have_attribute("data-state", "open")
    page.evaluate("Twinoffice.toggle()")
    expect(chat(page)).to_have_attribute("data-state", "closed")
    page.evaluate("Twinoffice.setLocale('cs-CZ')")
    expect(chat(page)).to_have_attribute("data-language", "cs")


def test_reset_leaves_nothing_of_the_customer_in_the_browser(new_context: NewContext, house: ChatHouse) -> None:
    page, _ = visit_shop(new_context(), house)
    open_chat(page)
    write(page, "My secret")
    expect_answer_after(page, "My secret")
    page.evaluate("Twinoffice.reset()")
    expect(chat(page)).to_have_attribute("data-state", "closed")
    assert page.evaluate("localStorage.length") == 0
    open_chat(page)
    expect(messages(page, "customer")).to_have_count(0)


def test_inline_the_chat_is_part_of_the_page_and_begins_with_the_first_touch(
    new_context: NewContext, house: ChatHouse
) -> None:
    started: list[str] = []
    context = new_context()
    context.on("request", lambda request: started.append(request.url) if request.url.endswith("/sessions") else None)
    options = 'data-mode="inline" data-target="#place"'
    page, _ = visit_shop(context, house, body="<h1>Ask us</h1><div id=place></div>", options=options)
    expect(part(page, "launcher")).to_have_count(0)
    expect(part(page, "composer")).to_be_visible()
    assert page.evaluate("document.activeElement === document.body")
    assert started == []
    part(page, "composer").click()
    expect(messages(page, "bot").first).to_be_visible()
    write(page, "From the page")
    expect_answer_after(page, "From the page")
    assert len(started) == 1


def test_popped_out_the_same_conversation_goes_on_in_a_window_of_its_own(
    new_context: NewContext, house: ChatHouse
) -> None:
    page, _ = visit_shop(new_context(), house)
    open_chat(page)
    write(page, "Begun in the shop")
    expect_answer_after(page, "Begun in the shop")
    with page.context.expect_page() as opened:
        part(page, "pop-out").click()
    window = opened.value
    is_ready(window)
    expect(chat(page)).to_have_attribute("data-state", "closed")
    expect(messages(window, "customer")).to_contain_text("Begun in the shop")
    assert "session" not in window.url
    write(window, "Continued in the window")
    expect_answer_after(window, "Continued in the window")
    expect(part(page, "unread")).to_be_visible()
    window.reload()
    expect(messages(window, "customer")).to_have_count(2)


def test_a_link_cannot_put_a_visitor_into_somebody_elses_conversation(
    new_context: NewContext, house: ChatHouse
) -> None:
    session = requests.post(f"{house.url}/api/chat/sessions", json={}, timeout=10).json()
    page = new_context().new_page()
    page.goto(f"{house.url}/chat?lang=en#session={quote(json.dumps(session))}")
    is_ready(page)
    write(page, "Is anybody reading this?")
    expect_answer_after(page, "Is anybody reading this?")
    assert "session" not in page.url
    token = {"Authorization": f"Bearer {session['token']}"}
    said = requests.get(f"{house.url}/api/chat/messages", headers=token, timeout=10).json()["messages"]
    assert [one["author"] for one in said] == ["bot"]


def test_an_accent_of_the_company_keeps_words_readable(new_context: NewContext, house: ChatHouse) -> None:
    context = new_context()
    configure(context, theme={"accent": "#ffe680", "appearance": "light", "position": "end", "radius": 16})
    page, _ = visit_shop(context, house)
    open_chat(page)
    reply = part(page, "buttons").get_by_role("button").first
    expect(reply).to_have_css("color", "rgb(29, 36, 34)")
