"""Contacts in memory, for tests and trials."""

from collections.abc import Iterable, Sequence

from connectors.contracts.contacts import Contact
from connectors.email_address import normalise_email
from connectors.errors import NotFound


class MemoryContacts:
    """Contacts that live as long as this object."""

    def __init__(self, contacts: Iterable[Contact] = ()) -> None:
        self._contacts = {contact.id: contact for contact in contacts}

    def add(self, contact: Contact) -> None:
        self._contacts[contact.id] = contact

    def find_contact(self, contact_id: str) -> Contact:
        try:
            return self._contacts[contact_id]
        except KeyError:
            raise NotFound(f"There is no contact {contact_id!r}.") from None

    def contacts_of(self, email: str) -> Sequence[Contact]:
        wanted = normalise_email(email)
        return tuple(contact for contact in self._by_id() if contact.email and normalise_email(contact.email) == wanted)

    def list_contacts(self, after: str = "", limit: int = 1000) -> Sequence[Contact]:
        found = [one for one in self._by_id() if one.id > after and (one.name or one.email)]
        return tuple(found[:limit])

    def check(self) -> str:
        return f"The memory holds {len(self._contacts)} contacts."

    def _by_id(self) -> Sequence[Contact]:
        return [contact for _id, contact in sorted(self._contacts.items())]
