"""Commands for reports: which there are, and one of them as CSV, PDF or JSON."""

import sys
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.commands.output import explained_errors, fail, office_or_fail, print_json

if TYPE_CHECKING:
    from bot.office import Office
    from bot.pages.rendering import Pages
    from bot.reports.report import Report

report_app = typer.Typer(no_args_is_help=True, help="Reports, as the console shows them.")


class ReportFormat(StrEnum):
    CSV = "csv"
    PDF = "pdf"
    JSON = "json"


Day = Annotated[str, typer.Option(help="issue date, such as 2026-11-22")]
Format = Annotated[ReportFormat, typer.Option("--format", help="csv, pdf or json")]
Out = Annotated[Path | None, typer.Option(help="write to this file in place of standard output")]
Language = Annotated[str, typer.Option(help="language of the texts: en, cs, hu, is, fa, ru")]


def register(app: typer.Typer) -> None:
    app.add_typer(report_app, name="report")


@report_app.command("list")
def list_reports() -> None:
    """Which reports there are."""
    from bot.reports.desk import REPORTS

    for key in REPORTS:
        typer.echo(key)


@report_app.command("invoices")
def show_invoices(
    supplier: Annotated[str, typer.Option(help="a part of the name")] = "",
    since: Day = "",
    until: Day = "",
    form: Format = ReportFormat.CSV,
    out: Out = None,
    language: Language = "en",
) -> None:
    """Supplier invoices: matched, released, held, waiting, by reason and supplier, by age, with money at stake."""
    from automations.invoices.standings import InvoiceChoice
    from bot.console.words import Words
    from bot.reports.desk import make_invoice_report
    from connectors.database.base import utc_now

    choice = InvoiceChoice(day_in(since), day_in(until), supplier)
    office = office_or_fail()
    pages = _pages(office, language)
    words = Words(pages, language, office.engine.catalogue)
    with explained_errors(), office.database.read() as session:
        report = make_invoice_report(session, choice, words, pages.formats[language], utc_now())
    write_report(report, form, out, pages, language)


@report_app.command("stock")
def show_stock(
    site: Annotated[str, typer.Option(help="only this site")] = "",
    abc_class: Annotated[str, typer.Option("--class", help="A, B or C, by the value used")] = "",
    weeks: Annotated[int, typer.Option(min=1, max=52, help="how many are replayed")] = 26,
    lost_sales: Annotated[bool, typer.Option(help="whoever is not served buys elsewhere")] = False,
    form: Format = ReportFormat.CSV,
    out: Out = None,
    language: Language = "en",
) -> None:
    """Stock cover, money tied up, and recorded demand replayed as it was and with the reorder rules."""
    from automations.reorder.stock_figures import StockChoice
    from automations.rules.reorder.replay import Shortage
    from automations.rules.reorder.stock_cover import AbcClass
    from bot.console.words import Words
    from bot.reports.desk import make_stock_report
    from connectors.database.base import utc_now

    if abc_class not in ("", *AbcClass):
        fail(f"There is no class {abc_class!r}; there are A, B and C.", 2)
    shortage = Shortage.LOST_SALES if lost_sales else Shortage.BACKORDERS
    choice = StockChoice(site, AbcClass(abc_class) if abc_class else None, weeks, shortage)
    office = office_or_fail()
    pages = _pages(office, language)
    words, formats = Words(pages, language, office.engine.catalogue), pages.formats[language]
    with explained_errors():
        made = make_stock_report(office.database, office.stock_counts, choice, words, formats, utc_now())
    write_report(made.report, form, out, pages, language)


def write_report(report: "Report", form: ReportFormat, out: Path | None, pages: "Pages", language: str) -> None:
    """Write it to a file, or to standard output."""
    from bot.reports.files import describe_report, report_csv
    from bot.reports.pdf import print_report

    if form is ReportFormat.JSON and out is None:
        print_json(describe_report(report))
        return
    if form is ReportFormat.JSON:
        fail("JSON goes to standard output; leave --out away", 2)
    if form is ReportFormat.CSV:
        content = "".join(report_csv(report)).encode()
    else:
        translate = pages.catalogue.translator(language)
        content = print_report(report, pages.languages[language], translate, pages.formats[language])
    if out is None:
        sys.stdout.buffer.write(content)
    else:
        out.write_bytes(content)


def day_in(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        fail(f"{text!r} is no day; write it like 2026-11-22", 2)


def _pages(office: "Office", language: str) -> "Pages":
    from bot.pages.rendering import create_pages
    from connectors.settings import DATA_FOLDER

    pages = create_pages(DATA_FOLDER, office.texts, office.settings.zone)
    if language not in pages.languages:
        fail(f"There is no language {language!r}; there are {', '.join(pages.languages)}.", 2)
    return pages
