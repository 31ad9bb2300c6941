"""Tickets in memory, for tests and trials."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import Lock

from connectors.contracts.tickets import (
    NewTicket,
    Ticket,
    TicketAuthor,
    TicketMessage,
    TicketState,
    require_complete_ticket,
    require_message,
)
from connectors.database.base import utc_now
from connectors.email_address import normalise_email
from connectors.errors import NotFound, Rejected


@dataclass(slots=True)
class _Case:
    ticket: Ticket
    messages: list[TicketMessage] = field(default_factory=list)


class MemoryTickets:
    """Tickets that live as long as this object."""

    def __init__(self, now: Callable[[], datetime] = utc_now) -> None:
        self._now = now
        self._cases: dict[str, _Case] = {}
        self._numbers: dict[str, str] = {}
        self._written: set[str] = set()
        self._lock = Lock()

    def open_ticket(self, draft: NewTicket) -> str:
        require_complete_ticket(draft)
        with self._lock:
            if draft.idempotency_key in self._numbers:
                return self._numbers[draft.idempotency_key]
            number, now = f"TCK-{len(self._cases) + 1:06d}", self._now()
            email = normalise_email(draft.email)
            ticket = Ticket(number, email, draft.subject, draft.description, TicketState.OPEN, now, now)
            self._cases[number] = _Case(ticket)
            self._numbers[draft.idempotency_key] = number
            return number

    def find_ticket(self, number: str) -> Ticket:
        return self._find(number).ticket

    def tickets_of(self, email: str) -> Sequence[Ticket]:
        wanted = normalise_email(email)
        return tuple(case.ticket for case in reversed(self._cases.values()) if case.ticket.email == wanted)

    def changed_since(self, moment: datetime) -> Sequence[Ticket]:
        found = [case.ticket for case in self._cases.values() if case.ticket.changed_at >= moment]
        return tuple(sorted(found, key=lambda ticket: ticket.changed_at))

    def messages_of(self, number: str) -> Sequence[TicketMessage]:
        return tuple(self._find(number).messages)

    def add_message(self, number: str, author: TicketAuthor, text: str, idempotency_key: str) -> None:
        require_message(text, idempotency_key)
        with self._lock:
            case = self._find(number)
            if idempotency_key in self._written:
                return
            if author is TicketAuthor.AGENT and case.ticket.state is TicketState.CLOSED:
                raise Rejected(f"The ticket {number} is closed; open it again before it is answered.")
            self._written.add(idempotency_key)
            case.messages.append(TicketMessage(author, text, self._now()))
            state = TicketState.ANSWERED if author is TicketAuthor.AGENT else TicketState.OPEN
            case.ticket = replace(case.ticket, state=state, changed_at=self._now())

    def close_ticket(self, number: str) -> None:
        with self._lock:
            case = self._find(number)
            if case.ticket.state is not TicketState.CLOSED:
                case.ticket = replace(case.ticket, state=TicketState.CLOSED, changed_at=self._now())

    def check(self) -> str:
        return f"The memory holds {len(self._cases)} tickets."

    def _find(self, number: str) -> _Case:
        try:
            return self._cases[number]
        except KeyError:
            raise NotFound(f"There is no ticket {number!r}.") from None
