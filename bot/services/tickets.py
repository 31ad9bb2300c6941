"""Tickets: cases that somebody owes an answer."""

from dataclasses import dataclass

from sqlalchemy import select

from bot.conversations.store import lock_conversation
from connectors.database.audit import record_audit
from connectors.database.models.conversation import Ticket
from connectors.database.session import Database
from connectors.email_address import normalise_email

MAX_SUBJECT_LENGTH = 200


@dataclass(frozen=True, slots=True)
class TicketDraft:
    """What the customer confirmed."""

    subject: str
    description: str
    email: str


class Tickets:
    def __init__(self, database: Database) -> None:
        self._database = database

    def open_ticket(self, conversation_id: str, turn_key: str, draft: TicketDraft) -> str:
        """Create a ticket and return its number; the same turn again returns the same number."""
        with self._database.write() as session:
            conversation = lock_conversation(session, conversation_id)
            known = session.scalar(select(Ticket.number).where(Ticket.turn_key == turn_key))
            if known is not None:
                return known
            email = normalise_email(draft.email)
            ticket = Ticket(
                number=turn_key[-20:],
                turn_key=turn_key,
                conversation_id=conversation_id,
                contact_id=conversation.contact_id,
                email=email,
                subject=draft.subject,
                description=draft.description,
            )
            session.add(ticket)
            session.flush()
            ticket.number = f"TCK-{ticket.id:06d}"
            conversation.contact.email = conversation.contact.email or email
            actor = f"contact:{conversation.contact_id}"
            record_audit(session, actor, "ticket.open", "ticket", ticket.number, conversation=conversation_id)
            return ticket.number
