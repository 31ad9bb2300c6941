"""Reports as JSON, CSV and PDF."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from automations.invoices.standings import InvoiceChoice
from automations.reorder.stock_figures import StockChoice
from automations.rules.reorder.replay import Shortage
from automations.rules.reorder.stock_cover import AbcClass
from bot.office import Office
from bot.operations_api.fields import Text
from bot.operations_api.guard import OfficeOf, Viewer
from bot.operations_api.wording import InWords, Wording
from bot.reports.desk import REPORTS, make_invoice_report, make_stock_report
from bot.reports.files import describe_report, report_csv
from bot.reports.pdf import print_report
from bot.reports.report import Report
from bot.web_errors import problem
from connectors.database.base import utc_now

router = APIRouter(prefix="/reports", tags=["reports"])

NOT_STORED = {"Cache-Control": "no-store"}
CSV_ANSWER: dict[int | str, Any] = {200: {"content": {"text/csv": {}}}}
PDF_ANSWER: dict[int | str, Any] = {200: {"content": {"application/pdf": {}}}}


class Reports(BaseModel):
    reports: list[str]


class ReportFacts(BaseModel):
    """A report; each table is a list of rows by the keys of its columns, figures as text."""

    report: str
    title: str
    made_at: str
    filters: dict[str, str]
    tables: dict[str, list[dict[str, str | None]]]


@router.get("")
def list_reports(_caller: Viewer) -> Reports:
    """Which reports there are."""
    return Reports(reports=list(REPORTS))


class InvoiceQuestion:
    """Which invoices a report is about."""

    def __init__(
        self,
        supplier: Text = "",
        since: Annotated[date | None, Query(description="first issue date")] = None,
        until: Annotated[date | None, Query(description="last issue date")] = None,
    ) -> None:
        if since is not None and until is not None and since > until:
            raise problem(422, "wrong_period", "The last day lies before the first; swap the two.")
        self.choice = InvoiceChoice(since, until, supplier)


class StockQuestion:
    """Which stock a report is about."""

    def __init__(
        self,
        site: Text = "",
        abc_class: Annotated[AbcClass | None, Query(description="by the value used")] = None,
        weeks: Annotated[int, Query(ge=1, le=52, description="how many are replayed")] = 26,
        shortage: Annotated[Shortage, Query(description="what becomes of unserved demand")] = Shortage.BACKORDERS,
    ) -> None:
        self.choice = StockChoice(site, abc_class, weeks, shortage)


AboutInvoices = Annotated[InvoiceQuestion, Depends()]
AboutStock = Annotated[StockQuestion, Depends()]


@router.get("/invoices")
def show_invoices(_caller: Viewer, office: OfficeOf, about: AboutInvoices, wording: InWords) -> ReportFacts:
    """Supplier invoices: matched, released, held, waiting, by reason and supplier, by age, with money at stake."""
    return ReportFacts(**describe_report(_invoices(office, about, wording)))


@router.get("/invoices.csv", responses=CSV_ANSWER)
def export_invoices(_caller: Viewer, office: OfficeOf, about: AboutInvoices, wording: InWords) -> Response:
    """All tables of the report."""
    return _csv(_invoices(office, about, wording))


@router.get("/invoices.pdf", responses=PDF_ANSWER)
def print_invoices(_caller: Viewer, office: OfficeOf, about: AboutInvoices, wording: InWords) -> Response:
    """The report with its charts."""
    return _pdf(_invoices(office, about, wording), wording)


@router.get("/stock")
def show_stock(_caller: Viewer, office: OfficeOf, about: AboutStock, wording: InWords) -> ReportFacts:
    """Stock cover, money tied up, and recorded demand replayed as it was and with the reorder rules."""
    return ReportFacts(**describe_report(_stock(office, about, wording)))


@router.get("/stock.csv", responses=CSV_ANSWER)
def export_stock(_caller: Viewer, office: OfficeOf, about: AboutStock, wording: InWords) -> Response:
    """All tables of the report."""
    return _csv(_stock(office, about, wording))


@router.get("/stock.pdf", responses=PDF_ANSWER)
def print_stock(_caller: Viewer, office: OfficeOf, about: AboutStock, wording: InWords) -> Response:
    """The report with its charts."""
    return _pdf(_stock(office, about, wording), wording)


def _invoices(office: Office, about: InvoiceQuestion, wording: Wording) -> Report:
    with office.database.read() as session:
        return make_invoice_report(session, about.choice, wording.words, wording.formats, utc_now())


def _stock(office: Office, about: StockQuestion, wording: Wording) -> Report:
    counts = office.stock_counts
    return make_stock_report(office.database, counts, about.choice, wording.words, wording.formats, utc_now()).report


def _csv(report: Report) -> Response:
    return StreamingResponse(report_csv(report), media_type="text/csv; charset=utf-8", headers=NOT_STORED)


def _pdf(report: Report, wording: Wording) -> Response:
    content = print_report(report, wording.language, wording.words.text, wording.formats)
    return Response(content, media_type="application/pdf", headers=NOT_STORED)
