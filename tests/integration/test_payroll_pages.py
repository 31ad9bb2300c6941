"""The payroll pages, from a dry run to the files of approved slips, and what of it stands in the audit log."""

import io
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pypdf import PdfReader
from sqlalchemy import select

from automations.engine.approval_decisions import decide_approval
from automations.engine.approver_groups import ensure_group, set_member
from bot.staff import accounts
from connectors.contracts.people import Payslip, PayslipState
from connectors.database.base import utc_now
from connectors.database.models.approvals import Approval, Verdict
from connectors.database.models.people import Role
from connectors.database.models.work import Run
from tests.integration.approval_house import wait_until_ended
from tests.integration.console_house import PASSWORD, WAIT_SECONDS, Browser, ConsoleHouse, text_of

pytestmark = pytest.mark.integration

LANGUAGES = ["en", "cs", "hu", "is", "fa", "ru"]
JOB = "/console/jobs/payroll-preparation"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsoleHouse]:
    house = ConsoleHouse(tmp_path_factory.mktemp("payroll"))
    yield house
    house.close()


@pytest.fixture(scope="module")
def admin(house: ConsoleHouse) -> Browser:
    return Browser(house, house.admin)


def runs(admin: Browser, mode: str, **parameters: str) -> Run:
    if not admin.house.engine.is_healthy:
        admin.house.engine.start()
    confirmed = {"confirmed": "yes"} if mode == "real" else {}
    fields = {f"p.{name}": value for name, value in parameters.items()}
    answer = admin.posts(f"{JOB}/runs", mode=mode, **confirmed, **fields)
    assert answer.status_code == 303, answer.text
    return admin.house.engine.wait(answer.headers["location"].rpartition("/")[2], WAIT_SECONDS)


@pytest.fixture(scope="module")
def approved(house: ConsoleHouse, admin: Browser) -> Run:
    """A real run of the Czech employees that somebody of finance, who did not start it, has approved."""
    run = runs(admin, "real", country="cz", month="2026-10")
    assert run.state == "waiting_for_approval"
    assert not house.office.connectors.people().payslips(["CZ-01"], date(2026, 10, 1), date(2026, 10, 31))
    with house.database.write() as session:
        checker = accounts.add_user(session, "checker@example.com", "Checker", Role.AGENT, PASSWORD, "test")
        set_member(session, ensure_group(session, "finance", utc_now(), "test"), checker, {}, "test")
    with house.database.write() as session:
        approval = session.scalars(select(Approval).where(Approval.run_id == run.id)).one()
        assert (approval.amount, approval.currency) == (Decimal("130317.00"), "CZK")
        decide_approval(session, approval.id, checker.email, Verdict.APPROVE, "", utc_now())
    return wait_until_ended(house.engine, run.id)


def test_without_a_run_the_page_says_what_to_do(admin: Browser) -> None:
    assert "No payroll run yet" in text_of(admin.opens("/console/payroll"))


def test_a_dry_run_shows_every_slip_and_keeps_none(house: ConsoleHouse, admin: Browser) -> None:
    run = runs(admin, "dry", country="US", frequency="fortnightly", first="2026-10-26")
    page = text_of(admin.opens(f"/console/payroll/{run.id}"))
    assert "Sam Rivera" in page
    assert "Gross differs more than allowed" in page
    assert "Overtime premium +US$212.77" in page
    assert "No slip for this file is approved yet" in page
    assert not house.office.connectors.people().payslips(["US-01"], date(2026, 10, 26), date(2026, 11, 8))


@pytest.mark.parametrize("language", LANGUAGES)
def test_register_and_payslips_open_in_every_language(house: ConsoleHouse, approved: Run, language: str) -> None:
    browser = Browser(house, house.admin, language)
    assert "Jana Malá" in browser.opens(f"/console/payroll/{approved.id}")
    for item in house.items(approved).values():
        browser.opens(f"/console/runs/{approved.id}/items/{item.id}")
    for path in ("register.pdf", "slips/CZ-01.pdf"):
        answer = browser.client.get(f"/console/payroll/{approved.id}/{path}")
        assert answer.content.startswith(b"%PDF"), path


def test_a_payslip_explains_each_line_with_figures_and_law(house: ConsoleHouse, admin: Browser, approved: Run) -> None:
    item = house.items(approved)["Eva Horáková"]
    page = text_of(admin.opens(f"/console/runs/{approved.id}/items/{item.id}"))
    assert "CZK36,000.00 × 19 of 22 working days, 3 unpaid; 1 Oct 2026 – 31 Oct 2026. Rounded to cents." in page
    assert "CZK31,090.91 up to whole crowns. Rounded up to whole crowns. 262/2006 § 142 (2)" in page
    assert "7.1 % of CZK31,091.00. Rounded up to whole crowns. 589/1992 § 7" in page


