"""Answering in the inbox: never past a colleague, with files, and with what became of each message."""

import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import select

from bot.console.audit_view import object_path
from bot.conversations.read_marks import mark_read_by_customer
from bot.conversations.store import edit_message, take_customer_message
from bot.staff.inbox_files import TOLD_AGAIN_AFTER
from connectors.database.audit import record_audit
from connectors.database.base import utc_now
from connectors.database.models.conversation import (
    Attachment,
    AttachmentKind,
    Author,
    ChannelIdentity,
    Conversation,
    Delivery,
)
from connectors.database.models.people import AuditEntry
from connectors.vendors.memory_orders import MemoryOrders
from tests.fixtures.chat_files import mp4
from tests.integration.staff_house import Agent, House

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path, MemoryOrders())
    yield house
    house.database.close()


@pytest.fixture
def jana(house: House) -> Agent:
    return Agent(house, house.jana)


@pytest.fixture
def tomas(house: House) -> Agent:
    return Agent(house, house.tomas)


def picture() -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(content, "PNG")
    return content.getvalue()


def taken(house: House, agent: Agent, channel: str = "web") -> str:
    conversation = house.customer_writes("Hello?", channel=channel)
    agent.does("take-over", conversation)
    return conversation


def test_an_answer_past_one_that_a_colleague_gave_meanwhile_is_not_sent_but_both_are_shown(
    house: House, jana: Agent, tomas: Agent
) -> None:
    conversation = taken(house, jana)
    seen = house.conversation(conversation).last_seq
    jana.does("assign", conversation, agent=house.tomas.id)
    tomas.answers(conversation, "It comes on Monday.")
    jana.does("assign", conversation, agent=house.jana.id)
    refused = jana.answers(conversation, "It comes on <i>Friday</i>.", seen_seq=str(seen))
    assert refused.status_code == 409
    assert "Tomáš answered while you were typing" in refused.text
    assert "It comes on Monday." in refused.text
    assert "It comes on &lt;i&gt;Friday&lt;/i&gt;." in refused.text
    assert house.said(conversation, Author.AGENT) == ["It comes on Monday."]
    read = str(house.conversation(conversation).last_seq)
    assert jana.answers(conversation, "It comes on Friday.", seen_seq=str(seen), read_seq=read).status_code == 200
    assert house.said(conversation, Author.AGENT) == ["It comes on Monday.", "It comes on Friday."]


def test_a_second_answer_of_a_colleague_is_another_one_to_read(house: House, jana: Agent, tomas: Agent) -> None:
    conversation = taken(house, tomas)
    tomas.answers(conversation, "First", "a")
    read = str(house.conversation(conversation).last_seq)
    tomas.answers(conversation, "Second", "b")
    refused = jana.answers(conversation, "Mine", seen_seq="0", read_seq=read)
    assert refused.status_code == 409
    assert "Second" in refused.text


def test_who_does_not_have_the_conversation_is_asked_whether_to_take_it(
    house: House, jana: Agent, tomas: Agent
) -> None:
    conversation = taken(house, jana)
    refused = tomas.answers(conversation, "Me too!")
    assert "Take over and send" in refused.text
    assert house.said(conversation, Author.AGENT) == []
    read = str(house.conversation(conversation).last_seq)
    assert tomas.answers(conversation, "Me too!", read_seq=read).status_code == 200
    assert house.conversation(conversation).agent_id == house.tomas.id
    assert house.said(conversation, Author.AGENT) == ["Me too!"]


def test_ones_own_answers_and_the_customers_words_stop_nobody(house: House, jana: Agent) -> None:
    conversation = taken(house, jana)
    jana.answers(conversation, "One", "a")
    with house.database.write() as session:
        take_customer_message(session, conversation, "And?", "c1")
    assert jana.answers(conversation, "Two", "b", seen_seq="0").status_code == 200


def test_an_answer_that_was_sent_is_not_sent_again_because_a_colleague_answered_after_it(
    house: House, jana: Agent, tomas: Agent
) -> None:
    conversation = taken(house, jana)
    jana.answers(conversation, "Good day", "same", seen_seq="3")
    tomas.does("assign", conversation, agent=house.tomas.id)
    tomas.answers(conversation, "Me too", "other")
    assert jana.answers(conversation, "Good day", "same", seen_seq="3").status_code == 200
    assert house.said(conversation, Author.AGENT) == ["Good day", "Me too"]


