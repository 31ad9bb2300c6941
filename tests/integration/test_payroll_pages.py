"""The payroll pages, from a dry run to the files of approved slips, and what of it stands in the audit log."""

import io
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from pypdf import PdfReader
from sqlalchemy import select

from automations.engine.approval_decisions import decide_approval
from automations.engine.approver_groups import ensure_group, set_member
from bot.console import payroll_view
from bot.staff import accounts
from connectors.contracts.people import Payslip, PayslipState
from connectors.database.base import utc_now
from connectors.database.models.approvals import Approval, Verdict
from connectors.database.models.people import Role
from connectors.database.models.work import Run
from connectors.vendors.house_people import HousePeople
from tests.integration.approval_house import wait_until_ended
from tests.integration.console_house import PASSWORD, WAIT_SECONDS, Browser, ConsoleHouse, text_of

pytestmark = pytest.mark.integration

PAID_ON = f"{utc_now().date() + timedelta(days=3)}"
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
    slip = house.items(run)["Sam Rivera"]
    slip_page = admin.opens(f"/console/runs/{run.id}/items/{slip.id}")
    (warning,) = [one for one in slip.detail["warnings"] if one["code"] == "VARIANCE_OVER"]
    assert re.search(r'<div class="notice stack">.*?<dl class="figures">(.*?)</dl>', slip_page, re.DOTALL)
    assert f"US${Decimal(warning['found']):,.2f}" in text_of(slip_page)


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
    assert "with Manager" in page
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
    fields = {"name": "Lumen & Oak s.r.o.", "currency": "CZK", "pays_on": PAID_ON}
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
    fields: dict[str, Any] = {"name": "Lumen & Oak", "iban": "DE89370400440532013000", "pays_on": PAID_ON}
    answer = admin.posts(f"/console/payroll/{approved.id}/sepa", **fields)
    assert answer.status_code == 200
    assert '<InstdAmt Ccy="EUR">1500.00</InstdAmt>' in answer.text
    wrong = admin.posts(f"/console/payroll/{approved.id}/sepa", **(fields | {"iban": "DE00"}))
    assert wrong.status_code == 422
    assert "check the name, the IBAN" in text_of(wrong.text)


def test_transfers_that_somebody_has_are_named_and_made_again_only_when_asked_once_more(
    house: ConsoleHouse, admin: Browser, approved: Run
) -> None:
    """Jana's and Eva's wages in crowns of another payroll: nobody is paid twice by a second click."""
    path = f"/console/payroll/{approved.id}"
    fields = {"name": "Lumen & Oak s.r.o.", "currency": "CZK", "pays_on": PAID_ON, "iban": "CZ6508000000192000145399"}
    first = admin.posts(f"{path}/sepa", **fields, again="yes")
    assert "ops@example.com took the transfers in CZK" in text_of(admin.opens(path))
    downloads = len(house.audited("payroll.download"))
    refused = admin.posts(f"{path}/sepa", **fields)
    assert refused.status_code == 409
    assert "a second file could pay everybody twice" in text_of(refused.text)
    assert 'value="CZ6508000000192000145399"' in refused.text
    again = admin.posts(f"{path}/sepa", **fields, again="yes")
    message = re.compile("<MsgId>.+</MsgId>")
    assert message.findall(again.text) == message.findall(first.text) != []
    entries = house.audited("payroll.download")[downloads:]
    assert [entry.after["slips"] for entry in entries if entry.after] == [again.text.count("<CdtTrfTxInf>")]


@pytest.mark.parametrize("day", ["0001-01-01", "2026-02-30", "9999-12-31", ""])
def test_a_day_on_which_no_bank_pays_makes_no_file_and_no_entry(
    house: ConsoleHouse, admin: Browser, approved: Run, day: str
) -> None:
    downloads = len(house.audited("payroll.download"))
    fields = {"name": "Lumen & Oak", "currency": "CZK", "iban": "CZ6508000000192000145399", "again": "yes"}
    answer = admin.posts(f"/console/payroll/{approved.id}/sepa", **fields, pays_on=day)
    assert answer.status_code == 422
    assert "The day of payment is today or later" in text_of(answer.text)
    assert len(house.audited("payroll.download")) == downloads


