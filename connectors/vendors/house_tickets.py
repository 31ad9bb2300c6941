"""The tickets of our own front office."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from connectors.contracts.tickets import (
    NewTicket,
    Ticket,
    TicketAuthor,
    TicketMessage,
    TicketState,
    require_complete_ticket,
    require_message,
)
from connectors.database.base import new_id, utc_now
from connectors.database.failures import explain_failures
from connectors.database.models.conversation import Contact, Conversation, InboundUpdate, Owner
from connectors.database.models.conversation import Ticket as TicketRow
from connectors.database.models.service import TicketMessage as MessageRow
from connectors.database.session import Database, wait_in_line
from connectors.email_address import normalise_email
from connectors.errors import NotFound, Rejected

MAIL_CHANNEL = "mail"
WRITTEN = "ticket"
MAX_NAME_LENGTH = 200


class HouseTickets:
    """Tickets in the tables `tickets` and `ticket_messages`.

    One that is opened here, and not in a chat, stands beside a conversation of the channel `mail` that is closed from
    the start: what is said about it is said in the ticket.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def open_ticket(self, draft: NewTicket) -> str:
        require_complete_ticket(draft)
        with explain_failures(), self._database.write() as session:
            wait_in_line(session, f"ticket:{draft.idempotency_key}")
            known = session.scalar(select(TicketRow.number).where(TicketRow.turn_key == draft.idempotency_key))
            return known or add_ticket(session, _open_mail(session, draft), draft).number

    def find_ticket(self, number: str) -> Ticket:
        with explain_failures(), self._database.read() as session:
            return _read_ticket(_find(session, number))

    def tickets_of(self, email: str) -> Sequence[Ticket]:
        query = select(TicketRow).where(TicketRow.email == normalise_email(email)).order_by(TicketRow.id.desc())
        with explain_failures(), self._database.read() as session:
            return tuple(_read_ticket(row) for row in session.scalars(query))

    def changed_since(self, moment: datetime) -> Sequence[Ticket]:
        query = select(TicketRow).where(TicketRow.updated_at >= moment).order_by(TicketRow.updated_at, TicketRow.id)
        with explain_failures(), self._database.read() as session:
            return tuple(_read_ticket(row) for row in session.scalars(query))

    def messages_of(self, number: str) -> Sequence[TicketMessage]:
        with explain_failures(), self._database.read() as session:
            ticket = _find(session, number)
            query = select(MessageRow).where(MessageRow.ticket_id == ticket.id).order_by(MessageRow.id)
            return tuple(TicketMessage(TicketAuthor(row.author), row.text, row.at) for row in session.scalars(query))

    def add_message(self, number: str, author: TicketAuthor, text: str, idempotency_key: str) -> None:
        require_message(text, idempotency_key)
        with explain_failures(), self._database.write() as session:
            wait_in_line(session, f"{WRITTEN}:{idempotency_key}")
            ticket = _find(session, number, locked=True)
            if session.get(InboundUpdate, (WRITTEN, idempotency_key)) is not None:
                return
            if author is TicketAuthor.AGENT and ticket.state == TicketState.CLOSED:
                raise Rejected(f"The ticket {number} is closed; open it again before it is answered.")
            session.add(InboundUpdate(channel=WRITTEN, external_id=idempotency_key))
            session.add(MessageRow(ticket_id=ticket.id, author=author.value, text=text))
            ticket.add_words(text)
            ticket.state = TicketState.ANSWERED if author is TicketAuthor.AGENT else TicketState.OPEN
            ticket.updated_at = utc_now()

    def close_ticket(self, number: str) -> None:
        with explain_failures(), self._database.write() as session:
            ticket = _find(session, number, locked=True)
            if ticket.state != TicketState.CLOSED:
                ticket.state, ticket.updated_at = TicketState.CLOSED, utc_now()

    def check(self) -> str:
        with explain_failures(), self._database.read() as session:
            count = session.scalar(select(func.count()).select_from(TicketRow))
        return f"Our own database holds {count} tickets."


def add_ticket(session: Session, conversation: Conversation, draft: NewTicket) -> TicketRow:
    """The row of a new ticket with its number; its contact takes over the address if it had none."""
    email, now = normalise_email(draft.email), utc_now()
    ticket = TicketRow(
        number=new_id()[:20],  # until the row has an id
        turn_key=draft.idempotency_key,
        conversation_id=conversation.id,
        contact_id=conversation.contact_id,
        email=email,
        subject=draft.subject,
        description=draft.description,
        created_at=now,
        updated_at=now,
    )
    session.add(ticket)
    session.flush()
    ticket.number = f"TCK-{ticket.id:06d}"
    conversation.contact.email = conversation.contact.email or email
    return ticket


def _open_mail(session: Session, draft: NewTicket) -> Conversation:
    """An address that was only written in a mail proves nothing: a new contact each time, as in a new chat."""
    contact = Contact(display_name=draft.name[:MAX_NAME_LENGTH] or None)
    conversation = Conversation(
        contact=contact, channel=MAIL_CHANNEL, language=draft.language, owner=Owner.CLOSED.value
    )
    session.add_all((contact, conversation))
    session.flush()
    return conversation


def _find(session: Session, number: str, locked: bool = False) -> TicketRow:
    query = select(TicketRow).where(TicketRow.number == number)
    row = session.scalar(query.with_for_update() if locked else query)
    if row is None:
        raise NotFound(f"There is no ticket {number!r}.")
    return row


def _read_ticket(row: TicketRow) -> Ticket:
    return Ticket(
        number=row.number,
        email=row.email,
        subject=row.subject,
        description=row.description,
        state=TicketState(row.state),
        opened_at=row.created_at,
        changed_at=row.updated_at,
    )
