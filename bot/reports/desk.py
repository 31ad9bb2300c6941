"""Making the reports of this installation: which there are, and how each comes from what was recorded."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from automations.invoices.report import report_invoices
from automations.invoices.standings import InvoiceChoice, read_standings
from automations.reorder.explanations import find_explanations
from automations.reorder.stock_figures import StockChoice, StockReport
from bot.console.words import Words
from bot.pages.formats import Formats
from bot.reports.invoices import KEY as INVOICES
from bot.reports.invoices import describe_invoices
from bot.reports.report import Report
from bot.reports.stock import KEY as STOCK
from bot.reports.stock import describe_stock, linked_items
from bot.reports.stock_counts import StockCounts
from connectors.database.session import Database

# The reports by their key, which is the last part of their address; each has its title and text in the page texts.
REPORTS = (INVOICES, STOCK)


def make_invoice_report(
    session: Session, choice: InvoiceChoice, words: Words, formats: Formats, now: datetime
) -> Report:
    counted = report_invoices(read_standings(session, choice), formats.local_day(now))
    return describe_invoices(counted, choice, words, formats, now)


@dataclass(frozen=True, slots=True)
class MadeStockReport:
    """The figures and their description."""

    counted: StockReport
    report: Report


def make_stock_report(
    database: Database, counts: StockCounts, choice: StockChoice, words: Words, formats: Formats, now: datetime
) -> MadeStockReport:
    """Raises RateLimited, and the errors of the inventory and purchasing connectors."""
    counted = counts.count(choice, formats.local_day(now))
    with database.read() as session:
        explained = find_explanations(session, linked_items(counted.report))
    return MadeStockReport(counted.report, describe_stock(counted.report, explained, words, formats, counted.at))
