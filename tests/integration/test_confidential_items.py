"""What payroll says of people is read by few: by no token below admin, in no list of theirs, and in no mail."""

from collections.abc import Iterator
from decimal import Decimal

import pytest
from sqlalchemy import select

from automations.engine.approver_groups import ensure_group, set_member
from automations.engine.discovery import JobCatalogue, discover_jobs
from automations.engine.run_record import create_run
from bot.approvals.links import ApprovalLinks
from bot.approvals.mail import ApprovalMailer
from bot.notice_words import MailWords
from connectors.database.base import utc_now
from connectors.database.models.api_tokens import TokenRole
from connectors.database.models.approvals import Approval
from connectors.database.models.service import Notice
from connectors.database.models.work import RunItem
from connectors.settings import DATA_FOLDER, Settings
from connectors.vendors.memory_mail import MemoryMailer
from tests.fixtures.front_office import TEXTS
from tests.integration.api_house import ApiHouse, Program

pytestmark = pytest.mark.integration

PAYROLL = {"job": "payroll-preparation", "is_dry_run": False, "parameters": {"country": "cz", "month": "2026-10"}}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiHouse]:
    house = ApiHouse(tmp_path_factory.mktemp("confidential"))
    yield house
    house.close()


@pytest.fixture(scope="module")
def admin(house: ApiHouse) -> Program:
    return house.program(TokenRole.ADMIN)


@pytest.fixture(scope="module")
def run_id(house: ApiHouse, admin: Program) -> str:
    """A payroll that waits for finance, with employees who cannot be paid."""
    house.engine.start()
    with house.database.write() as session:
        set_member(session, ensure_group(session, "finance", utc_now()), house.agent, {}, "test")
    run = admin.does("/runs", PAYROLL, status=201)
    assert house.engine.wait(run["id"], 60).state == "waiting_for_approval"
    return str(run["id"])


@pytest.mark.parametrize("role", [TokenRole.VIEWER, TokenRole.OPERATOR])
def test_below_admin_nobody_reads_a_slip_or_starts_what_makes_them(
    house: ApiHouse, admin: Program, run_id: str, role: TokenRole
) -> None:
    program = house.program(role)
    item, *_others = admin.gets(f"/runs/{run_id}/items")["items"]
    for path in ("items", f"items/{item['id']}", "events", "events?item_key=CZ-01"):
        assert "role admin" in program.is_refused(403, "role", "GET", f"/runs/{run_id}/{path}")
    for path, body in (("/runs", PAYROLL), (f"/runs/{run_id}/retry", {"keys": ["CZ-01"]})):
        program.is_refused(403, "role", "POST", path, json=body)


def test_an_operator_fills_no_gap_of_a_payrolls_schedule(house: ApiHouse, admin: Program) -> None:
    new = {"job": "payroll-preparation", "timezone": "Europe/Prague", "timing": {"kind": "cron", "line": "0 7 2 * *"}}
    path = f"/schedules/{admin.does('/schedules', new, status=201)['id']}/backfill"
    days = {"first_day": "2026-11-01", "last_day": "2026-11-03", "is_dry_run": True}
    house.program(TokenRole.OPERATOR).is_refused(403, "role", "POST", path, json=days)


def test_the_list_of_exceptions_leaves_them_out_for_viewers_and_pages_on(
    house: ApiHouse, admin: Program, run_id: str
) -> None:
    admin.runs_job(is_dry_run=False)
    viewer = house.program(TokenRole.VIEWER)
    found, older_than = [], None
    while True:
        page = viewer.gets("/exceptions", limit=2, **({"older_than": older_than} if older_than else {}))
        found += page["exceptions"]
        older_than = page["older_than"]
        if older_than is None:
            break
    assert {one["job"] for one in found} == {"invoice-matching"}
    assert len({one["id"] for one in found}) == len(found) > 2
    assert viewer.gets("/exceptions", job="payroll-preparation")["exceptions"] == []
    assert {one["run_id"] for one in admin.gets("/exceptions", job="payroll-preparation")["exceptions"]} == {run_id}


def test_a_question_about_pay_is_read_and_answered_by_admins_tokens_only(
    house: ApiHouse, admin: Program, run_id: str
) -> None:
    (asked,) = admin.gets("/approvals", run_id=run_id)["approvals"]
    operator = house.program(TokenRole.OPERATOR)
    assert operator.gets("/approvals", run_id=run_id)["approvals"] == []
    path, said = f"/approvals/{asked['id']}", {"verdict": "approve", "version": asked["version"]}
    operator.is_refused(403, "role", "GET", path)
    operator.is_refused(403, "role", "POST", f"{path}/decision", json=said)


def test_its_counts_and_the_items_of_other_jobs_stay_open(house: ApiHouse, admin: Program, run_id: str) -> None:
    viewer = house.program(TokenRole.VIEWER)
    assert viewer.gets(f"/runs/{run_id}")["summary"]["outcomes"] == {"held": 4, "prepared": 3}
    run = admin.runs_job()
    assert viewer.gets(f"/runs/{run['id']}/items")["items"]
    assert viewer.gets(f"/runs/{run['id']}/events")["events"]


def test_of_a_job_that_is_gone_from_the_installation_nobody_knows_and_few_may_read(house: ApiHouse) -> None:
    with house.database.write() as session:
        run_id = create_run(session, "wages-of-2019", {}, "test", now=utc_now()).id
    house.program(TokenRole.VIEWER).is_refused(403, "role", "GET", f"/runs/{run_id}/items")
    house.program(TokenRole.ADMIN).gets(f"/runs/{run_id}/items")
    assert JobCatalogue({}).is_confidential("payroll-preparation")


def mail_about(job: str) -> str:
    item = {"id": 1, "title": "Jana Malá", "reasons": ["MISSING_PUNCH"], "amount": "51500.00", "currency": "CZK"}
    arguments = {"job": job, "run": "r", "owner": "manager", "name": "Petr", "count": 1, "items": [item], "more": 0}
    notice = Notice(id=1, response="new_exceptions", arguments=arguments, email="petr@example.com", language="en")
    return MailWords(Settings(_env_file=None), DATA_FOLDER, TEXTS, discover_jobs()).write(notice).text


def test_a_mail_to_the_owner_names_the_cause_and_not_the_pay() -> None:
    assert "CZK51,500.00" in mail_about("invoice-matching")
    mail = mail_about("payroll-preparation")
    assert "Jana Malá" in mail
    assert "51,500" not in mail


def test_a_mail_to_the_approver_leads_to_the_total_and_does_not_name_it(house: ApiHouse, run_id: str) -> None:
    mailbox = MemoryMailer()
    links = ApprovalLinks("x" * 40, "https://office.example.com")
    pages = house.app.state.pages
    ApprovalMailer(house.database, pages, house.engine.catalogue, mailbox, links).tell_due()
    with house.database.read() as session:
        total = session.scalars(select(Approval.amount).where(Approval.run_id == run_id)).one()
    assert total == Decimal("130317.00")
    (mail,) = mailbox.sent
    assert "Payroll preparation" in mail.text
    assert "130,317" not in mail.text


def test_who_cannot_be_paid_costs_nothing_yet(house: ApiHouse, run_id: str) -> None:
    """So that no digest adds a wage up that one person alone is owed."""
    with house.database.read() as session:
        held = session.scalars(select(RunItem).where(RunItem.run_id == run_id, RunItem.outcome == "held")).all()
        assert [item.amount for item in held] == [None] * 4
