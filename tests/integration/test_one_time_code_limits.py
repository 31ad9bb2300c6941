"""How many codes are sent and tried, also at the same time, and what is kept of them."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import select

from bot.services.one_time_codes import MAX_TRIES, SendOutcome, TryOutcome
from connectors.database.models.service import OneTimeCode
from connectors.errors import Unavailable
from connectors.vendors.memory_mail import MemoryMailer
from tests.fixtures.front_office import FrontOffice, open_front_office
from tests.fixtures.mailed_codes import (
    EMMA,
    LIMITS,
    STRANGER,
    Post,
    audit,
)

pytestmark = pytest.mark.integration


@pytest.fixture
def office(database_url: str) -> Iterator[FrontOffice]:
    with open_front_office(database_url) as office:
        yield office


@pytest.fixture
def post(office: FrontOffice) -> Post:
    return Post(office)


def test_a_sixth_code_in_an_hour_is_refused_to_a_conversation(office: FrontOffice, post: Post) -> None:
    conversation_id = office.open()
    sends = [post.codes.send(conversation_id, f"{number}@example.com") for number in range(6)]
    assert sends == [SendOutcome.SENT] * 5 + [SendOutcome.TOO_MANY]


@pytest.mark.parametrize("email", [EMMA, STRANGER])
def test_an_address_gets_five_codes_an_hour_however_many_conversations_ask(
    office: FrontOffice, post: Post, email: str
) -> None:
    sends = [post.codes.send(office.open(address=f"192.0.2.{number}"), email) for number in range(6)]
    assert sends == [SendOutcome.SENT] * 5 + [SendOutcome.TOO_MANY]


def test_guessing_over_many_conversations_ends_with_the_limit_of_the_address(office: FrontOffice, post: Post) -> None:
    guesses = 0
    for number in range(20):
        conversation_id = office.open(address=f"192.0.2.{number}")
        if post.codes.send(conversation_id, EMMA) != SendOutcome.SENT:
            assert post.codes.prove(conversation_id, "000000") == TryOutcome.OVER
            continue
        while post.codes.prove(conversation_id, post.wrong()) == TryOutcome.WRONG:
            guesses += 1
        guesses += 1
    assert guesses == LIMITS.per_conversation_and_contact * MAX_TRIES


def test_a_network_address_has_its_own_limit(office: FrontOffice) -> None:
    post = Post(office, replace(LIMITS, per_address=3))
    sends = [post.codes.send(office.open(), f"{number}@example.com") for number in range(4)]
    assert sends == [SendOutcome.SENT] * 3 + [SendOutcome.TOO_MANY]


def test_tries_at_the_same_time_do_not_pass_the_limit(office: FrontOffice, post: Post) -> None:
    conversation_id = office.open()
    post.codes.send(conversation_id, EMMA)
    start, wrong = Barrier(12), post.wrong()

    def guess(_: int) -> TryOutcome:
        start.wait()
        return post.codes.prove(conversation_id, wrong)

    with ThreadPoolExecutor(12) as threads:
        outcomes = list(threads.map(guess, range(12)))
    assert outcomes.count(TryOutcome.WRONG) == MAX_TRIES - 1
    assert post.codes.prove(conversation_id, post.code()) == TryOutcome.OVER


def test_one_code_used_twice_at_the_same_time_proves_once(office: FrontOffice, post: Post) -> None:
    conversation_id = office.open()
    post.codes.send(conversation_id, EMMA)
    start = Barrier(4)

    def prove(_: int) -> TryOutcome:
        start.wait()
        return post.codes.prove(conversation_id, post.code())

    with ThreadPoolExecutor(4) as threads:
        outcomes = sorted(threads.map(prove, range(4)))
    assert outcomes == [TryOutcome.OVER] * 3 + [TryOutcome.PROVED]


def test_sends_at_the_same_time_to_one_address_do_not_pass_its_limit(office: FrontOffice, post: Post) -> None:
    conversation_ids = [office.open(address=f"192.0.2.{number}") for number in range(12)]
    start = Barrier(12)

    def send(conversation_id: str) -> SendOutcome:
        start.wait()
        return post.codes.send(conversation_id, EMMA)

    with ThreadPoolExecutor(12) as threads:
        outcomes = list(threads.map(send, conversation_ids))
    assert outcomes.count(SendOutcome.SENT) == 5
    assert len(post.mailer.sent) == 5


def test_the_audit_log_and_the_log_hold_neither_code_nor_address_and_the_table_no_code(
    office: FrontOffice, post: Post
) -> None:
    conversation_id = office.open()
    post.codes.send(conversation_id, EMMA)
    wrong, code = post.wrong(), post.code()
    post.codes.prove(conversation_id, wrong)
    post.codes.prove(conversation_id, code)
    entries = audit(office)
    assert [(entry.action, entry.detail.get("outcome")) for entry in entries] == [
        ("code.send", "sent"),
        ("code.prove", "wrong"),
        ("code.prove", "proved"),
        ("contact.verify", None),
    ]
    written = str([entry.detail for entry in entries]) + str(office.logs)
    assert all(secret not in written for secret in (code, wrong, EMMA))
    with office.database.read() as session:
        kept = session.scalars(select(OneTimeCode)).one()
        assert kept.used_at is not None
        assert code not in kept.code_hash


def test_a_mail_that_is_refused_later_is_logged_without_the_address(office: FrontOffice) -> None:
    class Refusing(MemoryMailer):
        def send(self, mail: Any) -> None:
            raise Unavailable(f"The mail server refuses {mail.to}.")

    post = Post(office, mailer=Refusing())
    assert post.codes.send(office.open(), EMMA) == SendOutcome.SENT
    (entry,) = [entry for entry in office.logs if "code was not taken" in entry["event"]]
    assert EMMA not in str(entry)
