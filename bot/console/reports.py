"""Pages and files of the reports, for admins."""

from collections.abc import Callable, Iterable
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from automations.invoices.standings import InvoiceChoice
from bot.console.form_fields import period_in
from bot.console.frame import UNPROCESSABLE, ConsoleFrame, Frame
from bot.console.list_filters import ListFilter
from bot.console.report_answers import csv_answer, pdf_answer, report_page
from bot.reports.desk import REPORTS, make_invoice_report
from bot.reports.invoices import KEY as INVOICES
from bot.reports.report import Report
from connectors.database.base import utc_now

router = APIRouter(prefix="/reports")


class InvoiceFilter(ListFilter):
    """The filter of the report of invoices."""

    def __init__(
        self,
        supplier: Annotated[str, Query(max_length=100)] = "",
        since: Annotated[str, Query(max_length=20)] = "",
        until: Annotated[str, Query(max_length=20)] = "",
    ) -> None:
        super().__init__({"supplier": supplier.replace("\0", ""), "since": since, "until": until}, None, None)


Wanted = Annotated[InvoiceFilter, Depends()]


@router.get("")
def show_reports(frame: ConsoleFrame) -> Response:
    return frame.page("reports.html", tab="reports", reports=REPORTS)


@router.get("/invoices")
def show_invoices(frame: ConsoleFrame, wanted: Wanted) -> Response:
    return _answer(frame, wanted, lambda report: _page(frame, wanted, report))


@router.get("/invoices.csv")
def export_invoices(frame: ConsoleFrame, wanted: Wanted, table: Annotated[str, Query(max_length=40)] = "") -> Response:
    return _answer(frame, wanted, lambda report: csv_answer(frame, report, table))


@router.get("/invoices.pdf")
def print_invoices(frame: ConsoleFrame, wanted: Wanted) -> Response:
    return _answer(frame, wanted, lambda report: pdf_answer(frame, report))


def _answer(frame: Frame, wanted: InvoiceFilter, write: Callable[[Report], Response]) -> Response:
    """The report as `write` does; a period that is none is said on the page, without figures of another period."""
    period = period_in(frame, wanted.get("since"), wanted.get("until"))
    if period.problems:
        nothing = Report(INVOICES, frame.words.text(f"reports.{INVOICES}.title"), utc_now(), (), (), ())
        return _page(frame, wanted, nothing, period.problems.values(), UNPROCESSABLE)
    choice = InvoiceChoice(period.since, period.until, wanted.get("supplier"))
    with frame.office.database.read() as session:
        report = make_invoice_report(session, choice, frame.words, frame.formats, utc_now())
    return write(report)


def _page(
    frame: Frame, wanted: InvoiceFilter, report: Report, problems: Iterable[str] = (), status: int = 200
) -> Response:
    return report_page(
        frame, "report_invoices.html", report, wanted.values, status, wanted=wanted, problems=tuple(problems)
    )
