"""Our mails: kept until they are taken, sent once, given up in the end; what comes back, and what is answered."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import pytest
from sqlalchemy import func, select

from automations.rules.deliveries import MAX_ATTEMPTS
from bot.mail_intake import MailIntake
from bot.mail_queue import NOT_CONFIRMED, TOO_LATE, MailQueue
from connectors.contracts.mail import Attachment, Mail, UnconfirmedError
from connectors.contracts.mailbox import INBOX
from connectors.contracts.tickets import NewTicket, TicketAuthor, TicketState
from connectors.database.models.alerts import AlertChannel, AlertDelivery, DeliveryState
from connectors.database.models.mail import MailState, OutgoingMail, TicketMail
from connectors.database.models.people import AuditEntry
from connectors.database.session import Database
from connectors.errors import AuthFailed, ConnectorError, RateLimited, Rejected, Unavailable
from connectors.secrets import Secrets, rotate
from connectors.vendors.house_notices import HouseNotices
from connectors.vendors.house_tickets import HouseTickets
from connectors.vendors.mail_message import build_message
from connectors.vendors.memory_mail import MemoryMailer
from connectors.vendors.memory_mailbox import MemoryMailbox
from tests.fixtures.letters import delivery_report, letter

pytestmark = pytest.mark.integration

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SENDER = "Lumen & Oak <help@lumen-oak.example>"
EMMA = "emma@example.com"
MAIL = Mail(EMMA, "Your code", "It is 4711.", about="code")


class Killed(BaseException):
    """The process ends here."""


class FailingMailer(MemoryMailer):
    """Fails with `error` as long as there is one."""

    def __init__(self, error: BaseException | None = None) -> None:
        super().__init__()
        self.error = error

    def send(self, mail: Mail) -> None:
        if self.error is not None:
            raise self.error
        super().send(mail)


@dataclass
class PostRoom:
    """A queue with a clock of its own, and the mailbox into which answers come."""

    database: Database
    carrier: FailingMailer = field(default_factory=FailingMailer)
    mailbox: MemoryMailbox = field(default_factory=MemoryMailbox)
    secrets: Secrets = field(default_factory=lambda: Secrets("s" * 32))
    now: datetime = NOON

    @property
    def queue(self) -> MailQueue:
        return MailQueue(self.database, self.carrier, self.secrets, lambda: self.now, lambda: 0.0)

    def rows(self) -> list[OutgoingMail]:
        with self.database.read() as session:
            return list(session.scalars(select(OutgoingMail).order_by(OutgoingMail.id)))

    def states(self) -> list[tuple[str, str | None]]:
        return [(row.state, row.reason) for row in self.rows()]

    def sent_message(self) -> EmailMessage:
        return build_message(self.carrier.sent[-1], SENDER)

    def arrive(self, message: EmailMessage) -> int:
        self.mailbox.deliver(message.as_bytes())
        return MailIntake(self.database, SENDER, lambda: self.now).read_new("office", self.mailbox, INBOX)

    def audit(self) -> list[str]:
        with self.database.read() as session:
            return list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))


@pytest.fixture
def room(database: Database) -> PostRoom:
    return PostRoom(database)


def test_a_mail_that_a_server_takes_leaves_at_once_and_is_not_kept(room: PostRoom) -> None:
    pdf = Attachment("účet.pdf", "application/pdf", b"%PDF\x00\xff")
    room.queue.send(Mail(EMMA, "Váš účet", "سلام", (pdf,), is_right_to_left=True, thread="TCK-000001"))
    (sent,) = room.carrier.sent
    assert (sent.to, sent.subject, sent.text, sent.attachments) == (EMMA, "Váš účet", "سلام", (pdf,))
    assert (sent.is_right_to_left, sent.thread) == (True, "TCK-000001")
    (row,) = room.rows()
    assert (row.state, row.sealed, row.recipient) == (MailState.SENT, "", EMMA)
    assert room.queue.send_due() == 0


@pytest.mark.parametrize("error", [Unavailable("It does not answer."), AuthFailed("It refuses our password.")])
def test_a_mail_that_no_server_takes_now_is_kept_and_sent_later_as_the_same_mail(
    room: PostRoom, error: ConnectorError
) -> None:
    room.carrier.error = error
    room.queue.send(MAIL)
    assert room.states() == [("pending", error.reason)]
    assert "4711" not in room.rows()[0].sealed
    room.carrier.error = None
    assert room.queue.send_due() == 0
    room.now += timedelta(seconds=5)
    assert room.queue.send_due() == 1
    (sent,) = room.carrier.sent
    assert sent.key == room.rows()[0].message_name
    assert room.states() == [("sent", None)]


def test_a_server_that_asks_for_patience_gets_it(room: PostRoom) -> None:
    room.carrier.error = RateLimited("Not so fast.", 600)
    room.queue.send(MAIL)
    room.carrier.error = None
    room.now += timedelta(seconds=599)
    assert room.queue.send_due() == 0
    room.now += timedelta(seconds=1)
    assert room.queue.send_due() == 1


def test_a_mail_that_is_refused_for_good_is_told_to_whoever_sends_it_and_never_tried_again(room: PostRoom) -> None:
    room.carrier.error = Rejected("There is no such address.")
    with pytest.raises(Rejected, match="no such address"):
        room.queue.send(MAIL)
    room.carrier.error = None
    room.now += timedelta(days=1)
    assert room.queue.send_due() == 0
    assert room.states() == [("given_up", "There is no such address.")]
    lost = HouseNotices(room.database).unsettled_mails(NOON - timedelta(days=1))
    assert [(mail.idempotency_key, mail.state) for mail in lost] == [("code", "given_up")]


def test_a_mail_is_given_up_after_days_of_growing_pauses(room: PostRoom) -> None:
    room.carrier.error = Unavailable("It does not answer.")
    room.queue.send(MAIL)
    tried = 1
    while room.states()[0][0] == "pending":
        (row,) = room.rows()
        room.now = row.next_try_at
        tried += room.queue.send_due()
    assert tried == MAX_ATTEMPTS
    assert room.states() == [("given_up", "It does not answer.")]
    assert room.now - NOON > timedelta(days=1)


def test_what_is_of_no_use_any_more_is_not_sent(room: PostRoom) -> None:
    room.carrier.error = Unavailable("It does not answer.")
    room.queue.send(Mail(EMMA, "Your code", "4711", useful_for=timedelta(minutes=10)))
    room.carrier.error = None
    room.now += timedelta(minutes=10)
    room.queue.send_due()
    assert (room.carrier.sent, room.states()) == ([], [("given_up", TOO_LATE)])


def test_the_same_key_is_the_same_mail(room: PostRoom) -> None:
    for _ in range(2):
        room.queue.send(Mail(EMMA, "Hello", "Hello", key="notice-1"))
    assert len(room.carrier.sent) == 1


def test_a_mail_whose_sender_dies_is_never_sent_again_by_itself_and_named(room: PostRoom) -> None:
    room.carrier.error = Killed()
    with pytest.raises(Killed):
        room.queue.send(MAIL)
    room.carrier.error = None
    room.now += timedelta(minutes=6)
    assert room.queue.send_due() == 0
    assert (room.carrier.sent, room.states()) == ([], [("unconfirmed", NOT_CONFIRMED)])


def test_a_mail_that_a_server_may_have_taken_is_never_sent_again_by_itself(room: PostRoom) -> None:
    room.carrier.error = UnconfirmedError("It did not say whether it takes it.")
    room.queue.send(MAIL)
    room.carrier.error = None
    room.now += timedelta(days=1)
    assert room.queue.send_due() == 0
    assert room.states() == [("unconfirmed", "It did not say whether it takes it.")]


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (None, "sent"),
        (Rejected(f"There is no {EMMA}."), "given_up"),
        (UnconfirmedError("It did not say."), "unconfirmed"),
        (Killed(), "unconfirmed"),
    ],
)
def test_what_became_of_a_mail_stands_in_the_audit_log_without_its_address_and_text(
    room: PostRoom, error: BaseException | None, state: str
) -> None:
    room.carrier.error = error
    with suppress(Rejected, Killed):
        room.queue.send(MAIL)
    room.now += timedelta(minutes=6)
    room.queue.send_due()
    with room.database.read() as session:
        (entry,) = session.scalars(select(AuditEntry))
        assert (entry.actor, entry.action, entry.object_type, entry.object_id) == ("mail", "mail.settle", "mail", "1")
        assert (entry.after, entry.detail) == ({"state": state}, {"about": "code"})


def test_a_mail_stands_in_the_queue_if_and_only_if_what_it_tells_of_happened(room: PostRoom) -> None:
    def die_on_the_way() -> None:
        with room.database.write() as session:
            room.queue.put(session, MAIL)
            raise Killed

    with pytest.raises(Killed):
        die_on_the_way()
    assert room.rows() == []
    with room.database.write() as session:
        room.queue.put(session, MAIL)
    assert room.queue.send_due() == 1


def test_mails_that_wait_are_sealed_anew_when_the_key_changes(room: PostRoom) -> None:
    room.carrier.error = Unavailable("It does not answer.")
    room.queue.send(MAIL)
    room.secrets = Secrets("n" * 32, ["s" * 32])
    with room.database.write() as session:
        assert rotate(session, room.secrets) == 1
    room.secrets, room.carrier.error = Secrets("n" * 32), None
    room.now += timedelta(seconds=5)
    room.queue.send_due()
    assert [mail.text for mail in room.carrier.sent] == ["It is 4711."]


def test_a_mail_whose_key_is_lost_waits_for_it(room: PostRoom) -> None:
    room.carrier.error = Unavailable("It does not answer.")
    room.queue.send(MAIL)
    room.secrets, room.carrier.error = Secrets("n" * 32), None
    room.now += timedelta(seconds=5)
    room.queue.send_due()
    ((state, reason),) = room.states()
    assert state == "pending"
    assert "TWINOFFICE_PREVIOUS_SECRET_KEYS" in str(reason)


# Reports


def test_a_mail_that_came_back_is_known_with_the_reason_and_told_of_once(room: PostRoom) -> None:
    room.queue.send(MAIL)
    report = delivery_report(room.sent_message().as_bytes(), EMMA, SENDER)
    assert room.arrive(report) == room.arrive(report) == 1
    ((state, reason),) = room.states()
    assert state == MailState.BOUNCED
    assert "5.1.1" in str(reason)
    assert room.audit() == ["mail.settle", "mail.bounce"]
    lost = HouseNotices(room.database).unsettled_mails(NOON - timedelta(days=1))
    assert [(mail.idempotency_key, mail.state) for mail in lost] == [("code", "bounced")]


def test_a_mail_that_is_only_late_may_still_arrive(room: PostRoom) -> None:
    room.queue.send(MAIL)
    room.arrive(delivery_report(room.sent_message().as_bytes(), EMMA, SENDER, "delayed", "4.4.1"))
    assert room.states() == [("sent", None)]


def test_a_report_about_somebody_elses_mail_changes_nothing(room: PostRoom) -> None:
    room.queue.send(MAIL)
    other = room.sent_message().as_bytes().replace(b"@lumen-oak.example>", b"@other.example>")
    room.arrive(delivery_report(other, EMMA, SENDER))
    room.arrive(delivery_report(letter().as_bytes(), EMMA, SENDER))
    assert room.states() == [("sent", None)]


def test_an_alert_that_came_back_is_given_up(room: PostRoom) -> None:
    with room.database.write() as session:
        session.add(AlertChannel(id="c", name="mail", kind="mail", target=EMMA, language="en"))
        session.add(
            AlertDelivery(
                id="msg_1",
                channel_id="c",
                channel_name="mail",
                event_id="e",
                state="sent",
                next_try_at=NOON,
                created_at=NOON,
            )
        )
    message = build_message(Mail(EMMA, "Alert", "Alert", key="msg_1"), SENDER)
    room.arrive(delivery_report(message.as_bytes(), EMMA, SENDER))
    with room.database.read() as session:
        delivery = session.get_one(AlertDelivery, "msg_1")
        assert (delivery.state, "5.1.1" in str(delivery.last_error)) == (DeliveryState.GIVEN_UP, True)


# Answers of customers


@pytest.fixture
def ticket(room: PostRoom) -> str:
    """A ticket of Emma's that was answered by mail."""
    tickets = HouseTickets(room.database)
    number = tickets.open_ticket(NewTicket("k", EMMA, "Broken lamp", "It came in two pieces."))
    tickets.add_message(number, TicketAuthor.AGENT, "We send another.", "a1")
    room.queue.send(Mail(EMMA, f"{number}", "We send another.", thread=number, about=f"ticket:{number}"))
    return number


