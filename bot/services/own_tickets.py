"""The tickets of a customer as they are shown to them: without the words of whoever only claimed their address."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from connectors.database.models.conversation import Conversation, Ticket

SHOWN_ROWS = 20


@dataclass(frozen=True, slots=True)
class OwnTicket:
    """`subject` is None when the ticket was opened with the customer's address by somebody who never proved it."""

    number: str
    subject: str | None
    state: str
    opened_at: datetime
    changed_at: datetime


def own_tickets(session: Session, conversation: Conversation) -> Sequence[OwnTicket]:
    """Of a verified customer, newest first: opened by them, or by anybody with their address."""
    is_theirs = or_(Ticket.contact_id == conversation.contact_id, Ticket.email == conversation.verified_email)
    found = session.scalars(select(Ticket).where(is_theirs).order_by(Ticket.id.desc()).limit(SHOWN_ROWS))
    return [show_ticket(ticket, has_words=_is_written_by(session, ticket, conversation)) for ticket in found]


def own_ticket(session: Session, conversation: Conversation, number: str) -> OwnTicket | None:
    """One that needs no further proof: the verified customer's own, or one opened in this conversation."""
    ticket = session.scalar(select(Ticket).where(Ticket.number == number))
    if ticket is None:
        return None
    is_theirs = conversation.verified_email is not None and (
        ticket.contact_id == conversation.contact_id or ticket.email == conversation.verified_email
    )
    if not is_theirs and ticket.conversation_id != conversation.id:
        return None
    return show_ticket(ticket, has_words=_is_written_by(session, ticket, conversation))


def show_ticket(ticket: Ticket, *, has_words: bool = True) -> OwnTicket:
    subject = ticket.subject if has_words else None
    return OwnTicket(ticket.number, subject, ticket.state, ticket.created_at, ticket.updated_at)


def _is_written_by(session: Session, ticket: Ticket, conversation: Conversation) -> bool:
    """Whether it surely was the customer: anybody may type an address, and have us show what they like under it."""
    if ticket.contact_id == conversation.contact_id:
        return True
    origin = session.get_one(Conversation, ticket.conversation_id)
    return origin.verified_email is not None and origin.verified_email == ticket.email
