"""Wishes for an offer: they become leads of the sales people."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from bot.conversations.store import lock_conversation
from connectors.contracts.leads import Lead, Leads
from connectors.database.audit import record_audit
from connectors.database.models.conversation import Contact, Conversation
from connectors.database.session import Database
from connectors.email_address import normalise_email

# From this many pieces on a customer is asked whether an offer is wanted.
OFFER_FROM = Decimal(20)
MOST_PIECES = Decimal(1_000_000)
LONGEST_COMPANY = LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class QuoteDraft:
    """What the customer confirmed; `sku` is None when the product is only described. No company is an empty text."""

    description: str
    sku: str | None
    quantity: Decimal
    company: str
    email: str


class Quotes:
    def __init__(self, database: Database, leads: Callable[[], Leads]) -> None:
        self._database = database
        self._leads = leads

    def request(self, conversation_id: str, turn_key: str, draft: QuoteDraft) -> str:
        """Register the wish and return its number; the same turn again returns the same number.

        Raises:
            Unavailable, RateLimited, AuthFailed, NotFound: no system for leads can be asked now.
        """
        email = normalise_email(draft.email)
        with self._database.read() as session:
            conversation = session.get_one(Conversation, conversation_id)
            name = session.get_one(Contact, conversation.contact_id).display_name
        number = self._leads().create_lead(
            Lead(
                idempotency_key=turn_key,
                name=(name or draft.company or email)[:LONGEST_NAME],
                email=email,
                description=draft.description,
                sku=draft.sku,
                quantity=draft.quantity,
                company=draft.company,
                language=conversation.language,
            )
        )
        with self._database.write() as session:
            conversation = lock_conversation(session, conversation_id)
            conversation.contact.email = conversation.contact.email or email
            actor = f"contact:{conversation.contact_id}"
            record_audit(session, actor, "quote.request", "lead", number, conversation=conversation_id, sku=draft.sku)
        return number
