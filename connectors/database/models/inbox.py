"""Tables of the agents' daily work: notes, mentions, labels, canned replies, and who is there to answer."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from connectors.database.base import Base, utc_now


class PrivateNote(Base):
    """What an agent wrote about a conversation for colleagues; customers never see it."""

    __tablename__ = "private_notes"

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"), index=True)
    author_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    text: Mapped[str] = mapped_column(Text)
    form_key: Mapped[str] = mapped_column(String(60), unique=True)
    at: Mapped[datetime] = mapped_column(default=utc_now)


class Mention(Base):
    """A colleague who was named in a note, until they have seen it."""

    __tablename__ = "mentions"
    __table_args__ = (Index("ix_mentions_user_id", "user_id", "seen_at"),)

    note_id: Mapped[int] = mapped_column(ForeignKey("private_notes.id"), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), primary_key=True)
    seen_at: Mapped[datetime | None]


class Label(Base):
    """A word that conversations are sorted by; `colour` names one of the palette."""

    __tablename__ = "labels"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40), unique=True)
    colour: Mapped[str] = mapped_column(String(20))


class ConversationLabel(Base):
    __tablename__ = "conversation_labels"

    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"), primary_key=True)
    label_id: Mapped[int] = mapped_column(ForeignKey("labels.id"), primary_key=True, index=True)
    at: Mapped[datetime] = mapped_column(default=utc_now)


class CannedReply(Base):
    """A prepared answer in one language; `{name}`, `{agent}`, `{order}` and `{ticket}` are filled in."""

    __tablename__ = "canned_replies"
    __table_args__ = (UniqueConstraint("shortcut", "language"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    shortcut: Mapped[str] = mapped_column(String(40))
    language: Mapped[str] = mapped_column(String(8))
    text: Mapped[str] = mapped_column(Text)
    changed_at: Mapped[datetime] = mapped_column(default=utc_now)


class Availability(Base):
    """Whether an agent takes new conversations, how many at once, and when; `hours` are [weekday, "09:00", "17:00"].

    Without hours those of the company count. `last_given_at` makes the turn go round.
    """

    __tablename__ = "availabilities"

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), primary_key=True)
    is_taking: Mapped[bool] = mapped_column(default=False)
    capacity: Mapped[int] = mapped_column(default=5)
    hours: Mapped[list[Any]] = mapped_column(default=list)
    last_given_at: Mapped[datetime | None]
    last_seen_at: Mapped[datetime | None]
