"""The reports and the what-if of invoice matching: pages, files, command line and API, over one real run."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from pypdf import PdfReader
from sqlalchemy import func, select

from automations.engine.item_record import record_outcomes
from automations.engine.job import ItemOutcome, Reason
from automations.engine.run_record import create_run
from automations.invoices.recorded import Chosen, read_recorded
from automations.invoices.report import InvoiceFact, Standing
from automations.invoices.standings import InvoiceChoice, read_standings
from connectors.database.models.api_tokens import TokenRole
from connectors.database.models.people import AuditEntry
from connectors.database.models.work import ItemState, Run, RunItem
from connectors.database.session import Database
from tests.integration.api_house import ApiHouse, Program
from tests.integration.console_house import Browser, text_of

pytestmark = pytest.mark.integration

WHAT_IF, REPORT = "/console/invoices/what-if", "/console/reports/invoices"
NOW = datetime(2026, 11, 20, 6, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiHouse]:
    house = ApiHouse(tmp_path_factory.mktemp("house"))
    yield house
    house.close()


@pytest.fixture(scope="module")
def admin(house: ApiHouse) -> Browser:
    """After one real run: 6 documents are matched, 7 held, 1 waits."""
    admin = Browser(house, house.admin)
    admin.runs_job("real")
    return admin


@pytest.fixture(scope="module")
def program(house: ApiHouse, admin: Browser) -> Program:  # noqa: ARG001 - the run is there
    return house.program(TokenRole.OPERATOR)


def fields(**limits: str) -> dict[str, str]:
    return {"last": "500", "p.level": "3-way", **{f"p.{name}": value for name, value in limits.items()}}


def rows_of(content: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.removeprefix("\ufeff"))))


def count_rows(house: ApiHouse) -> tuple[int, ...]:
    with house.database.read() as session:
        return tuple(session.scalar(select(func.count()).select_from(table)) or 0 for table in (Run, RunItem))


def test_the_page_tells_which_holds_would_go_and_writes_nothing_but_that_it_was_asked(
    house: ApiHouse, admin: Browser
) -> None:
    before = count_rows(house)
    answer = admin.posts(WHAT_IF, **fields(price_tolerance_percent="8", near_duplicate_percent="1"))
    page = text_of(answer.text)
    assert answer.status_code == 200
    assert "Invoices decided again: 14." in page
    assert "Waldkontor Holzwaren GmbH RE-26-1187 Waldkontor Holzwaren GmbH held → matched" in page
    assert count_rows(house) == before
    entry = house.audited("limits.try")[-1]
    assert (entry.actor, entry.object_type, entry.object_id) == ("ops@example.com", "job", "invoice-matching")
    assert (entry.before or {})["price_tolerance_percent"] == "2"
    assert (entry.after or {})["price_tolerance_percent"] == "8"
    assert (entry.detail["invoices"], entry.detail["changed"]) == (14, 1)


def test_the_form_begins_with_the_present_limits(admin: Browser) -> None:
    page = admin.opens(WHAT_IF)
    assert 'name="p.price_tolerance_percent" value="2"' in page
    assert "p.connection" not in page


def test_htmx_gets_the_answer_alone(admin: Browser) -> None:
    answer = admin.client.post(
        WHAT_IF,
        data={"csrf_token": admin.csrf_token, **fields(price_tolerance_percent="8")},
        headers={"HX-Request": "true"},
    )
    assert "<html" not in answer.text
    assert "held → matched" in text_of(answer.text)


def test_the_limits_lead_to_the_schedule_filled_in_and_not_saved(house: ApiHouse, admin: Browser) -> None:
    answer = admin.posts(WHAT_IF, **fields(price_tolerance_percent="8"))
    schedule = house.schedule()
    link = f"/console/jobs/invoice-matching/schedules/{schedule.id}?"
    assert link in answer.text
    page = admin.opens(link.rstrip("?"), **{"p.price_tolerance_percent": "8", "p.nonsense": "1"})
    assert 'name="p.price_tolerance_percent" value="8"' in page
    assert "Nothing is saved yet" in page
    assert "nonsense" not in page
    assert house.schedule().parameters["price_tolerance_percent"] == "2"


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"last": "0"}, "whole number from 1 to 10,000"),
        ({"last": "ten"}, "whole number from 1 to 10,000"),
        ({"since": "2026-11-20", "until": "2026-11-10"}, "The first day lies after the last one."),
        ({"since": "2026-02-30"}, "“2026-02-30” is no day."),
        ({"until": "soon"}, "“soon” is no day."),
        ({"p.price_tolerance_percent": "much"}, "Price tolerance"),
    ],
)
def test_a_wrong_field_is_told_and_nothing_is_recorded(
    house: ApiHouse, admin: Browser, wrong: dict[str, str], sentence: str
) -> None:
    asked = len(house.audited("limits.try"))
    answer = admin.posts(WHAT_IF, **(fields() | wrong))
    assert answer.status_code == 422
    assert sentence in text_of(answer.text)
    assert len(house.audited("limits.try")) == asked


def test_only_invoices_of_the_days_asked_for_are_decided_again(admin: Browser) -> None:
    page = text_of(admin.posts(WHAT_IF, **fields(), since="2000-01-01", until="2000-02-01").text)
    assert "No invoice has been decided yet" in page


@pytest.mark.parametrize("path", [WHAT_IF, REPORT, f"{REPORT}.csv", f"{REPORT}.pdf", "/console/reports"])
def test_only_admins_see_it(house: ApiHouse, path: str) -> None:
    assert Browser(house, house.agent).client.get(path).status_code == 403


def test_a_program_is_told_the_same(program: Program) -> None:
    body = {"parameters": {"price_tolerance_percent": "8"}, "last": 500}
    answer = program.does("/invoices/what-if", body)
    assert (answer["tried"], answer["left_out"], len(answer["changes"])) == (14, 0, 1)
    (change,) = answer["changes"]
    assert (change["before"], change["after"], change["went"]) == ("exception", "matched", ["PRICE_OVER"])
    held = answer["statuses"]["exception"]
    assert Decimal(held["before"]["amounts"]["EUR"]) - Decimal(held["after"]["amounts"].get("EUR", "0")) == Decimal(
        change["amount"]
    )


def test_a_program_hears_what_is_wrong_with_a_limit(house: ApiHouse, program: Program) -> None:
    for parameters in ({"price_tolerance_percent": "-1"}, {"connection": "elsewhere"}):
        program.is_refused(422, "parameters", "POST", "/invoices/what-if", json={"parameters": parameters})
    assert house.program(TokenRole.VIEWER).asks("POST", "/invoices/what-if", json={}).status_code == 403


def test_the_report_counts_what_the_run_decided(admin: Browser) -> None:
    page = text_of(admin.opens(REPORT))
    for said in ("Supplier invoices", "Price above the order", "Procurement", "Norðurljós Kerti ehf.", "Over 30 days"):
        assert said in page
    assert "Reports" in text_of(admin.opens("/console"))
    assert REPORT in admin.opens("/console/reports")


def test_a_table_as_csv_adds_up_to_the_report(admin: Browser, program: Program) -> None:
    rows = rows_of(admin.client.get(f"{REPORT}.csv", params={"table": "standing"}).text)
    assert rows[0] == ["Standing", "Currency", "Documents", "Amount"]
    counts: dict[str, int] = {}
    for standing, _currency, count, _amount in rows[1:]:
        counts[standing] = counts.get(standing, 0) + int(count)
    assert counts == {"Matched": 6, "Held": 7, "Waiting": 1}
    tables = program.gets("/reports/invoices")["tables"]
    assert sum(int(row["count"]) for row in tables["standing"]) == 14
    assert program.gets("/reports")["reports"][0] == "invoices"
    assert admin.client.get(f"{REPORT}.csv", params={"table": "nonsense"}).status_code == 404


@pytest.mark.parametrize("report", ["invoices", "stock"])
def test_a_program_gets_the_same_files(program: Program, report: str) -> None:
    table = program.asks("GET", f"/reports/{report}.csv?language=cs")
    assert table.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert len(table.text.splitlines()) > 10
    sheet = program.asks("GET", f"/reports/{report}.pdf?language=fa")
    assert sheet.content.startswith(b"%PDF")
    program.is_refused(422, "unknown_language", "GET", f"/reports/{report}.pdf?language=de")


def test_days_that_nothing_lies_between_are_refused(program: Program) -> None:
    program.is_refused(422, "wrong_period", "GET", "/reports/invoices?since=2026-11-02&until=2026-11-01")


def test_the_filters_narrow_the_report_and_its_files(admin: Browser) -> None:
    everything = admin.client.get(f"{REPORT}.csv").text
    assert "Tisza" in everything
    only = admin.client.get(f"{REPORT}.csv", params={"supplier": "  WALDKONTOR "}).text
    assert "Waldkontor" in only
    assert "Tisza" not in only
    none = rows_of(admin.client.get(f"{REPORT}.csv", params={"table": "standing", "until": "2000-01-01"}).text)
    assert len(none) == 1


@pytest.mark.parametrize(
    ("days", "sentence"),
    [
        ({"since": "2026-11-20", "until": "2026-11-10"}, "The first day lies after the last one."),
        ({"since": "2026-02-30"}, "“2026-02-30” is no day."),
        ({"until": "yesterday"}, "“yesterday” is no day."),
        ({"until": "9999-12-31"}, "“9999-12-31” is no day."),
    ],
)
@pytest.mark.parametrize("ending", ["", ".csv", ".pdf"])
def test_a_period_that_is_none_is_told_instead_of_figures(
    admin: Browser, days: dict[str, str], sentence: str, ending: str
) -> None:
    answer = admin.client.get(REPORT + ending, params=days)
    assert answer.status_code == 422
    assert sentence in text_of(answer.text)
    assert "Waldkontor" not in answer.text
    assert all(f'value="{day}"' in answer.text for day in days.values())


@pytest.mark.parametrize("language", ["en", "fa"])
def test_the_report_is_printed(house: ApiHouse, language: str) -> None:
    answer = Browser(house, house.admin, language).client.get(f"{REPORT}.pdf")
    assert answer.headers["content-type"] == "application/pdf"
    text = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages)
    assert "Waldkontor Holzwaren GmbH" in text
    assert ("Money at stake, EUR" in text) == (language == "en")
    assert (set("گزارش") & set(text) != set()) == (language == "fa")


class Desk:
    """Runs of invoice matching written down as the engine does it, on either database."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def decides(self, *outcomes: ItemOutcome, dry: bool = False) -> str:
        with self.database.write() as session:
            run = create_run(session, "invoice-matching", {}, "ops@example.com", now=NOW, is_dry_run=dry)
            record_outcomes(session, run.id, outcomes, NOW)
            return str(run.id)

    def standings(self, choice: InvoiceChoice | None = None) -> dict[str, InvoiceFact]:
        with self.database.read() as session:
            return {fact.title: fact for fact in read_standings(session, choice or InvoiceChoice())}