def test_a_file_of_an_agent_goes_with_the_answer_and_is_shown(house: House, jana: Agent) -> None:
    conversation = taken(house, jana)
    kept = jana.uploads(conversation, "../lamp\u202egnp.png", picture())
    assert kept.status_code == 201
    assert "/" not in kept.json()["name"]
    assert "\u202e" not in kept.json()["name"]
    file = kept.json()["id"]
    assert jana.answers(conversation, "", attachments=[file]).status_code == 200
    with house.database.read() as session:
        stored = session.scalars(select(Attachment)).one()
    assert (stored.author, stored.seq) == (Author.AGENT, house.conversation(conversation).last_seq)
    page = jana.sees(conversation)
    path = f"/staff/conversations/{conversation}/attachments/{file}"
    assert f'<img src="{path}"' in page
    loaded = jana.client.get(path)
    assert loaded.content == picture()
    assert loaded.headers["content-disposition"].startswith("attachment")
    assert loaded.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in loaded.headers["content-security-policy"]


def test_a_file_stands_in_one_message_only(house: House, jana: Agent) -> None:
    conversation = taken(house, jana)
    file = jana.uploads(conversation, "a.png", picture()).json()["id"]
    jana.answers(conversation, "Here", "a", attachments=[file])
    again = jana.answers(conversation, "And again", "b", attachments=[file])
    assert again.status_code == 409
    assert "no longer there" in again.text
    assert house.said(conversation, Author.AGENT) == ["Here"]


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.png", b"", "is empty"),
        ("picture.png", SVG, "not what its name says"),
        ("picture.svg", SVG, "a kind that is not accepted"),
        ("page.html", b"<html><script>alert(1)</script>", "a kind that is not accepted"),
    ],
)
def test_a_file_that_may_not_be_sent_is_refused_in_the_agents_words(
    house: House, jana: Agent, name: str, content: bytes, sentence: str
) -> None:
    refused = jana.uploads(taken(house, jana), name, content)
    assert refused.status_code in {413, 415, 422}
    assert sentence in refused.json()["message"] or "kind" in refused.json()["message"]


def test_only_who_has_the_conversation_adds_files_and_the_csrf_token_is_asked_for(
    house: House, jana: Agent, tomas: Agent
) -> None:
    conversation = taken(house, jana)
    assert tomas.uploads(conversation, "a.png", picture()).status_code == 409
    forged = jana.client.post(f"/staff/conversations/{conversation}/attachments?name=a.png", content=picture())
    assert forged.status_code == 403


def test_a_file_of_another_conversation_is_not_loaded_or_sent(house: House, jana: Agent) -> None:
    one, other = taken(house, jana), taken(house, jana)
    file = jana.uploads(one, "a.png", picture()).json()["id"]
    assert jana.client.get(f"/staff/conversations/{other}/attachments/{file}").status_code == 404
    assert jana.answers(other, "Here", attachments=[file]).status_code == 409


def test_who_loaded_which_file_stands_in_the_audit_log_and_not_with_each_look_at_the_page(
    house: House, jana: Agent, tomas: Agent
) -> None:
    conversation, other = taken(house, jana), taken(house, jana)
    file = house.attachments.keep(conversation, Author.CUSTOMER, "lamp.png", picture()).id
    for agent, at in ((jana, conversation), (jana, conversation), (tomas, conversation), (tomas, other)):
        agent.client.get(f"/staff/conversations/{at}/attachments/{file}")
    with house.database.read() as session:
        query = select(AuditEntry).where(AuditEntry.action == "attachment.load").order_by(AuditEntry.id)
        entries = session.scalars(query).all()
    assert [(one.actor, one.object_type, one.object_id) for one in entries] == [
        ("jana@example.com", "attachment", file),
        ("tomas@example.com", "attachment", file),
    ]
    assert [one.detail for one in entries] == [{"conversation": conversation}] * 2
    assert object_path(entries[0]) == f"/staff/conversations/{conversation}"


def test_a_file_that_is_loaded_again_later_is_told_again(house: House, jana: Agent) -> None:
    conversation = taken(house, jana)
    file = house.attachments.keep(conversation, Author.CUSTOMER, "lamp.png", picture()).id
    earlier = AuditEntry(
        at=utc_now() - TOLD_AGAIN_AFTER,
        actor="jana@example.com",
        action="attachment.load",
        object_type="attachment",
        object_id=file,
    )
    with house.database.write() as session:
        session.add(earlier)
    jana.client.get(f"/staff/conversations/{conversation}/attachments/{file}")
    with house.database.read() as session:
        assert len(session.scalars(select(AuditEntry).where(AuditEntry.object_id == file)).all()) == 2


