"""Tickets: cases that somebody owes an answer."""

from dataclasses import dataclass

from sqlalchemy import select

from bot.conversations.store import lock_conversation
from connectors.contracts.tickets import NewTicket
from connectors.database.audit import record_audit
from connectors.database.models.conversation import Ticket
from connectors.database.session import Database
from connectors.vendors.house_tickets import add_ticket


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
            wanted = NewTicket(turn_key, draft.email, draft.subject, draft.description)
            ticket = add_ticket(session, conversation, wanted)
            actor = f"contact:{conversation.contact_id}"
            record_audit(session, actor, "ticket.open", "ticket", ticket.number, conversation=conversation_id)
            return ticket.number
