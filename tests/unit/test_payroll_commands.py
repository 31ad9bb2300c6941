"""The commands of payroll: who takes pay data along is asked and told, and nobody else on the machine reads it."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import structlog
from pypdf import PdfReader
from sqlalchemy import select
from typer.testing import CliRunner, Result

from bot.commands import app
from bot.staff import accounts
from connectors.contracts.people import Payslip, PayslipState
from connectors.database.base import utc_now
from connectors.database.models.people import AuditEntry, Role
from connectors.database.session import Database
from connectors.demo.seed import seed_demo
from connectors.registry import Connectors
from connectors.settings import Settings

ADMIN, AGENT = "ops@example.com", "jana@example.com"
DAYS = ("--first", "2026-10-01", "--last", "2026-10-31")
PAYS_ON = f"{utc_now().date() + timedelta(days=3)}"
ACCOUNT = ("--payer", "Lumen & Oak", "--iban", "CZ6508000000192000145399", "--pays-on", PAYS_ON, "--currency", "czk")


@pytest.fixture(autouse=True)
def database(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Database]:
    """An installation with an admin, an agent and two slips of October, of which one was paid."""
    folder = tmp_path / "var"
    monkeypatch.setitem(Settings.model_config, "env_file", None)
    monkeypatch.setenv("TWINOFFICE_DATA_DIR", str(folder))
    assert call("migrate").exit_code == 0
    database = Database(f"sqlite:///{folder / 'twinoffice.sqlite'}")
    seed_demo(database, folder, date(2026, 11, 21))
    people = Connectors(database).people()
    for employee, state in (("CZ-01", PayslipState.APPROVED), ("CZ-02", PayslipState.PAID)):
        net = Decimal("42856.50")
        people.save_payslip(
            Payslip(employee, date(2026, 10, 1), date(2026, 10, 31), "CZK", (), net, Decimal(0), net, state), employee
        )
    with database.write() as session:
        accounts.add_user(session, ADMIN, "Ops", Role.ADMIN, "a long enough password", "test")
        accounts.add_user(session, AGENT, "Jana", Role.AGENT, "a long enough password", "test")
    yield database
    database.close()
    structlog.reset_defaults()


def call(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def downloads(database: Database) -> list[tuple[str, str]]:
    with database.read() as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.action == "payroll.download"))
        return [(entry.actor, entry.after["file"]) for entry in entries if entry.after]


@pytest.mark.parametrize("earlier_mode", [None, 0o644])
def test_a_pay_file_is_for_its_maker_alone(tmp_path: Path, database: Database, earlier_mode: int | None) -> None:
    out = tmp_path / "provider.csv"
    if earlier_mode is not None:
        out.write_text("of last month")
        out.chmod(earlier_mode)
    result = call("payroll", "export", "provider", *DAYS, "--as", ADMIN, "--out", str(out))
    assert result.exit_code == 0, result.stderr
    assert out.stat().st_mode & 0o777 == 0o600
    assert "CZ-01" in out.read_text()
    assert "last month" not in out.read_text()
    assert downloads(database) == [(ADMIN, "provider")]


def test_the_person_is_asked_for_and_has_to_be_an_admin(database: Database) -> None:
    assert call("payroll", "export", "provider", *DAYS).exit_code == 2
    assert call("payroll", "register", *DAYS).exit_code == 2
    for somebody in (AGENT, "nobody@example.com"):
        refused = call("payroll", "register", *DAYS, "--as", somebody)
        assert refused.exit_code == 2
        assert f"There is no active admin '{somebody}'" in " ".join(refused.stderr.split())
        assert refused.stdout == ""
    assert downloads(database) == []


def test_the_register_names_who_looked(database: Database) -> None:
    answer = call("payroll", "register", *DAYS, "--as", "OPS@example.com", "--json")
    slips = {row["employee_id"]: row["state"] for row in json.loads(answer.stdout)["slips"]}
    assert slips == {"CZ-01": "approved", "CZ-02": "paid"}
    assert downloads(database) == [(ADMIN, "register")]


def test_transfers_leave_out_who_is_paid_and_are_made_once_unless_asked_again(database: Database) -> None:
    export = ("payroll", "export", "sepa", *DAYS, "--as", ADMIN, *ACCOUNT)
    first = call(*export)
    assert first.stdout.count("<CdtTrfTxInf>") == 1
    assert "CZ-02 is not paid by this file: ALREADY_PAID" in first.stderr
    refused = call(*export)
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert f"{ADMIN} took the transfers in CZK" in " ".join(refused.stderr.split())
    assert call(*export, "--again").exit_code == 0
    assert call(*export, "--again", "--pays-on", "2026-01-01").exit_code == 2
    assert downloads(database) == [(ADMIN, "sepa")] * 2


def test_one_payslip_is_printed_in_the_language_asked_for(database: Database, tmp_path: Path) -> None:
    out = tmp_path / "slip.pdf"
    wanted = ("payroll", "export", "payslip-pdf", *DAYS, "--as", ADMIN, "--out", str(out))
    assert call(*wanted, "--employee", "CZ-01", "--language", "cs").exit_code == 0
    assert "Hrubá mzda" in PdfReader(out).pages[0].extract_text()
    assert downloads(database) == [(ADMIN, "payslip-pdf")]
    assert call(*wanted, "--employee", "CZ-99").exit_code == 1
    assert call(*wanted, "--employee", "CZ-01", "--language", "de").exit_code == 2
