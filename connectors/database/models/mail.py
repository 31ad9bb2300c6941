"""Tables of mail: what is to leave, which attachments arrived, how far a mailbox was read, and what answers what."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from connectors.database.base import Base, utc_now


class MailState(StrEnum):
    """`sending` while the mail server has it; `unconfirmed` when our process died meanwhile, so that nobody knows.

    `given_up` was refused, tried for too long or came too late; `bounced` was taken and came back.
    """

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    UNCONFIRMED = "unconfirmed"
    GIVEN_UP = "given_up"
    BOUNCED = "bounced"


class OutgoingMail(Base):
    """A mail of ours. The same `key` is the same mail; `about` says what it is for.

    `message_name` stands in its Message-ID: nobody else can guess it, so a report that names it is about this mail.
    `sealed` is its content, sealed, and empty once it is settled; it is not sent after `useless_after`.
    """

    __tablename__ = "outgoing_mails"
    __table_args__ = (
        Index("ix_outgoing_mails_due", "state", "next_try_at"),
        Index("ix_outgoing_mails_about", "about"),
        # Limits count what was sent to an address, and what was sent at all, in the last day.
        Index("ix_outgoing_mails_recipient", "recipient", "created_at"),
        Index("ix_outgoing_mails_created_at", "created_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(150), unique=True)
    message_name: Mapped[str] = mapped_column(String(60), unique=True)
    about: Mapped[str] = mapped_column(String(150))
    recipient: Mapped[str] = mapped_column(String(320))
    sealed: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(20), default=MailState.PENDING.value)
    attempts: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime]
    useless_after: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(String(500))
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    settled_at: Mapped[datetime | None] = mapped_column(index=True)


class DocumentState(StrEnum):
    WAITING = "waiting"
    ARCHIVED = "archived"
    QUARANTINED = "quarantined"


class MailDocument(Base):
    """An attachment that was offered as a document; `mail_id` is where its mail lies in the `folder` of intake.

    `noted_at`: why it was put aside stands in a note beside its mail. `moved_at`: its mail has left the folder.
    """

    __tablename__ = "mail_documents"
    __table_args__ = (
        UniqueConstraint("connection", "folder", "mail_id", "place"),
        Index("ix_mail_documents_checksum", "connection", "checksum"),
        Index("ix_mail_documents_open", "connection", "folder", "moved_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    connection: Mapped[str] = mapped_column(String(100))
    folder: Mapped[str] = mapped_column(String(200))
    mail_id: Mapped[str] = mapped_column(String(60))
    place: Mapped[int]
    name: Mapped[str] = mapped_column(String(300))
    checksum: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(20), default=DocumentState.WAITING.value)
    reason: Mapped[str | None] = mapped_column(Text)
    seen_at: Mapped[datetime] = mapped_column(default=utc_now)
    settled_at: Mapped[datetime | None]
    noted_at: Mapped[datetime | None]
    moved_at: Mapped[datetime | None]


class MailboxPosition(Base):
    """The last mail of a folder with which a reader (`<connection>:<what it looks for>`) has dealt."""

    __tablename__ = "mailbox_positions"

    reader: Mapped[str] = mapped_column(String(120), primary_key=True)
    folder: Mapped[str] = mapped_column(String(200), primary_key=True)
    mail_id: Mapped[str] = mapped_column(String(60))
    at: Mapped[datetime] = mapped_column(default=utc_now)


class TicketMail(Base):
    """A mail of a customer that was added to a ticket, so that what answers it is known to belong there, too."""

    __tablename__ = "ticket_mails"

    message_id: Mapped[str] = mapped_column(String(300), primary_key=True)
    ticket_number: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime] = mapped_column(default=utc_now)
