"""Files in the chat: sent with progress and taken back, refused with a reason, shown as pictures, saved."""

import io
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import FilePayload, Page, Route, expect

from bot.channels.setup_model import MEGABYTE
from connectors.database.models.conversation import AttachmentKind
from tests.browser.chat_house import ChatHouse, answer_with, log_in_at, texts
from tests.browser.waiting import wait_until
from tests.browser.widget_page import NewContext, chat, messages, open_chat, part, visit, write
from tests.fixtures.chat_files import PDF, bomb, giant_picture

pytestmark = pytest.mark.browser

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
    expect(part(page, "upload")).to_have_attribute("data-state", "ready")
    write(page, "My lamp is broken")
    mine = messages(page, "customer")
    expect(mine).to_have_attribute("data-status", "sent")
    expect(part(page, "upload")).to_have_count(0)
    canvas = mine.locator("[data-part=preview]")
    expect(canvas).to_have_accessible_name("lamp.png")
    pixel = canvas.evaluate("e => [...e.getContext('2d').getImageData(5, 5, 1, 1).data]")
    assert pixel == [200, 30, 30, 255]
    with page.expect_download() as saved:
        mine.locator("[data-part=file]").click()
    assert saved.value.suggested_filename == "lamp.png"
    assert saved.value.path().read_bytes() == sent["buffer"]
    page.reload()
    open_chat(page)
    expect(messages(page, "customer").locator("[data-part=preview]")).to_be_visible()


def test_a_file_needs_no_words(new_context: NewContext, house: ChatHouse) -> None:
    page = visit(new_context(), house.url)
    open_chat(page)
    choose(page, picture())
    expect(part(page, "upload")).to_have_attribute("data-state", "ready")
    part(page, "send").click()
    mine = messages(page, "customer")
    expect(mine).to_have_attribute("data-status", "sent")
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
    wait_until(page, lambda: len(held) == 1, "the file is on its way")
    upload.get_by_role("button", name="Remove lamp.png").click()
    expect(upload).to_have_count(0)
    expect(part(page, "composer")).to_be_focused()
    assert len(held) == 1


