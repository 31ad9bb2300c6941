"""One-time codes: what they prove, how long, how often, and that they tell nobody whom we know."""

import re
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import select

from bot.services.one_time_codes import MAX_TRIES, CodeSettings, OneTimeCodes, SendOutcome, TryOutcome
from bot.services.order_lookup import OrderLookup
from bot.services.proof_attempts import ProofLimits
from bot.services.tickets import TicketDraft, Tickets
from connectors.contracts.orders import Order, OrderItem, Orders, OrderState
from connectors.database.models.conversation import Conversation
from connectors.database.models.people import AuditEntry
from connectors.database.models.service import OneTimeCode
from connectors.errors import NotFound, Unavailable
from connectors.vendors.memory_mail import MemoryMailer
from connectors.vendors.memory_orders import MemoryOrders
from tests.fixtures.front_office import TEXTS, FrontOffice, open_front_office

pytestmark = pytest.mark.integration

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
EMMA, STRANGER = "emma.novak@example.com", "stranger@example.com"
ORDER = Order(
    number="ORD-2026-1042",
    email=EMMA,
    customer_name="Emma Novák",
    ordered_on=date(2026, 11, 12),
    state=OrderState.PAID,
    items=(OrderItem("LAMP", "Oak lamp", Decimal(1)),),
    total=Decimal("89.90"),
    currency="EUR",
)
LIMITS = ProofLimits(per_conversation_and_contact=5, per_address=50)


class AtOnce(Executor):
    """Does in the foreground what the product does behind the answer."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        done: Future[Any] = Future()
        done.set_result(fn(*args, **kwargs))
        return done


@dataclass
class Post:
    """Codes with a mailbox and a clock of their own."""

    office: FrontOffice
    limits: ProofLimits = LIMITS
    orders: Callable[[], Orders] = field(default=lambda: MemoryOrders([ORDER]))
    mailer: MemoryMailer = field(default_factory=MemoryMailer)
    now: datetime = NOON

    def __post_init__(self) -> None:
        settings = CodeSettings("a secret of 32 characters or more", self.limits)
        self.codes = OneTimeCodes(
            self.office.database, TEXTS, self.mailer, self.orders, settings, AtOnce(), lambda: self.now
        )

    def code(self) -> str:
        """The code of the newest mail."""
        (code,) = re.findall(r"\d{6}", self.mailer.sent[-1].text)
        return str(code)

    def wrong(self) -> str:
        return f"{(int(self.code()) + 1) % 1_000_000:06d}"


@pytest.fixture
def office(database_url: str) -> Iterator[FrontOffice]:
    with open_front_office(database_url) as office:
        yield office


@pytest.fixture
def post(office: FrontOffice) -> Post:
    return Post(office)


def audit(office: FrontOffice) -> list[AuditEntry]:
    actions = ("code.send", "code.prove", "contact.verify")
    with office.database.read() as session:
        query = select(AuditEntry).where(AuditEntry.action.in_(actions)).order_by(AuditEntry.id)
        return list(session.scalars(query))


def verified(office: FrontOffice, conversation_id: str) -> tuple[str | None, str | None]:
    conversation = office.conversation(conversation_id)
    return conversation.verified_email, conversation.verified_by


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
