"""Copies of invoices: by a link that is signed and ends, or as a mail to the address of the order."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import Message
from email.policy import default
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import update

from bot.application import create_application
from bot.pages.documents import LOADS_PER_MINUTE
from bot.services.invoice_copies import MAILS_PER_HOUR
from bot.services.invoice_links import VALID, InvoiceLinks, InvoiceReference
from bot.services.verification import CODE, verify_conversation
from connectors.database.models.conversation import Conversation
from connectors.database.models.mail import OutgoingMail
from connectors.database.models.sales import SalesOrder
from tests.fixtures.order_book import bill, sent
from tests.fixtures.played_talk import PlayedTalk, Task
from tests.integration.order_house import OrderHouse, open_order_house

pytestmark = pytest.mark.integration

INVOICE = Task("invoice_form", "action_invoice_copy")
PATH = "/documents/invoices/"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[OrderHouse]:
    with open_order_house(tmp_path) as house:
        yield house


@pytest.fixture
def browser(house: OrderHouse) -> TestClient:
    return TestClient(create_application(house.office, has_engine=False))


def ask(house: OrderHouse, language: str = "en") -> PlayedTalk:
    order, talk = house.place(**sent()), house.talk(INVOICE, language)
    bill(house.office.database, order)
    talk.say(f"I need the invoice of {order.number} {order.email}", "invoice_copy")
    return talk


def path_of(talk: PlayedTalk) -> str:
    url: str = talk.said[0]["url"]
    return PATH + url.partition(PATH)[2]


def mails(house: OrderHouse) -> list[Message]:
    folder = house.office.settings.data_dir / "mailbox"
    return [message_from_bytes(file.read_bytes(), policy=default) for file in sorted(folder.glob("*.eml"))]


def test_the_link_brings_the_invoice_as_a_file_for_one_person(house: OrderHouse, browser: TestClient) -> None:
    talk = ask(house)
    assert talk.keys == ["invoice_link"]
    answer = browser.get(path_of(talk))
    assert answer.status_code == 200
    assert answer.content.startswith(b"%PDF-")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"].startswith('attachment; filename="INV-')
    assert answer.headers["cache-control"] == "no-store"
    assert len(house.audit("invoice.link")) == len(house.audit("invoice.load")) == 1


def test_whoever_cannot_prove_the_order_gets_no_link(house: OrderHouse) -> None:
    order, talk = house.place(**sent()), house.talk(INVOICE)
    bill(house.office.database, order)
    assert talk.say(f"{order.number} stranger@example.com", "invoice_copy") == ["order_refused"]


def test_every_wrong_link_is_the_same_page(house: OrderHouse, browser: TestClient) -> None:
    path = path_of(ask(house))
    now = datetime.now(UTC)
    links = InvoiceLinks(house.office.settings.secret, "", lambda: now - VALID - timedelta(seconds=2))
    over = links.make(InvoiceReference("ORD-2026-1044", "FV-2026-0874", "en")).url
    unknown = InvoiceLinks(house.office.settings.secret, "", lambda: now)
    no_such = unknown.make(InvoiceReference("ORD-2026-1044", "FV-0", "en")).url
    forged = InvoiceLinks("another secret", "", lambda: now).make(InvoiceReference("ORD-2026-1044", "x", "en")).url
    wrong = [over, no_such, forged, path[:-1], f"{path}x", f"{PATH}INV-1", f"{PATH}a.", f"{PATH}é.é", PATH + "a" * 2000]
    answers = [browser.get(one) for one in wrong]
    assert [answer.status_code for answer in answers] == [404] * len(wrong)
    assert len({answer.content for answer in answers}) == 1
    assert "Ask for a new one in the chat" in answers[0].text


def test_the_page_for_a_wrong_link_speaks_the_browsers_language(browser: TestClient) -> None:
    answer = browser.get(f"{PATH}x.y", headers={"Accept-Language": "fa"})
    assert 'lang="fa" dir="rtl"' in answer.text


def test_links_cannot_be_tried_without_end(browser: TestClient) -> None:
    codes = [browser.get(f"{PATH}x.y").status_code for _ in range(LOADS_PER_MINUTE + 1)]
    assert codes == [404] * LOADS_PER_MINUTE + [429]


def test_the_invoice_goes_by_mail_to_the_address_of_the_order_only(house: OrderHouse) -> None:
    talk = ask(house, "cs")
    assert talk.press(1) == ["invoice_mailed"]
    (mail,) = mails(house)
    assert mail["To"].startswith("customer.")
    assert mail["To"] not in house.text(talk.said[0], talk.sender)
    assert "Kopie faktury" in mail["Subject"]
    (attachment,) = [part for part in mail.walk() if part.get_content_type() == "application/pdf"]
    content = attachment.get_payload(decode=True)
    assert isinstance(content, bytes)
    assert content.startswith(b"%PDF-")


def test_a_mailbox_is_not_filled(house: OrderHouse) -> None:
    talk = ask(house)
    (button,) = talk.choices
    keys = [talk.say(button) for _ in range(MAILS_PER_HOUR + 1)]
    assert keys == [["invoice_mailed"]] * MAILS_PER_HOUR + [["invoice_mailed_often"]]
    assert len(mails(house)) == MAILS_PER_HOUR


def test_a_mail_is_sent_once_however_often_rasa_asks(house: OrderHouse) -> None:
    talk = ask(house)
    (button,) = talk.choices
    talk.say(button)
    talk.seq -= 2
    assert talk.say(button) == ["invoice_mailed"]
    assert len(mails(house)) == 1


def test_a_mail_that_cannot_leave_now_is_kept_and_leaves_later(house: OrderHouse) -> None:
    talk = ask(house)
    folder = house.office.settings.data_dir / "mailbox"
    folder.write_text("no folder")
    assert talk.press(1) == ["invoice_mailed"]
    folder.unlink()
    with house.office.database.write() as session:
        session.execute(update(OutgoingMail).values(next_try_at=datetime.now(UTC)))
    house.office.mail_queue.send_due()
    assert len(mails(house)) == 1


def make_unreachable(house: OrderHouse) -> None:
    """The address of every order becomes one to which nothing can be sent, ever."""
    with house.office.database.write() as session:
        session.execute(update(SalesOrder).values(email="zofie@" + "x" * 64 + ".cz"))


def test_a_mail_that_can_never_leave_is_no_success(house: OrderHouse) -> None:
    talk = ask(house)
    make_unreachable(house)
    assert talk.press(1) == ["invoice_not_mailed"]
    assert house.audit("invoice.mail") == []


@pytest.mark.parametrize(("state", "key"), [("paid", "invoice_not_yet"), ("cancelled", "invoice_never")])
def test_an_order_without_an_invoice_is_explained(house: OrderHouse, state: str, key: str) -> None:
    order, talk = house.place(state=state), house.talk(INVOICE)
    assert talk.say(f"{order.number} {order.email}", "invoice_copy") == [key]


def test_without_a_billing_system_nothing_is_promised(house: OrderHouse) -> None:
    house.disconnect("sales_invoices")
    assert ask(house).keys == ["invoice_unavailable"]


def ask_with_postcode(house: OrderHouse, *, is_reachable: bool = True) -> PlayedTalk:
    order, talk = house.place(**sent()), house.talk(INVOICE)
    bill(house.office.database, order)
    if not is_reachable:
        make_unreachable(house)
    talk.say(f"I need the invoice of {order.number}", "invoice_copy")
    talk.say(order.postcode)
    return talk


def test_whoever_knows_only_the_postcode_gets_no_link_and_the_owner_gets_the_invoice(house: OrderHouse) -> None:
    talk = ask_with_postcode(house)
    assert talk.keys == ["invoice_mailed"]
    (mail,) = mails(house)
    assert mail["To"].startswith("customer.")
    text = house.text(talk.said[0], talk.sender)
    assert mail["To"] not in text
    assert "•••" in text
    assert house.audit("invoice.link") == []


def test_no_link_is_promised_to_whoever_knows_only_the_postcode(house: OrderHouse) -> None:
    talk = ask_with_postcode(house, is_reachable=False)
    assert talk.keys == ["invoice_mail_down"]
    assert "link" not in house.text(talk.said[0], talk.sender)


def test_a_code_to_the_address_of_the_order_opens_the_link_after_all(house: OrderHouse) -> None:
    talk = ask_with_postcode(house)
    with house.office.database.write() as session:
        conversation = session.get_one(Conversation, talk.sender.partition(".")[0])
        verify_conversation(session, conversation, str(conversation.contact.email), CODE)
    assert talk.say(f"the invoice of {house.audit('order.look_up')[0].object_id}", "invoice_copy") == ["invoice_link"]
