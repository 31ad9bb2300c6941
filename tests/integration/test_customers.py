"""What we know about a customer: for agents everything, with claims marked; for customers only what is theirs."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from bot.services.customers import Customers
from bot.services.proof_attempts import ProofLimits
from bot.services.ticket_lookup import TicketLookup, TicketOutcome
from bot.services.tickets import TicketDraft, Tickets
from bot.services.verification import CODE, verify_conversation
from connectors.contracts.names import ORDERS, RETURNS
from connectors.contracts.orders import Order, OrderItem, OrderState
from connectors.contracts.returns import ReturnRequest
from connectors.contracts.sales_invoices import SalesInvoice
from connectors.database.models.conversation import Conversation, Ticket
from connectors.database.models.service import OrderProof
from connectors.errors import Unavailable
from connectors.registry import Connectors
from connectors.vendors.memory_orders import MemoryOrders
from connectors.vendors.memory_sales import MemoryReturns, MemorySalesInvoices
from tests.fixtures.days import TODAY
from tests.fixtures.front_office import FrontOffice, open_front_office

pytestmark = pytest.mark.integration

EMMA, LIAM = "emma.novak@example.com", "liam.oconnor@example.com"
LAMP = Order(
    number="ORD-2026-1042",
    email=EMMA,
    customer_name="Emma Novák",
    ordered_on=date(2026, 11, 12),
    state=OrderState.SHIPPED,
    items=(OrderItem("LAMP", "Oak lamp", Decimal(1)),),
    total=Decimal("89.90"),
    currency="EUR",
)
BOWL = replace(LAMP, number="ORD-2026-1037", state=OrderState.DELIVERED, ordered_on=date(2026, 10, 11))
LIAMS = replace(LAMP, number="ORD-2026-1040", email=LIAM, customer_name="Liam O'Connor")
LIMITS = ProofLimits(per_conversation_and_contact=5, per_address=50, per_order=20)


class DownOrders(MemoryOrders):
    """A sales system that does not answer."""

    def orders_of(self, email: str) -> Sequence[Order]:
        raise Unavailable("The shop's server does not answer.")


class DownReturns(MemoryReturns):
    def returns_of(self, order_number: str) -> Sequence[object]:  # type: ignore[override]
        raise Unavailable("The returns' server does not answer.")


@pytest.fixture
def office(database_url: str) -> Iterator[FrontOffice]:
    with open_front_office(database_url) as office:
        yield office


def customers(office: FrontOffice, orders: MemoryOrders | None = None, **systems: Any) -> Customers:
    connectors = Connectors.in_memory(orders or MemoryOrders([LAMP, BOWL, LIAMS]), **systems)
    return Customers(office.database, connectors)


def prove_person(office: FrontOffice, conversation_id: str, email: str = EMMA) -> None:
    with office.database.write() as session:
        verify_conversation(session, session.get_one(Conversation, conversation_id), email, CODE, "Emma Novák")


def claim_email(office: FrontOffice, conversation_id: str, email: str = EMMA) -> None:
    with office.database.write() as session:
        session.get_one(Conversation, conversation_id).contact.email = email


def open_ticket(office: FrontOffice, conversation_id: str, email: str = EMMA, subject: str = "Broken lamp") -> str:
    draft = TicketDraft(subject, "It is broken.", email)
    return Tickets(office.database).open_ticket(conversation_id, f"{conversation_id}:{subject}", draft)


def test_an_agent_sees_orders_tickets_returns_invoices_and_conversations_of_a_customer(office: FrontOffice) -> None:
    returns = MemoryReturns(TODAY)
    request = ReturnRequest("key", LAMP.number, ("LAMP",), "broken", True, LAMP.total, "EUR")
    case = returns.request_return(request)
    net, tax = Decimal(75), Decimal("14.90")
    invoice = SalesInvoice("FV-1", LAMP.number, TODAY, "Emma Novák", None, "EUR", (), net, tax, LAMP.total)
    invoices = MemorySalesInvoices([invoice])
    first, second = office.open(), office.open(channel="telegram")
    office.hear(first, "hello")
    number = open_ticket(office, first)
    for conversation_id in (first, second):
        prove_person(office, conversation_id)
    seen = customers(office, returns=returns, sales_invoices=invoices).overview(second)
    assert [(one.order.number, one.is_proved) for one in seen.orders] == [(LAMP.number, True), (BOWL.number, True)]
    assert [one.number for one in seen.returns] == [case.number]
    assert list(seen.invoices) == [invoice]
    assert [ticket.number for ticket in seen.record.tickets] == [number]
    assert [one.id for one in seen.record.conversations] == [first]
    assert seen.is_email_proved
    assert seen.missing == frozenset()


def test_a_claimed_address_shows_its_orders_to_agents_as_unproved(office: FrontOffice) -> None:
    conversation_id = office.open()
    claim_email(office, conversation_id, EMMA.upper())
    seen = customers(office).overview(conversation_id)
    assert [one.is_proved for one in seen.orders] == [False, False]
    assert not seen.is_email_proved


def test_a_proved_order_proves_its_address_and_itself_alone(office: FrontOffice) -> None:
    conversation_id = office.open()
    claim_email(office, conversation_id)
    with office.database.write() as session:
        session.add(OrderProof(conversation_id=conversation_id, order_number=LAMP.number, method="email"))
    seen = customers(office).overview(conversation_id)
    assert {one.order.number: one.is_proved for one in seen.orders} == {LAMP.number: True, BOWL.number: False}
    assert seen.is_email_proved


def test_the_tickets_of_others_who_only_claim_the_address_are_not_mixed_in(office: FrontOffice) -> None:
    mine, other = office.open(), office.open()
    open_ticket(office, other, EMMA)
    claim_email(office, mine)
    assert customers(office).overview(mine).record.tickets == []
    prove_person(office, mine)
    assert len(customers(office).overview(mine).record.tickets) == 1


def test_a_system_that_is_down_leaves_the_rest(office: FrontOffice) -> None:
    conversation_id = office.open()
    number = open_ticket(office, conversation_id)
    prove_person(office, conversation_id)
    without_orders = customers(office, DownOrders()).overview(conversation_id)
    assert without_orders.missing == {ORDERS}
    assert [ticket.number for ticket in without_orders.record.tickets] == [number]
    without_returns = customers(office, returns=DownReturns(TODAY)).overview(conversation_id)
    assert without_returns.missing == {RETURNS}
    assert len(without_returns.orders) == 2


def test_only_a_verified_customer_is_told_what_they_wait_for(office: FrontOffice) -> None:
    conversation_id = office.open()
    claim_email(office, conversation_id)
    number = open_ticket(office, conversation_id)
    assert customers(office).open_matters(conversation_id) is None
    with office.database.write() as session:
        session.add(OrderProof(conversation_id=conversation_id, order_number=LAMP.number, method="email"))
    assert customers(office).open_matters(conversation_id) is None
    prove_person(office, conversation_id)
    matters = customers(office).open_matters(conversation_id)
    assert matters is not None
    assert matters.name == "Emma Novák"
    assert [order.number for order in matters.orders] == [LAMP.number]
    assert [ticket.number for ticket in matters.tickets] == [number]


def test_closed_tickets_are_nothing_to_wait_for(office: FrontOffice) -> None:
    conversation_id = office.open()
    open_ticket(office, conversation_id)
    prove_person(office, conversation_id)
    with office.database.write() as session:
        session.query(Ticket).update({"state": "closed"})
    matters = customers(office).open_matters(conversation_id)
    assert matters is not None
    assert matters.tickets == []


def test_a_verified_customer_whose_orders_cannot_be_read_sees_tickets_and_that_something_is_missing(
    office: FrontOffice,
) -> None:
    conversation_id = office.open()
    open_ticket(office, conversation_id)
    prove_person(office, conversation_id)
    matters = customers(office, DownOrders()).open_matters(conversation_id)
    assert matters is not None
    assert (len(matters.tickets), matters.missing) == (1, frozenset({ORDERS}))


# --- tickets ---


def tickets(office: FrontOffice) -> TicketLookup:
    return TicketLookup(office.database, LIMITS)


def test_number_and_email_together_show_a_ticket(office: FrontOffice) -> None:
    number = open_ticket(office, office.open())
    result = tickets(office).look_up(office.open(), number, "Emma.Novak@EXAMPLE.com")
    assert result.outcome == TicketOutcome.FOUND
    assert result.ticket is not None
    assert result.ticket.subject == "Broken lamp"


def test_every_no_is_the_same(office: FrontOffice) -> None:
    number = open_ticket(office, office.open())
    tries = [(number, LIAM), ("TCK-999999", EMMA), ("", ""), ("%", "%")]
    results = [tickets(office).look_up(office.open(), *one) for one in tries]
    assert {(result.outcome, result.ticket) for result in results} == {(TicketOutcome.REFUSED, None)}


def test_guessing_tickets_ends_after_five_tries_and_counts_with_orders(office: FrontOffice) -> None:
    number, conversation_id = open_ticket(office, office.open()), office.open()
    outcomes = [tickets(office).look_up(conversation_id, number, LIAM).outcome for _ in range(6)]
    assert outcomes == [TicketOutcome.REFUSED] * 5 + [TicketOutcome.TOO_MANY_TRIES]
    assert tickets(office).look_up(conversation_id, number, EMMA).outcome == TicketOutcome.TOO_MANY_TRIES


def test_a_ticket_needs_no_proof_where_it_was_opened_or_by_whom_it_belongs_to(office: FrontOffice) -> None:
    here, elsewhere = office.open(), office.open()
    number = open_ticket(office, here)
    assert tickets(office).recall(here, number) is not None
    assert tickets(office).recall(elsewhere, number) is None
    assert tickets(office).own(elsewhere) is None
    prove_person(office, elsewhere)
    assert tickets(office).recall(elsewhere, number) is not None
    assert [ticket.number for ticket in tickets(office).own(elsewhere) or ()] == [number]


def test_a_verified_customer_sees_nobody_elses_ticket(office: FrontOffice) -> None:
    conversation_id = office.open()
    prove_person(office, conversation_id)
    number = open_ticket(office, office.open(), LIAM)
    assert tickets(office).recall(conversation_id, number) is None
    assert tickets(office).own(conversation_id) == []


def test_words_under_an_address_that_nobody_proved_are_not_shown_to_its_owner(office: FrontOffice) -> None:
    stranger, owner = office.open(), office.open()
    number = open_ticket(office, stranger, subject="Your account is blocked, see evil.example")
    prove_person(office, owner)
    listed = tickets(office).own(owner)
    assert [(ticket.number, ticket.subject) for ticket in listed or ()] == [(number, None)]
    named = tickets(office).recall(owner, number)
    assert (named and named.number, named and named.subject) == (number, None)
    matters = customers(office).open_matters(owner)
    assert [ticket.subject for ticket in (matters.tickets if matters else ())] == [None]


@pytest.mark.parametrize("is_proved_first", [True, False])
def test_words_of_whoever_proved_the_address_are_shown_everywhere(office: FrontOffice, is_proved_first: bool) -> None:
    first, second = office.open(), office.open()
    if is_proved_first:
        prove_person(office, first)
    open_ticket(office, first)
    if not is_proved_first:
        prove_person(office, first)
    prove_person(office, second)
    assert [ticket.subject for ticket in tickets(office).own(second) or ()] == ["Broken lamp"]
    with office.database.write() as session:
        session.get_one(Conversation, first).verified_email = LIAM
    assert [ticket.subject for ticket in tickets(office).own(second) or ()] == [None]
