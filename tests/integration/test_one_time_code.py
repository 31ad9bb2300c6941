"""One-time codes: what they prove, how long, how often, and that they tell nobody whom we know."""

from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot.services.one_time_codes import MAX_TRIES, CodeSettings, OneTimeCodes, SendOutcome, TryOutcome
from bot.services.order_lookup import OrderLookup
from bot.services.tickets import TicketDraft, Tickets
from connectors.contracts.orders import Orders
from connectors.database.models.conversation import Conversation
from connectors.database.models.service import OneTimeCode
from connectors.errors import NotFound, Unavailable
from connectors.vendors.memory_mail import MemoryMailer
from connectors.vendors.memory_orders import MemoryOrders
from tests.fixtures.front_office import TEXTS, FrontOffice, open_front_office
from tests.fixtures.mailed_codes import (
    EMMA,
    LIMITS,
    ORDER,
    STRANGER,
    Post,
    verified,
)

pytestmark = pytest.mark.integration


@pytest.fixture
def office(database_url: str) -> Iterator[FrontOffice]:
    with open_front_office(database_url) as office:
        yield office


@pytest.fixture
def post(office: FrontOffice) -> Post:
    return Post(office)


def test_the_code_from_the_mail_proves_the_address_and_opens_its_orders(office: FrontOffice, post: Post) -> None:
    conversation_id = office.open()
    lookup = OrderLookup(office.database, post.orders, LIMITS)
    assert lookup.recall(conversation_id, ORDER.number) is None
    assert post.codes.send(conversation_id, " Emma.Novak@Example.com ") == SendOutcome.SENT
    assert post.mailer.sent[-1].to == EMMA
    assert post.codes.prove(conversation_id, post.code()) == TryOutcome.PROVED
    assert verified(office, conversation_id) == (EMMA, "code")
    with office.database.read() as session:
        contact = session.get_one(Conversation, conversation_id).contact
        assert (contact.email, contact.display_name) == (EMMA, "Emma Novák")
    found = lookup.recall(conversation_id, ORDER.number)
    assert found is not None
    assert found.order == ORDER


@pytest.mark.parametrize("language", sorted(TEXTS.languages))
def test_the_mail_is_in_the_customers_language(office: FrontOffice, post: Post, language: str) -> None:
    post.codes.send(office.open(language), EMMA)
    assert post.mailer.sent[-1].subject == TEXTS.render("mail_code_subject", language).text
    assert len(post.code()) == 6


def test_a_wrong_code_proves_nothing(office: FrontOffice, post: Post) -> None:
    conversation_id = office.open()
    post.codes.send(conversation_id, EMMA)
    assert post.codes.prove(conversation_id, post.wrong()) == TryOutcome.WRONG
    assert verified(office, conversation_id) == (None, None)


def test_after_five_tries_even_the_right_code_is_over(office: FrontOffice, post: Post) -> None:
    conversation_id = office.open()
    post.codes.send(conversation_id, EMMA)
    tries = [post.codes.prove(conversation_id, post.wrong()) for _ in range(MAX_TRIES)]
    assert tries == [TryOutcome.WRONG] * (MAX_TRIES - 1) + [TryOutcome.OVER]
    assert post.codes.prove(conversation_id, post.code()) == TryOutcome.OVER
    assert verified(office, conversation_id) == (None, None)


def test_a_fifth_try_may_be_the_right_one(office: FrontOffice, post: Post) -> None:
    conversation_id = office.open()
    post.codes.send(conversation_id, EMMA)
    for _ in range(MAX_TRIES - 1):
        post.codes.prove(conversation_id, post.wrong())
    assert post.codes.prove(conversation_id, post.code()) == TryOutcome.PROVED


@pytest.mark.parametrize(("seconds", "outcome"), [(599, TryOutcome.PROVED), (600, TryOutcome.OVER)])
def test_a_code_lives_ten_minutes(office: FrontOffice, post: Post, seconds: int, outcome: TryOutcome) -> None:
    conversation_id = office.open()
    post.codes.send(conversation_id, EMMA)
    post.now += timedelta(seconds=seconds)
    assert post.codes.prove(conversation_id, post.code()) == outcome


def test_a_code_works_once(office: FrontOffice, post: Post) -> None:
    conversation_id = office.open()
    post.codes.send(conversation_id, EMMA)
    assert post.codes.prove(conversation_id, post.code()) == TryOutcome.PROVED
    assert post.codes.prove(conversation_id, post.code()) == TryOutcome.OVER


