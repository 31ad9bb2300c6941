"""Commands for payroll: the register of a period, and the files of approved slips."""

import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.commands.output import errors, explained_errors, fail, office_or_fail, print_json

if TYPE_CHECKING:
    from automations.payroll.exports import ApprovedSlip
    from automations.payroll.sepa import Payer
    from automations.rules.payroll.periods import Period
    from bot.office import Office
    from bot.payroll_files import PayFile

payroll_app = typer.Typer(no_args_is_help=True, help="Approved payslips of a period, and the files made of them.")

First = Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="first day of the period")]
Last = Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="last day of the period")]
Frequency = Annotated[str, typer.Option(help="pay group: monthly, fortnightly, …")]
Country = Annotated[str, typer.Option(help="only this country, such as CZ")]
Json = Annotated[bool, typer.Option("--json", help="JSON on standard output.")]
Person = Annotated[str, typer.Option("--as", help="e-mail address of the admin who takes pay data along")]


def register(app: typer.Typer) -> None:
    app.add_typer(payroll_app, name="payroll")


@payroll_app.command("register")
def show_register(
    first: First,
    last: Last,
    person: Person,
    frequency: Frequency = "monthly",
    country: Country = "",
    json: Json = False,
) -> None:
    """The approved slips of a period, a line an employee; it counts as a download in the audit log."""
    from automations.payroll.exports import REGISTER_COLUMNS, register_rows
    from bot.payroll_files import PayFile

    office, period, slips = _slips(first, last, frequency, country)
    _record(office, _admin(office, person), PayFile.REGISTER, period, slips)
    rows = [dict(zip(REGISTER_COLUMNS, row, strict=True)) for row in register_rows(slips)]
    if json:
        print_json({"slips": rows})
        return
    for row in rows:
        figures = f"{row['gross']:>12} {row['deductions']:>12} {row['net']:>12} {row['currency']}"
        typer.echo(f"{row['employee_id']:12} {row['name']:30} {figures}  {row['state']}")


@payroll_app.command("export")
def export(
    kind: Annotated[str, typer.Argument(metavar="FILE", help="register, provider, register-pdf, payslip-pdf or sepa")],
    first: First,
    last: Last,
    person: Person,
    frequency: Frequency = "monthly",
    country: Country = "",
    out: Annotated[Path | None, typer.Option(help="where to; not set: standard output")] = None,
    employee: Annotated[str, typer.Option(help="payslip-pdf: whose")] = "",
    language: Annotated[str, typer.Option(help="PDF: en, cs, hu, is, fa or ru")] = "en",
    payer: Annotated[str, typer.Option(help="SEPA: name of the account that pays")] = "",
    iban: Annotated[str, typer.Option(help="SEPA: its IBAN")] = "",
    bic: Annotated[str, typer.Option(help="SEPA: its BIC, where the bank asks for it")] = "",
    pays_on: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="SEPA: day of payment")] = None,
    currency: Annotated[str, typer.Option(help="SEPA: whose wages, EUR or CZK")] = "EUR",
    again: Annotated[bool, typer.Option("--again", help="SEPA: although somebody has these transfers already")] = False,
) -> None:
    """A file of the approved slips of a period; who is not paid by transfer is told on standard error."""
    from automations.payroll.sepa import Payer
    from bot.payroll_files import PayFile

    if kind not in set(PayFile):
        fail(f"There is no file {kind!r}; there are {', '.join(PayFile)}.", 2)
    office, period, slips = _slips(first, last, frequency, country)
    actor = _admin(office, person)
    if kind == PayFile.PAYSLIP_PDF:
        slips = [one for one in slips if one.employee.id == employee]
    if not slips:
        fail("No slip of these days is approved yet.")
    wanted = PayFile(kind)
    if wanted is PayFile.SEPA:
        if pays_on is None:
            fail("Say on which day to pay: --pays-on 2026-11-30", 2)
        account = Payer(payer, iban, bic, pays_on.date(), currency.upper())
        content = _sepa(office, actor, period, slips, account, is_again=again)
    else:
        content = _file(office, wanted, period, slips, language)
        _record(office, actor, wanted, period, slips)
    if out is None:
        sys.stdout.buffer.write(content)
    else:
        _keep(out, content)


def _slips(
    first: datetime, last: datetime, frequency: str, country: str
) -> tuple["Office", "Period", "list[ApprovedSlip]"]:
    from automations.payroll.exports import approved_slips
    from automations.rules.payroll.periods import Frequency, Period

    if frequency not in set(Frequency):
        fail(f"There is no pay group {frequency!r}; there are {', '.join(Frequency)}.", 2)
    if last < first:
        fail("The last day lies before the first.", 2)
    period = Period(first.date(), last.date())
    office = office_or_fail()
    with explained_errors():
        people = office.connectors.people()
        ids = people.find_employees(country.upper() or None, frequency, period.first, period.last)
        return office, period, list(approved_slips(people, ids, period))


def _admin(office: "Office", person: str) -> str:
    """The address as it stands in the audit log; pay data is for admins."""
    from automations.engine.approver_groups import find_active_user
    from connectors.database.models.people import Role

    with explained_errors(), office.database.read() as session:
        user = find_active_user(session, person)
    if user is None or user.role != Role.ADMIN:
        fail(f"There is no active admin {person!r}; name one with --as.", 2)
    return user.email


def _keep(out: Path, content: bytes) -> None:
    """Nobody else on this machine may read accounts and pay."""
    out.touch(mode=0o600)
    out.chmod(0o600)
    out.write_bytes(content)


def _file(office: "Office", kind: "PayFile", period: "Period", slips: "list[ApprovedSlip]", language: str) -> bytes:
    from bot.console.words import Words
    from bot.pages.rendering import create_pages
    from bot.payroll_files import PayFile, write_csv
    from bot.payroll_pdf import print_payslip, print_register
    from connectors.settings import DATA_FOLDER

    if kind not in (PayFile.REGISTER_PDF, PayFile.PAYSLIP_PDF):
        return write_csv(kind, slips).encode()
    if not office.texts.supports(language):
        fail(f"There is no language {language!r}; there are {', '.join(office.texts.languages)}.", 2)
    words = Words(create_pages(DATA_FOLDER, office.texts), language, office.engine.catalogue)
    if kind is PayFile.PAYSLIP_PDF:
        return print_payslip(slips[0], words, office.texts.languages[language])
    return print_register(slips, period, words, office.texts.languages[language])


def _sepa(
    office: "Office", actor: str, period: "Period", slips: "list[ApprovedSlip]", payer: "Payer", *, is_again: bool
) -> bytes:
    from automations.payroll.sepa import PayerError
    from bot.payroll_files import TakenBeforeError, take_transfers
    from connectors.database.base import utc_now

    today = utc_now().astimezone(office.settings.zone).date()
    try:
        with explained_errors(), office.database.write() as session:
            written = take_transfers(session, actor, period, slips, payer, today, is_again=is_again)
    except PayerError as error:
        fail(str(error), 2)
    except TakenBeforeError as error:
        fail(f"{error} With --again they are made once more.")
    for employee, reason in written.left_out:
        errors.print(f"{employee} is not paid by this file: {reason.value}")
    if written.xml is None:
        fail(f"Nobody of these can be paid by transfer in {payer.currency}; the provider's file has everybody.")
    return written.xml


def _record(office: "Office", actor: str, kind: "PayFile", period: "Period", slips: "list[ApprovedSlip]") -> None:
    from bot.payroll_files import record_download

    with explained_errors(), office.database.write() as session:
        record_download(session, actor, kind, period, slips)
