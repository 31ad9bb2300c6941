"""What every help desk must do, run over every vendor of the registry."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import select

from connectors.contracts.tickets import NewTicket, Ticket, TicketAuthor, TicketMessage, Tickets, TicketState
from connectors.database.base import utc_now
from connectors.database.models.conversation import Contact, Conversation, Owner
from connectors.database.session import Database
from connectors.errors import NotFound, Rejected, Unavailable
from connectors.registry import vendors_of
from connectors.vendors.house_tickets import HouseTickets
from connectors.vendors.memory_tickets import MemoryTickets
from tests.contract.with_a_server import tested_with_a_server
from tests.fixtures.sql_books import sql_connector

CRACKED = NewTicket("mail:1", " Emma@Example.com", "Cracked vase", "It came in two pieces.", "Emma Nováková", "cs")
LATE = NewTicket("mail:2", "emma@example.com", "Where is it?", "Nothing came yet.")
OTHER = NewTicket("mail:3", "leila@example.com", "کاشی", "یک کاشی کم است")
CUSTOMER, AGENT = TicketAuthor.CUSTOMER, TicketAuthor.AGENT


class WrittenHereReadBySql(HouseTickets):
    """SQL only reads: what it reads is what our own help desk wrote."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._read: Tickets = sql_connector("tickets", database)

    def find_ticket(self, number: str) -> Ticket:
        return self._read.find_ticket(number)

    def tickets_of(self, email: str) -> Sequence[Ticket]:
        return self._read.tickets_of(email)

    def changed_since(self, moment: datetime) -> Sequence[Ticket]:
        return self._read.changed_since(moment)

    def messages_of(self, number: str) -> Sequence[TicketMessage]:
        return self._read.messages_of(number)


MADE: dict[str, Callable[[Database], Tickets]] = {
    "house": HouseTickets,
    "memory": lambda _database: MemoryTickets(),
    "sql": WrittenHereReadBySql,
}


def test_every_vendor_of_the_registry_is_tested_here() -> None:
    assert set(vendors_of("tickets")) - tested_with_a_server("tickets") == set(MADE)


@pytest.fixture(params=sorted(MADE))
def desk(request: pytest.FixtureRequest, database: Database) -> Tickets:
    return MADE[request.param](database)


def test_an_opened_ticket_comes_back_with_all_it_says(desk: Tickets) -> None:
    before = utc_now()
    number = desk.open_ticket(OTHER)
    ticket = desk.find_ticket(number)
    assert (ticket.number, ticket.email, ticket.subject) == (number, OTHER.email, OTHER.subject)
    assert (ticket.description, ticket.state) == (OTHER.description, TicketState.OPEN)
    assert before <= ticket.opened_at == ticket.changed_at <= utc_now()
    assert list(desk.messages_of(number)) == []


def test_opening_twice_with_one_key_opens_one_ticket(desk: Tickets) -> None:
    number = desk.open_ticket(CRACKED)
    assert desk.open_ticket(replace(CRACKED, subject="Another subject")) == number
    assert [ticket.subject for ticket in desk.tickets_of(CRACKED.email)] == ["Cracked vase"]


def test_of_one_key_used_at_once_one_ticket_is_opened(desk: Tickets) -> None:
    start = Barrier(4)

    def open_one(key: str) -> str:
        start.wait()
        return desk.open_ticket(replace(CRACKED, idempotency_key=key))

    with ThreadPoolExecutor(4) as threads:
        numbers = list(threads.map(open_one, ("one", "one", "two", "two")))
    assert numbers[0] == numbers[1]
    assert numbers[2] == numbers[3]
    assert {ticket.number for ticket in desk.tickets_of(CRACKED.email)} == set(numbers)


def test_the_tickets_of_an_address_come_newest_first_whatever_its_capitals(desk: Tickets) -> None:
    numbers = [desk.open_ticket(draft) for draft in (CRACKED, LATE, OTHER)]
    assert [ticket.number for ticket in desk.tickets_of(" EMMA@example.COM")] == [numbers[1], numbers[0]]
    assert list(desk.tickets_of("nobody@example.com")) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"subject": " "}, "subject"),
        ({"subject": "x" * 201}, "200 characters"),
        ({"description": "\n"}, "description"),
        ({"email": "emma"}, "e-mail"),
        ({"idempotency_key": ""}, "key"),
        ({"idempotency_key": "k" * 101}, "key"),
    ],
)
def test_a_ticket_that_nobody_could_answer_is_not_opened(desk: Tickets, changes: dict[str, str], said: str) -> None:
    with pytest.raises(Rejected, match=said):
        desk.open_ticket(replace(CRACKED, **changes))
    assert list(desk.tickets_of(CRACKED.email)) == []


