"""Contacts: the people and companies that a connected system knows, and how they are reached."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from connectors.contracts.orders import Address


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody we deal with; `id` is the system's own and never changes. What it does not know is empty or None.

    `phone` as the system writes it, `company` is whom the person works for, `language` a code of two letters.
    """

    id: str
    name: str = ""
    email: str = ""
    phone: str = ""
    company: str = ""
    language: str | None = None
    address: Address | None = None


class Contacts(Protocol):
    """The address book of a CRM or ERP. An address in it says nothing about who is writing to us just now.

    Raises:
        Unavailable, RateLimited, AuthFailed: any method, when the system says so.
    """

    def find_contact(self, contact_id: str) -> Contact:
        """Raises NotFound when the system has no such contact."""
        ...

    def contacts_of(self, email: str) -> Sequence[Contact]:
        """All contacts with this e-mail address (compared without case), by id: a family or an office may share one."""
        ...

    def list_contacts(self, after: str = "", limit: int = 1000) -> Sequence[Contact]:
        """At most `limit` contacts that have a name or an e-mail address, by id, from the first after this id on."""
        ...


def all_contacts(contacts: Contacts, size: int = 1000) -> Iterator[Sequence[Contact]]:
    """All contacts in pieces of at most `size`."""
    piece = contacts.list_contacts("", size)
    while piece:
        yield piece
        piece = contacts.list_contacts(piece[-1].id, size)
