"""What the inbox shows, read from the database: the lists, one conversation, and who the customer is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from connectors.database.models.conversation import Author, Contact, Conversation, Message, Owner, Ticket
from connectors.database.models.people import AuditEntry, User

LIST_LIMIT = 60
LOG_LIMIT = 200
COMPLETE_LOG_LIMIT = 5000
SNIPPET_LENGTH = 140
TABS = ("colleagues", "bot", "closed")


@dataclass(frozen=True, slots=True)
class Row:
    """A conversation in a list. `needs_answer`: a colleague has it and was not the last to speak."""

    id: str
    contact_id: str
    name: str | None
    channel: str
    language: str
    agent_name: str | None
    last_author: str
    last_text: str
    last_at: datetime
    queued_at: datetime | None
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
    tickets: Sequence[Ticket]
    earlier: Sequence[Conversation]
    proved_orders: Sequence[str]

    @property
    def id(self) -> str:
        return self.conversation.id

    @property
    def name(self) -> str | None:
        return self.contact.display_name or self.contact.email


def read_lists(session: Session, agent_id: str, tab: str) -> Lists:
    """Who waits, longest first; then this agent's; then those of the chosen tab, newest first."""
    is_waiting = Conversation.owner == Owner.QUEUE
    is_mine = and_(Conversation.owner == Owner.HUMAN, Conversation.agent_id == agent_id)
    newest = Conversation.updated_at.desc()
    others = _rows(session, _condition_of(tab, agent_id), newest, LIST_LIMIT + 1)
    return Lists(
        waiting=_rows(session, is_waiting, Conversation.queued_at.asc(), LIST_LIMIT),
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
        tickets=_tickets(session, contact.id),
        earlier=_earlier(session, conversation),
        proved_orders=_proved_orders(session, contact.id),
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
        queued_at=conversation.queued_at,
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


def _tickets(session: Session, contact_id: str) -> Sequence[Ticket]:
    query = select(Ticket).where(Ticket.contact_id == contact_id).order_by(Ticket.id.desc()).limit(20)
    return session.scalars(query).all()


def _earlier(session: Session, conversation: Conversation) -> Sequence[Conversation]:
    """Other conversations of this contact, and of contacts who gave the same e-mail address."""
    email = conversation.contact.email
    is_same_person = Conversation.contact_id == conversation.contact_id
    query = (
        select(Conversation)
        .join(Contact, Contact.id == Conversation.contact_id)
        .where(or_(is_same_person, Contact.email == email) if email else is_same_person)
        .where(Conversation.id != conversation.id, Conversation.last_seq > 1)
        .order_by(Conversation.created_at.desc())
        .limit(20)
    )
    return session.scalars(query).all()


def _proved_orders(session: Session, contact_id: str) -> Sequence[str]:
    """Numbers of the orders for which this contact gave the right e-mail address."""
    query = (
        select(AuditEntry.object_id, AuditEntry.detail)
        .where(AuditEntry.action == "order.look_up", AuditEntry.actor == f"contact:{contact_id}")
        .order_by(AuditEntry.id.desc())
        .limit(100)
    )
    return list(dict.fromkeys(number for number, detail in session.execute(query) if detail.get("outcome") == "found"))