def test_who_was_paid_before_is_left_out_of_the_transfers_and_said_so(
    admin: Browser, approved: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = HousePeople.payslips

    def paid(*which: Any) -> list[Payslip]:
        return [replace(slip, state=PayslipState.PAID) for slip in read(*which)]

    monkeypatch.setattr(HousePeople, "payslips", paid)
    page = text_of(admin.opens(f"/console/payroll/{approved.id}"))
    assert "Not paid by transfer: paid before" in page
    fields = {"name": "Lumen & Oak", "currency": "CZK", "pays_on": PAID_ON, "iban": "CZ6508000000192000145399"}
    answer = admin.posts(f"/console/payroll/{approved.id}/sepa", **fields, again="yes")
    assert answer.status_code == 409
    assert "nobody can be paid by it" in text_of(answer.text)
    assert "paid,CZ9455000000001011038930" in admin.opens(f"/console/payroll/{approved.id}/provider.csv")


def test_the_files_are_those_of_the_whole_run_whatever_page_of_it_is_shown(
    house: ConsoleHouse, admin: Browser, approved: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also on a page on which nobody has a slip; and only of those on it slips are read."""
    monkeypatch.setattr(payroll_view, "ROWS_SHOWN", 1)
    read, asked = HousePeople.payslips, []

    def watched(people: Any, employees: Any, *days: Any) -> Any:
        asked.append(len(list(employees)))
        return read(people, employees, *days)

    monkeypatch.setattr(HousePeople, "payslips", watched)
    items = sorted(house.items(approved).values(), key=lambda item: item.id)
    for before in (0, *(item.id for item in items[:-1])):
        page = admin.opens(f"/console/payroll/{approved.id}", after=str(before))
        assert page.count("data-row") == 1
        assert "Register as CSV" in page
        assert "Make the file" in page
        assert "1 Oct 2026 – 31 Oct 2026" in text_of(page)
    assert set(asked) == {1}


def test_who_is_asked_to_approve_a_payroll_sees_every_slip_of_it(house: ConsoleHouse, admin: Browser) -> None:
    run = runs(admin, "real", country="US", frequency="fortnightly", first="2026-10-26")
    assert run.state == "waiting_for_approval"
    with house.database.write() as session:
        clerk = accounts.add_user(session, "clerk@example.com", "Clerk", Role.AGENT, PASSWORD, "test")
        approval = session.scalars(select(Approval).where(Approval.run_id == run.id)).one()
    path, item = f"/console/payroll/{run.id}", f"/console/runs/{run.id}/items/{house.items(run)['Sam Rivera'].id}"
    somebody = Browser(house, clerk)
    assert [somebody.client.get(one).status_code for one in (path, item)] == [403, 403]
    with house.database.write() as session:
        set_member(session, ensure_group(session, "finance", utc_now(), "test"), clerk, {}, "test")
    question = somebody.opens(f"/console/approvals/{approval.id}")
    assert f'href="{path}"' in question
    register = somebody.opens(path)
    assert f'href="{item}"' in register
    assert "Sam Rivera" in register
    assert "Files" not in text_of(register)
    slip = text_of(somebody.opens(item))
    assert "Overtime premium" in slip
    assert "Settle" not in slip
    assert [somebody.client.get(f"{path}/{file}").status_code for file in ("register.csv", "provider.csv")] == [403] * 2
    assert somebody.client.get(f"/console/runs/{run.id}").status_code == 403
    house.engine.cancel(run.id, "ops@example.com")


@pytest.mark.parametrize("path", ["", "/x", "/x/register.csv", "/x/register.pdf", "/x/slips/CZ-01.pdf"])
def test_pay_is_for_admins_only(house: ConsoleHouse, path: str) -> None:
    agent = Browser(house, house.agent)
    assert agent.client.get(f"/console/payroll{path}").status_code == 403


@pytest.mark.parametrize("path", ["/x", "/x/register.csv", "/x/register.pdf", "/x/slips/CZ-01.pdf"])
def test_a_run_that_does_not_exist_has_no_register(admin: Browser, path: str) -> None:
    assert admin.client.get(f"/console/payroll{path}").status_code == 404
