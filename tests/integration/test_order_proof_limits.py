"""How often an order may be proved wrongly: per conversation, contact, network address and order."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import update

from bot.services.order_lookup import LookupOutcome, LookupResult, Proof
from connectors.database.base import utc_now
from connectors.database.models.conversation import Conversation, ProofAttempt
from tests.fixtures.front_office import FrontOffice, open_front_office
from tests.fixtures.order_proofs import (
    LIMITS,
    ORDER,
    OTHER,
    RIGHT,
    WRONG,
    attempts,
    fail,
    lookup,
    verify,
)

pytestmark = pytest.mark.integration


@pytest.fixture
def office(database_url: str) -> Iterator[FrontOffice]:
    with open_front_office(database_url) as office:
        yield office


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


def test_an_order_has_its_own_limit_over_all_conversations_and_addresses(office: FrontOffice) -> None:
    service = lookup(office, replace(LIMITS, per_order=3))
    for host in range(3):
        fail(service, office.open(address=f"192.0.2.{host}"), 1)
    assert service.look_up(office.open(address="198.51.100.1"), *RIGHT).outcome == LookupOutcome.TOO_MANY_TRIES
    others = (OTHER.number, Proof(OTHER.email))
    assert service.look_up(office.open(address="198.51.100.1"), *others).outcome == LookupOutcome.FOUND


@pytest.mark.parametrize("number", [ORDER.number, "ord-2026-1042", "ORD-2026-9999", "9" * 4000])
def test_the_limit_of_an_order_does_not_tell_whether_it_exists(office: FrontOffice, number: str) -> None:
    service = lookup(office, replace(LIMITS, per_order=2))
    tries = [service.look_up(office.open(), number, Proof(postcode="999 99")) for _ in range(3)]
    assert [one.outcome for one in tries] == [LookupOutcome.REFUSED] * 2 + [LookupOutcome.TOO_MANY_TRIES]


def test_an_order_is_one_however_its_number_is_written(office: FrontOffice) -> None:
    service = lookup(office, replace(LIMITS, per_order=1))
    service.look_up(office.open(), " ord-2026-1042", Proof(postcode="999 99"))
    assert service.look_up(office.open(), *RIGHT).outcome == LookupOutcome.TOO_MANY_TRIES


def test_strangers_who_guess_lock_nobody_out_who_proves_the_address_itself(office: FrontOffice) -> None:
    service, conversation_id = lookup(office, replace(LIMITS, per_order=1)), office.open()
    fail(service, conversation_id, 6)
    verify(office, conversation_id, "emma.novak@example.com")
    assert service.recall(conversation_id, ORDER.number) == LookupResult(LookupOutcome.FOUND, ORDER)
