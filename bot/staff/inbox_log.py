"""The log of a conversation as agents see it: messages with files, edits and delivery, and notes between them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.conversations.message_files import attachments_of
from bot.conversations.store import PUSHED_CHANNELS
from bot.staff.notes import notes_of
from connectors.database.models.conversation import Attachment, Author, Conversation, Delivery, Message, MessageEdit
from connectors.database.models.people import User

LOG_LIMIT = 200
COMPLETE_LOG_LIMIT = 5000
# What a browser may draw itself; anything else is saved to be looked at.
DRAWN = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
KNOWN_REASONS = frozenset(
    {"too_large", "too_many", "kind_not_allowed", "content_differs", "is_empty", "is_bomb", "not_available"}
)


@dataclass(frozen=True, slots=True)
class Sending:
    """What became of a message of ours: sent, seen, on_its_way, delivered or failed; `reason` is the channel's word."""

    state: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One message. `earlier` are its texts before each edit with the time until which they stood, the oldest first."""

    seq: int
    author: str
    agent_name: str | None
    text: str
    buttons: Sequence[str]
    at: datetime
    files: Sequence[Attachment] = ()
    edited_at: datetime | None = None
    earlier: Sequence[tuple[str, datetime]] = ()
    sending: Sending | None = None


@dataclass(frozen=True, slots=True)
class NoteLine:
    """A private note among the messages."""

    id: int
    author_name: str
    text: str
    at: datetime


def read_log(session: Session, conversation: Conversation, *, is_complete: bool) -> Sequence[Line | NoteLine]:
    """The last messages, or nearly all of them, with the notes of that time, in the order of their writing."""
    lines = _lines(session, conversation, COMPLETE_LOG_LIMIT if is_complete else LOG_LIMIT)
    is_cut = bool(lines) and lines[0].seq > 1
    notes = notes_of(session, conversation.id, lines[0].at if is_cut else None)
    written = [NoteLine(note.id, name, note.text, note.at) for note, name in notes]
    return sorted([*lines, *written], key=lambda one: one.at) if written else lines


def _lines(session: Session, conversation: Conversation, limit: int) -> Sequence[Line]:
    query = (
        select(Message, User.name)
        .outerjoin(User, User.id == Message.agent_id)
        .where(Message.conversation_id == conversation.id)
        .order_by(Message.seq.desc())
        .limit(limit)
    )
    found = session.execute(query).all()[::-1]
    seqs = [message.seq for message, _name in found]
    files = attachments_of(session, conversation.id, seqs)
    edits = _edits(session, [message.id for message, _name in found if message.edited_at is not None])
    deliveries = _deliveries(session, conversation, seqs)
    return [
        Line(
            seq=message.seq,
            author=message.author,
            agent_name=name,
            text=message.text,
            buttons=[button["title"] for button in message.buttons or ()],
            at=message.at,
            files=files.get(message.seq, ()),
            edited_at=message.edited_at,
            earlier=edits.get(message.id, ()),
            sending=_sending(conversation, message, deliveries.get(message.seq)),
        )
        for message, name in found
    ]


def _edits(session: Session, message_ids: Sequence[int]) -> Mapping[int, Sequence[tuple[str, datetime]]]:
    if not message_ids:
        return {}
    query = select(MessageEdit).where(MessageEdit.message_id.in_(message_ids)).order_by(MessageEdit.id)
    found: dict[int, list[tuple[str, datetime]]] = {}
    for edit in session.scalars(query):
        found.setdefault(edit.message_id, []).append((edit.text, edit.at))
    return found


def _deliveries(session: Session, conversation: Conversation, seqs: Sequence[int]) -> Mapping[int, Delivery]:
    if conversation.channel not in PUSHED_CHANNELS or not seqs:
        return {}
    query = select(Delivery).where(Delivery.conversation_id == conversation.id, Delivery.seq >= seqs[0])
    return {delivery.seq: delivery for delivery in session.scalars(query)}


def _sending(conversation: Conversation, message: Message, delivery: Delivery | None) -> Sending | None:
    """Of what agents said always; of what the assistant said only when it failed."""
    if message.author == Author.CUSTOMER:
        return None
    if delivery is not None and delivery.failure is not None:
        return Sending("failed", delivery.failure)
    if message.author != Author.AGENT:
        return None
    if delivery is not None:
        return Sending("delivered" if delivery.delivered_at is not None else "on_its_way")
    return Sending("seen" if conversation.customer_read_seq >= message.seq else "sent")
