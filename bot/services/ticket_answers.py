"""Working on tickets: an answer goes to the customer by mail and into the chat, and the ticket knows who said what."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.texts import Texts
from connectors.contracts.mail import Mail, Mailer
from connectors.contracts.notices import NoticeKind
from connectors.contracts.tickets import TicketState
from connectors.database.audit import record_audit
from connectors.database.base import utc_now
from connectors.database.models.conversation import Conversation, Ticket
from connectors.database.models.people import User
from connectors.database.models.service import Notice, TicketMessage
from connectors.database.session import Database

LIST_LIMIT = 100
# What our mails about tickets are listed under; the number follows.
ABOUT_TICKET = "ticket:"
_NUMBER = re.compile(r"TCK-\d{1,12}")


@dataclass(frozen=True, slots=True)
class TicketFile:
    """A ticket with all that was written about it, oldest first, and the names of those who wrote."""

    ticket: Ticket
    language: str
    messages: Sequence[tuple[TicketMessage, str | None]]


class TicketGoneError(Exception):
    """There is no such ticket, or it is closed; `code` is a page text."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class TicketDesk:
    """What members of staff do with tickets."""

    def __init__(self, database: Database, texts: Texts, mailer: Mailer) -> None:
        self._database = database
        self._texts = texts
        self._mailer = mailer

    def list_tickets(self, state: TicketState) -> Sequence[Ticket]:
        """Those that wait longest first; closed ones newest first."""
        order = Ticket.updated_at.desc() if state is TicketState.CLOSED else Ticket.updated_at
        query = select(Ticket).where(Ticket.state == state).order_by(order, Ticket.id).limit(LIST_LIMIT)
        with self._database.read() as session:
            return session.scalars(query).all()

    def count(self) -> dict[str, int]:
        """How many tickets are in each state."""
        with self._database.read() as session:
            rows = session.execute(select(Ticket.state, func.count()).group_by(Ticket.state))
            return {row[0]: row[1] for row in rows}

    def read(self, number: str) -> TicketFile | None:
        if not _NUMBER.fullmatch(number):
            return None
        with self._database.read() as session:
            ticket = session.scalar(select(Ticket).where(Ticket.number == number))
            if ticket is None:
                return None
            query = (
                select(TicketMessage, User.name)
                .outerjoin(User, User.id == TicketMessage.agent_id)
                .where(TicketMessage.ticket_id == ticket.id)
                .order_by(TicketMessage.id)
            )
            messages = [(message, name) for message, name in session.execute(query)]
            return TicketFile(ticket, session.get_one(Conversation, ticket.conversation_id).language, messages)

    def answer(self, number: str, agent: User, text: str) -> None:
        """Send an answer; nothing is recorded unless the mail was taken.

        Raises:
            TicketGoneError: there is no such ticket, or it is closed.
            ConnectorError: the mail was not taken.
        """
        found = self.read(number)
        if found is None or found.ticket.state == TicketState.CLOSED:
            raise TicketGoneError("tickets.error.gone")
        self._mailer.send(self._compose(found, text))
        with self._database.write() as session:
            ticket = _lock(session, number)
            message = TicketMessage(ticket_id=ticket.id, author="agent", agent_id=agent.id, text=text)
            session.add(message)
            ticket.add_words(text)
            session.flush()
            before, ticket.state = ticket.state, TicketState.ANSWERED
            ticket.updated_at = utc_now()
            session.add(_notice(ticket, message))
            record_audit(
                session,
                agent.email,
                "ticket.answer",
                "ticket",
                number,
                before={"state": before},
                after={"state": ticket.state},
                conversation=ticket.conversation_id,
            )

    def close(self, number: str, agent: User) -> None:
        """Nothing more is owed.

        Raises:
            TicketGoneError: there is no such ticket, or it is closed already.
        """
        self._move(number, agent, TicketState.CLOSED, "ticket.close")

    def reopen(self, number: str, agent: User) -> None:
        """Raises TicketGoneError when there is no such ticket, or it is open."""
        self._move(number, agent, TicketState.OPEN, "ticket.reopen")

    def _move(self, number: str, agent: User, state: TicketState, action: str) -> None:
        with self._database.write() as session:
            ticket = _lock(session, number)
            before = ticket.state
            if before == state:
                raise TicketGoneError("tickets.error.gone")
            ticket.state = state
            ticket.updated_at = utc_now()
            record_audit(
                session, agent.email, action, "ticket", number, before={"state": before}, after={"state": state}
            )

    def _compose(self, found: TicketFile, text: str) -> Mail:
        ticket, language = found.ticket, found.language
        subject = self._texts.render("mail_ticket_subject", language, {"number": ticket.number}).text
        values = {"number": ticket.number, "subject": ticket.subject, "answer": text}
        text_of_mail = self._texts.render("mail_ticket_text", language, values).text
        return Mail(ticket.email, subject, text_of_mail, thread=ticket.number, about=f"{ABOUT_TICKET}{ticket.number}")


def _lock(session: Session, number: str) -> Ticket:
    if not _NUMBER.fullmatch(number):
        raise TicketGoneError("tickets.error.gone")
    ticket = session.scalar(select(Ticket).where(Ticket.number == number).with_for_update())
    if ticket is None:
        raise TicketGoneError("tickets.error.gone")
    return ticket


def _notice(ticket: Ticket, message: TicketMessage) -> Notice:
    return Notice(
        idempotency_key=f"{NoticeKind.TICKET_ANSWERED}:{message.id}",
        kind=NoticeKind.TICKET_ANSWERED,
        response="notice_ticket_answered",
        arguments={"number": ticket.number, "subject": ticket.subject, "answer": message.text},
        conversation_id=ticket.conversation_id,
    )