def test_a_new_code_replaces_the_one_before(office: FrontOffice, post: Post) -> None:
    conversation_id = office.open()
    post.codes.send(conversation_id, EMMA)
    first = post.code()
    post.codes.send(conversation_id, EMMA)
    if first != post.code():
        assert post.codes.prove(conversation_id, first) == TryOutcome.WRONG
    assert post.codes.prove(conversation_id, post.code()) == TryOutcome.PROVED


def test_a_code_is_of_use_in_its_own_conversation_only(office: FrontOffice, post: Post) -> None:
    mine, other = office.open(), office.open()
    post.codes.send(mine, EMMA)
    assert post.codes.prove(other, post.code()) == TryOutcome.OVER
    post.codes.send(other, STRANGER)
    assert post.codes.prove(other, post.code()) == TryOutcome.WRONG
    assert verified(office, other) == (None, None)


def test_a_code_proves_the_address_it_went_to_and_no_other(office: FrontOffice, post: Post) -> None:
    conversation_id = office.open()
    post.codes.send(conversation_id, EMMA)
    code = post.code()
    post.codes.send(conversation_id, STRANGER)
    assert post.codes.prove(conversation_id, code) == TryOutcome.WRONG
    assert verified(office, conversation_id) == (None, None)


def test_an_address_that_we_do_not_know_is_answered_alike_and_gets_no_mail(office: FrontOffice, post: Post) -> None:
    known, unknown = office.open(), office.open()
    assert post.codes.send(known, EMMA) == post.codes.send(unknown, STRANGER)
    assert [mail.to for mail in post.mailer.sent] == [EMMA]
    wrong = post.wrong()
    answers = [[post.codes.prove(one, wrong) for _ in range(MAX_TRIES + 1)] for one in (known, unknown)]
    assert answers[0] == answers[1]


def test_what_is_done_before_the_answer_is_the_same_for_every_address(office: FrontOffice) -> None:
    asked: list[str] = []

    class Watched(MemoryMailer):
        def check(self) -> str:
            asked.append("check")
            return super().check()

        def send(self, mail: Any) -> None:
            raise AssertionError("the mail goes out behind the answer")

    class Never(Executor):
        def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
            return Future()

    class WatchedOrders(MemoryOrders):
        def orders_of(self, email: str) -> Any:
            asked.append("orders_of")
            return super().orders_of(email)

    settings = CodeSettings("a secret of 32 characters or more", LIMITS)
    orders = WatchedOrders([ORDER])
    codes = OneTimeCodes(office.database, TEXTS, Watched(), lambda: orders, settings, Never())
    codes.send(office.open(), EMMA)
    codes.send(office.open(), STRANGER)
    assert asked == ["check", "orders_of"] * 2
    with office.database.read() as session:
        assert len(session.scalars(select(OneTimeCode)).all()) == 2


def test_an_address_with_a_ticket_or_a_contact_is_known_without_any_order(office: FrontOffice, post: Post) -> None:
    with_ticket = office.open()
    Tickets(office.database).open_ticket(with_ticket, "turn", TicketDraft("Lamp", "Broken", "lucie@example.com"))
    post.codes.send(office.open(), "lucie@example.com")
    assert [mail.to for mail in post.mailer.sent] == ["lucie@example.com"]


def test_a_mail_server_that_is_down_is_said_honestly_whoever_asks(office: FrontOffice, post: Post) -> None:
    post.mailer.is_down = True
    assert [post.codes.send(office.open(), email) for email in (EMMA, STRANGER)] == [SendOutcome.UNAVAILABLE] * 2


def test_a_sales_system_that_is_down_is_no_hint_either(office: FrontOffice) -> None:
    class Down(MemoryOrders):
        def orders_of(self, email: str) -> Any:
            raise Unavailable("down")

    post = Post(office, orders=Down)
    assert [post.codes.send(office.open(), email) for email in (EMMA, STRANGER)] == [SendOutcome.UNAVAILABLE] * 2


def test_without_a_sales_system_tickets_and_contacts_decide(office: FrontOffice) -> None:
    def no_connection() -> Orders:
        raise NotFound("There is no connection for orders.")

    post = Post(office, orders=no_connection)
    assert post.codes.send(office.open(), EMMA) == SendOutcome.SENT
    assert post.mailer.sent == []
