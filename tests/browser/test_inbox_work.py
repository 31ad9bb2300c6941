"""The agents' daily work in real browsers: two at one customer, notes, files, prepared answers, search, keys."""

import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from bot.staff.canned_replies import save_reply
from bot.staff.labels import all_labels, save_label
from tests.browser.chat_house import ChatHouse, log_in_at
from tests.browser.test_accessibility import FOR_AXE, VIEWS, complaints
from tests.browser.test_inbox import Customer

pytestmark = pytest.mark.browser

OpenAgent = Callable[..., Page]


@pytest.fixture
def open_agent(browser: Browser, house: ChatHouse) -> Iterator[OpenAgent]:
    contexts: list[BrowserContext] = []

    def open_page(role: str, **look: Any) -> Page:
        options = {"locale": "en-GB", "viewport": {"width": 1440, "height": 900}, **FOR_AXE, **look}
        contexts.append(browser.new_context(**options))
        page = contexts[-1].new_page()
        log_in_at(page, house.url, role)
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def customer(house: ChatHouse) -> Customer:
    return Customer(house.url)


def _open(page: Page, house: ChatHouse, customer: Customer) -> None:
    page.goto(f"{house.url}/staff/conversations/{customer.conversation_id}")
    expect(page.get_by_role("log")).to_be_visible()


def _take_over(page: Page, house: ChatHouse, customer: Customer) -> None:
    _open(page, house, customer)
    page.get_by_role("button", name="Take over").click()
    expect(_answer(page)).to_be_focused()


def _answer(page: Page) -> Locator:
    return page.locator("form[data-answer] textarea")


def _assign_to_me(page: Page) -> None:
    page.locator("#assign-menu > summary").click()
    page.locator("#assign-menu").get_by_role("button", name="Assign").click()
    expect(page.locator("#conversation-head")).to_contain_text("Yours")


def test_somebody_answered_while_you_typed_instead_of_two_answers(
    open_agent: OpenAgent, house: ChatHouse, customer: Customer
) -> None:
    agent, colleague = open_agent("agent"), open_agent("admin")
    _take_over(agent, house, customer)
    _answer(agent).press_sequentially("It comes on Friday.")
    _open(colleague, house, customer)
    expect(agent.locator("#conversation-head")).to_contain_text("Also viewing")
    _assign_to_me(colleague)
    _answer(colleague).fill("It comes on Monday.")
    colleague.keyboard.press("Control+Enter")
    expect(agent.get_by_role("log")).to_contain_text("It comes on Monday.")
    expect(_answer(agent)).to_have_value("It comes on Friday.")
    _answer(agent).focus()
    agent.keyboard.press("Control+Enter")
    dialog = agent.get_by_role("dialog")
    expect(dialog).to_contain_text("answered while you were typing")
    expect(dialog).to_contain_text("It comes on Monday.")
    expect(dialog).to_contain_text("It comes on Friday.")
    assert _said(house, customer) == ["It comes on Monday."]
    dialog.get_by_role("button", name="Back to my text").click()
    expect(_answer(agent)).to_have_value("It comes on Friday.")
    assert _said(house, customer) == ["It comes on Monday."]
    _answer(agent).focus()
    agent.keyboard.press("Control+Enter")
    agent.get_by_role("dialog").get_by_role("button", name="Take over and send").click()
    customer.wait_for(lambda message: message["text"] == "It comes on Friday.")
    assert _said(house, customer) == ["It comes on Monday.", "It comes on Friday."]
    expect(agent.get_by_role("dialog")).to_have_count(0)


def test_the_answer_of_a_colleague_that_came_while_one_typed_is_noticed_though_it_stands_in_the_log(
    open_agent: OpenAgent, house: ChatHouse, customer: Customer
) -> None:
    agent, colleague = open_agent("agent"), open_agent("admin")
    _take_over(agent, house, customer)
    _answer(agent).press_sequentially("Mine")
    _open(colleague, house, customer)
    _assign_to_me(colleague)
    _answer(colleague).fill("Theirs")
    colleague.keyboard.press("Control+Enter")
    expect(agent.get_by_role("log")).to_contain_text("Theirs")
    _assign_to_me(agent)
    expect(_answer(agent)).to_have_value("Mine")
    _answer(agent).focus()
    agent.keyboard.press("Control+Enter")
    agent.get_by_role("dialog").get_by_role("button", name="Send it anyway").click()
    customer.wait_for(lambda message: message["text"] == "Mine")
    expect(_answer(agent)).to_have_value("")
    _answer(agent).fill("And one more")
    agent.keyboard.press("Control+Enter")
    customer.wait_for(lambda message: message["text"] == "And one more")


