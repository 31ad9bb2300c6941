"""The contacts of our own front office."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from connectors.contracts.contacts import Contact
from connectors.database.failures import explain_failures
from connectors.database.models.conversation import Contact as ContactRow
from connectors.database.models.conversation import Conversation
from connectors.database.session import Database
from connectors.email_address import normalise_email
from connectors.errors import NotFound

# Whoever only wrote and never said who they are is no entry of an address book.
_IS_KNOWN = or_(ContactRow.display_name.is_not(None), ContactRow.email.is_not(None))


class HouseContacts:
    """Contacts in the table `contacts`; their language is that of their latest conversation."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find_contact(self, contact_id: str) -> Contact:
        found = self._read(select(ContactRow).where(ContactRow.id == contact_id))
        if not found:
            raise NotFound(f"There is no contact {contact_id!r}.")
        return found[0]

    def contacts_of(self, email: str) -> Sequence[Contact]:
        return self._read(select(ContactRow).where(func.lower(ContactRow.email) == normalise_email(email)))

    def list_contacts(self, after: str = "", limit: int = 1000) -> Sequence[Contact]:
        return self._read(select(ContactRow).where(ContactRow.id > after, _IS_KNOWN).limit(limit))

    def check(self) -> str:
        with explain_failures(), self._database.read() as session:
            count = session.scalar(select(func.count()).select_from(ContactRow).where(_IS_KNOWN))
        return f"Our own database holds {count} contacts."

    def _read(self, query: Select[Any]) -> Sequence[Contact]:
        with explain_failures(), self._database.read() as session:
            rows = session.scalars(query.order_by(ContactRow.id)).all()
            languages = _languages_of(session, [row.id for row in rows])
        return tuple(
            Contact(row.id, row.display_name or "", row.email or "", language=languages.get(row.id)) for row in rows
        )


def _languages_of(session: Session, contact_ids: Sequence[str]) -> Mapping[str, str]:
    query = (
        select(Conversation.contact_id, Conversation.language)
        .where(Conversation.contact_id.in_(contact_ids))
        .order_by(Conversation.updated_at, Conversation.id)
    )
    return {row.contact_id: row.language for row in session.execute(query)}
