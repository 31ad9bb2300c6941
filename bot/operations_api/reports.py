"""Reports as JSON; the console has them as pages, CSV and PDF."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel

from automations.invoices.standings import InvoiceChoice
from automations.reorder.stock_figures import StockChoice
from automations.rules.reorder.replay import Shortage
from automations.rules.reorder.stock_cover import AbcClass
from bot.console.words import Words
from bot.operations_api.fields import Text
from bot.operations_api.guard import OfficeOf, Viewer
from bot.pages.rendering import Pages
from bot.reports.desk import REPORTS, make_invoice_report, make_stock_report
from bot.reports.files import describe_report
from connectors.database.base import utc_now

router = APIRouter(prefix="/reports", tags=["reports"])

# Of titles and reasons; programs go by the keys.
LANGUAGE = "en"


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


@router.get("/invoices")
def show_invoices(
    _caller: Viewer,
    office: OfficeOf,
    request: Request,
    supplier: Text = "",
    since: Annotated[date | None, Query(description="first issue date")] = None,
    until: Annotated[date | None, Query(description="last issue date")] = None,
) -> ReportFacts:
    """Supplier invoices: matched, released, held, waiting, by reason and supplier, by age, with money at stake."""
    pages: Pages = request.app.state.pages
    words, formats = Words(pages, LANGUAGE, office.engine.catalogue), pages.formats[LANGUAGE]
    with office.database.read() as session:
        report = make_invoice_report(session, InvoiceChoice(since, until, supplier), words, formats, utc_now())
    return ReportFacts(**describe_report(report))


@router.get("/stock")
def show_stock(
    _caller: Viewer,
    office: OfficeOf,
    request: Request,
    site: Text = "",
    abc_class: Annotated[AbcClass | None, Query(description="by the value used")] = None,
    weeks: Annotated[int, Query(ge=1, le=52, description="how many are replayed")] = 26,
    shortage: Annotated[Shortage, Query(description="what becomes of unserved demand")] = Shortage.BACKORDERS,
) -> ReportFacts:
    """Stock cover, money tied up, and recorded demand replayed as it was and with the reorder rules."""
    pages: Pages = request.app.state.pages
    words, formats = Words(pages, LANGUAGE, office.engine.catalogue), pages.formats[LANGUAGE]
    choice = StockChoice(site, abc_class, weeks, shortage)
    with office.database.read() as session:
        made = make_stock_report(session, office.connectors, choice, words, formats, utc_now())
    return ReportFacts(**describe_report(made.report))