def said(room: PostRoom, number: str) -> list[str]:
    messages = HouseTickets(room.database).messages_of(number)
    return [message.text for message in messages if message.author is TicketAuthor.CUSTOMER]


def answer(room: PostRoom, text: str = "Thank you!", sender: str = EMMA, **more: object) -> EmailMessage:
    sent = room.sent_message()
    return letter("Re: Broken lamp", text, sender, answers=[sent["References"], sent["Message-ID"]], **more)  # type: ignore[arg-type]


def test_an_answer_by_mail_is_written_into_the_ticket_and_opens_it_again(room: PostRoom, ticket: str) -> None:
    room.arrive(answer(room, sender="Emma Novák <Emma@Example.com>", files=[("photo.jpg", b"\xff\xd8")]))
    assert said(room, ticket) == ["Thank you!\n\n[photo.jpg]"]
    assert HouseTickets(room.database).find_ticket(ticket).state is TicketState.OPEN
    assert room.audit() == ["mail.settle", "ticket.mail"]


def test_an_answer_is_written_once_although_the_process_died_before_it_noted_that(room: PostRoom, ticket: str) -> None:
    mail = answer(room)
    room.arrive(mail)
    room.arrive(mail)
    assert said(room, ticket) == ["Thank you!"]


def test_a_second_mail_of_the_customer_belongs_to_the_ticket_of_the_first(room: PostRoom, ticket: str) -> None:
    first = answer(room)
    room.arrive(first)
    room.arrive(letter("Re: Broken lamp", "One more thing.", answers=[first["Message-ID"]]))
    assert said(room, ticket) == ["Thank you!", "One more thing."]


