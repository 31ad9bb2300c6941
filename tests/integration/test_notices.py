"""Notices: decided by the job, told once, in the language and to whom they belong, and to nobody who refuses."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from automations.engine.job import ItemOutcome, JobContext
from automations.jobs import customer_notices, late_orders
from bot.notices import NO_CONVERSATION, OPTED_OUT, NoticeSender
from connectors.contracts.catalogue import Product
from connectors.contracts.notices import NoticeKind, NoticeRequest
from connectors.contracts.orders import Order, OrderState
from connectors.contracts.returns import ReturnRequest, ReturnState
from connectors.database.models.conversation import Author, Conversation, Delivery
from connectors.database.models.service import Notice, OrderProof, StockWatch
from connectors.registry import Connectors
from connectors.vendors.house_notices import HouseNotices
from connectors.vendors.memory_orders import MemoryOrders
from connectors.vendors.memory_sales import MemoryCatalogue, MemoryReturns
from tests.fixtures.front_office import TEXTS, FrontOffice, open_front_office

pytestmark = pytest.mark.integration

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
TODAY = NOW.date()
ORDER = Order(
    number="ORD-2026-0001",
    email="emma@example.com",
    customer_name="Emma",
    ordered_on=date(2026, 11, 10),
    state=OrderState.SHIPPED,
    items=(),
    total=Decimal(50),
    currency="EUR",
    expected_on=date(2026, 11, 20),
)
DELIVERED = replace(ORDER, state=OrderState.DELIVERED)
LAMP = Product("LAMP", {"en": "Lamp", "cs": "Lampa"}, {}, Decimal(40), "EUR", stock=Decimal(3))


@pytest.fixture
def office(database_url: str) -> Iterator[FrontOffice]:
    with open_front_office(database_url) as office:
        yield office


def prove(office: FrontOffice, conversation_id: str, told: date | None = None) -> None:
    with office.database.write() as session:
        session.add(
            OrderProof(
                conversation_id=conversation_id, order_number=ORDER.number, method="email", told_expectation=told
            )
        )


def run_job(office: FrontOffice, order: Order = ORDER, returns: MemoryReturns | None = None) -> list[ItemOutcome]:
    """One run of both jobs over our own outbox and systems in memory."""
    connectors = Connectors.in_memory(
        orders=MemoryOrders([order]),
        catalogue=MemoryCatalogue([LAMP]),
        returns=returns or MemoryReturns(TODAY),
        notices=HouseNotices(office.database),
    )
    outcomes: list[ItemOutcome] = []
    for job in (late_orders.JOB, customer_notices.JOB):
        work = job.start(JobContext("run", False, {"refund_days": 7}, connectors, lambda: NOW))
        decided = list(work.decide(work.plan()))
        work.apply([outcome for outcome in decided if outcome.effect is not None])
        outcomes += decided
    return outcomes


def send(office: FrontOffice) -> int:
    return NoticeSender(office.database, TEXTS, office.live).send_due()


def notices(office: FrontOffice) -> list[Notice]:
    with office.database.read() as session:
        return list(session.scalars(select(Notice).order_by(Notice.id)))


def test_a_late_order_is_told_once_to_whoever_proved_it_in_their_language(office: FrontOffice) -> None:
    stranger, customer = office.open("en"), office.open("cs")
    prove(office, customer)
    assert [outcome.outcome for outcome in run_job(office)] == ["told"]
    run_job(office)
    assert send(office) == 1
    assert send(office) == 0
    (told,) = office.said(customer, Author.SYSTEM)
    assert "ORD-2026-0001" in told
    assert "20. listopadu 2026" in told
    assert office.said(stranger, Author.SYSTEM) == []


def test_a_new_date_is_a_delay_and_is_remembered(office: FrontOffice) -> None:
    customer = office.open()
    prove(office, customer, told=date(2026, 11, 23))
    later = replace(ORDER, expected_on=date(2026, 11, 30))
    run_job(office, later)
    assert run_job(office, later) == []
    assert [notice.kind for notice in notices(office)] == [NoticeKind.ORDER_DELAYED]


def test_a_refund_is_told_to_whoever_proved_the_order(office: FrontOffice) -> None:
    customer = office.open()
    prove(office, customer)
    returns = MemoryReturns(TODAY)
    request = ReturnRequest("key", ORDER.number, ("LAMP",), "broken", True, Decimal("39.90"), "EUR")
    returns.settle(returns.request_return(request).number, ReturnState.REFUNDED, TODAY)
    run_job(office, replace(ORDER, state=OrderState.DELIVERED), returns)
    send(office)
    (told,) = office.said(customer, Author.SYSTEM)
    assert "€39.90" in told


def test_a_product_that_is_back_is_told_to_the_contact_and_the_watch_ends(office: FrontOffice) -> None:
    customer = office.open("cs")
    with office.database.write() as session:
        session.add(StockWatch(contact_id=office.conversation(customer).contact_id, sku="LAMP"))
    run_job(office, DELIVERED)
    send(office)
    (told,) = office.said(customer, Author.SYSTEM)
    assert "Lampa" in told
    assert run_job(office, DELIVERED) == []


@pytest.mark.parametrize("elsewhere", [None, "somebody@else.example"])
def test_money_is_spoken_of_only_where_it_was_proved_who_reads(office: FrontOffice, elsewhere: str | None) -> None:
    proved, joined = office.open("en"), office.open("en", channel="telegram")
    contact_id = office.conversation(proved).contact_id
    with office.database.write() as session:
        session.get_one(Conversation, proved).verified_email = ORDER.email
        session.get_one(Conversation, joined).contact_id = contact_id
        session.get_one(Conversation, joined).verified_email = elsewhere
        session.get_one(Conversation, joined).updated_at = NOW + timedelta(days=1000)
    kind, owed = NoticeKind.INVOICE_OVERDUE, {"name": "Emma", "count": 1, "invoices": [], "totals": []}
    arguments = {**owed, "email": ORDER.email}
    request = NoticeRequest("k", kind, "notice_invoice_overdue", arguments, contact_id=contact_id)
    HouseNotices(office.database).post(request)
    send(office)
    assert len(office.said(proved, Author.SYSTEM)) == 1
    assert office.said(joined, Author.SYSTEM) == []


def test_what_nobody_sells_any_more_is_no_news(office: FrontOffice) -> None:
    customer = office.open()
    with office.database.write() as session:
        session.add(StockWatch(contact_id=office.conversation(customer).contact_id, sku="GONE"))
    assert [outcome.outcome for outcome in run_job(office, DELIVERED)] == ["gone"]


def test_who_wants_no_such_messages_gets_none_but_still_the_answer_to_a_ticket(office: FrontOffice) -> None:
    customer = office.open()
    prove(office, customer)
    with office.database.write() as session:
        contact = session.get_one(Conversation, customer).contact
        contact.accepts_notices = False
    run_job(office)
    HouseNotices(office.database).post(
        NoticeRequest(
            "ticket:1",
            NoticeKind.TICKET_ANSWERED,
            "notice_ticket_answered",
            {"number": "TCK-000001", "subject": "Lamp", "answer": "A new one is on its way."},
            contact_id=office.conversation(customer).contact_id,
        )
    )
    assert send(office) == 2
    assert [(notice.state, notice.reason) for notice in notices(office)] == [
        ("suppressed", OPTED_OUT),
        ("sent", None),
    ]
    assert len(office.said(customer, Author.SYSTEM)) == 1


def test_an_order_that_nobody_proved_is_told_to_nobody(office: FrontOffice) -> None:
    office.open()
    request = NoticeRequest("k", NoticeKind.ORDER_LATE, "notice_order_late", order_number="ORD-2026-9999")
    assert HouseNotices(office.database).post(request)
    assert not HouseNotices(office.database).post(request)
    send(office)
    assert [(notice.state, notice.reason) for notice in notices(office)] == [("suppressed", NO_CONVERSATION)]


def test_a_notice_that_cannot_be_worded_keeps_no_other_back(office: FrontOffice) -> None:
    contact_id = office.conversation(office.open()).contact_id
    outbox = HouseNotices(office.database)
    for number, response in enumerate(("no_such_text", "notice_order_late", "notices_on")):
        outbox.post(NoticeRequest(f"k{number}", NoticeKind.BACK_IN_STOCK, response, contact_id=contact_id))
    assert send(office) == 3
    assert [notice.state for notice in notices(office)] == ["suppressed", "suppressed", "sent"]


def test_a_customer_of_telegram_is_told_there(office: FrontOffice) -> None:
    customer = office.open(channel="telegram")
    prove(office, customer)
    run_job(office)
    send(office)
    with office.database.read() as session:
        deliveries = session.scalars(select(Delivery).where(Delivery.conversation_id == customer)).all()
    assert len(deliveries) == 2  # the welcome and the notice


def test_who_proved_an_order_long_ago_is_told_by_mail(office: FrontOffice) -> None:
    customer = office.open()
    prove(office, customer)
    with office.database.write() as session:
        session.get_one(OrderProof, (customer, ORDER.number)).at = datetime.now(UTC) - timedelta(days=61)
    assert [outcome.detail["by"] for outcome in run_job(office)] == ["mail"]
    assert [notice.email for notice in notices(office)] == [ORDER.email]
    assert send(office) == 0
