"""What the inbox shows, read from the database: the lists, one conversation, and who the customer is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from bot.handoff.summary import Summary, summarise
from bot.services.customers import CustomerRecord, read_record
from connectors.database.models.conversation import Author, Contact, Conversation, Message, Owner
from connectors.database.models.people import User

LIST_LIMIT = 60
LOG_LIMIT = 200
COMPLETE_LOG_LIMIT = 5000
SNIPPET_LENGTH = 140
TABS = ("colleagues", "bot", "closed")


@dataclass(frozen=True, slots=True)
class Row:
    """A conversation in a list.

    `needs_answer`: a colleague has it and was not the last to speak. `waits_since`: it waits for a person, or for an
    assistant that is away.
    """

    id: str
    contact_id: str
    name: str | None
    channel: str
    language: str
    agent_name: str | None
    last_author: str
    last_text: str
    last_at: datetime
    waits_since: datetime | None
    is_bot_away: bool
    needs_answer: bool


@dataclass(frozen=True, slots=True)
class Lists:
    waiting: Sequence[Row]
    waiting_count: int
    mine: Sequence[Row]
    others: Sequence[Row]
    tab: str
    has_more: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One message of the log."""

    seq: int
    author: str
    agent_name: str | None
    text: str
    buttons: Sequence[str]
    at: datetime


@dataclass(frozen=True, slots=True)
class OpenConversation:
    """The conversation in the middle. `mode` is what this agent may do: mine, open, taken or closed."""

    conversation: Conversation
    contact: Contact
    agent_name: str | None
    mode: str
    lines: Sequence[Line]
    has_earlier: bool
    customer: CustomerRecord
    summary: Summary

    @property
    def customer_key(self) -> str:
        """Changes when more, or something else, is known about who the customer is."""
        record = self.customer
        return " ".join([self.contact.email or "", *sorted(record.verified_emails), *sorted(record.proved_orders)])

    @property
    def id(self) -> str:
        return self.conversation.id

    @property
    def name(self) -> str | None:
        return self.contact.display_name or self.contact.email


def read_lists(session: Session, agent_id: str, tab: str) -> Lists:
    """Who waits, longest first; then this agent's; then those of the chosen tab, newest first."""
    is_stranded = and_(Conversation.owner == Owner.BOT, Conversation.bot_away_since.is_not(None))
    is_waiting = or_(Conversation.owner == Owner.QUEUE, is_stranded)
    longest = func.coalesce(Conversation.queued_at, Conversation.bot_away_since).asc()
    is_mine = and_(Conversation.owner == Owner.HUMAN, Conversation.agent_id == agent_id)
    newest = Conversation.updated_at.desc()
    others = _rows(session, _condition_of(tab, agent_id), newest, LIST_LIMIT + 1)
    return Lists(
        waiting=_rows(session, is_waiting, longest, LIST_LIMIT),
        waiting_count=session.scalar(select(func.count()).where(is_waiting)) or 0,
        mine=_rows(session, is_mine, newest, LIST_LIMIT),
        others=others[:LIST_LIMIT],
        tab=tab,
        has_more=len(others) > LIST_LIMIT,
    )


def read_conversation(
    session: Session, conversation_id: str, agent_id: str, is_complete: bool = False
) -> OpenConversation | None:
    """A conversation with its last messages, or nearly all of them; None when there is none of this id."""
    conversation = session.get(Conversation, conversation_id)
    if conversation is None:
        return None
    contact = conversation.contact
    lines = _lines(session, conversation_id, COMPLETE_LOG_LIMIT if is_complete else LOG_LIMIT)
    agent = session.get(User, conversation.agent_id) if conversation.agent_id else None
    return OpenConversation(
        conversation=conversation,
        contact=contact,
        agent_name=agent.name if agent else None,
        mode=_mode(conversation, agent_id),
        lines=lines,
        has_earlier=bool(lines) and lines[0].seq > 1,
        customer=read_record(session, conversation),
        summary=summarise(session, conversation),
    )


def _mode(conversation: Conversation, agent_id: str) -> str:
    if conversation.owner == Owner.CLOSED:
        return "closed"
    if conversation.owner != Owner.HUMAN:
        return "open"
    return "mine" if conversation.agent_id == agent_id else "taken"


def _condition_of(tab: str, agent_id: str) -> ColumnElement[bool]:
    match tab:
        case "bot":
            # A conversation in which the customer never said anything holds only the welcome.
            return and_(Conversation.owner == Owner.BOT, Conversation.last_seq > 1)
        case "closed":
            return Conversation.owner == Owner.CLOSED
    return and_(Conversation.owner == Owner.HUMAN, Conversation.agent_id != agent_id)


def _rows(session: Session, condition: ColumnElement[bool], order: ColumnElement[Any], limit: int) -> Sequence[Row]:
    is_last = and_(Message.conversation_id == Conversation.id, Message.seq == Conversation.last_seq)
    query = (
        select(Conversation, Contact, Message, User.name)
        .join(Contact, Contact.id == Conversation.contact_id)
        .join(Message, is_last)
        .outerjoin(User, User.id == Conversation.agent_id)
        .where(condition)
        .order_by(order, Conversation.id)
        .limit(limit)
    )
    found = session.execute(query)
    return [_row(conversation, contact, last, agent_name) for conversation, contact, last, agent_name in found]


def _row(conversation: Conversation, contact: Contact, last: Message, agent_name: str | None) -> Row:
    return Row(
        id=conversation.id,
        contact_id=contact.id,
        name=contact.display_name or contact.email,
        channel=conversation.channel,
        language=conversation.language,
        agent_name=agent_name,
        last_author=last.author,
        last_text=last.text[:SNIPPET_LENGTH],
        last_at=last.at,
        waits_since=conversation.queued_at or conversation.bot_away_since,
        is_bot_away=conversation.bot_away_since is not None,
        needs_answer=conversation.owner == Owner.HUMAN and last.author != Author.AGENT,
    )


def _lines(session: Session, conversation_id: str, limit: int) -> Sequence[Line]:
    query = (
        select(Message, User.name)
        .outerjoin(User, User.id == Message.agent_id)
        .where(Message.conversation_id == conversation_id)
        .order_by(Message.seq.desc())
        .limit(limit)
    )
    lines = [
        Line(m.seq, m.author, name, m.text, [b["title"] for b in m.buttons or ()], m.at)
        for m, name in session.execute(query)
    ]
    return lines[::-1]