def test_a_mail_that_takes_the_name_of_another_changes_nothing_for_that_one(room: PostRoom, ticket: str) -> None:
    first = answer(room)
    room.arrive(first)
    tickets = HouseTickets(room.database)
    other = tickets.open_ticket(NewTicket("o", "mallory@example.com", "Hello", "Hello."))
    with room.database.write() as session:
        session.add(TicketMail(message_id="<mallory@example.com>", ticket_number=other))
    forged = letter("Hello", "Mine.", "mallory@example.com", answers=["<mallory@example.com>"])
    forged.replace_header("Message-ID", first["Message-ID"])
    room.arrive(forged)
    room.arrive(letter("Re: Broken lamp", "One more thing.", answers=[first["Message-ID"]]))
    assert said(room, ticket) == ["Thank you!", "One more thing."]


def test_an_answer_finds_its_ticket_although_its_thread_names_one_of_somebody_else_as_well(
    room: PostRoom, ticket: str
) -> None:
    other = HouseTickets(room.database).open_ticket(NewTicket("o", "mallory@example.com", "Hello", "Hello."))
    with room.database.write() as session:
        session.add(TicketMail(message_id="<mallory@example.com>", ticket_number=other))
    sent = room.sent_message()["Message-ID"]
    room.arrive(letter("Re: Broken lamp", "Thank you!", answers=[sent, "<mallory@example.com>"]))
    assert (said(room, ticket), said(room, other)) == (["Thank you!"], [])


