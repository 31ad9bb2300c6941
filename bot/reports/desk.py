"""Making the reports of this installation: which there are, and how each comes from what was recorded."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from automations.invoices.report import report_invoices
from automations.invoices.standings import InvoiceChoice, read_standings
from automations.reorder.explanations import find_explanations
from automations.reorder.stock_figures import StockChoice, StockReport
from automations.reorder.stock_report import report_stock
from bot.console.words import Words
from bot.pages.formats import Formats
from bot.reports.invoices import KEY as INVOICES
from bot.reports.invoices import describe_invoices
from bot.reports.report import Report
from bot.reports.stock import KEY as STOCK
from bot.reports.stock import describe_stock, linked_items
from connectors.registry import Connectors

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
    session: Session, connectors: Connectors, choice: StockChoice, words: Words, formats: Formats, now: datetime
) -> MadeStockReport:
    """Raises the errors of the inventory and purchasing connectors."""
    counted = report_stock(connectors.inventory(), connectors.purchasing(), choice, formats.local_day(now))
    explained = find_explanations(session, linked_items(counted))
    return MadeStockReport(counted, describe_stock(counted, explained, words, formats, now))
