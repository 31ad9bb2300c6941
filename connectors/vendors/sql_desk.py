"""Contacts and tickets that an admin's queries find in somebody else's database."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NoReturn

from connectors.contracts.contacts import Contact
from connectors.contracts.tickets import NewTicket, Ticket, TicketAuthor, TicketMessage
from connectors.email_address import normalise_email
from connectors.errors import NotFound
from connectors.records import RecordReader
from connectors.vendors.sql_contract import SqlContract
from connectors.vendors.sql_queries import Query

_CONTACT = RecordReader(Contact)
_TICKET = RecordReader(Ticket)
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class SqlContacts(SqlContract):
    """Contacts, by id as the database sorts it."""

    QUERIES = (
        Query("find_contact", _CONTACT, {"id": "0"}),
        Query("contacts_of", _CONTACT, {"email": "nobody@example.invalid"}),
        Query("list_contacts", _CONTACT, {"after": "", "limit": 1}, is_listed=True),
    )

    def find_contact(self, contact_id: str) -> Contact:
        for contact in self.source.records("find_contact", id=contact_id):
            found: Contact = contact
            return found
        raise NotFound(f"There is no contact {contact_id!r}.")

    def contacts_of(self, email: str) -> Sequence[Contact]:
        wanted = normalise_email(email)
        if not wanted:
            return ()
        return tuple(sorted(self.source.records("contacts_of", email=wanted), key=lambda contact: contact.id))

    def list_contacts(self, after: str = "", limit: int = 1000) -> Sequence[Contact]:
        return tuple(self.source.records("list_contacts", after=after, limit=limit))


class SqlTickets(SqlContract):
    """Tickets of a help desk; writing into it is Rejected."""

    QUERIES = (
        Query("find_ticket", _TICKET, {"number": "0"}),
        Query("tickets_of", _TICKET, {"email": "nobody@example.invalid"}),
        Query("changed_since", _TICKET, {"moment": _LONG_AGO}, is_listed=True),
        Query("messages_of", RecordReader(TicketMessage), {"number": "0"}),
    )

    def open_ticket(self, draft: NewTicket) -> NoReturn:
        self.refuse_write("open the ticket")

    def find_ticket(self, number: str) -> Ticket:
        for ticket in self.source.records("find_ticket", number=number):
            found: Ticket = ticket
            return found
        raise NotFound(f"There is no ticket {number!r}.")

    def tickets_of(self, email: str) -> Sequence[Ticket]:
        found = self.source.records("tickets_of", email=normalise_email(email))
        return tuple(sorted(found, key=lambda ticket: (ticket.opened_at, ticket.number), reverse=True))

    def changed_since(self, moment: datetime) -> Sequence[Ticket]:
        found = self.source.records("changed_since", moment=moment)
        return tuple(sorted(found, key=lambda ticket: (ticket.changed_at, ticket.number)))

    def messages_of(self, number: str) -> Sequence[TicketMessage]:
        self.find_ticket(number)
        return tuple(sorted(self.source.records("messages_of", number=number), key=lambda message: message.at))

    def add_message(self, number: str, author: TicketAuthor, text: str, idempotency_key: str) -> NoReturn:
        self.refuse_write("answer the ticket")

    def close_ticket(self, number: str) -> NoReturn:
        self.refuse_write("close the ticket")
