"""What we still owe the customers of a channel that has to be told: stored, in order, each sent by one process."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select

from bot.conversations.message_files import attachments_of
from connectors.database.base import utc_now
from connectors.database.models.conversation import Attachment, Author, ChannelIdentity, Delivery, Message
from connectors.database.session import Database

# Whoever claimed a message and died leaves it to others after this.
CLAIM = timedelta(seconds=60)
# After an outage of a day nobody waits for the answer any more.
GIVE_UP_AFTER = timedelta(days=1)
MAX_REASON_LENGTH = 500
# Where a reader would pause, the best first: paragraphs, lines, sentences (also Persian ones), words.
PAUSES = (("\n\n",), ("\n",), (". ", "! ", "? ", "؟ "), (" ",))


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message to send. `attempts` counts this one too; `buttons` have `id` and `title`; `files` go after the text."""

    delivery_id: int
    conversation_id: str
    external_id: str
    text: str
    buttons: Sequence[Mapping[str, str]]
    files: Sequence[Attachment]
    written_at: datetime
    attempts: int
    is_agents: bool


class Outbox:
    """The deliveries of one channel; all methods block and belong into a thread."""

    def __init__(self, database: Database, channel: str) -> None:
        self._database = database
        self._channel = channel

    def claim(self, limit: int) -> list[Parcel]:
        """The oldest open message of each conversation, if its time has come; nobody else gets it meanwhile."""
        now = utc_now()
        with self._database.read() as session:
            if session.scalars(select(Delivery.id).where(*self._is_due(now)).limit(1)).first() is None:
                return []
        query = (
            select(Delivery, Message, ChannelIdentity.external_id)
            .join(Message, (Message.conversation_id == Delivery.conversation_id) & (Message.seq == Delivery.seq))
            .join(
                ChannelIdentity,
                (ChannelIdentity.conversation_id == Delivery.conversation_id)
                & (ChannelIdentity.channel == Delivery.channel),
            )
            .where(*self._is_due(now))
            .order_by(Delivery.id)
            .limit(limit)
            .with_for_update(of=Delivery, skip_locked=True)
        )
        with self._database.write() as session:
            parcels = []
            for delivery, message, external_id in session.execute(query).all():
                delivery.attempts += 1
                delivery.next_attempt_at = now + CLAIM
                files = attachments_of(session, delivery.conversation_id, [delivery.seq]).get(delivery.seq, ())
                parcels.append(_pack(delivery, message, external_id, files))
        return parcels

    def mark_delivered(self, parcel: Parcel) -> None:
        with self._database.write() as session:
            session.get_one(Delivery, parcel.delivery_id).delivered_at = utc_now()

    def mark_failed(self, parcel: Parcel, reason: str) -> None:
        """Record why the customer will never see this message."""
        with self._database.write() as session:
            session.get_one(Delivery, parcel.delivery_id).failure = reason[:MAX_REASON_LENGTH]

    def postpone(self, parcel: Parcel, wait: timedelta) -> bool:
        """Try again after `wait`; False when the message has become too old and is given up."""
        now = utc_now()
        if parcel.written_at + GIVE_UP_AFTER < now:
            self.mark_failed(parcel, f"given up after {parcel.attempts} attempts")
            return False
        with self._database.write() as session:
            session.get_one(Delivery, parcel.delivery_id).next_attempt_at = now + wait
        return True

    def defer(self, parcel: Parcel, wait: timedelta) -> None:
        """It was not even tried: its turn comes after `wait`."""
        with self._database.write() as session:
            delivery = session.get_one(Delivery, parcel.delivery_id)
            delivery.attempts = parcel.attempts - 1
            delivery.next_attempt_at = utc_now() + wait

    def keep(self, parcel: Parcel) -> None:
        """It is still being sent: nobody else gets it yet."""
        with self._database.write() as session:
            session.get_one(Delivery, parcel.delivery_id).next_attempt_at = utc_now() + CLAIM

    def _is_due(self, now: datetime) -> tuple[ColumnElement[bool], ...]:
        is_open = (
            Delivery.channel == self._channel,
            Delivery.delivered_at.is_(None),
            Delivery.failure.is_(None),
        )
        # Order is kept by waiting: a message goes when the one before it is settled.
        oldest = select(func.min(Delivery.id)).where(*is_open).group_by(Delivery.conversation_id)
        return (*is_open, Delivery.id.in_(oldest), Delivery.next_attempt_at <= now)


def split_text(text: str, limit: int) -> list[str]:
    """Cut a text that is too long for one message: at a paragraph, else a sentence, else a word, else anywhere.

    `limit` is in UTF-16 code units, as Telegram counts: most emoji are two.
    """
    parts = []
    text = text.strip()
    while len(head := _beginning(text, limit)) < len(text):
        cut = next((end for marks in PAUSES if (end := _last_end(head, marks))), len(head))
        parts.append(text[:cut].rstrip())
        text = text[cut:].lstrip()
    return [*parts, text] if text else parts


def _last_end(text: str, marks: Sequence[str]) -> int:
    """Where the last of these marks ends; 0 when there is none."""
    return max((text.rfind(mark) + len(mark) for mark in marks if mark in text), default=0)


def _beginning(text: str, limit: int) -> str:
    """As much of a text as fits, whole characters only."""
    if 2 * len(text) <= limit:
        return text
    return text[:limit].encode("utf-16-le")[: 2 * limit].decode("utf-16-le", "ignore")


def _pack(delivery: Delivery, message: Message, external_id: str, files: Sequence[Attachment]) -> Parcel:
    return Parcel(
        delivery.id,
        delivery.conversation_id,
        external_id,
        message.text,
        message.buttons or (),
        files,
        message.at,
        delivery.attempts,
        message.author == Author.AGENT,
    )
