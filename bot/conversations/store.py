"""Reading and changing conversations; every function works inside its caller's transaction."""

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.conversations.message_files import attach
from bot.conversations.stars import read_stars, star_button
from bot.conversations.titles import title_of
from bot.texts import Rendered
from connectors.database.base import utc_now
from connectors.database.models.conversation import (
    Author,
    ChannelIdentity,
    Contact,
    Conversation,
    Delivery,
    Message,
    MessageEdit,
    Owner,
)

TURN_LEASE = timedelta(seconds=90)
# A customer whose bot does not answer may still say this much; it protects the disk, not the bot.
MAX_PENDING_MESSAGES = 50
# Channels that have to be told; a web page fetches its messages itself.
PUSHED_CHANNELS = frozenset({"telegram"})


class TooManyPendingError(Exception):
    """The customer wrote a great deal that nobody could answer yet."""


@dataclass(frozen=True, slots=True)
class Intake:
    """A stored customer message; with a `lease` the caller now holds the conversation's next turn."""

    seq: int
    lease: datetime | None = None


def open_conversation(
    session: Session,
    channel: str,
    external_id: str,
    language: str,
    network_address: str | None,
    name: str | None = None,
    contact: Contact | None = None,
    family: str | None = None,
) -> Conversation:
    """A new conversation on one channel, with a contact who is known already or with a new one.

    `family` is that of the token it is opened with; None: what opens it is the first of its own.
    """
    if contact is None:
        contact = Contact(display_name=name)
        session.add(contact)
        session.flush()
    conversation = Conversation(
        contact_id=contact.id, channel=channel, language=language, network_address=network_address
    )
    session.add(conversation)
    session.flush()
    session.add(
        ChannelIdentity(
            channel=channel,
            external_id=external_id,
            family=family,
            contact_id=contact.id,
            conversation_id=conversation.id,
        )
    )
    session.flush()
    return conversation


def find_conversation(session: Session, channel: str, external_id: str) -> Conversation | None:
    query = (
        select(Conversation)
        .join(ChannelIdentity, ChannelIdentity.conversation_id == Conversation.id)
        .where(ChannelIdentity.channel == channel, ChannelIdentity.external_id == external_id)
    )
    return session.scalar(query)


def lock_conversation(session: Session, conversation_id: str) -> Conversation:
    """The conversation, held against other writers until the transaction ends."""
    query = select(Conversation).where(Conversation.id == conversation_id).with_for_update()
    return session.scalars(query.execution_options(populate_existing=True)).one()


def messages_after(session: Session, conversation_id: str, seq: int, limit: int = 500) -> Sequence[Message]:
    query = (
        select(Message)
        .where(Message.conversation_id == conversation_id, Message.seq > seq)
        .order_by(Message.seq)
        .limit(limit)
    )
    return session.scalars(query).all()


def add_message(
    session: Session,
    conversation: Conversation,
    author: Author,
    rendered: Rendered,
    agent_id: str | None = None,
    client_message_id: str | None = None,
    attachments: Collection[str] = (),
) -> Message:
    """Append what anybody but the customer says; the conversation must be locked.

    Raises:
        NotFound: one of the attachments is not there.
    """
    buttons = [{"id": secrets.token_urlsafe(9), "title": b.title, "payload": b.payload} for b in rendered.buttons]
    message = _append(session, conversation, author, rendered.text)
    message.buttons = buttons or None
    message.agent_id = agent_id
    message.client_message_id = client_message_id
    attach(session, conversation.id, author, message.seq, attachments)
    if conversation.channel in PUSHED_CHANNELS:
        session.add(Delivery(channel=conversation.channel, conversation_id=conversation.id, seq=message.seq))
    return message


def last_said(session: Session, conversation: Conversation) -> str | None:
    """The last text that the customer heard from us."""
    query = select(Message.text).where(Message.conversation_id == conversation.id, Message.author != Author.CUSTOMER)
    return session.scalar(query.order_by(Message.seq.desc()).limit(1))


def take_customer_message(
    session: Session,
    conversation_id: str,
    text: str,
    client_message_id: str,
    button_id: str | None = None,
    *,
    attachments: Collection[str] = (),
    external_id: str | None = None,
) -> Intake:
    """Store what a customer says; the same client_message_id again stores nothing and answers the same.

    Raises:
        TooManyPendingError: too much is waiting for an answer already.
        NotFound: one of the attachments is not there.
    """
    conversation = lock_conversation(session, conversation_id)
    known = session.scalar(
        select(Message.seq).where(
            Message.conversation_id == conversation_id, Message.client_message_id == client_message_id
        )
    )
    if known is not None:
        return Intake(known)
    if conversation.has_pending and conversation.last_seq - conversation.answered_seq >= MAX_PENDING_MESSAGES:
        raise TooManyPendingError
    button = find_button(session, conversation, button_id or text)
    if conversation.owner == Owner.CLOSED:
        return_to_bot(conversation)
    meant = button or _find_stars(session, conversation, text)
    message = _append(session, conversation, Author.CUSTOMER, button["title"] if button else text)
    message.payload = meant["payload"] if meant else None
    message.client_message_id = client_message_id
    message.external_id = external_id
    attach(session, conversation_id, Author.CUSTOMER, message.seq, attachments)
    conversation.title = conversation.title or title_of(message.text)
    conversation.snoozed_until = None
    if conversation.owner != Owner.BOT:
        return Intake(message.seq)
    conversation.has_pending = True
    return Intake(message.seq, _take_lease(conversation, utc_now()))


