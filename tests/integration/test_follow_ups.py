"""Reminders by mail: told once, in the customer's language, whatever dies meanwhile."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import update

from automations.engine.discovery import discover_jobs
from automations.jobs import overdue_reminders
from bot.mail_queue import NOT_CONFIRMED
from bot.notice_words import MailWords
from bot.notices import NoticeSender
from connectors.contracts.mail import Mail
from connectors.contracts.sales_invoices import BilledCustomer, SalesInvoice
from connectors.database.models.conversation import Author, Conversation, Owner, Ticket
from connectors.database.models.service import Notice, NoticeCause
from connectors.database.models.work import ItemState
from connectors.errors import Rejected
from connectors.settings import DATA_FOLDER, Settings
from connectors.vendors.house_notices import HouseNotices
from connectors.vendors.mail_message import build_message
from connectors.vendors.memory_mail import MemoryMailer
from tests.fixtures.front_office import TEXTS, FrontOffice, open_front_office
from tests.fixtures.notice_mails import MONDAY, mails, run, send_due, start, states

pytestmark = pytest.mark.integration

SUNDAY = MONDAY - timedelta(days=1)
EMAIL = "emma@example.com"


class Killed(BaseException):
    """The process dies."""


@pytest.fixture
def office(database_url: str) -> Iterator[FrontOffice]:
    with open_front_office(database_url) as office:
        yield office


def invoice(number: str = "FV-1", days: int = 4, language: str | None = "cs", country: str = "CZ") -> SalesInvoice:
    return SalesInvoice(
        number=number,
        order_number=f"ORD-{number}",
        issued_on=date(2026, 10, 1),
        customer_name="Emma",
        address=None,
        currency="CZK",
        lines=(),
        net_total=Decimal("1000.00"),
        tax_total=Decimal("210.00"),
        gross_total=Decimal("1210.00"),
        due_on=MONDAY.date() - timedelta(days=days),
        customer=BilledCustomer(EMAIL, language, country),
    )


def remind(office: FrontOffice, *invoices: SalesInvoice, now: datetime = MONDAY) -> list[str]:
    return [outcome.outcome for outcome in run(office, overdue_reminders.JOB, *invoices, now=now)]


def test_a_customer_is_reminded_once_of_all_that_is_overdue_in_their_language(office: FrontOffice) -> None:
    owed = (invoice(), invoice("FV-2", days=1))
    assert remind(office, *owed) == ["reminded"]
    assert remind(office, *owed) == ["stopped"]
    (mail,) = mails(office)
    assert mail.to == EMAIL
    assert mail.subject == "Přátelská připomínka: 2 neuhrazené faktury"
    assert "FV-1: 1\u00a0210,00\u00a0Kč, splatná 19. listopadu 2026, 4 dny po splatnosti" in mail.text
    assert "Celkem: 2\u00a0420,00\u00a0Kč" in mail.text


def test_a_run_that_was_killed_before_it_noted_its_effects_tells_nothing_twice(office: FrontOffice) -> None:
    work = start(office, overdue_reminders.JOB, MONDAY, invoice())
    outcomes = work.decide(work.plan())
    work.apply(outcomes)
    start(office, overdue_reminders.JOB, MONDAY, invoice()).apply(outcomes)
    assert len(mails(office)) == 1


def test_two_runs_that_decided_the_same_at_once_tell_an_invoice_once(office: FrontOffice) -> None:
    first = start(office, overdue_reminders.JOB, MONDAY, invoice())
    second = start(office, overdue_reminders.JOB, MONDAY, invoice(), invoice("FV-2"))
    decided = [(work, work.decide(work.plan())) for work in (first, second)]
    for work, outcomes in decided:
        work.apply(outcomes)
    assert [mail.text.count("FV-") for mail in mails(office)] == [1]


def test_a_reminder_that_was_overtaken_in_part_is_refused_aloud_and_comes_with_the_next_run(
    office: FrontOffice,
) -> None:
    overtaken = start(office, overdue_reminders.JOB, MONDAY, invoice(), invoice("FV-2"))
    outcomes = overtaken.decide(overtaken.plan())
    assert remind(office, invoice()) == ["reminded"]
    (answer,) = overtaken.apply(outcomes).values()
    assert (answer.code, "next run" in answer.found) == ("EFFECT_REFUSED", True)
    later = datetime.now(UTC) + timedelta(days=8)
    while later.weekday() != MONDAY.weekday():
        later += timedelta(days=1)
    assert remind(office, invoice("FV-2"), now=later) == ["reminded"]


def test_stages_go_on_from_week_to_week_and_end(office: FrontOffice) -> None:
    said = []
    for week in range(5):
        now = MONDAY + timedelta(days=7 * week)
        said += remind(office, invoice(), now=now)
        with office.database.write() as session:
            session.execute(update(NoticeCause).where(NoticeCause.at > now).values(at=now))
            session.execute(update(NoticeCause).where(NoticeCause.at < MONDAY).values(at=now))
    # 4, 11, 18, 25 and 32 days after the last day to pay; the stages are due after 3, 10 and 21.
    assert said == ["reminded", "reminded", "stopped", "reminded", "stopped"]
    subjects = [mail.subject.partition(":")[0] for mail in mails(office)]
    assert subjects == ["Přátelská připomínka", "Druhá upomínka", "Poslední upomínka"]


def test_a_persian_mail_runs_from_right_to_left_with_its_own_digits_and_calendar(office: FrontOffice) -> None:
    remind(office, invoice(language="fa", country="DE"))
    (mail,) = mails(office)
    assert "۲۸ آبان ۱۴۰۵" in mail.text
    page = build_message(mail, "shop@example.com").get_body(("html",))
    assert page is not None
    assert '<html dir="rtl">' in page.get_content()


@pytest.mark.parametrize("language", sorted(TEXTS.languages))
def test_every_stage_has_a_mail_in_every_language(office: FrontOffice, language: str) -> None:
    words = MailWords(Settings(), DATA_FOLDER, TEXTS, discover_jobs())
    work = start(office, overdue_reminders.JOB, MONDAY, invoice(language=language, country="DE"))
    (outcome,) = work.decide(work.plan())
    stored = outcome.effect["notices"][0]
    for stage in ("friendly", "firm", "last"):
        row = Notice(id=1, response=f"overdue_{stage}", arguments=stored["arguments"], email=EMAIL, language=language)
        mail = words.write(row)
        assert "FV-1" in mail.text
        assert "{" not in mail.subject + mail.text


def test_nobody_is_reminded_on_a_sunday_or_a_holiday_of_their_country(office: FrontOffice) -> None:
    assert remind(office, invoice(days=30), now=SUNDAY) == ["stopped"]
    freedom_day = datetime(2026, 11, 17, 8, tzinfo=UTC)
    assert remind(office, invoice(days=30), now=freedom_day) == ["stopped"]
    assert remind(office, invoice(days=30, country="DE"), now=freedom_day) == ["reminded"]


def verified(office: FrontOffice, **changes: Any) -> str:
    conversation_id = office.open("en")
    with office.database.write() as session:
        talk = session.get_one(Conversation, conversation_id)
        talk.verified_email = EMAIL
        talk.contact.accepts_notices = changes.pop("accepts_notices", True)
        for name, value in changes.items():
            setattr(talk, name, value)
    return conversation_id


def test_a_customer_who_proved_the_address_is_told_in_the_chat_too_and_nobody_else(office: FrontOffice) -> None:
    stranger, customer = office.open("en"), verified(office)
    remind(office, invoice())
    NoticeSender(office.database, TEXTS, office.live).send_due()
    (told,) = office.said(customer, Author.SYSTEM)
    assert "CZK1,210.00" in told.replace("\u00a0", "")
    assert office.said(stranger, Author.SYSTEM) == []
    assert len(mails(office)) == 1


@pytest.mark.parametrize("changes", [{"accepts_notices": False}, {"owner": Owner.HUMAN.value}])
def test_who_wants_no_messages_or_talks_with_a_colleague_is_left_alone(
    office: FrontOffice, changes: dict[str, Any]
) -> None:
    verified(office, **changes)
    assert remind(office, invoice()) == ["stopped"]


def test_an_open_ticket_about_an_invoice_stops_its_reminder(office: FrontOffice) -> None:
    conversation_id = office.open("en")
    with office.database.write() as session:
        contact_id = session.get_one(Conversation, conversation_id).contact_id
        session.add(
            Ticket(
                number="TCK-000001",
                turn_key="t",
                conversation_id=conversation_id,
                contact_id=contact_id,
                email=EMAIL,
                subject="FV-1 is wrong",
                description="I never ordered this.",
            )
        )
    assert remind(office, invoice()) == ["stopped"]
    assert remind(office, invoice("FV-2")) == ["reminded"]


def test_an_invoice_without_address_waits_for_accounts_receivable(office: FrontOffice) -> None:
    (outcome,) = run(office, overdue_reminders.JOB, replace(invoice(), customer=None))
    assert (outcome.state, outcome.owner) == (ItemState.EXCEPTION, "accounts_receivable")


def test_a_mail_whose_sender_dies_is_never_sent_again_and_named(office: FrontOffice) -> None:
    class DyingMailer(MemoryMailer):
        def send(self, mail: Mail) -> None:
            super().send(mail)
            raise Killed

    remind(office, invoice())
    dying = DyingMailer()
    with pytest.raises(Killed):
        send_due(office, dying)
    later, other = MONDAY + timedelta(hours=1), MemoryMailer()
    assert send_due(office, other, later) == 0
    assert (len(dying.sent), other.sent) == (1, [])
    assert states(office) == [("unconfirmed", NOT_CONFIRMED)]
    unsettled = HouseNotices(office.database).unsettled_mails(MONDAY - timedelta(days=1))
    assert [mail.state for mail in unsettled] == ["unconfirmed"]


def test_a_mail_server_that_is_down_gets_the_mail_later_and_one_that_refuses_it_never(office: FrontOffice) -> None:
    class RefusingMailer(MemoryMailer):
        def send(self, mail: Mail) -> None:
            raise Rejected("There is no such address.")

    remind(office, invoice())
    mailer = MemoryMailer()
    mailer.is_down = True
    assert send_due(office, mailer) == 1
    mailer.is_down = False
    assert send_due(office, mailer) == 0
    assert send_due(office, mailer, MONDAY + timedelta(minutes=1)) == 1
    assert len(mailer.sent) == 1
    remind(office, replace(invoice("FV-2"), customer=BilledCustomer("other@example.com", "en", "CZ")))
    send_due(office, RefusingMailer())
    assert states(office) == [("sent", None), ("given_up", "There is no such address.")]
