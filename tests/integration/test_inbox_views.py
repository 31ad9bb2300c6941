"""Finding conversations: the views of the inbox, its search, its labels, and what is unread."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import and_, select

from bot.channels.rate_limit import RateLimit
from bot.conversations.store import (
    add_message,
    edit_message,
    lock_conversation,
    open_conversation,
    take_customer_message,
)
from bot.staff.place import VIEWS
from bot.texts import Rendered
from connectors.contracts.tickets import NewTicket, TicketAuthor
from connectors.database.base import utc_now
from connectors.database.message_index import says_all
from connectors.database.migrate import migrate
from connectors.database.models.conversation import Author, Conversation, Message, Ticket
from connectors.database.session import Database
from connectors.folded_text import fold
from connectors.vendors.house_tickets import HouseTickets
from connectors.vendors.memory_orders import MemoryOrders
from tests.integration.staff_house import Agent, House


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path, MemoryOrders())
    yield house
    house.database.close()


@pytest.fixture
def jana(house: House) -> Agent:
    return Agent(house, house.jana)


@pytest.fixture
def tomas(house: House) -> Agent:
    return Agent(house, house.tomas)


def rows(page: str) -> list[str]:
    return re.findall(r'<li id="row-([0-9a-f]{32})"', page)


def says(house: House, conversation_id: str, text: str) -> int:
    with house.database.write() as session:
        return take_customer_message(session, conversation_id, text, f"c{utc_now().timestamp()}").seq


def test_each_view_shows_its_conversations_and_no_others(house: House, jana: Agent, tomas: Agent) -> None:
    named = {name: house.customer_writes(name, name) for name in ("waiting", "mine", "team", "closed", "snoozed")}
    named["bot"] = house.customer_writes("bot", waits=False)
    for who, conversation in ((jana, "mine"), (jana, "snoozed"), (tomas, "team"), (tomas, "closed")):
        who.does("take-over", named[conversation])
    tomas.does("close", named["closed"], reason="Solved")
    jana.does("snooze", named["snoozed"], until="hour")
    shown = {view: set(rows(jana.sees(view=view))) for view in VIEWS if view not in {"now", "all", "mentions"}}
    assert shown == {view: {named[view]} for view in shown}
    assert set(rows(jana.sees(view="all"))) == set(named.values())
    assert rows(jana.sees()) == [named["waiting"], named["mine"]]


def test_a_view_that_there_is_not_is_the_first_one(house: House, jana: Agent) -> None:
    waiting = house.customer_writes("Hello?")
    assert rows(jana.sees(view="nonsense")) == rows(jana.sees()) == [waiting]


def test_a_search_finds_what_was_said_whatever_accents_and_capitals(house: House, jana: Agent) -> None:
    found = house.customer_writes("Kde je moje OBJEDNÁVKA?", "Anna")
    house.customer_writes("Something else", "Boris")
    assert rows(jana.sees(q="objednavka moje")) == [found]
    assert rows(jana.sees(q="objednavka boris")) == []
    jana.does("take-over", found)
    shown = jana.sees(q="objednavka")
    assert re.search(r'<span class="row-text">\s*<span class="row-said" dir="auto">Kde je moje', shown)
    assert "Nothing has all these words" in jana.sees(q="no such word")


def test_a_search_finds_people_by_parts_of_name_and_address(house: House, jana: Agent) -> None:
    conversation = house.customer_writes("Hello", "Žofie Dvořáková")
    house.gives_email(conversation, "zofie.d@example.com")
    for words in ("zofie", "DVORAK", "zofie.d@", "dvo zof", "Žo"):
        assert rows(jana.sees(q=words)) == [conversation]


def test_a_search_finds_tickets_by_number_and_subject(house: House, jana: Agent) -> None:
    conversation = house.customer_writes("Hello")
    with house.database.write() as session:
        contact_id = session.get_one(Conversation, conversation).contact_id
        session.add(
            Ticket(
                number="TCK-000042",
                turn_key="t",
                conversation_id=conversation,
                contact_id=contact_id,
                email="e@example.com",
                subject="ROZBITÁ konvice",
                description="It leaks",
            )
        )
    for words in ("tck-000042", "rozbita", "Konvice leaks", "e@example"):
        page = jana.sees(q=words)
        assert rows(page) == [conversation]
        assert 'href="/staff/tickets/TCK-000042"' in page


def test_a_search_finds_tickets_that_came_by_mail_and_have_no_conversation_here(house: House, jana: Agent) -> None:
    number = HouseTickets(house.database).open_ticket(
        NewTicket("mail:1", "emma@example.com", "Prasklá <b>váza</b>", "It came in two pieces.", "Emma", "cs")
    )
    page = jana.sees(q="praskla vaza")
    assert rows(page) == []
    assert f'href="/staff/tickets/{number}"' in page
    assert "Prasklá &lt;b&gt;váza&lt;/b&gt;" in page
    assert "Only tickets have all these words" in page
    assert number in jana.sees(q=number.lower())


def test_a_search_finds_tickets_by_what_was_written_about_them_since(house: House, jana: Agent) -> None:
    tickets = HouseTickets(house.database)
    number = tickets.open_ticket(NewTicket("mail:1", "emma@example.com", "Váza", "It broke.", "Emma", "cs"))
    tickets.add_message(number, TicketAuthor.CUSTOMER, "Účtenku jsem NAŠLA.", "mail:2")
    tickets.add_message(number, TicketAuthor.AGENT, "We send another one.", "mail:3")
    for words in ("uctenku nasla", "vaza another"):
        assert f'href="/staff/tickets/{number}"' in jana.sees(q=words)
    assert number not in jana.sees(q="vaza teapot")


@pytest.mark.parametrize("words", ['"', '" OR "', "%", "_", "\\", "' OR 1=1 --", "NEAR(", "*", "a" * 100, "-", "\0\0"])
def test_a_search_for_signs_is_a_search_and_no_command(house: House, jana: Agent, words: str) -> None:
    house.customer_writes("Hello")
    answer = jana.client.get("/staff", params={"q": words})
    assert answer.status_code == 200
    assert rows(answer.text) in ([], rows(jana.sees()))


def test_a_program_that_runs_wild_with_a_log_in_is_slowed_down(house: House, jana: Agent, tomas: Agent) -> None:
    house.app.state.staff_limit = RateLimit(2)
    asked = [jana.client.get("/staff").status_code for _ in range(3)]
    assert asked == [200, 200, 429]
    assert jana.does("take-over", "any").status_code == 429
    assert tomas.client.get("/staff/setup/team").status_code == 200


def test_a_script_in_a_search_is_shown_as_text(jana: Agent) -> None:
    assert "<script>alert" not in jana.sees(q="<script>alert(1)</script>")


@pytest.mark.integration
def test_the_index_of_the_messages_finds_the_same_as_a_look_through_all_of_them(database_url: str) -> None:
    database = Database(database_url)
    migrate(database)
    texts = ["Kde je OBJEDNÁVKA číslo 5", "objednavky nejsou", 'He said "hello"', "100 % sure", "سفارش كتاب‌ها", "ab"]
    with database.write() as session:
        conversation = open_conversation(session, "web", "x", "en", None)
        for text in texts:
            add_message(session, conversation, Author.CUSTOMER, Rendered(text))
    with database.write() as session:
        session.scalars(select(Message).where(Message.seq == 2)).one().external_id = "2"
        session.flush()
        assert edit_message(session, conversation.id, "2", "reklamace")
    for words in ("objednavka", "cislo objednavka", '"hello"', "100 %", "کتاب", "objednavky", "reklam", "nejsou x"):
        folded = [word for word in fold(words).split() if len(word) > 2]
        with database.read() as session:
            asked = select(Message.seq).order_by(Message.seq)
            by_index = session.scalars(asked.where(says_all(session, folded))).all()
            by_look = session.scalars(asked.where(and_(*(Message.searched.contains(word) for word in folded)))).all()
        assert by_index == by_look, words
    database.close()


def test_labels_are_given_shown_and_taken_away(house: House, jana: Agent, tomas: Agent) -> None:
    one, other = house.customer_writes("one"), house.customer_writes("other")
    assert tomas.sends("setup/labels", name="VIP", colour="red").status_code == 303
    assert jana.does("labels", one, labels="1").status_code == 200
    assert rows(jana.sees(label="1")) == [one]
    assert jana.sees().count('class="label label-red"') >= 1
    jana.does("labels", one)
    assert rows(jana.sees(label="1")) == []
    assert set(rows(jana.sees())) == {one, other}


def test_a_label_needs_a_name_of_its_own_and_only_admins_make_one(jana: Agent, tomas: Agent) -> None:
    assert jana.sends("setup/labels", name="VIP", colour="red").status_code == 403
    tomas.sends("setup/labels", name="VIP", colour="red")
    for name, colour in (("VIP", "red"), ("", "red"), ("x" * 41, "red"), ("New", "tartan")):
        assert tomas.sends("setup/labels", name=name, colour=colour).status_code == 422
    assert "It is removed from all conversations that have it" in tomas.sends("setup/labels/delete", id="1").text
    assert tomas.sends("setup/labels/delete", id="1", confirmed="yes").status_code == 303
    assert "There are no labels yet" in tomas.client.get("/staff/setup/labels").text


def test_what_nobody_of_ours_has_seen_is_counted_until_somebody_has(house: House, jana: Agent, tomas: Agent) -> None:
    conversation = house.customer_writes("Hello?")
    says(house, conversation, "Anybody there?")
    assert re.search(r"count-hot\">2<span class=\"sr-only\"> unread", jana.sees())
    assert tomas.does("read", conversation, seq="3").status_code == 204
    assert "unread" not in jana.sees()
    assert house.conversation(conversation).staff_read_seq == 3
    tomas.does("read", conversation, seq="2147483647")
    assert house.conversation(conversation).staff_read_seq == 3
    assert tomas.does("read", "nobody", seq="1").status_code == 404


def test_reading_does_not_change_when_a_conversation_was_changed(house: House, jana: Agent) -> None:
    conversation = house.customer_writes("Hello?")
    before = house.conversation(conversation).updated_at
    jana.does("read", conversation, seq="2")
    assert house.conversation(conversation).updated_at == before


def test_a_snoozed_conversation_wakes_when_its_customer_writes(house: House, jana: Agent) -> None:
    conversation = house.customer_writes("Hello?")
    jana.does("take-over", conversation)
    jana.does("snooze", conversation, until="tomorrow")
    assert rows(jana.sees()) == []
    says(house, conversation, "Are you there?")
    assert rows(jana.sees()) == [conversation]
    with house.database.write() as session:
        assert lock_conversation(session, conversation).snoozed_until is None


def test_a_moment_that_has_passed_is_no_snooze(house: House, jana: Agent) -> None:
    conversation = house.customer_writes("Hello?")
    jana.does("take-over", conversation)
    past = (utc_now() - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    assert jana.does("snooze", conversation, until=past).status_code == 422
    assert house.conversation(conversation).snoozed_until is None
