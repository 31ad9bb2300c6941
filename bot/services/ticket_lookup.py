"""The state of a ticket, for whoever opened it: number and e-mail together, with the limits of all proofs."""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select

from bot.conversations.store import lock_conversation
from bot.services.own_tickets import OwnTicket, own_ticket, own_tickets, show_ticket
from bot.services.proof_attempts import ProofLimits, count_try, is_limited, subjects_of
from connectors.database.audit import record_audit
from connectors.database.models.conversation import Conversation, Ticket
from connectors.database.session import Database
from connectors.email_address import normalise_email


class TicketOutcome(StrEnum):
    FOUND = "found"
    REFUSED = "refused"
    TOO_MANY_TRIES = "too_many_tries"


@dataclass(frozen=True, slots=True)
class TicketResult:
    """`ticket` is there exactly when the outcome is FOUND."""

    outcome: TicketOutcome
    ticket: OwnTicket | None = None


class TicketLookup:
    """Answers whether a customer may see a ticket; every look-up stands in the audit log."""

    def __init__(self, database: Database, limits: ProofLimits) -> None:
        self._database = database
        self._limits = limits

    def own(self, conversation_id: str) -> Sequence[OwnTicket] | None:
        """All tickets of a verified customer, newest first; None while nobody is verified."""
        with self._database.read() as session:
            conversation = session.get_one(Conversation, conversation_id)
            return None if conversation.verified_email is None else own_tickets(session, conversation)

    def recall(self, conversation_id: str, number: str) -> OwnTicket | None:
        """A ticket that needs no further proof."""
        with self._database.read() as session:
            return own_ticket(session, session.get_one(Conversation, conversation_id), number)

    def look_up(self, conversation_id: str, number: str, email: str) -> TicketResult:
        """Try a proof, one at a time per subject, so that no try slips past the limit."""
        with self._database.write() as session:
            conversation = lock_conversation(session, conversation_id)
            subjects = subjects_of(conversation)
            ticket = session.scalar(select(Ticket).where(Ticket.number == number))
            result = TicketResult(TicketOutcome.REFUSED)
            if is_limited(session, subjects, self._limits):
                result = TicketResult(TicketOutcome.TOO_MANY_TRIES)
            elif ticket is not None and _is_same(ticket.email, normalise_email(email)):
                result = TicketResult(TicketOutcome.FOUND, show_ticket(ticket))
            else:
                count_try(session, subjects)
            actor, outcome = f"contact:{conversation.contact_id}", result.outcome.value
            record_audit(
                session, actor, "ticket.look_up", "ticket", number[:100], outcome=outcome, conversation=conversation_id
            )
        return result


def _is_same(ours: str, given: str) -> bool:
    return hmac.compare_digest(ours.encode(), given.encode())
