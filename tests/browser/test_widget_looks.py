"""How the shop page and its chat look: languages, directions, colour schemes, phones, who is typing."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import ConsoleMessage, Locator, Page, expect

from tests.browser.widget_page import (
    NewContext,
    chat,
    expect_answer_after,
    messages,
    open_chat,
    part,
    visit,
    write,
)

pytestmark = pytest.mark.browser

LogIn = Callable[[Page, str], None]
READABLE_CONTRAST = 4.5
DIRECTIONS = {"en": "ltr", "cs": "ltr", "hu": "ltr", "is": "ltr", "fa": "rtl", "ru": "ltr"}
# The colour of an element's text and of what is painted behind it, as [red, green, blue, alpha] up to 255.
COLOURS = """element => {
  const rgba = (colour) => {
    const canvas = new OffscreenCanvas(1, 1).getContext("2d");
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  let behind = element;
  while (behind.parentNode && rgba(getComputedStyle(behind).backgroundColor)[3] === 0)
    behind = behind.parentElement ?? behind.getRootNode().host ?? document.documentElement;
  return [getComputedStyle(element).color, getComputedStyle(behind).backgroundColor].map(rgba);
}"""

Colour = tuple[int, ...]


def colours(element: Locator) -> tuple[Colour, Colour]:
    text, ground = (tuple(colour) for colour in element.evaluate(COLOURS))
    assert text[3] == ground[3] == 255, "a colour that lets another one through says nothing by itself"
    return text, ground


def luminance(colour: Colour) -> float:
    """The relative luminance of WCAG 2."""
    red, green, blue = (
        share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4
        for share in (channel / 255 for channel in colour[:3])
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(text: Colour, ground: Colour) -> float:
    darker, lighter = sorted((luminance(text), luminance(ground)))
    return (lighter + 0.05) / (darker + 0.05)


def things_to_read(page: Page) -> dict[str, Locator]:
    return {
        "the shop's heading": page.get_by_role("heading", level=1),
        "an answer": messages(page, "bot").first.locator("[data-part=text]"),
        "the customer's own message": messages(page, "customer").first.locator("[data-part=text]"),
        "the composer": part(page, "composer"),
    }


def test_a_dark_screen_gets_dark_grounds_and_every_text_stays_readable(
    new_context: NewContext, product_url: str
) -> None:
    seen: dict[str, dict[str, tuple[Colour, Colour]]] = {}
    for scheme in ("light", "dark"):
        page = visit(new_context(color_scheme=scheme, reduced_motion="reduce"), product_url)
        open_chat(page)
        write(page, "When are you open?")
        expect_answer_after(page, "When are you open?")
        seen[scheme] = {name: colours(element) for name, element in things_to_read(page).items()}
    for scheme, texts in seen.items():
        assert {name: pair for name, pair in texts.items() if contrast(*pair) < READABLE_CONTRAST} == {}, scheme
    for name in ("the shop's heading", "an answer", "the composer"):
        assert luminance(seen["dark"][name][1]) < 0.1 < 0.8 < luminance(seen["light"][name][1]), name


def test_the_customer_sees_that_the_agent_is_typing(new_context: NewContext, log_in: LogIn, product_url: str) -> None:
    page = visit(new_context(), product_url)
    open_chat(page)
    # A conversation is stored with its first message.
    write(page, "Hello")
    expect_answer_after(page, "Hello")
    conversation = page.evaluate("JSON.parse(localStorage.getItem('twinoffice-chat')).session_id")
    agent = new_context(locale="en-GB").new_page()
    log_in(agent, "agent")
    agent.goto(f"{product_url}/staff/conversations/{conversation}")
    agent.get_by_role("button", name="Take over").click()
    expect(chat(page)).to_have_attribute("data-owner", "human")
    expect(part(page, "typing")).to_be_hidden()
    agent.get_by_label("Your answer").press_sequentially("I am looking")
    expect(part(page, "typing")).to_be_visible()
    expect(part(page, "typing")).to_have_attribute("data-author", "agent")
    expect(part(page, "typing")).to_have_text(re.compile(r"\S"))
    agent.keyboard.press("Control+Enter")
    expect(messages(page, "agent")).to_have_count(1)
    expect(part(page, "typing")).to_be_hidden()


@pytest.mark.parametrize(("language", "direction"), DIRECTIONS.items())
def test_shop_and_chat_open_in_each_language_and_its_direction_without_a_complaint(
    new_context: NewContext, product_url: str, language: str, direction: str
) -> None:
    context = new_context()
    complaints: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error":
            complaints.append(message.text)

    context.on("console", note)
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    page = visit(context, product_url, language)
    open_chat(page)
    expect(page.locator("html")).to_have_attribute("lang", language)
    expect(page.locator("html")).to_have_css("direction", direction)
    expect(chat(page)).to_have_attribute("data-language", language)
    expect(part(page, "panel")).to_have_css("direction", direction)
    expect(part(page, "log")).to_have_accessible_name(re.compile(r"\S"))
    assert complaints == []


def test_the_greeting_comes_in_the_language_of_the_page(new_context: NewContext, product_url: str) -> None:
    greetings = set()
    for language in DIRECTIONS:
        page = visit(new_context(), product_url, language)
        open_chat(page)
        expect(chat(page)).to_have_attribute("data-language", language)
        greetings.add(messages(page, "bot").first.locator("[data-part=text]").inner_text())
    assert len(greetings) == len(DIRECTIONS)


def test_persian_runs_from_right_to_left_and_each_message_by_its_own_script(
    new_context: NewContext, product_url: str
) -> None:
    page = visit(new_context(), product_url, "fa")
    open_chat(page)
    write(page, "Hello")
    expect_answer_after(page, "Hello")
    expect(part(page, "log")).to_have_css("direction", "rtl")
    expect(messages(page, "bot").first.locator("[data-part=text]")).to_have_css("direction", "rtl")
    expect(messages(page, "customer").locator("[data-part=text]")).to_have_css("direction", "ltr")
    log, mine = (
        box.bounding_box() for box in (part(page, "log"), messages(page, "customer").locator("[data-part=text]"))
    )
    assert log is not None
    assert mine is not None
    assert mine["x"] - log["x"] < 30, "the customer's own messages stand at the left in a right-to-left chat"


@pytest.mark.parametrize("language", ["en", "cs", "fa"])
def test_on_a_phone_the_chat_fills_the_screen_without_scrolling_sideways(
    new_context: NewContext, product_url: str, language: str
) -> None:
    page = visit(new_context(viewport={"width": 360, "height": 740}, has_touch=True), product_url, language)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    open_chat(page)
    write(page, "x" * 300)
    expect_answer_after(page, "x" * 300)
    assert part(page, "panel").bounding_box() == {"x": 0, "y": 0, "width": 360, "height": 740}
    assert part(page, "log").evaluate("log => log.scrollWidth <= log.clientWidth")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
