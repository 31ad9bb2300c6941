"""Pages and files of the reports, for admins."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from automations.invoices.standings import InvoiceChoice
from bot.console.frame import ConsoleFrame, Frame
from bot.console.list_filters import ListFilter, day_in
from bot.console.report_answers import csv_answer, pdf_answer, report_page
from bot.reports.desk import REPORTS, make_invoice_report
from bot.reports.report import Report
from connectors.database.base import utc_now

router = APIRouter(prefix="/reports")


class InvoiceFilter(ListFilter):
    """The filter of the report of invoices; what is no day does not limit."""

    def __init__(
        self,
        supplier: Annotated[str, Query(max_length=100)] = "",
        since: Annotated[str, Query(max_length=10)] = "",
        until: Annotated[str, Query(max_length=10)] = "",
    ) -> None:
        super().__init__({"supplier": supplier.replace("\0", ""), "since": since, "until": until}, None, None)

    @property
    def choice(self) -> InvoiceChoice:
        return InvoiceChoice(day_in(self.get("since")), day_in(self.get("until")), self.get("supplier"))


Wanted = Annotated[InvoiceFilter, Depends()]


@router.get("")
def show_reports(frame: ConsoleFrame) -> Response:
    return frame.page("reports.html", tab="reports", reports=REPORTS)


@router.get("/invoices")
def show_invoices(frame: ConsoleFrame, wanted: Wanted) -> Response:
    choice = wanted.choice
    problem = frame.words.text("reports.error.dates") if _is_upside_down(choice.since, choice.until) else ""
    report = _make(frame, choice)
    return report_page(frame, "report_invoices.html", report, wanted.values, choice=choice, problem=problem)


@router.get("/invoices.csv")
def export_invoices(frame: ConsoleFrame, wanted: Wanted, table: Annotated[str, Query(max_length=40)] = "") -> Response:
    return csv_answer(frame, _make(frame, wanted.choice), table)


@router.get("/invoices.pdf")
def print_invoices(frame: ConsoleFrame, wanted: Wanted) -> Response:
    return pdf_answer(frame, _make(frame, wanted.choice))


def _make(frame: Frame, choice: InvoiceChoice) -> Report:
    with frame.office.database.read() as session:
        return make_invoice_report(session, choice, frame.words, frame.formats, utc_now())


def _is_upside_down(since: date | None, until: date | None) -> bool:
    return since is not None and until is not None and since > until
