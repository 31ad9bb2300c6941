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
    """Newest first: opened by the customer, and where they proved an address, by anybody with that.

    Whoever proved nothing, or another address, does not get at what was opened where somebody did: a browser may be
    shared.
    """
    proved = conversation.verified_email
    is_proved_no_better = or_(Conversation.verified_email.is_(None), Conversation.verified_email == proved)
    is_theirs = or_((Ticket.contact_id == conversation.contact_id) & is_proved_no_better, Ticket.email == proved)
    query = select(Ticket).join(Conversation, Conversation.id == Ticket.conversation_id).where(is_theirs)
    found = session.scalars(query.order_by(Ticket.id.desc()).limit(SHOWN_ROWS))
    return [show_ticket(ticket, has_words=_is_written_by(session, ticket, conversation)) for ticket in found]


def own_ticket(session: Session, conversation: Conversation, number: str) -> OwnTicket | None:
    """One that needs no further proof: the verified customer's own, or one opened in this conversation."""
    ticket = session.scalar(select(Ticket).where(Ticket.number == number))
    if ticket is None:
        return None
    origin, proved = session.get_one(Conversation, ticket.conversation_id), conversation.verified_email
    is_of_contact = ticket.contact_id == conversation.contact_id and origin.verified_email in {None, proved}
    is_theirs = proved is not None and (is_of_contact or ticket.email == proved)
    if not is_theirs and ticket.conversation_id != conversation.id:
        return None
    return show_ticket(ticket, has_words=_is_written_by(session, ticket, conversation))


def show_ticket(ticket: Ticket, *, has_words: bool = True) -> OwnTicket:
    subject = ticket.subject if has_words else None
    return OwnTicket(ticket.number, subject, ticket.state, ticket.created_at, ticket.updated_at)


def _is_written_by(session: Session, ticket: Ticket, conversation: Conversation) -> bool:
    """Whether it surely was the customer: anybody may type an address, and have us show what they like under it."""
    origin = session.get_one(Conversation, ticket.conversation_id)
    if ticket.contact_id == conversation.contact_id and origin.verified_email in {None, conversation.verified_email}:
        return True
    return origin.verified_email is not None and origin.verified_email == ticket.email