def test_an_exception_names_its_owner_and_what_to_do(house: ConsoleHouse, admin: Browser, approved: Run) -> None:
    item = house.items(approved)["Tomáš Kučera"]
    page = text_of(admin.opens(f"/console/runs/{approved.id}/items/{item.id}"))
    assert "waits for: Manager" in page or "Manager" in page
    assert "hours are never guessed" in page
    assert "agent@example.com" in page


def test_the_files_hold_the_approved_slips_and_each_download_is_audited(
    house: ConsoleHouse, admin: Browser, approved: Run
) -> None:
    before = len(house.audited("payroll.download"))
    base = f"/console/payroll/{approved.id}"
    register = admin.opens(f"{base}/register.csv")
    assert "CZ-01,Jana Malá,CZ,2026-10-01,2026-10-31,CZK,51500.00,8643.50,42856.50" in register
    assert "CZ-04" not in register
    provider = admin.opens(f"{base}/provider.csv")
    assert "arrears,base_pay,,,2000.00,2026-09-01" in provider
    assert "net,net_pay,,,,37589.00,,included,transfer,CZ9455000000001011038930" in provider
    sheet = PdfReader(io.BytesIO(admin.client.get(f"{base}/register.pdf").content)).pages[0].extract_text()
    assert "106,043.50" in sheet
    slip = PdfReader(io.BytesIO(admin.client.get(f"{base}/slips/CZ-01.pdf").content)).pages[0].extract_text()
    assert "Jana Malá" in slip
    assert "42,856.50" in slip
    entries = house.audited("payroll.download")[before:]
    assert [entry.after["file"] for entry in entries if entry.after] == [
        "register",
        "provider",
        "register-pdf",
        "payslip-pdf",
    ]
    assert {entry.actor for entry in entries} == {"ops@example.com"}
    assert "Pay data downloaded" in text_of(admin.opens("/console/audit", action="payroll.download"))


def test_wages_in_crowns_are_transferred_inside_the_country(admin: Browser, approved: Run) -> None:
    fields = {"name": "Lumen & Oak s.r.o.", "currency": "CZK", "pays_on": "2026-11-10"}
    answer = admin.posts(f"/console/payroll/{approved.id}/sepa", **fields, iban="CZ6508000000192000145399")
    assert answer.status_code == 200
    assert '<InstdAmt Ccy="CZK">42856.50</InstdAmt>' in answer.text
    abroad = admin.posts(f"/console/payroll/{approved.id}/sepa", **fields, iban="DE89370400440532013000")
    assert abroad.status_code == 422


@pytest.mark.usefixtures("approved")
def test_the_next_run_of_the_same_days_leaves_the_slips_alone(admin: Browser) -> None:
    again = runs(admin, "real", country="cz", month="2026-10")
    assert again.summary["outcomes"] == {"already-prepared": 3, "held": 4}


def test_a_slip_in_euro_is_taken_along_as_a_transfer(house: ConsoleHouse, admin: Browser, approved: Run) -> None:
    people = house.office.connectors.people()
    amount = Decimal("1500.00")
    slip = Payslip(
        "CZ-04", date(2026, 10, 1), date(2026, 10, 31), "EUR", (), amount, Decimal(0), amount, PayslipState.APPROVED
    )
    people.save_payslip(slip, "euro")
    fields: dict[str, Any] = {"name": "Lumen & Oak", "iban": "DE89370400440532013000", "pays_on": "2026-11-10"}
    answer = admin.posts(f"/console/payroll/{approved.id}/sepa", **fields)
    assert answer.status_code == 200
    assert '<InstdAmt Ccy="EUR">1500.00</InstdAmt>' in answer.text
    wrong = admin.posts(f"/console/payroll/{approved.id}/sepa", **(fields | {"iban": "DE00"}))
    assert wrong.status_code == 422
    assert "check the name, the IBAN" in text_of(wrong.text)


@pytest.mark.parametrize("path", ["", "/x", "/x/register.csv", "/x/register.pdf", "/x/slips/CZ-01.pdf"])
def test_pay_is_for_admins_only(house: ConsoleHouse, path: str) -> None:
    agent = Browser(house, house.agent)
    assert agent.client.get(f"/console/payroll{path}").status_code == 403


@pytest.mark.parametrize("path", ["/x", "/x/register.csv", "/x/register.pdf", "/x/slips/CZ-01.pdf"])
def test_a_run_that_does_not_exist_has_no_register(admin: Browser, path: str) -> None:
    assert admin.client.get(f"/console/payroll{path}").status_code == 404
