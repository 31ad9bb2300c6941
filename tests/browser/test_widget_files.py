"""Files in the chat: sent with progress and taken back, refused with a reason, shown as pictures, saved."""

import io
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import FilePayload, Page, Route, expect

from tests.browser.chat_house import ChatHouse, answer_with, configure
from tests.browser.widget_page import ANSWER_MS, NewContext, messages, open_chat, part, visit, write

pytestmark = pytest.mark.browser

FILES = {"kinds": ["image", "pdf"], "accept": ".png,.pdf", "largest": 1_000_000}
HOSTILE_NAME = "<img src=x onerror=alert(1)>.png"


def picture(name: str = "lamp.png", size: int = 60) -> FilePayload:
    content = io.BytesIO()
    Image.new("RGB", (size, size), (200, 30, 30)).save(content, "PNG")
    return {"name": name, "mimeType": "image/png", "buffer": content.getvalue()}


def choose(page: Page, *files: FilePayload) -> None:
    with page.expect_file_chooser() as chooser:
        part(page, "attach").click()
    chooser.value.set_files(list(files))


def test_a_picture_is_sent_drawn_and_saved_again(new_context: NewContext, house: ChatHouse) -> None:
    page = visit(new_context(), house.url)
    open_chat(page)
    sent = picture()
    choose(page, sent)
    expect(part(page, "upload")).to_have_attribute("data-state", "ready", timeout=ANSWER_MS)
    write(page, "My lamp is broken")
    mine = messages(page, "customer")
    expect(mine).to_have_attribute("data-status", "sent", timeout=ANSWER_MS)
    expect(part(page, "upload")).to_have_count(0)
    canvas = mine.locator("[data-part=preview]")
    expect(canvas).to_have_accessible_name("lamp.png", timeout=ANSWER_MS)
    pixel = canvas.evaluate("e => [...e.getContext('2d').getImageData(5, 5, 1, 1).data]")
    assert pixel == [200, 30, 30, 255]
    with page.expect_download() as saved:
        mine.locator("[data-part=file]").click()
    assert saved.value.suggested_filename == "lamp.png"
    assert saved.value.path().read_bytes() == sent["buffer"]
    page.reload()
    open_chat(page)
    expect(messages(page, "customer").locator("[data-part=preview]")).to_be_visible(timeout=ANSWER_MS)


def test_a_file_needs_no_words(new_context: NewContext, house: ChatHouse) -> None:
    page = visit(new_context(), house.url)
    open_chat(page)
    choose(page, picture())
    expect(part(page, "upload")).to_have_attribute("data-state", "ready", timeout=ANSWER_MS)
    part(page, "send").click()
    mine = messages(page, "customer")
    expect(mine).to_have_attribute("data-status", "sent", timeout=ANSWER_MS)
    expect(mine.locator("[data-part=text]")).to_have_count(0)
    expect(mine.locator("[data-part=file]")).to_contain_text("lamp.png")


def test_under_way_it_shows_how_far_it_is_and_can_be_taken_back(new_context: NewContext, house: ChatHouse) -> None:
    context = new_context()
    held: list[Route] = []
    context.route("**/api/chat/attachments?*", lambda route: held.append(route))
    page = visit(context, house.url)
    open_chat(page)
    choose(page, picture())
    upload = part(page, "upload")
    expect(upload).to_have_attribute("data-state", "sending")
    expect(upload.get_by_role("progressbar")).to_have_accessible_name("Uploading lamp.png")
    expect(part(page, "send")).to_have_attribute("aria-disabled", "true")
    upload.get_by_role("button", name="Remove lamp.png").click()
    expect(upload).to_have_count(0)
    expect(part(page, "composer")).to_be_focused()
    assert len(held) == 1


@pytest.mark.parametrize(
    ("code", "status", "words"),
    [
        ("kind_not_allowed", 415, "Files of this kind cannot be sent here."),
        ("content_differs", 415, "This file cannot be accepted."),
        ("is_bomb", 415, "This file cannot be accepted."),
        ("too_many", 409, "Too many files."),
        ("busy", 503, "Not uploaded. Please choose the file again."),
    ],
)
def test_a_refused_file_says_why_and_the_message_goes_without_it(
    new_context: NewContext, house: ChatHouse, code: str, status: int, words: str
) -> None:
    context = new_context()
    answer_with(context, "attachments?*", {"detail": {"code": code, "message": "No."}}, status)
    page = visit(context, house.url)
    open_chat(page)
    choose(page, picture(HOSTILE_NAME))
    expect(part(page, "upload")).to_have_attribute("data-state", "refused", timeout=ANSWER_MS)
    expect(part(page, "upload")).to_contain_text(HOSTILE_NAME)
    expect(part(page, "upload").get_by_role("status")).to_have_text(words)
    write(page, "Without it, then")
    expect(messages(page, "customer")).to_have_attribute("data-status", "sent", timeout=ANSWER_MS)
    expect(part(page, "upload")).to_have_count(0)


def test_what_is_too_large_or_empty_is_not_even_sent(new_context: NewContext, house: ChatHouse) -> None:
    context = new_context()
    configure(context, files=FILES)
    asked = answer_with(context, "attachments?*", {})
    page = visit(context, house.url)
    open_chat(page)
    choose(
        page,
        {"name": "film.png", "mimeType": "image/png", "buffer": b"x" * 1_000_001},
        {"name": "e.png", "mimeType": "image/png", "buffer": b""},
    )
    expect(part(page, "upload").first.get_by_role("status")).to_have_text("Too large. Up to 977 kB are possible.")
    expect(part(page, "upload").last.get_by_role("status")).to_have_text("The file is empty.")
    assert asked == []


def test_where_no_files_are_taken_there_is_no_button_for_them(new_context: NewContext, house: ChatHouse) -> None:
    context = new_context()
    configure(context, files={"kinds": [], "accept": "", "largest": 1})
    page = visit(context, house.url)
    open_chat(page)
    expect(part(page, "attach")).to_be_hidden()


def test_a_file_is_dropped_or_pasted_into_the_chat(new_context: NewContext, house: ChatHouse) -> None:
    page = visit(new_context(), house.url)
    open_chat(page)
    make: Any = """(target, kind) => {
      const transfer = new DataTransfer();
      const bytes = Uint8Array.from(atob("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"), (sign) =>
        sign.charCodeAt(0));
      transfer.items.add(new File([bytes], `${kind}.gif`, { type: "image/gif" }));
      const about = { bubbles: true, cancelable: true };
      target.dispatchEvent(kind === "drop" ? new DragEvent("drop", { ...about, dataTransfer: transfer })
        : new ClipboardEvent("paste", { ...about, clipboardData: transfer }));
    }"""
    part(page, "log").evaluate(make, "drop")
    part(page, "composer").evaluate(make, "paste")
    expect(part(page, "upload")).to_have_count(2)
    expect(part(page, "upload").first).to_contain_text("drop.gif")
    expect(part(page, "upload").last).to_contain_text("paste.gif")