def outcome(title: str, word: str, *codes: str, supplier: str = "Acme", day: str | None = "2026-11-10") -> ItemOutcome:
    states = {"matched": ItemState.DONE, "held": ItemState.EXCEPTION, "waiting": ItemState.WAITING}
    detail: dict[str, Any] = {"supplier": supplier, "issue_date": day, "number": title, "lines": []}
    reasons = tuple(Reason(code, "procurement") for code in codes)
    amount = Decimal("10.50")
    return ItemOutcome(
        title, title, states.get(word, ItemState.SKIPPED), word, reasons, detail, amount=amount, currency="EUR"
    )


def test_what_passed_after_it_was_held_is_released_with_the_reason_that_held_it(database: Database) -> None:
    desk = Desk(database)
    desk.decides(outcome("A", "held", "PRICE_OVER"), outcome("B", "held", "NO_ORDER"), outcome("C", "matched"))
    desk.decides(outcome("A", "waiting", "NOT_RECEIVED"))
    desk.decides(outcome("A", "matched"), outcome("B", "held", "ORDER_CLOSED"), outcome("D", "refused"))
    found = desk.standings()
    assert {title: fact.standing for title, fact in found.items()} == {
        "A": Standing.RELEASED,
        "B": Standing.HELD,
        "C": Standing.MATCHED,
    }
    assert found["A"].reasons == (("NOT_RECEIVED", "procurement"),)
    assert found["B"].reasons == (("ORDER_CLOSED", "procurement"),)
    assert (found["C"].amount, found["C"].issued_on) == (Decimal("10.50"), date(2026, 11, 10))


