"""What every address book must say, run over every vendor of the registry."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connectors.contracts.contacts import Contact, Contacts, all_contacts
from connectors.contracts.orders import Address
from connectors.database.models.conversation import Contact as ContactRow
from connectors.database.models.conversation import Conversation
from connectors.database.session import Database
from connectors.errors import NotFound, Unavailable
from connectors.registry import vendors_of
from connectors.vendors.house_contacts import HouseContacts
from connectors.vendors.memory_contacts import MemoryContacts
from tests.contract.with_a_server import tested_with_a_server
from tests.fixtures.sql_books import sql_connector

FIRST_TALK = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
EMMA = Contact("c-1", "Emma Nováková", "emma@example.com", language="cs")
# One family, one address.
ADAM = Contact("c-2", "Adam Novák", "emma@example.com", language="cs")
LEILA = Contact("c-3", "لیلا کریمی", "leila@example.com")
NAMELESS = Contact("c-4", email="nobody@example.com", language="hu")
UNKNOWN = Contact("c-5", language="is")
CONTACTS = (LEILA, EMMA, UNKNOWN, NAMELESS, ADAM)


def _fill_house(database: Database, contacts: Sequence[Contact]) -> Contacts:
    with database.write() as session:
        for contact in contacts:
            row = ContactRow(id=contact.id, display_name=contact.name or None, email=contact.email or None)
            session.add(row)
            if contact.language:
                session.add(_talk(row, "en", FIRST_TALK))
                session.add(_talk(row, contact.language, FIRST_TALK + timedelta(days=1)))
    return HouseContacts(database)


def _talk(contact: ContactRow, language: str, at: datetime) -> Conversation:
    return Conversation(contact=contact, channel="web", language=language, updated_at=at)


def _fill_sql(database: Database, contacts: Sequence[Contact]) -> Contacts:
    _fill_house(database, contacts)
    connector: Contacts = sql_connector("contacts", database)
    return connector


FILLED: dict[str, Callable[[Database, Sequence[Contact]], Contacts]] = {
    "house": _fill_house,
    "memory": lambda _database, contacts: MemoryContacts(contacts),
    "sql": _fill_sql,
}


def test_every_vendor_of_the_registry_is_tested_here() -> None:
    assert set(vendors_of("contacts")) - tested_with_a_server("contacts") == set(FILLED)


@pytest.fixture(params=sorted(FILLED))
def contacts(request: pytest.FixtureRequest, database: Database) -> Contacts:
    return FILLED[request.param](database, CONTACTS)


def test_a_contact_comes_back_with_all_it_says(contacts: Contacts) -> None:
    assert contacts.find_contact("c-1") == EMMA


def test_a_contact_says_nothing_of_what_is_not_known(contacts: Contacts) -> None:
    found = contacts.find_contact("c-4")
    assert (found.name, found.phone, found.company, found.address) == ("", "", "", None)
    assert contacts.find_contact("c-3").language is None


def test_an_unknown_contact_is_said_to_be_unknown(contacts: Contacts) -> None:
    with pytest.raises(NotFound, match="c-9"):
        contacts.find_contact("c-9")


def test_all_who_share_an_address_are_found_whatever_its_capitals(contacts: Contacts) -> None:
    assert list(contacts.contacts_of(" EMMA@example.com ")) == [EMMA, ADAM]


@pytest.mark.parametrize("email", ["stranger@example.com", ""])
def test_nobody_is_found_under_a_strange_or_an_empty_address(contacts: Contacts, email: str) -> None:
    assert list(contacts.contacts_of(email)) == []


def test_contacts_of_whom_something_is_known_are_listed_by_id(contacts: Contacts) -> None:
    assert list(contacts.list_contacts()) == [EMMA, ADAM, LEILA, NAMELESS]


@pytest.mark.parametrize("size", [1, 2, 3, 1000])
def test_in_pieces_of_any_size_each_contact_comes_once(contacts: Contacts, size: int) -> None:
    pieces = list(all_contacts(contacts, size))
    assert [one for piece in pieces for one in piece] == [EMMA, ADAM, LEILA, NAMELESS]
    assert max(map(len, pieces)) <= size


def test_what_a_system_knows_beyond_names_comes_back_too() -> None:
    address = Address("Korunní 48", "Praha 2", "120 00", "CZ")
    known = replace(EMMA, phone="+420 601 234 567", company="Hotel Praha", address=address)
    assert MemoryContacts([known]).find_contact("c-1") == known


def test_our_own_contacts_are_unavailable_while_the_database_has_no_tables(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'empty.sqlite'}")
    with pytest.raises(Unavailable, match="own database"):
        HouseContacts(database).list_contacts()
    database.close()
