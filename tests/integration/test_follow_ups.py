"""Reminders, digests and tasks by mail: told once, in the reader's language, whatever dies meanwhile."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select, update

from automations.engine.approver_groups import ensure_group, set_member
from automations.engine.discovery import discover_jobs
from automations.engine.item_record import record_outcomes, record_plan
from automations.engine.job import ItemOutcome, JobContext, JobDefinition, Reason
from automations.engine.owner_mails import owners_of
from automations.engine.parameters import check_parameters
from automations.engine.run_log import CHECK_LEFT_OUT, log_event
from automations.engine.run_record import begin_run, create_run, finish_run
from automations.jobs import morning_digest, overdue_reminders
from bot.mail_queue import NOT_CONFIRMED, MailQueue
from bot.notice_mail import NoticeMailer
from bot.notice_words import MailWords
from bot.notices import NoticeSender
from connectors.contracts.mail import Mail
from connectors.contracts.sales_invoices import BilledCustomer, SalesInvoice
from connectors.database.models.conversation import Author, Conversation, Owner, Ticket
from connectors.database.models.mail import OutgoingMail
from connectors.database.models.people import Role, User
from connectors.database.models.service import Notice, NoticeCause
from connectors.database.models.work import ItemState, RunItem
from connectors.errors import Rejected
from connectors.registry import Connectors
from connectors.secrets import Secrets
from connectors.settings import DATA_FOLDER, Settings
from connectors.vendors.house_notices import HouseNotices
from connectors.vendors.mail_message import build_message
from connectors.vendors.memory_mail import MemoryMailer
from connectors.vendors.memory_sales import MemorySalesInvoices
from tests.fixtures.front_office import TEXTS, FrontOffice, open_front_office

pytestmark = pytest.mark.integration

MONDAY = datetime(2026, 11, 23, 8, tzinfo=UTC)
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


def start(office: FrontOffice, job: JobDefinition, now: datetime, *invoices: SalesInvoice) -> Any:
    connectors = Connectors.in_memory(
        sales_invoices=MemorySalesInvoices(invoices), notices=HouseNotices(office.database)
    )

    def look(query: Any) -> Any:
        with office.database.read() as session:
            return query(session)

    return job.start(JobContext("run", False, check_parameters(job, {}), connectors, lambda: now, look=look))


def run(office: FrontOffice, job: JobDefinition, *invoices: SalesInvoice, now: datetime = MONDAY) -> list[ItemOutcome]:
    work = start(office, job, now, *invoices)
    outcomes: list[ItemOutcome] = list(work.decide(work.plan()))
    work.apply([outcome for outcome in outcomes if outcome.effect is not None])
    return outcomes


def remind(office: FrontOffice, *invoices: SalesInvoice, now: datetime = MONDAY) -> list[str]:
    return [outcome.outcome for outcome in run(office, overdue_reminders.JOB, *invoices, now=now)]


def send_due(office: FrontOffice, mailer: Any, now: datetime = MONDAY) -> int:
    """Word what waits and send it; returns how many mails were tried."""
    words = MailWords(Settings(), DATA_FOLDER, TEXTS, discover_jobs())
    queue = MailQueue(office.database, mailer, Secrets("s" * 32), now=lambda: now, chance=lambda: 0.0)
    NoticeMailer(office.database, queue, words, now=lambda: now).queue_due()
    return queue.send_due()


def mails(office: FrontOffice) -> list[Mail]:
    mailer = MemoryMailer()
    send_due(office, mailer)
    send_due(office, mailer)
    return mailer.sent


def states(office: FrontOffice) -> list[tuple[str, str | None]]:
    with office.database.read() as session:
        return [(row.state, row.reason) for row in session.scalars(select(OutgoingMail).order_by(OutgoingMail.id))]


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


def person(office: FrontOffice, email: str, role: Role = Role.ADMIN, language: str | None = "en") -> User:
    with office.database.write() as session:
        user = User(email=email, name=email.partition("@")[0], role=role.value, password_hash="", language=language)
        session.add(user)
    return user


def test_each_admin_gets_one_digest_a_day_in_their_language(office: FrontOffice) -> None:
    person(office, "jana@example.com", language="cs")
    person(office, "agent@example.com", Role.AGENT)
    assert [outcome.outcome for outcome in run(office, morning_digest.JOB)] == ["sent"]
    assert [outcome.outcome for outcome in run(office, morning_digest.JOB)] == ["already-sent"]
    (mail,) = mails(office)
    assert (mail.to, mail.subject) == ("jana@example.com", "Ranní přehled, 23. 11. 2026")
    assert "Vše je v klidu" in mail.text


def test_there_is_no_digest_on_a_day_off(office: FrontOffice) -> None:
    person(office, "jana@example.com")
    assert [outcome.outcome for outcome in run(office, morning_digest.JOB, now=SUNDAY)] == ["day-off"]


@pytest.mark.parametrize("language", sorted(TEXTS.languages))
def test_the_digest_names_what_waits_with_its_money_and_what_failed(office: FrontOffice, language: str) -> None:
    person(office, "jana@example.com", language=language)
    held(office, "run-1", "A-1", "A-2", at=MONDAY - timedelta(days=3))
    run(office, morning_digest.JOB)
    (mail,) = mails(office)
    digits = str.maketrans("۰۱۲۳۴۵۶۷۸۹", "0123456789")
    assert "250" in mail.text.translate(digits)
    assert "/console/exceptions" in mail.text
    assert "{" not in mail.text


def held(office: FrontOffice, run_id: str, *keys: str, at: datetime = MONDAY, is_complete: bool = False) -> None:
    """A run of a job that holds these items, for accounts payable."""
    outcomes = [
        ItemOutcome(
            key,
            f"Invoice {key}",
            ItemState.EXCEPTION,
            "held",
            reasons=(Reason("PRICE_OVER", "accounts_payable"),),
            owner="accounts_payable",
            amount=Decimal("125.00"),
            currency="EUR",
        )
        for key in keys
    ]
    with office.database.write() as session:
        create_run(session, "invoice-matching", {}, "jana@example.com", now=at, run_id=run_id)
        begin_run(session, run_id, at)
        record_plan(session, run_id, keys, at)
        record_outcomes(session, run_id, outcomes, at)
        finish_run(session, run_id, at, is_complete=is_complete)
        finish_run(session, run_id, at, is_complete=is_complete)


def test_an_owner_gets_one_mail_for_each_run_with_its_new_exceptions_only(office: FrontOffice) -> None:
    owner = person(office, "petr@example.com", Role.AGENT)
    with office.database.write() as session:
        set_member(session, ensure_group(session, "accounts_payable", MONDAY), owner, {}, "test")
        assert owners_of(session, owner.id) == ["accounts_payable"]
    held(office, "run-1", "A-1", "A-2")
    held(office, "run-2", "A-1", "A-2", at=MONDAY + timedelta(hours=1))
    held(office, "run-3", "A-1", "A-3", at=MONDAY + timedelta(hours=2))
    first, second = mails(office)
    assert first.to == second.to == "petr@example.com"
    assert ("Invoice A-1" in first.text, "Invoice A-2" in first.text) == (True, True)
    assert ("Invoice A-1" in second.text, "Invoice A-3" in second.text) == (False, True)
    assert "€125.00" in second.text


def test_the_manager_of_an_employee_is_told_at_the_address_in_the_item_with_or_without_account(
    office: FrontOffice,
) -> None:
    person(office, "jana@example.com", Role.AGENT, language="cs")
    outcomes = [
        ItemOutcome(
            email,
            f"Employee of {email}",
            ItemState.EXCEPTION,
            "held",
            reasons=(Reason("MISSING_PUNCH", "manager"),),
            detail={"manager_email": email},
            owner="manager",
        )
        for email in ("jana@example.com", "outside@example.com")
    ]
    with office.database.write() as session:
        create_run(session, "payroll-preparation", {}, "ops@example.com", now=MONDAY, run_id="pay")
        begin_run(session, "pay", MONDAY)
        record_outcomes(session, "pay", outcomes, MONDAY)
        finish_run(session, "pay", MONDAY)
    told = {mail.to: mail.text for mail in mails(office)}
    assert set(told) == {"jana@example.com", "outside@example.com"}
    assert told["jana@example.com"].startswith("Dobrý den")
    assert "Employee of outside@example.com" not in told["jana@example.com"]


def test_of_two_reasons_each_owner_is_told(office: FrontOffice) -> None:
    for email, group in (("hana@example.com", "human_resources"), ("petr@example.com", "receiving")):
        owner = person(office, email, Role.AGENT)
        with office.database.write() as session:
            set_member(session, ensure_group(session, group, MONDAY), owner, {}, "test")
    reasons = (
        Reason("NO_BANK_ACCOUNT", "human_resources"),
        Reason("QTY_OVER_RECEIVED", "receiving"),
        Reason("MISSING_PUNCH", "manager"),
    )
    outcome = ItemOutcome(
        "E1", "Jana", ItemState.EXCEPTION, "held", reasons, {"manager_email": "boss@example.com"}, "human_resources"
    )
    for run_id in ("first", "second"):
        with office.database.write() as session:
            create_run(session, "payroll-preparation", {}, "ops@example.com", now=MONDAY, run_id=run_id)
            begin_run(session, run_id, MONDAY)
            record_outcomes(session, run_id, [outcome], MONDAY)
            finish_run(session, run_id, MONDAY)
    assert sorted(mail.to for mail in mails(office)) == ["boss@example.com", "hana@example.com", "petr@example.com"]


def test_what_could_not_be_looked_for_is_not_healed(office: FrontOffice) -> None:
    held(office, "run-1", "A-1", is_complete=True)
    with office.database.write() as session:
        create_run(session, "invoice-matching", {}, "jana@example.com", now=MONDAY, run_id="run-2")
        begin_run(session, "run-2", MONDAY)
        log_event(session, "run-2", CHECK_LEFT_OUT, MONDAY, check="stock")
        finish_run(session, "run-2", MONDAY, is_complete=True)
        assert session.scalars(select(RunItem.settled_at)).one() is None


def test_an_owner_without_a_group_gets_no_mail(office: FrontOffice) -> None:
    held(office, "run-1", "A-1")
    assert mails(office) == []


def test_a_finding_settles_itself_when_its_cause_is_gone_and_is_new_when_it_comes_back(office: FrontOffice) -> None:
    owner = person(office, "petr@example.com", Role.AGENT)
    with office.database.write() as session:
        set_member(session, ensure_group(session, "accounts_payable", MONDAY), owner, {}, "test")
    held(office, "run-1", "A-1", "A-2", is_complete=True)
    held(office, "run-2", "A-2", at=MONDAY + timedelta(hours=1), is_complete=True)
    with office.database.read() as session:
        settled = session.scalars(select(RunItem).where(RunItem.settled_at.is_not(None))).all()
        assert [(item.key, item.settled_by, item.settled_reason) for item in settled] == [
            ("A-1", "engine", "CAUSE_GONE")
        ]
    held(office, "run-3", "A-1", "A-2", at=MONDAY + timedelta(hours=2), is_complete=True)
    assert ["Invoice A-2" in mail.text for mail in mails(office)] == [True, False]