def test_what_is_written_stands_in_the_order_of_writing(desk: Tickets) -> None:
    number = desk.open_ticket(CRACKED)
    desk.add_message(number, AGENT, "Please send a picture.", "m1")
    assert desk.find_ticket(number).state is TicketState.ANSWERED
    desk.add_message(number, CUSTOMER, "Here it is.", "m2")
    ticket = desk.find_ticket(number)
    assert ticket.state is TicketState.OPEN
    assert ticket.changed_at >= ticket.opened_at
    said = [(message.author, message.text) for message in desk.messages_of(number)]
    assert said == [(AGENT, "Please send a picture."), (CUSTOMER, "Here it is.")]


def test_writing_twice_with_one_key_writes_once(desk: Tickets) -> None:
    number = desk.open_ticket(CRACKED)
    desk.add_message(number, CUSTOMER, "Any news?", "m1")
    desk.add_message(number, AGENT, "Tomorrow.", "m2")
    desk.add_message(number, CUSTOMER, "Any news?", "m1")
    assert [message.text for message in desk.messages_of(number)] == ["Any news?", "Tomorrow."]
    assert desk.find_ticket(number).state is TicketState.ANSWERED


def test_a_customer_who_writes_opens_a_closed_ticket_again_and_an_agent_does_not(desk: Tickets) -> None:
    number = desk.open_ticket(CRACKED)
    desk.close_ticket(number)
    with pytest.raises(Rejected, match="closed"):
        desk.add_message(number, AGENT, "One more thing.", "m1")
    assert desk.find_ticket(number).state is TicketState.CLOSED
    desk.add_message(number, CUSTOMER, "It broke again.", "m2")
    assert desk.find_ticket(number).state is TicketState.OPEN


def test_closing_twice_changes_nothing(desk: Tickets) -> None:
    number = desk.open_ticket(CRACKED)
    desk.close_ticket(number)
    closed = desk.find_ticket(number)
    desk.close_ticket(number)
    assert desk.find_ticket(number) == closed
    assert closed.state is TicketState.CLOSED


@pytest.mark.parametrize(("text", "key"), [(" \n", "m1"), ("Hello", ""), ("Hello", "k" * 101)])
def test_a_message_without_text_or_a_usable_key_is_refused(desk: Tickets, text: str, key: str) -> None:
    number = desk.open_ticket(CRACKED)
    with pytest.raises(Rejected):
        desk.add_message(number, CUSTOMER, text, key)
    assert list(desk.messages_of(number)) == []


def test_an_unknown_ticket_is_said_to_be_unknown(desk: Tickets) -> None:
    for ask in (
        lambda: desk.find_ticket("TCK-9"),
        lambda: desk.messages_of("TCK-9"),
        lambda: desk.add_message("TCK-9", CUSTOMER, "Hello", "m1"),
        lambda: desk.close_ticket("TCK-9"),
    ):
        with pytest.raises(NotFound, match="TCK-9"):
            ask()


def test_what_changed_since_a_moment_comes_in_the_order_of_its_change(desk: Tickets) -> None:
    first, second = desk.open_ticket(CRACKED), desk.open_ticket(OTHER)
    moment = desk.find_ticket(second).changed_at
    desk.add_message(first, CUSTOMER, "Any news?", "m1")
    assert [ticket.number for ticket in desk.changed_since(moment)] == [second, first]
    assert list(desk.changed_since(utc_now() + timedelta(hours=1))) == []


def test_a_ticket_from_outside_a_chat_leaves_no_conversation_open(database: Database) -> None:
    HouseTickets(database).open_ticket(CRACKED)
    HouseTickets(database).open_ticket(LATE)
    with database.read() as session:
        talks = session.scalars(select(Conversation)).all()
        contacts = session.scalars(select(Contact).order_by(Contact.created_at)).all()
    assert {(talk.channel, talk.owner) for talk in talks} == {("mail", Owner.CLOSED)}
    assert {talk.language for talk in talks} == {"cs", "en"}
    # An address that was only claimed makes nobody the same person.
    assert [contact.email for contact in contacts] == ["emma@example.com"] * 2


def test_our_own_tickets_are_unavailable_while_the_database_has_no_tables(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'empty.sqlite'}")
    with pytest.raises(Unavailable, match="own database"):
        HouseTickets(database).open_ticket(CRACKED)
    database.close()
