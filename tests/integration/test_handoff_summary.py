"""What an agent is told in short before reading a conversation, and who waits for an assistant that is away."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.conversations import ownership, store
from bot.handoff.summary import FOUND, TRIED, Deed, Request, Summary, summarise
from bot.pages.catalogue import Catalogue
from bot.rasa.client import Understood
from bot.services.effects import Outcome
from bot.services.one_time_codes import SendOutcome, TryOutcome
from bot.services.order_lookup import LookupOutcome
from bot.services.ticket_lookup import TicketOutcome
from connectors.database.audit import record_audit
from connectors.database.base import utc_now
from connectors.database.models.conversation import Author, Conversation
from connectors.database.models.service import OrderProof
from connectors.database.models.understanding import UnderstoodTurn
from connectors.settings import DATA_FOLDER
from connectors.vendors.memory_orders import MemoryOrders
from tests.fixtures.front_office import TEXTS, FrontOffice, open_front_office
from tests.integration.staff_house import Agent, House

pytestmark = pytest.mark.integration

NUMBER = "ORD-2026-1042"


@pytest.fixture
def office(database_url: str) -> Iterator[FrontOffice]:
    with open_front_office(database_url) as office:
        yield office


def hear(office: FrontOffice, conversation_id: str, text: str, intent: str, is_angry: bool = False) -> None:
    office.assistant.understood[text] = [Understood(text, intent, 0.9, is_angry=is_angry)]
    office.hear(conversation_id, text)


def record(office: FrontOffice, conversation_id: str, action: str, object_id: str, outcome: str | None = None) -> None:
    with office.database.write() as session:
        contact_id = session.get_one(Conversation, conversation_id).contact_id
        record_audit(
            session, f"contact:{contact_id}", action, "order", object_id, conversation=conversation_id, outcome=outcome
        )


def summary_of(office: FrontOffice, conversation_id: str) -> Summary:
    with office.database.read() as session:
        return summarise(session, session.get_one(Conversation, conversation_id))


def test_what_was_asked_stands_in_order_in_the_customers_words(office: FrontOffice) -> None:
    conversation_id = office.open()
    hear(office, conversation_id, "hello", "greet")
    hear(office, conversation_id, "where is\nmy  order", "order_status")
    hear(office, conversation_id, "my order please", "order_status")
    hear(office, conversation_id, "wibble", "nlu_fallback")
    hear(office, conversation_id, "can I send it back", "refund_request")
    assert summary_of(office, conversation_id).requests == [
        Request("where is my order", "order_status"),
        Request("wibble", None),
        Request("can I send it back", "refund_request"),
    ]


def test_only_the_last_requests_are_told_and_long_ones_are_shortened(office: FrontOffice) -> None:
    conversation_id = office.open()
    for number in range(7):
        hear(office, conversation_id, f"{number} " + "very long " * 30, "nlu_fallback")
    requests = summary_of(office, conversation_id).requests
    assert [request.text[0] for request in requests] == ["2", "3", "4", "5", "6"]
    assert all(len(request.text) <= 120 and request.text.endswith("…") for request in requests)


def test_what_was_found_and_what_was_tried_are_told_apart(office: FrontOffice) -> None:
    conversation_id, other = office.open(), office.open()
    record(office, conversation_id, "order.look_up", NUMBER, "refused")
    record(office, conversation_id, "order.look_up", NUMBER, "refused")
    record(office, conversation_id, "order.look_up", NUMBER, "found")
    record(office, conversation_id, "order.cancel", NUMBER, "done")
    record(office, conversation_id, "conversation.rate", "5")
    record(office, other, "order.look_up", "ORD-2026-1043", "found")
    summary = summary_of(office, conversation_id)
    assert summary.found == [Deed("order.look_up", NUMBER, "refused"), Deed("order.look_up", NUMBER, "found")]
    assert summary.tried == [Deed("order.cancel", NUMBER, "done")]


def test_who_the_customer_is_and_in_which_mood(office: FrontOffice) -> None:
    conversation_id = office.open()
    assert summary_of(office, conversation_id).proved_orders == []
    hear(office, conversation_id, "thieves", "complaint", is_angry=True)
    with office.database.write() as session:
        session.add(OrderProof(conversation_id=conversation_id, order_number=NUMBER, method="postcode"))
    summary = summary_of(office, conversation_id)
    assert (summary.is_angry, summary.verified_by, summary.proved_orders) == (True, None, [(NUMBER, "postcode")])
    with office.database.write() as session:
        store.lock_conversation(session, conversation_id).verified_by = "code"
    assert summary_of(office, conversation_id).verified_by == "code"


def test_what_a_person_has_settled_is_told_no_more(office: FrontOffice) -> None:
    conversation_id, agent = office.open(), office.agent()
    hear(office, conversation_id, "where is my order", "order_status", is_angry=True)
    record(office, conversation_id, "order.look_up", NUMBER, "found")
    with office.database.write() as session:
        ownership.take_over(session, conversation_id, agent, TEXTS)
    assert len(summary_of(office, conversation_id).requests) == 1
    with office.database.write() as session:
        ownership.give_back(session, conversation_id, agent, TEXTS)
    settled = summary_of(office, conversation_id)
    assert (settled.requests, settled.found, settled.is_angry, settled.has_content) == ([], [], False, False)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path, MemoryOrders([]))
    yield house
    house.database.close()


def fill(house: House, conversation_id: str) -> None:
    """Everything that a summary can hold."""
    outcomes = [one.value for kind in (LookupOutcome, TicketOutcome, Outcome, SendOutcome, TryOutcome) for one in kind]
    with house.database.write() as session:
        conversation = session.get_one(Conversation, conversation_id)
        actor = f"contact:{conversation.contact_id}"
        for action in (*FOUND, *TRIED):
            record_audit(session, actor, action, "thing", f"<{action}>", conversation=conversation_id)
        for outcome in dict.fromkeys(outcomes):
            record_audit(session, actor, "code.prove", "contact", "c", conversation=conversation_id, outcome=outcome)
        for method in ("email", "postcode", "account"):
            session.add(OrderProof(conversation_id=conversation_id, order_number=f"{NUMBER}-{method}", method=method))
        for seq, (text, intent) in enumerate([("<b>my</b> parcel", "order_status"), ("wibble", "nlu_fallback")], 2):
            turn = {"conversation_id": conversation_id, "seq": seq, "language": "en", "confidence": 0.9}
            session.add(UnderstoodTurn(text=text, intent=intent, is_angry=True, **turn))


@pytest.mark.parametrize("language", sorted(TEXTS.languages))
def test_every_agent_reads_it_in_their_own_language(house: House, language: str) -> None:
    jana = Agent(house, house.jana)
    jana.client.headers["Accept-Language"] = language
    conversation_id = house.customer_writes("hello")
    fill(house, conversation_id)
    page = jana.sees(conversation_id)
    assert TEXTS.languages[language].terms["intent.order_status"] in page
    assert "&lt;b&gt;my&lt;/b&gt; parcel" in page
    assert f"{NUMBER}-postcode" in page


def test_every_deed_and_outcome_has_a_word() -> None:
    outcomes = [one for kind in (LookupOutcome, TicketOutcome, Outcome, SendOutcome, TryOutcome) for one in kind]
    keys = {f"inbox.deed.{action}" for action in (*FOUND, *TRIED)} | {f"inbox.outcome.{one}" for one in outcomes}
    assert keys - set(Catalogue(DATA_FOLDER).texts["en"]) == set()


def test_a_conversation_in_which_nothing_happened_has_no_summary(house: House) -> None:
    page = Agent(house, house.jana).sees(house.customer_writes("hello"))
    assert "In short" not in page


def test_whoever_waits_for_an_assistant_that_is_away_stands_among_those_who_wait(house: House) -> None:
    jana = Agent(house, house.jana)
    queued = house.customer_writes("queued", "Anna")
    stranded, fine = (
        house.customer_writes("away", "Boris", waits=False),
        house.customer_writes("ok", "Cyril", waits=False),
    )
    with house.database.write() as session:
        session.get_one(Conversation, stranded).bot_away_since = utc_now() - timedelta(minutes=7)
    page = jana.sees()
    assert page.index(f'id="row-{stranded}"') < page.index(f'id="row-{queued}"')
    assert f'id="row-{fine}"' not in page
    assert page.count("Assistant is away") == 1
    assert "Assistant is away" in jana.sees(stranded)
    jana.does("take-over", stranded)
    assert "Assistant is away" not in jana.sees()
    assert house.said(stranded, Author.SYSTEM) == ["Jana is here now."]
