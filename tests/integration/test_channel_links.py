"""Two contacts become one when the same person proved to be both, and never by what somebody only claims."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.channels.setup import ChannelSetups
from bot.channels.setup_model import TelegramSetup
from bot.conversations.store import lock_conversation
from bot.services.channel_links import VALID, ChannelLinks, LinkOutcome
from bot.services.tickets import TicketDraft, Tickets
from bot.services.verification import CODE, SIGNED, verify_conversation
from connectors.database.base import utc_now
from connectors.database.models.conversation import ChannelIdentity, Contact, Conversation, LinkCode, Ticket
from connectors.database.models.people import AuditEntry
from connectors.database.models.service import OrderProof
from connectors.errors import NotFound
from connectors.secrets import secrets_of
from connectors.settings import Settings
from tests.fixtures.front_office import TEXTS, FrontOffice, open_front_office

pytestmark = pytest.mark.integration

EMMA, LIAM = "emma@example.com", "liam@example.com"


@pytest.fixture
def front(database_url: str) -> Iterator[FrontOffice]:
    with open_front_office(database_url) as office:
        yield office


@pytest.fixture
def setups(front: FrontOffice, tmp_path: Path) -> ChannelSetups:
    return ChannelSetups(front.database, secrets_of(Settings(_env_file=None, data_dir=tmp_path)))


@pytest.fixture
def links(front: FrontOffice, setups: ChannelSetups) -> ChannelLinks:
    return ChannelLinks(front.database, TEXTS, setups)


def verify(front: FrontOffice, conversation_id: str, email: str, method: str = CODE) -> None:
    with front.database.write() as session:
        verify_conversation(session, lock_conversation(session, conversation_id), email, method)


def sign(front: FrontOffice, conversation_id: str, subject: str) -> None:
    """The shop vouches for the customer of a conversation."""
    contact = front.conversation(conversation_id).contact_id
    with front.database.write() as session:
        session.add(
            ChannelIdentity(channel=SIGNED, external_id=subject, contact_id=contact, conversation_id=conversation_id)
        )


def connect(front: FrontOffice, links: ChannelLinks, web: str, chat: str) -> LinkOutcome:
    """Open a link of the web in the chat, and agree when asked."""
    code = links.make(web)
    with front.database.write() as session:
        followed = links.follow(session, lock_conversation(session, chat), code)
    if followed.outcome != LinkOutcome.ASK:
        return followed.outcome
    with front.database.write() as session:
        return links.join(session, lock_conversation(session, chat), followed.key)


def contact_of(front: FrontOffice, conversation_id: str) -> Contact:
    with front.database.read() as session:
        return session.get_one(Conversation, conversation_id).contact


def is_one_contact(front: FrontOffice, *conversations: str) -> bool:
    return len({front.conversation(one).contact_id for one in conversations}) == 1


def test_what_the_web_proved_counts_in_the_chat(front: FrontOffice, links: ChannelLinks) -> None:
    web, chat = front.open(), front.open(channel="telegram")
    verify(front, web, EMMA)
    with front.database.write() as session:
        session.add(OrderProof(conversation_id=web, order_number="4711", method="email"))
    ticket = Tickets(front.database).open_ticket(chat, "turn", TicketDraft("Lamp", "Broken", "x@example.com"))
    assert connect(front, links, web, chat) == LinkOutcome.JOINED
    assert is_one_contact(front, web, chat)
    joined = front.conversation(chat)
    assert (joined.verified_email, contact_of(front, chat).email) == (EMMA, EMMA)
    with front.database.read() as session:
        assert session.get(OrderProof, (chat, "4711")) is not None
        assert session.scalars(select(Ticket.contact_id).where(Ticket.number == ticket)).one() == joined.contact_id
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "contact.join")).one()
    assert entry.detail["method"] == "link"


@pytest.mark.parametrize("method", [CODE, SIGNED])
def test_a_link_from_before_the_web_proved_who_it_is_leads_nowhere(
    front: FrontOffice, links: ChannelLinks, method: str
) -> None:
    web, chat = front.open(), front.open(channel="telegram")
    before = links.make(web)
    verify(front, web, EMMA, method)
    after = links.make(web)
    verify(front, web, EMMA, method)
    for code, outcome in ((before, LinkOutcome.EXPIRED), (after, LinkOutcome.ASK)):
        with front.database.write() as session:
            assert links.follow(session, lock_conversation(session, chat), code).outcome == outcome


def test_what_the_chat_proved_is_not_given_to_whoever_sent_the_link(front: FrontOffice, links: ChannelLinks) -> None:
    web, chat = front.open(), front.open(channel="telegram")
    verify(front, chat, EMMA)
    assert connect(front, links, web, chat) == LinkOutcome.NEEDS_PROOF
    assert front.conversation(web).verified_email is None
    assert not is_one_contact(front, web, chat)
    verify(front, web, EMMA)
    assert is_one_contact(front, web, chat)
    assert connect(front, links, web, chat) == LinkOutcome.JOINED


def test_a_chat_that_was_joined_is_not_joined_with_the_next_who_sends_a_link(
    front: FrontOffice, links: ChannelLinks
) -> None:
    mine, chat, theirs = front.open(), front.open(channel="telegram"), front.open()
    assert connect(front, links, mine, chat) == LinkOutcome.JOINED
    assert connect(front, links, theirs, chat) == LinkOutcome.NEEDS_PROOF
    assert not is_one_contact(front, mine, theirs)


@pytest.mark.parametrize("proof", ["addresses", "signatures"])
def test_two_who_were_proved_to_be_different_stay_two(front: FrontOffice, links: ChannelLinks, proof: str) -> None:
    web, chat = front.open(), front.open(channel="telegram")
    if proof == "addresses":
        verify(front, web, EMMA)
        verify(front, chat, LIAM)
    else:
        sign(front, web, "customer-7")
        sign(front, chat, "customer-8")
    assert connect(front, links, web, chat) == LinkOutcome.ANOTHER_PERSON
    assert not is_one_contact(front, web, chat)


def test_the_contact_that_the_shop_vouches_for_stays(front: FrontOffice, links: ChannelLinks) -> None:
    chat, web = front.open(channel="telegram"), front.open()
    sign(front, web, "customer-7")
    known = front.conversation(web).contact_id
    connect(front, links, web, chat)
    assert front.conversation(chat).contact_id == known


def test_a_no_to_notices_stays_a_no(front: FrontOffice, links: ChannelLinks) -> None:
    web, chat = front.open(), front.open(channel="telegram")
    with front.database.write() as session:
        session.get_one(Conversation, chat).contact.accepts_notices = False
    connect(front, links, web, chat)
    assert not contact_of(front, web).accepts_notices


def test_a_link_is_over_after_half_an_hour_and_is_forgotten_later(front: FrontOffice, setups: ChannelSetups) -> None:
    now = utc_now()

    def clock() -> datetime:
        return now

    links = ChannelLinks(front.database, TEXTS, setups, clock)
    web, chat = front.open(), front.open(channel="telegram")
    code = links.make(web)
    now += VALID
    with front.database.write() as session:
        assert links.follow(session, lock_conversation(session, chat), code).outcome == LinkOutcome.EXPIRED
    now += timedelta(days=2)
    links.make(web)
    with front.database.read() as session:
        assert len(session.scalars(select(LinkCode)).all()) == 1


def test_only_the_hash_of_a_code_is_kept_and_a_guess_leads_nowhere(front: FrontOffice, links: ChannelLinks) -> None:
    web, chat = front.open(), front.open(channel="telegram")
    code = links.make(web)
    with front.database.write() as session:
        kept = session.scalars(select(LinkCode)).one()
        assert code not in (kept.code_hash, kept.conversation_id)
        followed = links.follow(session, lock_conversation(session, chat), kept.code_hash[:24])
    assert followed.outcome == LinkOutcome.EXPIRED


def test_a_link_of_an_order_needs_its_proof(front: FrontOffice, links: ChannelLinks) -> None:
    with pytest.raises(NotFound):
        links.make(front.open(), "4711")


def test_who_followed_a_link_to_an_order_stands_in_the_audit_log(front: FrontOffice, links: ChannelLinks) -> None:
    web, chat = front.open(), front.open(channel="telegram")
    with front.database.write() as session:
        session.add(OrderProof(conversation_id=web, order_number="4711", method="email"))
    code = links.make(web, "4711")
    for outcome in (LinkOutcome.ORDER, LinkOutcome.EXPIRED):
        with front.database.write() as session:
            assert links.follow(session, lock_conversation(session, chat), code).outcome == outcome
    with front.database.read() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "order.link")).one()
    assert entry.actor == f"contact:{front.conversation(chat).contact_id}"
    assert (entry.object_type, entry.object_id) == ("conversation", chat)
    assert entry.detail == {"order": "4711", "origin": web}


def test_the_same_contact_needs_not_be_asked(front: FrontOffice, links: ChannelLinks) -> None:
    web, chat = front.open(), front.open(channel="telegram")
    connect(front, links, web, chat)
    assert connect(front, links, web, chat) == LinkOutcome.JOINED


def test_without_a_bot_there_is_no_link(links: ChannelLinks, setups: ChannelSetups, front: FrontOffice) -> None:
    web = front.open()
    assert links.telegram_url(web) is None
    setups.change_telegram(TelegramSetup(bot_name="shop_bot"), 0, "admin")
    assert (links.telegram_url(web) or "").startswith("https://t.me/shop_bot?start=")
    setups.change_telegram(TelegramSetup(bot_name="shop_bot", is_on=False), 1, "admin")
    assert links.telegram_url(web) is None


def test_whoever_proves_the_same_address_on_two_channels_is_one_contact(front: FrontOffice) -> None:
    web, chat, other = front.open(), front.open(channel="telegram"), front.open()
    verify(front, web, EMMA)
    verify(front, chat, EMMA)
    verify(front, other, LIAM)
    assert is_one_contact(front, web, chat)
    assert not is_one_contact(front, web, other)
    assert contact_of(front, chat).email == EMMA


def test_an_address_of_a_household_does_not_make_two_customers_of_the_shop_one(front: FrontOffice) -> None:
    web, chat = front.open(), front.open(channel="telegram")
    sign(front, web, "customer-7")
    sign(front, chat, "customer-8")
    verify(front, web, EMMA, SIGNED)
    verify(front, chat, EMMA, SIGNED)
    assert not is_one_contact(front, web, chat)


def test_a_browser_that_served_two_people_is_joined_with_nobody(front: FrontOffice) -> None:
    shared = front.open()
    with front.database.write() as session:
        contact = session.get_one(Conversation, shared).contact
        second = Conversation(contact_id=contact.id, channel="web", language="en", verified_email=LIAM)
        session.add(second)
    verify(front, shared, EMMA)
    chat = front.open(channel="telegram")
    verify(front, chat, EMMA)
    assert not is_one_contact(front, shared, chat)