def test_dry_runs_do_not_count_and_days_and_names_narrow(database: Database) -> None:
    desk = Desk(database)
    desk.decides(outcome("A", "held", "PRICE_OVER"), outcome("B", "held", supplier="Žluť", day=None))
    desk.decides(outcome("A", "matched"), outcome("C", "matched"), dry=True)
    assert desk.standings()["A"].standing is Standing.HELD
    assert set(desk.standings()) == {"A", "B"}
    assert set(desk.standings(InvoiceChoice(supplier="ŽLU"))) == {"B"}
    assert set(desk.standings(InvoiceChoice(until=date(2026, 11, 10)))) == {"A"}
    assert set(desk.standings(InvoiceChoice(since=date(2026, 11, 11)))) == {"B"}


def test_each_document_is_tried_once_with_its_last_verdict_and_old_records_are_counted(database: Database) -> None:
    desk = Desk(database)
    desk.decides(outcome("A", "held"), outcome("B", "held"))
    desk.decides(outcome("A", "matched"), dry=True)
    with database.read() as session:
        assert list(read_recorded(session, Chosen(10))) == [None, None]
        assert list(read_recorded(session, Chosen(1))) == [None]
        assert list(read_recorded(session, Chosen(10, since=date(2026, 11, 11)))) == []


def test_nothing_of_a_question_is_kept_but_its_audit_entry(house: ApiHouse, program: Program) -> None:
    with house.database.read() as session:
        before = session.scalar(select(func.count()).select_from(AuditEntry)) or 0
    program.does("/invoices/what-if", {})
    with house.database.read() as session:
        assert session.scalar(select(func.count()).select_from(AuditEntry)) == before + 1
