"""Order status needs proof: one answer for every no, a limited number of tries, and every look-up on record."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from threading import Barrier

import pytest
from sqlalchemy import func, select, update

from bot.services.order_lookup import LookupOutcome, LookupResult, OrderLookup, Proof
from bot.services.proof_attempts import ProofLimits
from connectors.contracts.orders import Address, Order, OrderItem, Orders, OrderState
from connectors.database.base import utc_now
from connectors.database.models.conversation import Conversation, ProofAttempt
from connectors.database.models.people import AuditEntry
from connectors.errors import AuthFailed, ConnectorError, NotFound, RateLimited, Rejected, Unavailable
from connectors.vendors.memory_orders import MemoryOrders
from tests.fixtures.front_office import FrontOffice, open_front_office

pytestmark = pytest.mark.integration

ORDER = Order(
    number="ORD-2026-1042",
    email="Emma.Novak@example.com",
    customer_name="Emma Novák",
    ordered_on=date(2026, 11, 12),
    state=OrderState.PAID,
    items=(OrderItem("LAMP", "Oak lamp", Decimal(1)),),
    total=Decimal("89.90"),
    currency="EUR",
    address=Address("Dlouhá 12", "Praha 1", "110 00", "CZ"),
)
OTHER = replace(ORDER, number="ORD-2026-1043", email="other@example.com", address=None)
RIGHT = (ORDER.number, Proof(ORDER.email))
WRONG = (ORDER.number, Proof("stranger@example.com"))
LIMITS = ProofLimits(per_conversation_and_contact=5, per_address=50)

LookUp = Callable[[str, tuple[str, Proof]], LookupResult]


@pytest.fixture
def office(database_url: str) -> Iterator[FrontOffice]:
    with open_front_office(database_url) as office:
        yield office


def lookup(
    office: FrontOffice, limits: ProofLimits = LIMITS, orders: Callable[[], Orders] | None = None
) -> OrderLookup:
    memory = MemoryOrders([ORDER, OTHER])
    return OrderLookup(office.database, orders or (lambda: memory), limits)


def attempts(office: FrontOffice, scope: str) -> int:
    with office.database.read() as session:
        return session.scalar(select(func.count()).where(ProofAttempt.scope == scope)) or 0


def audit(office: FrontOffice) -> list[AuditEntry]:
    with office.database.read() as session:
        query = select(AuditEntry).where(AuditEntry.action == "order.look_up").order_by(AuditEntry.id)
        return list(session.scalars(query))


def fail(service: OrderLookup, conversation_id: str, times: int) -> list[LookupOutcome]:
    return [service.look_up(conversation_id, *WRONG).outcome for _ in range(times)]


def test_number_and_email_together_show_the_order(office: FrontOffice) -> None:
    result = lookup(office).look_up(office.open(), *RIGHT)
    assert result == LookupResult(LookupOutcome.FOUND, ORDER)
    assert attempts(office, "conversation") == 0


@pytest.mark.parametrize("email", ["emma.novak@example.com", "EMMA.NOVAK@EXAMPLE.COM", "  Emma.Novak@example.com "])
def test_an_email_is_the_same_whatever_its_capitals(office: FrontOffice, email: str) -> None:
    assert lookup(office).look_up(office.open(), ORDER.number, Proof(email)).outcome == LookupOutcome.FOUND


@pytest.mark.parametrize(
    ("number", "email"),
    [
        ("ORD-2026-9999", ORDER.email),
        (ORDER.number, "stranger@example.com"),
        (ORDER.number, OTHER.email),
        (ORDER.number, ""),
        ("", ORDER.email),
        (ORDER.number, "emma.novak@example.com.evil.example"),
        ("%", "%"),
    ],
)
def test_every_no_is_the_same(office: FrontOffice, number: str, email: str) -> None:
    result = lookup(office).look_up(office.open(), number, Proof(email))
    assert result == LookupResult(LookupOutcome.REFUSED, None)
    assert attempts(office, "conversation") == attempts(office, "contact") == attempts(office, "address") == 1


@pytest.mark.parametrize("postcode", ["110 00", "11000", " 110-00 "])
def test_number_and_postcode_together_show_the_order(office: FrontOffice, postcode: str) -> None:
    result = lookup(office).look_up(office.open(), ORDER.number, Proof(postcode=postcode))
    assert result == LookupResult(LookupOutcome.FOUND, ORDER)


@pytest.mark.parametrize(
    ("number", "postcode"), [(ORDER.number, "110 01"), (ORDER.number, ""), (OTHER.number, "110 00")]
)
def test_a_wrong_postcode_and_an_order_without_address_are_refused_like_any_other(
    office: FrontOffice, number: str, postcode: str
) -> None:
    result = lookup(office).look_up(office.open(), number, Proof(postcode=postcode))
    assert result == LookupResult(LookupOutcome.REFUSED, None)
    assert attempts(office, "conversation") == 1


def test_a_wrong_postcode_counts_with_wrong_addresses(office: FrontOffice) -> None:
    service, conversation_id = lookup(office), office.open()
    fail(service, conversation_id, 4)
    service.look_up(conversation_id, ORDER.number, Proof(postcode="999 99"))
    assert service.look_up(conversation_id, *RIGHT).outcome == LookupOutcome.TOO_MANY_TRIES


def test_an_order_that_was_proved_is_recalled_in_its_conversation_and_in_no_other(office: FrontOffice) -> None:
    service, conversation_id = lookup(office), office.open()
    assert service.recall(conversation_id, ORDER.number) is None
    service.look_up(conversation_id, *RIGHT)
    assert service.recall(conversation_id, " ord-2026-1042 ") == LookupResult(LookupOutcome.FOUND, ORDER)
    assert service.recall(conversation_id, OTHER.number) is None
    assert service.recall(office.open(), ORDER.number) is None


def test_a_failed_proof_leaves_nothing_to_recall(office: FrontOffice) -> None:
    service, conversation_id = lookup(office), office.open()
    service.look_up(conversation_id, *WRONG)
    assert service.recall(conversation_id, ORDER.number) is None


def verify(office: FrontOffice, conversation_id: str, email: str) -> None:
    with office.database.write() as session:
        session.get_one(Conversation, conversation_id).verified_email = email


def test_a_verified_person_owes_no_proof_for_own_orders_and_sees_no_others(office: FrontOffice) -> None:
    service, conversation_id = lookup(office), office.open()
    verify(office, conversation_id, "emma.novak@example.com")
    assert service.recall(conversation_id, ORDER.number) == LookupResult(LookupOutcome.FOUND, ORDER)
    assert service.recall(conversation_id, OTHER.number) is None
    assert [entry.detail["method"] for entry in audit(office)] == ["account"]


def test_a_proved_order_cannot_be_recalled_while_the_sales_system_is_down(office: FrontOffice) -> None:
    conversation_id = office.open()
    lookup(office).look_up(conversation_id, *RIGHT)
    failing = lookup(office, orders=lambda: FailingOrders(Unavailable("down")))
    assert failing.recall(conversation_id, ORDER.number) == LookupResult(LookupOutcome.UNAVAILABLE)


def test_a_customer_is_offered_the_orders_that_were_proved_and_nothing_else(office: FrontOffice) -> None:
    service, conversation_id = lookup(office), office.open()
    assert service.known_orders(conversation_id) == []
    service.look_up(conversation_id, *RIGHT)
    assert service.known_orders(conversation_id) == [ORDER]
    assert service.known_orders(office.open()) == []


def test_a_verified_person_is_offered_all_own_orders(office: FrontOffice) -> None:
    service, conversation_id = lookup(office), office.open()
    service.look_up(conversation_id, *RIGHT)
    verify(office, conversation_id, "Other@example.com")
    assert service.known_orders(conversation_id) == [OTHER, ORDER]


def test_nothing_is_offered_while_the_sales_system_is_down(office: FrontOffice) -> None:
    conversation_id = office.open()
    verify(office, conversation_id, "emma.novak@example.com")
    failing = lookup(office, orders=lambda: FailingOrders(Unavailable("down")))
    assert failing.known_orders(conversation_id) == []


def test_after_five_failed_tries_even_the_right_data_are_refused(office: FrontOffice) -> None:
    service, conversation_id = lookup(office), office.open()
    assert fail(service, conversation_id, 6) == [LookupOutcome.REFUSED] * 5 + [LookupOutcome.TOO_MANY_TRIES]
    assert service.look_up(conversation_id, *RIGHT) == LookupResult(LookupOutcome.TOO_MANY_TRIES, None)


def test_four_failed_tries_leave_a_fifth(office: FrontOffice) -> None:
    service, conversation_id = lookup(office), office.open()
    fail(service, conversation_id, 4)
    assert service.look_up(conversation_id, *RIGHT).outcome == LookupOutcome.FOUND


def test_a_refused_look_up_does_not_lengthen_the_refusal(office: FrontOffice) -> None:
    service, conversation_id = lookup(office), office.open()
    fail(service, conversation_id, 9)
    assert attempts(office, "conversation") == 5


def test_the_tries_of_one_customer_do_not_count_for_another(office: FrontOffice) -> None:
    service = lookup(office)
    fail(service, office.open(), 6)
    assert service.look_up(office.open(), *RIGHT).outcome == LookupOutcome.FOUND


def test_another_conversation_of_the_same_person_brings_no_new_tries(office: FrontOffice) -> None:
    service, first, second = lookup(office), office.open(), office.open()
    contact_id = office.conversation(first).contact_id
    with office.database.write() as session:
        session.execute(update(Conversation).where(Conversation.id == second).values(contact_id=contact_id))
    fail(service, first, 5)
    assert service.look_up(second, *RIGHT).outcome == LookupOutcome.TOO_MANY_TRIES


def test_an_address_has_its_own_limit_over_all_conversations(office: FrontOffice) -> None:
    service = lookup(office, replace(LIMITS, per_address=7))
    fail(service, office.open(address="192.0.2.7"), 4)
    fail(service, office.open(address="192.0.2.7"), 3)
    assert service.look_up(office.open(address="192.0.2.7"), *RIGHT).outcome == LookupOutcome.TOO_MANY_TRIES
    assert service.look_up(office.open(address="192.0.2.8"), *RIGHT).outcome == LookupOutcome.FOUND


def test_a_channel_without_addresses_counts_conversation_and_contact(office: FrontOffice) -> None:
    service, conversation_id = lookup(office), office.open(address=None, channel="telegram")
    fail(service, conversation_id, 5)
    assert attempts(office, "address") == 0
    assert service.look_up(conversation_id, *RIGHT).outcome == LookupOutcome.TOO_MANY_TRIES


@pytest.mark.parametrize(("minutes", "outcome"), [(59, LookupOutcome.TOO_MANY_TRIES), (61, LookupOutcome.FOUND)])
def test_tries_are_forgotten_after_an_hour(office: FrontOffice, minutes: int, outcome: LookupOutcome) -> None:
    service, conversation_id = lookup(office), office.open()
    fail(service, conversation_id, 5)
    with office.database.write() as session:
        session.execute(update(ProofAttempt).values(at=utc_now() - timedelta(minutes=minutes)))
    assert service.look_up(conversation_id, *RIGHT).outcome == outcome


@pytest.mark.parametrize(("hours", "kept"), [(23, 2), (25, 1)])
def test_tries_of_yesterday_are_deleted_with_the_next_failed_try(office: FrontOffice, hours: int, kept: int) -> None:
    service = lookup(office)
    fail(service, office.open(), 1)
    with office.database.write() as session:
        session.execute(update(ProofAttempt).values(at=utc_now() - timedelta(hours=hours)))
    fail(service, office.open(), 1)
    assert attempts(office, "conversation") == kept


def test_tries_at_the_same_time_in_one_conversation_do_not_pass_the_limit(office: FrontOffice) -> None:
    service, conversation_id = lookup(office), office.open()
    start = Barrier(12)

    def look_up(_: int) -> LookupOutcome:
        start.wait()
        return service.look_up(conversation_id, *WRONG).outcome

    with ThreadPoolExecutor(12) as threads:
        outcomes = list(threads.map(look_up, range(12)))
    assert outcomes.count(LookupOutcome.REFUSED) == 5
    assert outcomes.count(LookupOutcome.TOO_MANY_TRIES) == 7


def test_tries_at_the_same_time_from_one_address_do_not_pass_its_limit(office: FrontOffice) -> None:
    service = lookup(office, replace(LIMITS, per_address=5))
    conversation_ids = [office.open(address="192.0.2.9") for _ in range(12)]
    start = Barrier(12)

    def look_up(conversation_id: str) -> LookupOutcome:
        start.wait()
        return service.look_up(conversation_id, *WRONG).outcome

    with ThreadPoolExecutor(12) as threads:
        outcomes = list(threads.map(look_up, conversation_ids))
    assert outcomes.count(LookupOutcome.REFUSED) == 5
    assert attempts(office, "address") == 5


class FailingOrders(MemoryOrders):
    """A sales system that does not do what it is asked."""

    def __init__(self, error: ConnectorError) -> None:
        super().__init__()
        self._error = error

    def find_order(self, number: str) -> Order:
        raise self._error

    def orders_of(self, email: str) -> Sequence[Order]:
        raise self._error


@pytest.mark.parametrize(
    "error", [Unavailable("down"), RateLimited("slowly", 3), AuthFailed("wrong key"), Rejected("no")]
)
def test_a_sales_system_that_fails_is_no_failed_try(office: FrontOffice, error: ConnectorError) -> None:
    service, conversation_id = lookup(office, orders=lambda: FailingOrders(error)), office.open()
    assert service.look_up(conversation_id, *RIGHT) == LookupResult(LookupOutcome.UNAVAILABLE, None)
    assert attempts(office, "conversation") == 0
    assert {"event": "orders cannot be looked up", "reason": error.reason, "log_level": "warning"} in office.logs


def test_a_missing_connection_to_a_sales_system_is_no_failed_try(office: FrontOffice) -> None:
    def no_connection() -> Orders:
        raise NotFound("There is no connection for orders.")

    conversation_id = office.open()
    assert lookup(office, orders=no_connection).look_up(conversation_id, *RIGHT).outcome == LookupOutcome.UNAVAILABLE
    assert attempts(office, "conversation") == 0


def test_every_look_up_stands_in_the_audit_log(office: FrontOffice) -> None:
    service, conversation_id = lookup(office), office.open()
    service.look_up(conversation_id, *RIGHT)
    fail(service, conversation_id, 6)
    lookup(office, orders=lambda: FailingOrders(Unavailable("down"))).look_up(office.open(), *RIGHT)
    entries = audit(office)
    outcomes = ["found", *["refused"] * 5, "too_many_tries", "unavailable"]
    assert [entry.detail["outcome"] for entry in entries] == outcomes
    assert {entry.object_id for entry in entries} == {ORDER.number}
    assert entries[0].actor == f"contact:{office.conversation(conversation_id).contact_id}"
    assert entries[0].detail["conversation"] == conversation_id


def test_the_audit_log_holds_no_email_and_takes_any_number(office: FrontOffice) -> None:
    lookup(office).look_up(office.open(), "9" * 4000, Proof("stranger@example.com"))
    (entry,) = audit(office)
    assert len(entry.object_id) == 100
    assert "stranger@example.com" not in str(entry.detail)


@pytest.mark.parametrize(("proof", "known"), [(RIGHT, ("emma.novak@example.com", "Emma Novák")), (WRONG, (None, None))])
def test_a_customer_is_known_by_name_once_an_order_is_proved_and_not_before(
    office: FrontOffice, proof: tuple[str, Proof], known: tuple[str | None, str | None]
) -> None:
    conversation_id = office.open()
    lookup(office).look_up(conversation_id, *proof)
    with office.database.read() as session:
        contact = session.get_one(Conversation, conversation_id).contact
        assert (contact.email, contact.display_name) == known