@pytest.mark.parametrize(
    "make",
    [
        lambda room: answer(room, sender=f"{EMMA}, attacker@evil.com"),
        lambda room: answer(room, sender="stranger@example.com"),
        lambda _room: letter("Re: TCK-000001", answers=["<TCK-000001@lumen-oak.example>"]),
        lambda _room: letter("TCK-000001"),
        lambda room: answer(room, "   "),
    ],
)
def test_what_is_no_answer_of_the_customer_is_written_into_no_ticket(
    room: PostRoom, ticket: str, make: Callable[[PostRoom], EmailMessage]
) -> None:
    assert room.arrive(make(room)) == 1
    assert said(room, ticket) == []


def test_an_absence_note_is_no_answer(room: PostRoom, ticket: str) -> None:
    note = answer(room, "I am away until Monday.")
    note["Auto-Submitted"] = "auto-replied"
    room.arrive(note)
    assert said(room, ticket) == []


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Thanks!\n\nOn Monday, Lumen & Oak wrote:\n> We send another.\n> Bye\n", "Thanks!"),
        (
            "Díky!\n\nDne 21. 11. 2026 v 12:00 Lumen & Oak\n<help@lumen-oak.example> napsal(a):\n\n> Posíláme.\n",
            "Díky!",
        ),
        ("> We send another.\n\nWhen?", "> We send another.\n\nWhen?"),
        ("> only a quotation", "> only a quotation"),
        ("The colours are:\n\n> red", "The colours are:\n\n> red"),
    ],
)
def test_of_an_answer_what_is_new_is_kept(room: PostRoom, ticket: str, text: str, kept: str) -> None:
    room.arrive(answer(room, text))
    assert said(room, ticket) == [kept]


def test_a_mail_for_nobody_of_us_stays_for_people(room: PostRoom) -> None:
    room.arrive(letter("Hello"))
    assert [mail.subject for mail in room.mailbox.read_mails(INBOX)] == ["Hello"]
    with room.database.read() as session:
        assert session.scalar(select(func.count()).select_from(OutgoingMail)) == 0