def test_a_note_calls_a_colleague_and_is_never_sent(
    open_agent: OpenAgent, house: ChatHouse, customer: Customer
) -> None:
    agent, colleague = open_agent("agent"), open_agent("admin")
    customer.say("Hello")
    _open(agent, house, customer)
    colleague.goto(f"{house.url}/staff")
    agent.get_by_role("button", name="Private note").click()
    note = agent.locator("form[data-note] textarea")
    note.press_sequentially("Ask @Sig")
    expect(agent.locator("[data-suggestions] li")).to_have_count(1)
    note.press("Enter")
    expect(note).to_have_value("Ask @Sigríður Jónsdóttir ")
    agent.get_by_role("button", name="Save the note").click()
    expect(agent.locator(".line-note")).to_contain_text("Ask @Sigríður Jónsdóttir")
    expect(note).to_have_value("")
    expect(colleague.locator("[data-view=mentions]")).to_contain_text("1")
    colleague.locator("[data-view=mentions]").click()
    colleague.locator(f"#row-{customer.conversation_id} a").click()
    expect(colleague.locator(".line-note")).to_contain_text("Ask @Sig")
    expect(colleague.locator("[data-view=mentions] .count")).to_have_count(0)
    assert _said(house, customer) == []


def test_files_go_both_ways_and_a_picture_is_shown(
    open_agent: OpenAgent, house: ChatHouse, customer: Customer, tmp_path: Path
) -> None:
    agent = open_agent("agent")
    _take_over(agent, house, customer)
    picture = tmp_path / "lamp.png"
    content = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(content, "PNG")
    picture.write_bytes(content.getvalue())
    bad = tmp_path / "page.html"
    bad.write_text("<html><script>alert(1)</script></html>")
    agent.locator("[data-files]").set_input_files([picture, bad])
    expect(agent.locator("[data-uploads] li")).to_have_count(2)
    expect(agent.locator("[data-uploads] .field-error")).to_contain_text("kind")
    agent.locator("[data-uploads] li").nth(1).get_by_role("button").click()
    _answer(agent).fill("Here it is")
    agent.get_by_role("button", name="Send").click()
    sent = customer.wait_for(lambda message: message["text"] == "Here it is")
    assert "lamp.png" in str(sent["attachments"])
    drawn = agent.locator(".file-picture img")
    expect(drawn).to_be_visible()
    assert drawn.evaluate("image => image.decode().then(() => image.naturalWidth)") == 40
    expect(agent.locator("[data-uploads] li")).to_have_count(0)


def test_a_log_with_pictures_is_opened_at_its_end(
    open_agent: OpenAgent, house: ChatHouse, customer: Customer, tmp_path: Path
) -> None:
    agent = open_agent("agent")
    _take_over(agent, house, customer)
    picture = tmp_path / "tall.png"
    Image.new("RGB", (300, 400), "teal").save(picture)
    for number in range(3):
        agent.locator("[data-files]").set_input_files(picture)
        expect(agent.locator("[data-uploads] input[name=attachments]")).to_have_count(1)
        _answer(agent).fill(f"Picture {number}")
        agent.get_by_role("button", name="Send").click()
        expect(agent.locator(".file-picture img")).to_have_count(number + 1)
    _answer(agent).fill("That is all.")
    agent.get_by_role("button", name="Send").click()
    expect(agent.get_by_text("That is all.").last).to_be_in_viewport()
    _open(agent, house, customer)
    drawn = agent.locator(".file-picture img").last
    expect(drawn).to_be_visible()
    drawn.evaluate("image => image.decode()")
    expect(agent.get_by_role("log").get_by_text("That is all.")).to_be_in_viewport()
    expect(agent.locator("[data-jump]")).to_be_hidden()


def test_a_prepared_answer_is_taken_with_the_keyboard_and_its_gap_is_marked(
    open_agent: OpenAgent, house: ChatHouse, customer: Customer
) -> None:
    with house.office.database.write() as session:
        save_reply(session, "zebra", {"en": "Your order {order} is on its way. {agent}"}, "test")
    agent = open_agent("agent")
    _take_over(agent, house, customer)
    _answer(agent).press_sequentially("/zeb")
    expect(agent.locator("[data-suggestions] li")).to_contain_text("/zebra")
    _answer(agent).press("Tab")
    expect(_answer(agent)).to_have_value(re.compile(r"^Your order \{order\} is on its way\. Jana"))
    _answer(agent).press_sequentially("ORD-7")
    agent.keyboard.press("Control+Enter")
    customer.wait_for(lambda message: str(message["text"]).startswith("Your order ORD-7 is on its way."))


def test_a_search_finds_a_conversation_and_the_keys_work(
    open_agent: OpenAgent, house: ChatHouse, customer: Customer
) -> None:
    agent = open_agent("agent")
    customer.say("I lost my zebra umbrella")
    agent.goto(f"{house.url}/staff")
    agent.keyboard.press("/")
    expect(agent.locator("#search")).to_be_focused()
    agent.keyboard.type("UMBRELLA zebra")
    agent.keyboard.press("Enter")
    expect(agent.locator(".group .row")).to_have_count(1)
    agent.locator("h1").first.evaluate("() => document.activeElement.blur()")
    agent.keyboard.press("j")
    expect(agent.get_by_role("log")).to_contain_text("zebra umbrella")
    agent.keyboard.press("t")
    expect(_answer(agent)).to_be_focused()
    agent.keyboard.type("just typing, no keys?")
    expect(_answer(agent)).to_have_value("just typing, no keys?")
    expect(agent.get_by_role("dialog")).to_have_count(0)
    _answer(agent).fill("")
    agent.locator("#conversation-head h2").focus()
    agent.keyboard.press("?")
    sheet = agent.get_by_role("dialog")
    expect(sheet).to_contain_text("Keyboard shortcuts")
    sheet.get_by_label("Use single keys on this computer").uncheck()
    agent.keyboard.press("Escape")
    agent.locator("#conversation-head h2").focus()
    agent.keyboard.press("n")
    expect(agent.locator("form[data-note]")).to_be_hidden()


