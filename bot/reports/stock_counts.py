"""Counting stock reports one at a time and keeping them for a while: each lives through months of hundreds of items."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from threading import Lock

from automations.reorder.stock_figures import StockChoice, StockReport
from automations.reorder.stock_report import report_stock
from connectors.database.base import utc_now
from connectors.errors import RateLimited
from connectors.registry import Connectors

KEPT_FOR = timedelta(minutes=5)
MOST_KEPT = 8
LONGEST_WAIT_SECONDS = 30.0
TRY_AGAIN_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class CountedStock:
    """The figures, and when they were counted."""

    report: StockReport
    at: datetime


class StockCounts:
    """What page, CSV, PDF, API and command line ask of one process: the same question within five minutes is one."""

    def __init__(self, connectors: Connectors, now: Callable[[], datetime] = utc_now) -> None:
        self._connectors = connectors
        self._now = now
        self._turn = Lock()
        self._kept: OrderedDict[tuple[StockChoice, date], CountedStock] = OrderedDict()

    def count(self, choice: StockChoice, today: date) -> CountedStock:
        """Raises RateLimited while another report takes long, and the errors of inventory and purchasing."""
        if not self._turn.acquire(timeout=LONGEST_WAIT_SECONDS):
            raise RateLimited("Another stock report is still being counted; try again soon.", TRY_AGAIN_SECONDS)
        try:
            kept = self._kept.get((choice, today))
            if kept is not None and self._now() - kept.at < KEPT_FOR:
                return kept
            connectors = self._connectors
            report = report_stock(connectors.inventory(), connectors.purchasing(), choice, today)
            counted = self._kept[choice, today] = CountedStock(report, self._now())
            self._kept.move_to_end((choice, today))
            if len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
            return counted
        finally:
            self._turn.release()
