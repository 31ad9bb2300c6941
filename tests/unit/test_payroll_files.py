"""Files of approved slips: the register, the payroll provider's file, and transfers that nobody is paid by twice."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from automations.engine.discovery import discover_jobs
from automations.payroll.exports import (
    PROVIDER_COLUMNS,
    REGISTER_COLUMNS,
    ApprovedSlip,
    approved_slips,
    provider_rows,
    register_rows,
)
from automations.payroll.sepa import LeftOut, Payer, PayerError, left_out_reason, write_sepa
from automations.rules.payroll.periods import Period
from bot import payroll_pdf
from bot.console.words import Words
from bot.pages.rendering import create_pages
from bot.payroll_files import (
    PayFile,
    TakenBeforeError,
    find_transfers_taken,
    record_download,
    take_transfers,
    write_csv,
)
from bot.texts import Texts
from connectors.contracts.people import Employee, Payslip, PayslipState
from connectors.database.session import Database
from connectors.settings import PROJECT_ROOT
from tests.fixtures.fresh_databases import give_tables
from tests.unit.payroll_office import JANA, OCTOBER, PayOffice, salary

TODAY = date(2026, 11, 6)
PAYER = Payer("Lumen & Oak s.r.o.", "DE89 3704 0044 0532 0130 00", "", date(2026, 11, 10))


@pytest.fixture
def office() -> PayOffice:
    office = PayOffice()
    office.people.add_employee(JANA, salary())
    return office


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'files.sqlite'}")
    give_tables(database)
    yield database
    database.close()


def test_the_register_and_the_providers_file_hold_approved_slips_only(office: PayOffice) -> None:
    office.run(month="2026-10")
    draft = replace(JANA, id="CZ-7", name="Draft")
    office.people.add_employee(draft)
    office.people.slips.append(replace(office.people.slips[0], employee="CZ-7", state=PayslipState.DRAFT))
    slips = approved_slips(office.people, ["CZ-1", "CZ-7", "US-1"], OCTOBER)
    (row,) = [dict(zip(REGISTER_COLUMNS, row, strict=True)) for row in register_rows(slips)]
    assert (row["employee_id"], row["gross"], row["net"], row["taxes"]) == ("CZ-1", "44000.00", "34866.00", "included")
    rows = [dict(zip(PROVIDER_COLUMNS, row, strict=True)) for row in provider_rows(slips)]
    assert [row["code"] for row in rows][:2] == ["base_pay", "health_insurance"]
    assert (rows[-1]["kind"], rows[-1]["amount"], rows[-1]["payment"]) == ("net", "34866.00", "transfer")
    assert sum(Decimal(row["amount"]) for row in rows if row["kind"] == "earning") == 44000
    read = list(csv.reader(io.StringIO(write_csv(PayFile.PROVIDER, slips))))
    assert read[0] == list(PROVIDER_COLUMNS)
    assert len(read) == len(rows) + 1


def in_euro(net: str = "2000.10", **changes: Any) -> tuple[Employee, Payslip]:
    employee = replace(JANA, iban="DE89370400440532013000", **changes)
    amount = Decimal(net)
    return employee, Payslip("CZ-1", OCTOBER.first, OCTOBER.last, "EUR", (), amount, Decimal(0), amount, id="7")


def test_net_pay_in_euro_becomes_a_transfer_that_the_standards_schema_accepts() -> None:
    written = write_sepa([in_euro(), in_euro("0.95", id="CZ-2", bic="COBADEFFXXX")], PAYER, TODAY)
    assert (written.paid, written.left_out, written.total) == (["CZ-1", "CZ-2"], [], Decimal("2001.05"))
    text = (written.xml or b"").decode()
    assert "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09" in text
    assert text.count("<CtrlSum>2001.05</CtrlSum>") == 2
    assert '<InstdAmt Ccy="EUR">2000.10</InstdAmt>' in text
    assert "<EndToEndId>SLIP-7</EndToEndId>" in text


@pytest.mark.parametrize(
    ("changes", "slip_changes", "reason"),
    [
        ({}, {"currency": "USD"}, LeftOut.OTHER_CURRENCY),
        ({}, {"currency": "CZK"}, LeftOut.FOREIGN_ACCOUNT),
        ({"iban": JANA.iban}, {"currency": "CZK"}, None),
        ({}, {"notes": ("TAXES_BY_PROVIDER",)}, LeftOut.TAXES_NOT_DEDUCTED),
        ({}, {"net": Decimal(0)}, LeftOut.NOTHING_TO_PAY),
        ({}, {"net": Decimal(10) ** 9}, LeftOut.TOO_MUCH),
        ({"iban": " "}, {}, LeftOut.NO_BANK_ACCOUNT),
        ({"iban": "DE89370400440532013001"}, {}, LeftOut.BAD_IBAN),
        ({"iban": "GB82 WEST 1234"}, {}, LeftOut.BAD_IBAN),
        ({"bic": "NOBANK"}, {}, LeftOut.BAD_BIC),
        ({}, {"state": PayslipState.PAID}, LeftOut.ALREADY_PAID),
        ({"iban": " "}, {"state": PayslipState.PAID, "notes": ("TAXES_BY_PROVIDER",)}, LeftOut.ALREADY_PAID),
        ({}, {}, None),
    ],
)
def test_who_is_not_paid_by_transfer_is_told_why(
    changes: dict[str, Any], slip_changes: dict[str, Any], reason: LeftOut | None
) -> None:
    employee, slip = in_euro()
    assert left_out_reason(replace(employee, **changes), replace(slip, **slip_changes)) == reason


def test_nobody_to_pay_is_no_file() -> None:
    employee, slip = in_euro()
    written = write_sepa([(employee, replace(slip, currency="CZK"))], PAYER, TODAY)
    assert (written.xml, written.left_out) == (None, [("CZ-1", LeftOut.FOREIGN_ACCOUNT)])


def test_crowns_go_inside_the_country_and_not_as_a_sepa_payment() -> None:
    _employee, slip = in_euro()
    slips = [(JANA, replace(slip, currency="CZK")), in_euro(id="CZ-2")]
    payer = replace(PAYER, iban=JANA.iban or "", currency="CZK")
    written = write_sepa(slips, payer, TODAY)
    assert (written.paid, written.left_out) == (["CZ-1"], [("CZ-2", LeftOut.OTHER_CURRENCY)])
    text = (written.xml or b"").decode()
    assert '<InstdAmt Ccy="CZK">2000.10</InstdAmt>' in text
    assert "SEPA" not in text


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": " "},
        {"iban": "DE00"},
        {"bic": "X"},
        {"currency": "USD"},
        {"currency": "CZK"},
        {"pays_on": date.min},
        {"pays_on": TODAY - timedelta(days=1)},
        {"pays_on": date(2027, 11, 8)},
        {"pays_on": date.max},
    ],
)
def test_an_account_that_cannot_pay_is_refused_with_what_to_write(wrong: dict[str, Any]) -> None:
    with pytest.raises(PayerError):
        write_sepa([in_euro()], replace(PAYER, **wrong), TODAY)


def test_slips_of_other_days_are_not_in_the_files_of_these(office: PayOffice) -> None:
    office.run(month="2026-10")
    assert not approved_slips(office.people, ["CZ-1"], Period(OCTOBER.first, date(2026, 10, 30)))


@pytest.mark.parametrize("pays_on", [TODAY, date(2027, 11, 6)])
def test_pay_is_transferred_today_or_within_a_year(pays_on: date) -> None:
    written = write_sepa([in_euro()], replace(PAYER, pays_on=pays_on), TODAY)
    assert f"<Dt>{pays_on}</Dt>" in (written.xml or b"").decode()


def test_who_is_paid_already_is_paid_by_no_file(office: PayOffice) -> None:
    office.run(month="2026-10")
    office.people.slips[0] = replace(office.people.slips[0], state=PayslipState.PAID)
    (one,) = approved_slips(office.people, ["CZ-1"], OCTOBER)
    written = write_sepa([(one.employee, one.slip)], replace(PAYER, iban=JANA.iban or "", currency="CZK"), TODAY)
    assert (written.xml, written.left_out) == (None, [("CZ-1", LeftOut.ALREADY_PAID)])
    *_lines, net = [dict(zip(PROVIDER_COLUMNS, row, strict=True)) for row in provider_rows([one])]
    assert (net["kind"], net["payment"]) == ("net", "paid")


def message_ids(xml: bytes | None) -> list[str]:
    return re.findall("<MsgId>(.+)</MsgId>", (xml or b"").decode())


def test_the_same_slips_are_the_same_message_to_the_bank_and_others_are_another() -> None:
    first, again = (write_sepa([in_euro(), in_euro("0.95")], PAYER, TODAY) for _time in range(2))
    later = write_sepa([in_euro(), in_euro("0.95")], replace(PAYER, pays_on=date(2026, 11, 12)), TODAY)
    employee, slip = in_euro()
    other = write_sepa([(employee, replace(slip, id="8"))], PAYER, TODAY)
    assert message_ids(first.xml) == message_ids(again.xml) == message_ids(later.xml) == [first.message_id]
    assert message_ids(other.xml) != message_ids(first.xml)
    assert first.message_id.startswith("261001261031-EUR-")
    assert len(first.message_id) <= 35


def take(
    database: Database, by: str, slips: list[ApprovedSlip], payer: Payer = PAYER, *, is_again: bool = False
) -> Any:
    with database.write() as session:
        return take_transfers(session, by, OCTOBER, slips, payer, TODAY, is_again=is_again)


def test_transfers_that_somebody_has_are_made_once_more_only_when_asked_again(database: Database) -> None:
    slips = [ApprovedSlip(*in_euro()), ApprovedSlip(*in_euro(id="CZ-2", bic="NOBANK"))]
    first = take(database, "jana@example.com", slips)
    with pytest.raises(TakenBeforeError, match=r"jana@example\.com took the transfers in EUR"):
        take(database, "petr@example.com", slips)
    assert take(database, "petr@example.com", slips, is_again=True).message_id == first.message_id
    with database.read() as session:
        taken = find_transfers_taken(session, OCTOBER)
        assert [(one.by, one.currency) for one in taken] == [("petr@example.com", "EUR"), ("jana@example.com", "EUR")]
        assert not find_transfers_taken(session, Period(OCTOBER.first, date(2026, 10, 30)))


def test_who_is_approved_later_gets_a_file_without_those_who_have_one(database: Database) -> None:
    employee, slip = in_euro(id="CZ-2")
    first, late = ApprovedSlip(*in_euro()), ApprovedSlip(employee, replace(slip, employee="CZ-2", id="8"))
    take(database, "jana@example.com", [first])
    second = take(database, "petr@example.com", [first, late])
    assert (second.paid, second.left_out) == (["CZ-2"], [("CZ-1", LeftOut.ALREADY_TAKEN)])
    with pytest.raises(TakenBeforeError):
        take(database, "petr@example.com", [first, late])
    assert take(database, "petr@example.com", [first, late], is_again=True).paid == ["CZ-1", "CZ-2"]


def test_six_hundred_other_downloads_hide_no_transfer(database: Database) -> None:
    slips = [ApprovedSlip(*in_euro())]
    take(database, "jana@example.com", slips)
    with database.write() as session:
        for _time in range(600):
            record_download(session, "petr@example.com", PayFile.PAYSLIP_PDF, OCTOBER, slips)
    with pytest.raises(TakenBeforeError):
        take(database, "petr@example.com", slips)


def test_transfers_in_crowns_and_a_file_that_was_never_made_do_not_count(database: Database) -> None:
    employee, slip = in_euro()
    crowns = replace(PAYER, iban=JANA.iban or "", currency="CZK")
    take(database, "jana@example.com", [ApprovedSlip(JANA, replace(slip, currency="CZK"))], crowns)
    with pytest.raises(PayerError):
        take(database, "jana@example.com", [ApprovedSlip(employee, slip)], replace(PAYER, iban="DE00"))
    assert take(database, "jana@example.com", [ApprovedSlip(employee, replace(slip, net=Decimal(0)))]).xml is None
    assert take(database, "jana@example.com", [ApprovedSlip(employee, slip)]).paid == ["CZ-1"]


def test_a_long_register_is_printed_as_far_as_paper_goes_and_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(payroll_pdf, "MOST_ROWS", 3)
    employee, slip = in_euro("100")
    slips = [ApprovedSlip(replace(employee, id=f"E{number}"), slip) for number in range(5)]
    texts = Texts(PROJECT_ROOT / "data")
    words = Words(create_pages(PROJECT_ROOT / "data", texts), "en", discover_jobs())
    (page,) = PdfReader(io.BytesIO(payroll_pdf.print_register(slips, OCTOBER, words, texts.languages["en"]))).pages
    printed = page.extract_text()
    assert ("E2" in printed, "E3" in printed) == (True, False)
    assert "Rows not shown here: 2" in printed
    assert "500.00" in printed