def test_a_menu_stays_open_with_what_was_chosen_in_it_while_the_page_changes_around_it(
    open_agent: OpenAgent, house: ChatHouse, customer: Customer
) -> None:
    with house.office.database.write() as session:
        if not all_labels(session):
            save_label(session, None, "VIP", "red", "test")
    agent, colleague = open_agent("agent"), open_agent("admin")
    customer.say("Hello")
    _open(agent, house, customer)
    agent.locator("#label-menu > summary").click()
    agent.locator("#label-menu input[type=checkbox]").first.check()
    _take_over(colleague, house, customer)
    expect(agent.locator("#conversation-head")).to_contain_text("has it")
    expect(agent.locator("#label-menu input[type=checkbox]").first).to_be_checked()
    agent.locator("#label-menu").get_by_role("button", name="Save the labels").click()
    expect(agent.locator("#conversation-who .label")).to_have_count(1)
    expect(agent.locator("#label-menu[open]")).to_have_count(0)


def test_what_the_customer_writes_is_unread_until_it_is_on_the_screen(
    open_agent: OpenAgent, house: ChatHouse, customer: Customer
) -> None:
    agent = open_agent("agent")
    _take_over(agent, house, customer)
    agent.goto(f"{house.url}/staff")
    customer.say("Are you there?")
    row = agent.locator(f"#row-{customer.conversation_id}")
    expect(row.locator(".count")).to_contain_text("1")
    row.locator("a").click()
    expect(agent.get_by_role("log")).to_contain_text("Are you there?")
    expect(row.locator(".count")).to_have_count(0)


def test_an_agent_gets_hours_of_their_own(open_agent: OpenAgent, house: ChatHouse) -> None:
    admin = open_agent("admin")
    admin.goto(f"{house.url}/staff/setup/team")
    card = admin.locator("form.card").first
    expect(card.locator("summary")).to_have_text("Working hours: the company's")
    card.locator("summary").click()
    monday = card.get_by_role("group", name="Monday")
    monday.get_by_label("period 1, from").fill("09:00")
    monday.get_by_label("period 1, to").fill("12:00")
    monday.get_by_role("button", name="Add another").click()
    expect(monday.get_by_label("period 2, from")).to_be_focused()
    monday.get_by_label("period 2, from").fill("13:00")
    card.get_by_role("button", name="Save").click()
    expect(card.get_by_role("alert")).to_have_text("Not saved: look at the working hours.")
    expect(monday).to_contain_text("Both times are needed")
    monday.get_by_label("period 2, to").fill("17:30")
    card.get_by_role("button", name="Save").click()
    expect(card.locator("summary")).to_have_text("Working hours: their own")
    card.locator("summary").click()
    expect(monday.get_by_label("period 2, to")).to_have_value("17:30")


@pytest.mark.parametrize(
    ("language", "view"),
    [
        ("en", "light"),
        ("cs", "dark"),
        ("hu", "phone"),
        ("is", "light"),
        ("ru", "dark"),
        ("fa", "light"),
        ("fa", "dark"),
        ("fa", "phone"),
    ],
)
def test_the_inbox_has_no_barrier_in_any_language_and_look(
    open_agent: OpenAgent, house: ChatHouse, customer: Customer, language: str, view: str
) -> None:
    with house.office.database.write() as session:
        if not all_labels(session):
            save_label(session, None, "VIP", "red", "test")
    agent = open_agent("admin", **VIEWS[view])
    agent.context.add_cookies([{"name": "twinoffice_language", "value": language, "url": house.url}])
    customer.say("Hello")
    _open(agent, house, customer)
    agent.locator("[data-key=t]").click()
    expect(_answer(agent)).to_be_focused()
    assert _faults(agent) == []
    agent.locator("#snooze-menu > summary").click()
    assert _faults(agent) == []
    agent.keyboard.press("Escape")
    agent.goto(f"{house.url}/staff?q=hello")
    assert _faults(agent) == []
    agent.locator("[data-dialog=keys-dialog]").click()
    assert _faults(agent) == []
    for page in ("replies", "labels", "team"):
        agent.goto(f"{house.url}/staff/setup/{page}")
        for hours in agent.locator(".own-hours > summary").all():
            hours.click()
        assert _faults(agent) == []


def _faults(page: Page) -> list[str]:
    """What axe finds, and whether anything is wider than the window."""
    width = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return [*complaints(page), *([f"{width} px too wide"] if width > 0 else [])]


def _said(house: ChatHouse, customer: Customer) -> list[str]:
    transcript = house.office.desk.read(customer.conversation_id, 0)
    return [message["text"] for message in transcript.messages if message["author"] == "agent"]