def edit_message(session: Session, conversation_id: str, external_id: str, text: str) -> bool:
    """Give a customer's message the text it was edited to; False when there is no such message, or nothing new in it.

    What was said before is kept. The bot has answered the first text; the new one is for people to see.
    """
    conversation = lock_conversation(session, conversation_id)
    is_it = (Message.conversation_id == conversation_id, Message.external_id == external_id)
    # A group that became a supergroup numbers its messages afresh.
    message = session.scalar(select(Message).where(*is_it).order_by(Message.seq.desc()).limit(1))
    if message is None or message.text == text:
        return False
    session.add(MessageEdit(message_id=message.id, text=message.text))
    message.text, message.edited_at = text, utc_now()
    touch(conversation)
    return True


def claim_turn(session: Session, conversation_id: str) -> datetime | None:
    """Take the lease of the next turn, unless somebody holds it or nothing is pending."""
    conversation = lock_conversation(session, conversation_id)
    return _take_lease(conversation, utc_now()) if conversation.has_pending else None


def held_conversation(session: Session, conversation_id: str, lease: datetime) -> Conversation | None:
    """The conversation, locked, while its turn is this lease's; None when it ran out and another took the turn."""
    conversation = lock_conversation(session, conversation_id)
    return conversation if conversation.turn_lease_until == lease else None


def renew_lease(conversation: Conversation) -> datetime:
    """A new lease for whoever holds the turn."""
    conversation.turn_lease_until = lease = utc_now() + TURN_LEASE
    return lease


def pending_messages(session: Session, conversation: Conversation) -> Sequence[Message]:
    """The customer's messages that the bot has not served yet; none where a person took over meanwhile."""
    if not conversation.has_pending:
        return ()
    later = messages_after(session, conversation.id, conversation.answered_seq)
    return [message for message in later if message.author == Author.CUSTOMER]


def waiting_conversations(session: Session, now: datetime, limit: int = 100) -> Sequence[str]:
    """Conversations with pending messages whose turn nobody runs."""
    query = (
        select(Conversation.id)
        .where(
            Conversation.has_pending.is_(True),
            (Conversation.turn_lease_until.is_(None)) | (Conversation.turn_lease_until < now),
        )
        .order_by(Conversation.updated_at)
        .limit(limit)
    )
    return session.scalars(query).all()


def release_all_leases(session: Session) -> None:
    """At the start of the only process: whoever held a turn is gone."""
    session.execute(
        update(Conversation).where(Conversation.turn_lease_until.is_not(None)).values(turn_lease_until=None)
    )


def return_to_bot(conversation: Conversation) -> None:
    """Give the conversation to the bot, which starts afresh and leaves earlier messages alone."""
    conversation.owner = Owner.BOT
    conversation.agent_id = None
    conversation.queued_at = None
    conversation.bot_session += 1
    silence_bot(conversation)


def silence_bot(conversation: Conversation) -> None:
    """Leave what was said so far to people: the bot will not answer it."""
    conversation.answered_seq = conversation.last_seq
    conversation.has_pending = False
    conversation.turn_failures = 0
    conversation.bot_away_since = None
    conversation.snoozed_until = None
    touch(conversation)


def touch(conversation: Conversation) -> None:
    conversation.updated_at = utc_now()


def _take_lease(conversation: Conversation, now: datetime) -> datetime | None:
    if conversation.turn_lease_until is not None and conversation.turn_lease_until > now:
        return None
    return renew_lease(conversation)


def _append(session: Session, conversation: Conversation, author: Author, text: str) -> Message:
    conversation.last_seq += 1
    touch(conversation)
    message = Message(
        conversation_id=conversation.id, seq=conversation.last_seq, author=author, text=text, at=utc_now()
    )
    session.add(message)
    return message


def find_button(session: Session, conversation: Conversation, button_id: str) -> dict[str, str] | None:
    """The button of one of the last messages that this id stands for."""
    query = (
        select(Message.buttons)
        .where(Message.conversation_id == conversation.id, Message.seq > conversation.last_seq - 10)
        .where(Message.buttons.is_not(None), Message.author != Author.CUSTOMER)
    )
    if len(button_id) > 40:
        return None
    for buttons in session.scalars(query):
        for button in buttons or ():
            if secrets.compare_digest(button["id"].encode(), button_id.encode()):
                return dict(button)
    return None


def _find_stars(session: Session, conversation: Conversation, text: str) -> Mapping[str, str] | None:
    """The stars that a typed rating stands for, when they were offered just before it."""
    score = read_stars(text)
    if score is None:
        return None
    is_last = (Message.conversation_id == conversation.id, Message.seq == conversation.last_seq)
    buttons = session.scalar(select(Message.buttons).where(*is_last, Message.author != Author.CUSTOMER))
    return star_button(buttons or (), score)
