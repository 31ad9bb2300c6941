"""Tables of the front office: contacts, conversations, messages, tickets."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from connectors.database.base import Base, new_id, utc_now
from connectors.folded_text import fold


class Owner(StrEnum):
    """Who answers the customer now."""

    BOT = "bot"
    QUEUE = "queue"
    HUMAN = "human"
    CLOSED = "closed"


class Author(StrEnum):
    CUSTOMER = "customer"
    BOT = "bot"
    AGENT = "agent"
    SYSTEM = "system"


class Contact(Base):
    """A person who writes to us; known better as soon as they prove more. `searched` is name and address, folded."""

    __tablename__ = "contacts"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    display_name: Mapped[str | None] = mapped_column(String(200))
    email: Mapped[str | None] = mapped_column(String(320), index=True)
    accepts_notices: Mapped[bool] = mapped_column(default=True)
    searched: Mapped[str] = mapped_column(String(600), default="")
    created_at: Mapped[datetime] = mapped_column(default=utc_now)

    @validates("display_name", "email")
    def _fold(self, field: str, value: str | None) -> str | None:
        known = {"display_name": self.display_name, "email": self.email, field: value}
        self.searched = fold(" ".join(part for part in known.values() if part))[:600]
        return value


def _first_of_family(context: DefaultExecutionContext) -> str:
    return str(context.get_current_parameters()["external_id"])  # type: ignore[no-untyped-call]


class ChannelIdentity(Base):
    """How a contact is known on one channel: the hash of a web session token, a Telegram user id.

    `family` is the external id of the first token of a browser: all that were made with it, and with those, have it.
    """

    __tablename__ = "channel_identities"
    __table_args__ = (UniqueConstraint("channel", "external_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(String(20))
    external_id: Mapped[str] = mapped_column(String(100))
    family: Mapped[str] = mapped_column(String(100), index=True, default=_first_of_family)
    contact_id: Mapped[str] = mapped_column(ForeignKey("contacts.id"), index=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)


class Conversation(Base):
    """One talk with a customer. `last_seq` counts messages, `answered_seq` the customer's that the bot served.

    `bot_session` numbers the bot's stretches of the conversation: a new one starts with an empty Rasa tracker.
    `turn_lease_until` says until when some process holds the right to run the bot's next turn.
    `title` is how the customer finds it among theirs. `customer_read_seq` and `staff_read_seq` are the last messages
    that the customer and anybody of ours have seen. A snoozed one comes back to its agent at `snoozed_until`.
    `opened_with` is what the customer brought along: {"path": the page, "answers": [{"name", "labels", "value"}]} of
    the form before the chat.
    `verified_email` is an address that the person proved to own, `verified_by` how (code or signed); an order that was
    proved proves that order only. `bot_away_since` is there while the bot cannot answer.
    """

    __tablename__ = "conversations"
    __table_args__ = (Index("ix_conversations_owner_updated", "owner", "updated_at"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    contact_id: Mapped[str] = mapped_column(ForeignKey("contacts.id"), index=True)
    channel: Mapped[str] = mapped_column(String(20))
    language: Mapped[str] = mapped_column(String(8))
    is_language_chosen: Mapped[bool] = mapped_column(default=False)
    owner: Mapped[str] = mapped_column(String(10), default=Owner.BOT.value)
    bot_session: Mapped[int] = mapped_column(default=1)
    agent_id: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    handoff_reason: Mapped[str | None] = mapped_column(String(200))
    closed_reason: Mapped[str | None] = mapped_column(String(500))
    last_seq: Mapped[int] = mapped_column(default=0)
    answered_seq: Mapped[int] = mapped_column(default=0)
    has_pending: Mapped[bool] = mapped_column(default=False, index=True)
    turn_lease_until: Mapped[datetime | None]
    turn_failures: Mapped[int] = mapped_column(default=0)
    queued_at: Mapped[datetime | None]
    network_address: Mapped[str | None] = mapped_column(String(64))
    verified_email: Mapped[str | None] = mapped_column(String(320), index=True)
    verified_by: Mapped[str | None] = mapped_column(String(20))
    verified_at: Mapped[datetime | None]
    bot_away_since: Mapped[datetime | None]
    title: Mapped[str | None] = mapped_column(String(120))
    customer_read_seq: Mapped[int] = mapped_column(default=0)
    staff_read_seq: Mapped[int] = mapped_column(default=0)
    assigned_at: Mapped[datetime | None]
    snoozed_until: Mapped[datetime | None] = mapped_column(index=True)
    opened_with: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    updated_at: Mapped[datetime] = mapped_column(default=utc_now, index=True)

    contact: Mapped[Contact] = relationship()


class Message(Base):
    """One message; `seq` counts from 1 within its conversation. `payload` is what a pressed button means to Rasa.

    `external_id` is the message's own number on its channel, by which an edit finds it; `edited_at` the last edit. The
    text is the newest; what it was before stands in MessageEdit. A message with attachments may have an empty text.
    `searched` is the text as searches see it.
    """

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("conversation_id", "seq"),
        UniqueConstraint("conversation_id", "client_message_id"),
        Index("ix_messages_external_id", "conversation_id", "external_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"))
    seq: Mapped[int]
    author: Mapped[str] = mapped_column(String(10))
    agent_id: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    text: Mapped[str] = mapped_column(Text)
    searched: Mapped[str] = mapped_column(Text, default="")
    buttons: Mapped[list[Any] | None]
    payload: Mapped[str | None] = mapped_column(String(200))
    client_message_id: Mapped[str | None] = mapped_column(String(100))
    external_id: Mapped[str | None] = mapped_column(String(60))
    edited_at: Mapped[datetime | None]
    at: Mapped[datetime] = mapped_column(default=utc_now)

    @validates("text")
    def _fold(self, _field: str, value: str) -> str:
        self.searched = fold(value)
        return value


class MessageEdit(Base):
    """A text that a customer's message had before it was edited; `at` is when it was replaced."""

    __tablename__ = "message_edits"

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id"), index=True)
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(default=utc_now)


