"""Order status with proof: order number and e-mail together, a limited number of tries, one answer for every no."""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

import structlog
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.conversations.store import lock_conversation
from connectors.contracts.orders import Order, Orders
from connectors.database.attempts import forget_old_attempts
from connectors.database.audit import record_audit
from connectors.database.base import utc_now
from connectors.database.models.conversation import Conversation, ProofAttempt
from connectors.database.session import Database, wait_in_line
from connectors.email_address import normalise_email
from connectors.errors import ConnectorError, NotFound

WINDOW = timedelta(hours=1)

log = structlog.get_logger()


class LookupOutcome(StrEnum):
    FOUND = "found"
    REFUSED = "refused"
    TOO_MANY_TRIES = "too_many_tries"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class LookupResult:
    """`order` is there exactly when the outcome is FOUND."""

    outcome: LookupOutcome
    order: Order | None = None


@dataclass(frozen=True, slots=True)
class ProofLimits:
    """Failed tries allowed within an hour."""

    per_conversation_and_contact: int
    per_address: int


class OrderLookup:
    """Answers whether a customer may see an order; every look-up stands in the audit log."""

    def __init__(self, database: Database, orders: Callable[[], Orders], limits: ProofLimits) -> None:
        """`orders` is asked at each look-up, because an admin may connect another system meanwhile."""
        self._database = database
        self._orders = orders
        self._limits = limits

    def look_up(self, conversation_id: str, number: str, email: str) -> LookupResult:
        try:
            order = self._find(number, email)
        except ConnectorError as error:
            log.warning("orders cannot be looked up", reason=error.reason)
            return self._record(conversation_id, number, LookupResult(LookupOutcome.UNAVAILABLE))
        if order is None:
            return self._record(conversation_id, number, LookupResult(LookupOutcome.REFUSED))
        return self._record(conversation_id, number, LookupResult(LookupOutcome.FOUND, order))

    def _find(self, number: str, email: str) -> Order | None:
        # Outside the try: NotFound from here means that no sales system is connected, which is no failed proof.
        orders = self._orders()
        try:
            order = orders.find_order(number)
        except NotFound:
            return None
        is_theirs = hmac.compare_digest(normalise_email(order.email).encode(), normalise_email(email).encode())
        return order if is_theirs else None

    def _record(self, conversation_id: str, number: str, result: LookupResult) -> LookupResult:
        """Count and log in one transaction, one at a time per subject, so that no try slips past the limit."""
        with self._database.write() as session:
            conversation = lock_conversation(session, conversation_id)
            subjects = _subjects(conversation)
            for scope, subject in subjects:
                wait_in_line(session, f"proof:{scope}:{subject}")
            if self._is_limited(session, subjects):
                result = LookupResult(LookupOutcome.TOO_MANY_TRIES)
            elif result.outcome == LookupOutcome.REFUSED:
                forget_old_attempts(session, ProofAttempt)
                session.add_all(ProofAttempt(scope=scope, subject=subject) for scope, subject in subjects)
            if result.order is not None:
                # Whoever proved an order is the person whose order it is, as far as the inbox is concerned.
                conversation.contact.email = normalise_email(result.order.email)
                conversation.contact.display_name = result.order.customer_name
            record_audit(
                session,
                f"contact:{conversation.contact_id}",
                "order.look_up",
                "order",
                number[:100],
                outcome=result.outcome.value,
                conversation=conversation_id,
                channel=conversation.channel,
            )
        return result

    def _is_limited(self, session: Session, subjects: list[tuple[str, str]]) -> bool:
        since = utc_now() - WINDOW
        for scope, subject in subjects:
            allowed = self._limits.per_address if scope == "address" else self._limits.per_conversation_and_contact
            tries = select(func.count()).where(
                ProofAttempt.scope == scope, ProofAttempt.subject == subject, ProofAttempt.at > since
            )
            if (session.scalar(tries) or 0) >= allowed:
                return True
        return False


def _subjects(conversation: Conversation) -> list[tuple[str, str]]:
    subjects = [("conversation", conversation.id), ("contact", conversation.contact_id)]
    if conversation.network_address:
        # The address itself is personal data; its hash counts as well.
        digest = hashlib.sha256(conversation.network_address.encode()).hexdigest()
        subjects.append(("address", digest))
    return subjects
