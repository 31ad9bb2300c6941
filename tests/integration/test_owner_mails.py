"""Digests and tasks by mail: told once, in the colleague's language."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from automations.engine.approver_groups import ensure_group, set_member
from automations.engine.item_record import record_outcomes
from automations.engine.job import ItemOutcome, Reason
from automations.engine.owner_mails import owners_of
from automations.engine.run_log import CHECK_LEFT_OUT, log_event
from automations.engine.run_record import begin_run, create_run, finish_run
from automations.jobs import morning_digest
from connectors.database.models.people import Role
from connectors.database.models.service import Notice, NoticeState
from connectors.database.models.work import ItemState, RunItem
from tests.fixtures.front_office import TEXTS, FrontOffice, open_front_office
from tests.fixtures.notice_mails import MONDAY, held, mails, person, run

pytestmark = pytest.mark.integration

SUNDAY = MONDAY - timedelta(days=1)


@pytest.fixture
def office(database_url: str) -> Iterator[FrontOffice]:
    with open_front_office(database_url) as office:
        yield office


def test_each_admin_gets_one_digest_a_day_in_their_language(office: FrontOffice) -> None:
    person(office, "jana@example.com", language="cs")
    person(office, "agent@example.com", Role.AGENT)
    assert [outcome.outcome for outcome in run(office, morning_digest.JOB)] == ["sent"]
    assert [outcome.outcome for outcome in run(office, morning_digest.JOB)] == ["already-sent"]
    (mail,) = mails(office)
    assert (mail.to, mail.subject) == ("jana@example.com", "Ranní přehled, 23. 11. 2026")
    assert "Vše je v klidu" in mail.text


def test_a_digest_of_another_version_keeps_no_later_mail_back(office: FrontOffice) -> None:
    for name in ("jana@example.com", "petr@example.com"):
        person(office, name)
    run(office, morning_digest.JOB)
    with office.database.write() as session:
        first, _ = session.scalars(select(Notice).order_by(Notice.id))
        first.arguments = {"name": "Jana"}
    (mail,) = mails(office)
    assert mail.to != first.email
    with office.database.read() as session:
        notices = session.scalars(select(Notice).order_by(Notice.id))
        assert [notice.state for notice in notices] == [NoticeState.GIVEN_UP, NoticeState.SENT]


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


def test_warnings_reach_their_owners_once_though_nothing_is_held(office: FrontOffice) -> None:
    clerk = person(office, "petr@example.com", Role.AGENT)
    with office.database.write() as session:
        set_member(session, ensure_group(session, "payroll", MONDAY), clerk, {}, "test")
    warnings = [
        {"code": "VARIANCE_OVER", "owner": "payroll", "found": "12.5"},
        {"code": "MISSING_PUNCH", "owner": "manager", "where": "2026-10-05"},
    ]
    detail = {"manager_email": "boss@example.com", "warnings": warnings, "gross": "44444.00"}
    outcomes = [
        ItemOutcome("E1", "Jana", ItemState.DONE, "prepared", detail=detail),
        ItemOutcome("E2", "Eva", ItemState.DONE, "prepared", detail={"warnings": []}),
    ]
    with office.database.write() as session:
        create_run(session, "payroll-preparation", {}, "ops@example.com", now=MONDAY, run_id="pay")
        begin_run(session, "pay", MONDAY)
        record_outcomes(session, "pay", outcomes, MONDAY)
        finish_run(session, "pay", MONDAY)
        finish_run(session, "pay", MONDAY)
    told = {mail.to: mail for mail in mails(office)}
    assert set(told) == {"petr@example.com", "boss@example.com"}
    assert told["petr@example.com"].subject == "Payroll preparation: worth a look (1)"
    assert "Gross differs more than allowed" in told["petr@example.com"].text
    assert "/console/runs/pay/items/" in told["petr@example.com"].text
    assert "/console/runs" not in told["boss@example.com"].text
    assert not any(word in mail.text for mail in told.values() for word in ("Eva", "44444", "{"))


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
