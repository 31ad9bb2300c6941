"""Tables of service to customers: proofs, ticket answers, notices, ratings, waiting lists and business hours."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from connectors.database.base import Base, new_id, utc_now


class OrderProof(Base):
    """A conversation in which the customer proved that an order is theirs; `method` is email, postcode or account.

    `told_expectation` is the delivery date that the customer heard last.
    """

    __tablename__ = "order_proofs"

    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"), primary_key=True)
    order_number: Mapped[str] = mapped_column(String(40), primary_key=True)
    method: Mapped[str] = mapped_column(String(20))
    told_expectation: Mapped[date | None]
    at: Mapped[datetime] = mapped_column(default=utc_now)


class OneTimeCode(Base):
    """A code that was sent to an e-mail address; only its salted hash is kept. It works once, for a while."""

    __tablename__ = "one_time_codes"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"), index=True)
    email: Mapped[str] = mapped_column(String(320))
    code_hash: Mapped[str] = mapped_column(String(200))
    tries: Mapped[int] = mapped_column(default=0)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)


class TicketMessage(Base):
    """What was written about a ticket after it was opened; `author` is customer or agent."""

    __tablename__ = "ticket_messages"

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"), index=True)
    author: Mapped[str] = mapped_column(String(10))
    agent_id: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(default=utc_now)


class NoticeState(StrEnum):
    """`suppressed`: the customer does not want such messages, or there is no conversation to write to.

    Of mails: `sending` while the mail server has it; `unconfirmed` when our process died meanwhile, so that nobody
    knows whether it left; `given_up` when it was refused for good.
    """

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    SUPPRESSED = "suppressed"
    UNCONFIRMED = "unconfirmed"
    GIVEN_UP = "given_up"


class Notice(Base):
    """A message that the company starts; `response` is a key of the texts, `arguments` what is filled in.

    `idempotency_key` makes one cause tell the customer once. It goes to the named conversation or contact, or to
    whoever proved the order; one with an `email` is a mail, tried again at `next_try_at`.
    """

    __tablename__ = "notices"
    __table_args__ = (Index("ix_notices_state", "state", "id"), Index("ix_notices_order", "order_number", "id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    idempotency_key: Mapped[str] = mapped_column(String(150), unique=True)
    kind: Mapped[str] = mapped_column(String(40))
    contact_id: Mapped[str | None] = mapped_column(ForeignKey("contacts.id"), index=True)
    order_number: Mapped[str | None] = mapped_column(String(40))
    response: Mapped[str] = mapped_column(String(60))
    arguments: Mapped[dict[str, Any]] = mapped_column(default=dict)
    state: Mapped[str] = mapped_column(String(20), default=NoticeState.PENDING.value)
    reason: Mapped[str | None] = mapped_column(String(200))
    conversation_id: Mapped[str | None] = mapped_column(ForeignKey("conversations.id"))
    email: Mapped[str | None] = mapped_column(String(320))
    language: Mapped[str | None] = mapped_column(String(8))
    attempts: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    settled_at: Mapped[datetime | None]


class NoticeCause(Base):
    """What a notice told of: a cause is told of once, whichever notice names it."""

    __tablename__ = "notice_causes"

    cause: Mapped[str] = mapped_column(String(150), primary_key=True)
    notice_id: Mapped[int] = mapped_column(ForeignKey("notices.id"), index=True)
    at: Mapped[datetime] = mapped_column(default=utc_now)


class StockWatch(Base):
    """A customer who wants to hear when a product is back; `told_at` ends it."""

    __tablename__ = "stock_watches"
    __table_args__ = (Index("ix_stock_watches_open", "told_at", "sku"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[str] = mapped_column(ForeignKey("contacts.id"), index=True)
    sku: Mapped[str] = mapped_column(String(60))
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    told_at: Mapped[datetime | None]


class Rating(Base):
    """How a customer liked a conversation with us: `score` 1 to 5; one for each stretch of it."""

    __tablename__ = "ratings"
    __table_args__ = (UniqueConstraint("conversation_id", "bot_session"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"))
    bot_session: Mapped[int]
    score: Mapped[int]
    comment: Mapped[str | None] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(default=utc_now)


class OpeningHours(Base):
    """A stretch of a weekday (0 = Monday) in which people answer; times as HH:MM in the company's time zone."""

    __tablename__ = "opening_hours"

    id: Mapped[int] = mapped_column(primary_key=True)
    weekday: Mapped[int]
    opens: Mapped[str] = mapped_column(String(5))
    closes: Mapped[str] = mapped_column(String(5))


class Closure(Base):
    """Days, both ends included, on which the company is closed beside weekends and public holidays.

    `is_working` turns it round: the company works on these days although they are a weekend or a holiday.
    """

    __tablename__ = "closures"

    id: Mapped[int] = mapped_column(primary_key=True)
    first_day: Mapped[date] = mapped_column(index=True)
    last_day: Mapped[date]
    name: Mapped[str] = mapped_column(String(100))
    is_working: Mapped[bool] = mapped_column(default=False)
