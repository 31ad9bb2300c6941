"""Order status needs proof: one answer for every no, a limited number of tries, and every look-up on record."""

from collections.abc import Iterator

import pytest

from bot.services.order_lookup import LookupOutcome, LookupResult, Proof
from connectors.contracts.orders import Orders
from connectors.database.models.conversation import Conversation
from connectors.errors import AuthFailed, ConnectorError, NotFound, RateLimited, Rejected, Unavailable
from tests.fixtures.front_office import FrontOffice, open_front_office
from tests.fixtures.order_proofs import (
    ORDER,
    OTHER,
    RIGHT,
    WRONG,
    FailingOrders,
    attempts,
    audit,
    fail,
    lookup,
    verify,
)

pytestmark = pytest.mark.integration


@pytest.fixture
def office(database_url: str) -> Iterator[FrontOffice]:
    with open_front_office(database_url) as office:
        yield office


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


def test_a_channel_without_addresses_counts_conversation_and_contact(office: FrontOffice) -> None:
    service, conversation_id = lookup(office), office.open(address=None, channel="telegram")
    fail(service, conversation_id, 5)
    assert attempts(office, "address") == 0
    assert service.look_up(conversation_id, *RIGHT).outcome == LookupOutcome.TOO_MANY_TRIES


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
