"""How often somebody may fail to prove something: counted within an hour, per conversation, contact, network address
and order."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from connectors.database.attempts import forget_old_attempts
from connectors.database.base import utc_now
from connectors.database.models.conversation import Conversation, ProofAttempt
from connectors.database.session import wait_in_line
from connectors.order_number import normalise_order_number

WINDOW = timedelta(hours=1)
NETWORK_ADDRESS, ORDER = "address", "order"


@dataclass(frozen=True, slots=True)
class ProofLimits:
    """Tries allowed within an hour."""

    per_conversation_and_contact: int
    per_address: int
    per_order: int

    def allowed(self, scope: str) -> int:
        if scope == ORDER:
            return self.per_order
        return self.per_address if scope.endswith(NETWORK_ADDRESS) else self.per_conversation_and_contact


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose tries are counted together."""

    scope: str
    key: str


def subjects_of(conversation: Conversation, kind: str = "") -> Sequence[Subject]:
    """The three whose tries count; tries of another `kind` are counted apart."""
    subjects = [
        Subject(f"{kind}conversation", conversation.id),
        Subject(f"{kind}contact", conversation.contact_id),
    ]
    if conversation.network_address:
        subjects.append(Subject(f"{kind}{NETWORK_ADDRESS}", hide(conversation.network_address)))
    return subjects


def order_subject(number: str) -> Subject:
    """An order, whether it exists or not: guesses from many places count together."""
    return Subject(ORDER, hide(normalise_order_number(number)))


def hide(personal: str) -> str:
    """An address itself is personal data, and a number may be of any length; a hash counts as well."""
    return hashlib.sha256(personal.encode()).hexdigest()


def is_limited(session: Session, subjects: Iterable[Subject], limits: ProofLimits) -> bool:
    """Whether one of them tried too often. Others with the same subject wait until this transaction ends."""
    since = utc_now() - WINDOW
    is_over = False
    for subject in subjects:
        wait_in_line(session, f"proof:{subject.scope}:{subject.key}")
        tries = select(func.count()).where(
            ProofAttempt.scope == subject.scope, ProofAttempt.subject == subject.key, ProofAttempt.at > since
        )
        is_over |= (session.scalar(tries) or 0) >= limits.allowed(subject.scope)
    return is_over


def count_try(session: Session, subjects: Iterable[Subject]) -> None:
    forget_old_attempts(session, ProofAttempt)
    session.add_all(ProofAttempt(scope=subject.scope, subject=subject.key) for subject in subjects)
