"""Page and files of the stock report, for admins."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from automations.reorder.stock_figures import WEEKS_TO_REPLAY, StockChoice
from automations.rules.reorder.replay import Shortage
from automations.rules.reorder.stock_cover import AbcClass
from bot.console.frame import ConsoleFrame, Frame
from bot.console.list_filters import ListFilter, Word
from bot.console.report_answers import csv_answer, pdf_answer, report_page
from bot.reports.desk import MadeStockReport, make_stock_report
from connectors.database.base import utc_now
from connectors.errors import ConnectorError

BAD_GATEWAY = 502

router = APIRouter(prefix="/reports")


class StockFilter(ListFilter):
    """The filter of the stock report; a value that means nothing does not count."""

    def __init__(self, site: Word = "", abc: Word = "", weeks: Word = "", shortage: Word = "") -> None:
        super().__init__({"site": site.replace("\0", ""), "abc": abc, "weeks": weeks, "shortage": shortage}, None, None)

    @property
    def choice(self) -> StockChoice:
        abc, weeks, shortage = (self.get(name) for name in ("abc", "weeks", "shortage"))
        usual = StockChoice()
        return StockChoice(
            self.get("site"),
            AbcClass(abc) if abc in set(AbcClass) else None,
            next((count for count in WEEKS_TO_REPLAY if str(count) == weeks), usual.weeks),
            Shortage(shortage) if shortage in set(Shortage) else usual.shortage,
        )


Wanted = Annotated[StockFilter, Depends()]


@router.get("/stock")
def show_stock(frame: ConsoleFrame, wanted: Wanted) -> Response:
    try:
        made = _make(frame, wanted)
    except ConnectorError as error:
        return _explain(frame, error)
    values: dict[str, Any] = {
        "choice": made.counted.choice,
        "sites": made.counted.sites,
        "classes": list(AbcClass),
        "weeks": WEEKS_TO_REPLAY,
        "shortages": list(Shortage),
    }
    return report_page(frame, "report_stock.html", made.report, wanted.values, **values)


@router.get("/stock.csv")
def export_stock(frame: ConsoleFrame, wanted: Wanted, table: Annotated[str, Query(max_length=40)] = "") -> Response:
    try:
        return csv_answer(frame, _make(frame, wanted).report, table)
    except ConnectorError as error:
        return _explain(frame, error)


@router.get("/stock.pdf")
def print_stock(frame: ConsoleFrame, wanted: Wanted) -> Response:
    try:
        return pdf_answer(frame, _make(frame, wanted).report)
    except ConnectorError as error:
        return _explain(frame, error)


def _make(frame: Frame, wanted: StockFilter) -> MadeStockReport:
    office = frame.office
    return make_stock_report(office.database, office.stock_counts, wanted.choice, frame.words, frame.formats, utc_now())


def _explain(frame: Frame, error: ConnectorError) -> Response:
    return frame.page("report_source_down.html", BAD_GATEWAY, tab="reports", reason=error.reason)