class AttachmentKind(StrEnum):
    PHOTO = "photo"
    DOCUMENT = "document"
    VOICE = "voice"
    LOCATION = "location"
    CONTACT = "contact"


class Attachment(Base):
    """Something beside text that a customer or an agent sent; `seq` is its message, None until that is stored.

    Its bytes are in DATA_DIR/attachments under `id` (`size` 0 and no bytes for a location or a contact card, whose
    facts are in `detail`, and for a file that is still to be fetched from its channel or that could not be: `state`).
    `media_type` is what the bytes were found to be, never what the sender said.
    """

    __tablename__ = "attachments"
    __table_args__ = (
        Index("ix_attachments_message", "conversation_id", "seq"),
        # Files that a channel still holds are asked for all the time; nearly all are here.
        Index(
            "ix_attachments_expected",
            "created_at",
            sqlite_where=text("state = 'expected'"),
            postgresql_where=text("state = 'expected'"),
        ),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"))
    seq: Mapped[int | None]
    author: Mapped[str] = mapped_column(String(10))
    kind: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(20), default="ready")
    name: Mapped[str] = mapped_column(String(200))
    media_type: Mapped[str] = mapped_column(String(100), default="application/octet-stream")
    size: Mapped[int] = mapped_column(default=0)
    sha256: Mapped[str | None] = mapped_column(String(64))
    external_id: Mapped[str | None] = mapped_column(String(200))
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime] = mapped_column(default=utc_now, index=True)


class LinkCode(Base):
    """A code that ties a chat on another channel to a conversation, perhaps to an order; it works once, for a while."""

    __tablename__ = "link_codes"

    code_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"), index=True)
    order_number: Mapped[str | None] = mapped_column(String(40))
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)


class Delivery(Base):
    """A message on its way to a channel that has to be told (Telegram); web customers fetch theirs."""

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("conversation_id", "seq"),
        # The oldest open delivery of each conversation is asked for all the time; nearly all are settled.
        Index(
            "ix_deliveries_open",
            "channel",
            "conversation_id",
            "id",
            sqlite_where=text("delivered_at IS NULL AND failure IS NULL"),
            postgresql_where=text("delivered_at IS NULL AND failure IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(String(20))
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"))
    seq: Mapped[int]
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime] = mapped_column(default=utc_now, index=True)
    delivered_at: Mapped[datetime | None]
    failure: Mapped[str | None] = mapped_column(String(500))


class InboundUpdate(Base):
    """An update of an outside channel that was stored, so that a repeated one changes nothing."""

    __tablename__ = "inbound_updates"

    channel: Mapped[str] = mapped_column(String(20), primary_key=True)
    external_id: Mapped[str] = mapped_column(String(100), primary_key=True)
    at: Mapped[datetime] = mapped_column(default=utc_now)


class Ticket(Base):
    """A case that somebody owes an answer. `turn_key` makes one turn create it once.

    `searched` is number, address, subject, description and what was written about it since, folded.
    """

    __tablename__ = "tickets"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(20), unique=True)
    turn_key: Mapped[str] = mapped_column(String(100), unique=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"), index=True)
    contact_id: Mapped[str] = mapped_column(ForeignKey("contacts.id"), index=True)
    email: Mapped[str] = mapped_column(String(320), index=True)
    subject: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(Text)
    searched: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[str] = mapped_column(String(20), default="open")
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    updated_at: Mapped[datetime] = mapped_column(default=utc_now)

    @validates("number", "email", "subject", "description")
    def _fold(self, field: str, value: str) -> str:
        known = {
            "number": self.number,
            "email": self.email,
            "subject": self.subject,
            "description": self.description,
            field: value,
        }
        self.searched = fold(" ".join(part for part in known.values() if part))
        return value

    def add_words(self, text: str) -> None:
        """What is written about a (locked) ticket later is searched, too."""
        self.searched = f"{self.searched} {fold(text)}"


class ProofAttempt(Base):
    """A failed try to prove something; counted per conversation, contact, network address and order."""

    __tablename__ = "proof_attempts"
    __table_args__ = (Index("ix_proof_attempts_scope", "scope", "subject", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    scope: Mapped[str] = mapped_column(String(20))
    subject: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(default=utc_now, index=True)
