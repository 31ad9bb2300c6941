"""Contacts in Tryton: its parties, with what they can be reached by."""

from collections.abc import Iterator, Sequence
from typing import Any

from connectors.contracts.contacts import Contact
from connectors.contracts.orders import Address
from connectors.email_address import normalise_email
from connectors.errors import NotFound
from connectors.vendors.tryton.failures import expecting_known_shapes
from connectors.vendors.tryton.session import Domain, Record, TrytonSession, at, escape_pattern, many

_FIELDS = (
    "name",
    "email",
    "phone",
    "mobile",
    "lang.code",
    "contact_mechanisms.type",
    "contact_mechanisms.value",
    "addresses.street",
    "addresses.city",
    "addresses.postal_code",
    "addresses.country.code",
)
_REACHABLE: Domain = ["OR", ["name", "!=", None], ["contact_mechanisms.type", "=", "email"]]


class TrytonContacts:
    """Parties sort by their number; Tryton says of none for whom it works."""

    def __init__(self, session: TrytonSession) -> None:
        self._session = session

    def find_contact(self, contact_id: str) -> Contact:
        for found in (
            self._find([["id", "=", int(contact_id)]]) if contact_id.isascii() and contact_id.isdigit() else ()
        ):
            return found
        raise NotFound(f"Tryton has no party {contact_id!r}.")

    def contacts_of(self, email: str) -> Sequence[Contact]:
        wanted = normalise_email(email)
        if not wanted:
            return ()
        domain = [
            ["contact_mechanisms.type", "=", "email"],
            ["contact_mechanisms.value", "ilike", escape_pattern(wanted)],
        ]
        found = self._session.all("party.party", domain, _FIELDS)
        with expecting_known_shapes():
            return tuple(_read(party) for party in found if wanted in addresses_of(party))

    def list_contacts(self, after: str = "", limit: int = 1000) -> Sequence[Contact]:
        domain = [_REACHABLE, ["id", ">", int(after or 0)]]
        found = self._session.search("party.party", domain, _FIELDS, [["id", "ASC"]], limit)
        with expecting_known_shapes():
            return tuple(_read(party) for party in found)

    def check(self) -> str:
        return f"Tryton holds {self._session.read('model.party.party.search_count', [])} parties."

    def _find(self, domain: list[Any]) -> Iterator[Contact]:
        with expecting_known_shapes():
            yield from [_read(party) for party in self._session.search("party.party", domain, _FIELDS)]


def addresses_of(party: Record) -> set[str]:
    """All e-mail addresses of a party, in small letters."""
    mechanisms = many(party, "contact_mechanisms")
    return {normalise_email(one["value"] or "") for one in mechanisms if one["type"] == "email"}


def _read(party: Record) -> Contact:
    return Contact(
        id=str(party["id"]),
        name=party["name"] or "",
        email=normalise_email(party["email"] or ""),
        phone=party["phone"] or party["mobile"] or "",
        language=(at(party, "lang.code") or "")[:2] or None,
        address=_read_address(many(party, "addresses")),
    )


def _read_address(addresses: Sequence[Record]) -> Address | None:
    for record in addresses:
        parts = (record["street"], record["city"], record["postal_code"], at(record, "country.code"))
        if all(parts):
            return Address(*parts)
    return None