REFUSED = {
    "kind": (
        HOSTILE_NAME.replace("png", "svg"),
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        "upload_kind_not_allowed",
    ),
    "page": ("page.html", b"<!doctype html><script>alert(1)</script>", "upload_kind_not_allowed"),
    "dressed up": (HOSTILE_NAME, b"<!doctype html><script>alert(1)</script>", "upload_refused"),
    "program": ("photo\u202egnp.exe", b"MZ" + bytes(200), "upload_kind_not_allowed"),
    "bomb": ("letter.docx", bomb(), "upload_refused"),
    "giant": ("giant.png", giant_picture(), "upload_refused"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_refused_file_says_why_and_the_message_goes_without_it(
    new_context: NewContext, house: ChatHouse, case: str
) -> None:
    name, content, reason = REFUSED[case]
    page = visit(new_context(), house.url)
    open_chat(page)
    choose(page, {"name": name, "mimeType": "image/png", "buffer": content})
    expect(part(page, "upload")).to_have_attribute("data-state", "refused")
    expect(part(page, "upload")).to_contain_text(name)
    expect(part(page, "upload").get_by_role("status")).to_have_text(texts("en")[reason])
    write(page, "Without it, then")
    expect(messages(page, "customer")).to_have_attribute("data-status", "sent")
    expect(part(page, "upload")).to_have_count(0)
    expect(part(page, "log").locator("img, script")).to_have_count(0)


@pytest.mark.parametrize(
    ("code", "status", "reason"), [("too_many", 409, "upload_too_many"), ("busy", 503, "upload_unreachable")]
)
def test_a_file_that_cannot_be_taken_now_says_so(
    new_context: NewContext, house: ChatHouse, code: str, status: int, reason: str
) -> None:
    context = new_context()
    answer_with(context, "attachments?*", {"detail": {"code": code, "message": "No."}}, status)
    page = visit(context, house.url)
    open_chat(page)
    choose(page, picture())
    expect(part(page, "upload").get_by_role("status")).to_have_text(texts("en")[reason])


def test_what_is_too_large_or_empty_is_not_even_sent(new_context: NewContext, house: ChatHouse) -> None:
    context = new_context()
    asked = answer_with(context, "attachments?*", {})
    page = visit(context, house.url)
    open_chat(page)
    choose(
        page,
        {"name": "film.png", "mimeType": "image/png", "buffer": bytes(21 * MEGABYTE)},
        {"name": "e.png", "mimeType": "image/png", "buffer": b""},
    )
    expect(part(page, "upload").first.get_by_role("status")).to_have_text("Too large. The limit is 10 MB.")
    expect(part(page, "upload").last.get_by_role("status")).to_have_text("The file is empty.")
    assert asked == []


def test_customer_and_agent_side_by_side_send_each_other_files(new_context: NewContext, house: ChatHouse) -> None:
    page = visit(new_context(), house.url)
    open_chat(page)
    write(page, "I need a person")
    expect(messages(page, "customer")).to_have_attribute("data-status", "sent")
    conversation = page.evaluate("JSON.parse(localStorage.getItem('twinoffice-chat')).session_id")
    agent = new_context(locale="en-GB").new_page()
    log_in_at(agent, house.url, "agent")
    agent.goto(f"{house.url}/staff/conversations/{conversation}")
    agent.get_by_role("button", name="Take over").click()
    expect(chat(page)).to_have_attribute("data-owner", "human")
    choose(page, picture("broken.png"))
    expect(part(page, "upload")).to_have_attribute("data-state", "ready")
    part(page, "send").click()
    expect(agent.get_by_role("log")).to_contain_text("broken.png")
    ours: list[FilePayload] = [
        picture("new-lamp.png"),
        {"name": "návod.pdf", "mimeType": "application/pdf", "buffer": PDF},
    ]
    agent.locator("[data-files]").set_input_files(ours)
    agent.get_by_label("Your answer").fill("This is the new one, and how to put it up")
    agent.get_by_role("button", name="Send").click()
    theirs = messages(page, "agent").filter(has_text="This is the new one")
    expect(theirs.locator("[data-part=file]")).to_have_count(2)
    expect(theirs.locator("[data-part=preview]")).to_have_accessible_name("new-lamp.png")
    with page.expect_download() as saved:
        theirs.locator("[data-part=file]").filter(has_text="návod.pdf").click()
    assert saved.value.suggested_filename == "návod.pdf"
    assert saved.value.path().read_bytes() == PDF


def test_a_place_leads_to_a_map_and_a_person_has_a_telephone(new_context: NewContext, house: ChatHouse) -> None:
    page = visit(new_context(), house.url)
    open_chat(page)
    conversation = page.evaluate("JSON.parse(localStorage.getItem('twinoffice-chat')).session_id")
    office = house.office
    place = {"latitude": 50.0875, "longitude": 14.4213}
    person = {"name": "Jana <b>", "phone": "+420 777 123 456"}
    noted = [
        office.attachments.note(conversation, AttachmentKind.LOCATION, "50.08750, 14.42130", place),
        office.attachments.note(conversation, AttachmentKind.CONTACT, "Jana", person),
    ]
    office.desk.say(conversation, "Here", "from-elsewhere", attachments=[one.id for one in noted])
    cards = messages(page, "customer").locator("[data-part=file]")
    expect(cards).to_have_count(2)
    expect(cards.first).to_have_attribute(
        "href", "https://www.openstreetmap.org/?mlat=50.0875&mlon=14.4213#map=16/50.0875/14.4213"
    )
    expect(cards.first).to_have_attribute("rel", "noopener noreferrer")
    expect(cards.first).to_contain_text("Show on a map")
    expect(cards.last).to_contain_text("Jana <b>")
    expect(cards.last).to_contain_text("+420 777 123 456")
    expect(cards.last).not_to_have_role("button")


def test_a_file_that_never_came_says_so(new_context: NewContext, house: ChatHouse) -> None:
    page = visit(new_context(), house.url)
    open_chat(page)
    conversation = page.evaluate("JSON.parse(localStorage.getItem('twinoffice-chat')).session_id")
    office = house.office
    expected = [
        office.attachments.expect(conversation, AttachmentKind.DOCUMENT, name, f"telegram-{name}")
        for name in ("coming.pdf", "lost.pdf")
    ]
    office.attachments.give_up(expected[1].id, "too_large")
    office.desk.say(conversation, "Two files", "two-files", attachments=[one.id for one in expected])
    cards = messages(page, "customer").locator("[data-part=file]")
    expect(cards.first).to_contain_text(texts("en")["file_expected"])
    expect(cards.last).to_contain_text(texts("en")["file_missing"])
    expect(messages(page, "customer").get_by_role("button")).to_have_count(0)


def test_where_no_files_are_taken_there_is_no_button_for_them(new_context: NewContext, house: ChatHouse) -> None:
    with house.set_up(file_kinds=[]):
        page = visit(new_context(), house.url)
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
