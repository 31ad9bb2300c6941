"""Tickets: cases that somebody owes an answer, in our own database or in a help desk."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from connectors.errors import Rejected

MAX_SUBJECT_LENGTH = 200
MAX_KEY_LENGTH = 100


class TicketState(StrEnum):
    """`open`: we owe an answer. `answered`: the customer may write again. `closed`: nothing more is owed."""

    OPEN = "open"
    ANSWERED = "answered"
    CLOSED = "closed"


class TicketAuthor(StrEnum):
    CUSTOMER = "customer"
    AGENT = "agent"


@dataclass(frozen=True, slots=True)
class NewTicket:
    """A case to be opened. `language` is the customer's, a code of two letters; `idempotency_key` makes twice once."""

    idempotency_key: str
    email: str
    subject: str
    description: str
    name: str = ""
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Ticket:
    """A case. `number` is how people call it (ours: `TCK-000007`); `email` is the customer's, normalised.

    `changed_at` is when something was last written or its state last changed.
    """

    number: str
    email: str
    subject: str
    description: str
    state: TicketState
    opened_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class TicketMessage:
    """What was written about a ticket after it was opened."""

    author: TicketAuthor
    text: str
    at: datetime


def require_complete_ticket(draft: NewTicket) -> None:
    """Raises Rejected when nobody could answer the ticket, or its subject or key is too long."""
    if not draft.subject.strip() or not draft.description.strip():
        raise Rejected("A ticket needs a subject and a description; say what the customer wants.")
    if "@" not in draft.email:
        raise Rejected("A ticket needs the customer's e-mail address, so that an answer can reach them.")
    if len(draft.subject) > MAX_SUBJECT_LENGTH:
        raise Rejected(f"The subject of a ticket has at most {MAX_SUBJECT_LENGTH} characters; shorten it.")
    require_key(draft.idempotency_key)


def require_message(text: str, idempotency_key: str) -> None:
    """Raises Rejected when a message says nothing, or its key is too long."""
    if not text.strip():
        raise Rejected("A message without any text is not written into a ticket.")
    require_key(idempotency_key)


def require_key(key: str) -> None:
    """Raises Rejected for a key that is empty or longer than every system can keep."""
    if not 1 <= len(key) <= MAX_KEY_LENGTH:
        raise Rejected(f"An idempotency key has 1 to {MAX_KEY_LENGTH} characters.")


class Tickets(Protocol):
    """A help desk.

    Raises:
        Unavailable, RateLimited, AuthFailed: any method, when the system says so.
    """

    def open_ticket(self, draft: NewTicket) -> str:
        """Open a case and return its number; the same key again answers the same number and changes nothing.

        Raises:
            Rejected: as `require_complete_ticket` finds.
        """
        ...

    def find_ticket(self, number: str) -> Ticket:
        """Raises NotFound when there is no such ticket."""
        ...

    def tickets_of(self, email: str) -> Sequence[Ticket]:
        """All tickets of this e-mail address (compared without case), newest first."""
        ...

    def changed_since(self, moment: datetime) -> Sequence[Ticket]:
        """The tickets that were opened or changed at this moment or later, the earliest change first."""
        ...

    def messages_of(self, number: str) -> Sequence[TicketMessage]:
        """What was written about a ticket, oldest first; its description is not among it.

        Raises:
            NotFound: there is no such ticket.
        """
        ...

    def add_message(self, number: str, author: TicketAuthor, text: str, idempotency_key: str) -> None:
        """Write into a ticket; the same key again writes nothing. A customer's message opens it again.

        An agent's message makes it answered. Whoever calls this has told the customer, or lets the help desk do so.

        Raises:
            NotFound: there is no such ticket.
            Rejected: an agent's message for a closed ticket, or as `require_message` finds.
        """
        ...

    def close_ticket(self, number: str) -> None:
        """Nothing more is owed; closing a closed ticket changes nothing.

        Raises:
            NotFound: there is no such ticket.
        """
        ...