def test_places_and_contact_cards_and_files_that_never_came_are_shown_in_words(house: House, jana: Agent) -> None:
    conversation = taken(house, jana, "telegram")
    files = house.attachments
    place = files.note(conversation, AttachmentKind.LOCATION, "place", {"latitude": 50.08, "longitude": 14.43})
    card = files.note(conversation, AttachmentKind.CONTACT, "card", {"name": "<b>Eva</b>", "phone": "+420 1"})
    lost = files.expect(conversation, AttachmentKind.DOCUMENT, "big.pdf", "tg-1")
    files.give_up(lost.id, "too_large")
    coming = files.expect(conversation, AttachmentKind.VOICE, "voice.ogg", "tg-2")
    with house.database.write() as session:
        ids = [place.id, card.id, lost.id, coming.id]
        take_customer_message(session, conversation, "", "c1", attachments=ids)
    page = jana.sees(conversation)
    assert "50.08, 14.43" in page
    assert "openstreetmap.org/?mlat=50.08&amp;mlon=14.43" in page
    assert 'rel="noopener noreferrer"' in page
    assert "&lt;b&gt;Eva&lt;/b&gt;" in page
    assert "big.pdf</bdi> is larger than is allowed here" in page
    assert "is being fetched" in page


def test_a_customers_film_is_saved_under_its_name(house: House, jana: Agent) -> None:
    conversation, film = taken(house, jana, "telegram"), mp4(b"vide", b"soun")
    file = house.attachments.expect(conversation, AttachmentKind.DOCUMENT, "lamp.mp4", "tg-1")
    house.attachments.fill(file.id, film)
    with house.database.write() as session:
        take_customer_message(session, conversation, "It flickers", "c1", attachments=[file.id])
    assert f'/attachments/{file.id}" download hx-boost="false"><bdi>lamp.mp4</bdi>' in jana.sees(conversation)
    saved = jana.client.get(f"/staff/conversations/{conversation}/attachments/{file.id}")
    assert (saved.content, saved.headers["Content-Type"]) == (film, "video/mp4")
    assert saved.headers["Content-Disposition"].startswith("attachment")


def test_an_edited_message_shows_its_newest_text_and_on_request_the_earlier_ones(house: House, jana: Agent) -> None:
    conversation = taken(house, jana, "telegram")
    with house.database.write() as session:
        take_customer_message(session, conversation, "Order 15", "c1", external_id="77")
    for text in ("Order 16", "Order 17"):
        with house.database.write() as session:
            edit_message(session, conversation, "77", text)
    page = jana.sees(conversation)
    assert ">Order 17</p>" in page
    assert page.index("<del") < page.index("Order 15</del>") < page.index("Order 16</del>")


def test_of_each_answer_it_is_told_what_became_of_it(house: House, jana: Agent) -> None:
    web, telegram = taken(house, jana), taken(house, jana, "telegram")
    jana.answers(web, "Good day")
    assert ">Sent</p>" in jana.sees(web)
    with house.database.write() as session:
        mark_read_by_customer(session, web, house.conversation(web).last_seq)
    assert ">Seen</p>" in jana.sees(web)
    jana.answers(telegram, "Good day")
    assert ">On its way</p>" in jana.sees(telegram)
    _settle(house, telegram, delivered=True)
    assert ">Delivered</p>" in jana.sees(telegram)
    jana.answers(telegram, "Still there?", "two")
    _settle(house, telegram, delivered=False)
    assert 'Not delivered: <bdi dir="auto">Forbidden: bot was blocked' in jana.sees(telegram)


def test_the_panel_shows_every_channel_of_a_person_and_how_two_became_one(house: House, jana: Agent) -> None:
    conversation = taken(house, jana)
    with house.database.write() as session:
        contact_id = session.get_one(Conversation, conversation).contact_id
        for channel, known_as in (
            ("telegram", "77:501"),
            ("telegram", "-100:501"),
            ("telegram", "9:502"),
            ("web", "x"),
        ):
            session.add(
                ChannelIdentity(
                    channel=channel, external_id=known_as, contact_id=contact_id, conversation_id=conversation
                )
            )
        session.get_one(Conversation, conversation).verified_email = "eva@example.com"
        record_audit(session, "contact:x", "contact.join", "contact", contact_id, joined="other", method="link")
        session.get_one(Conversation, conversation).opened_with = {
            "path": "/lamps",
            "answers": [{"name": "topic", "labels": {"en": "Topic", "cs": "Téma"}, "value": "<b>Lamps</b>"}],
        }
    page = jana.sees(conversation)
    assert re.findall(r'<span>Telegram <bdi dir="ltr">(\d+)</bdi>(?: <span class="count">(\d)</span>)?', page) == [
        ("501", "2"),
        ("502", ""),
    ]
    assert '<span>Web chat <span class="count">2</span></span>' in page
    assert "<bdi>eva@example.com</bdi>" in page
    assert "Joined by a link from the web chat" in page
    assert "/lamps" in page
    assert "Topic</dt>" in page
    assert "&lt;b&gt;Lamps&lt;/b&gt;" in page


def _settle(house: House, conversation: str, *, delivered: bool) -> None:
    with house.database.write() as session:
        for delivery in session.scalars(
            select(Delivery).where(Delivery.conversation_id == conversation, Delivery.delivered_at.is_(None))
        ):
            delivery.delivered_at = utc_now() if delivered else None
            delivery.failure = None if delivered else "Forbidden: bot was blocked by the user"
