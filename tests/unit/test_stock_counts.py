"""Stock reports are counted one at a time, and the same question within five minutes is one."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import pytest

from automations.reorder.stock_figures import StockChoice
from bot.reports import stock_counts
from bot.reports.stock_counts import KEPT_FOR, StockCounts
from connectors.contracts.inventory import ItemSite, StockLevel
from connectors.errors import RateLimited
from connectors.registry import Connectors
from connectors.vendors.memory_inventory import MemoryInventory

TODAY = date(2026, 11, 22)


@dataclass
class Clock:
    now: datetime = datetime(2026, 11, 22, 8, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@dataclass
class CountedInventory(MemoryInventory):
    """An inventory that says how often all of its stock was asked for."""

    asked: list[ItemSite | None] = field(default_factory=list)

    def list_stock(
        self, after: ItemSite | None = None, limit: int = 1000, site: str | None = None
    ) -> Sequence[StockLevel]:
        self.asked.append(after)
        return super().list_stock(after, limit, site)


def test_the_same_question_is_counted_once_until_it_is_old() -> None:
    clock, inventory = Clock(), CountedInventory()
    counts = StockCounts(Connectors.in_memory(inventory=inventory), clock)
    first = counts.count(StockChoice(), TODAY)
    clock.now += KEPT_FOR - timedelta(seconds=1)
    assert counts.count(StockChoice(), TODAY) is first
    assert len(inventory.asked) == 1
    counts.count(StockChoice(site="Brno"), TODAY)
    clock.now += timedelta(seconds=1)
    assert counts.count(StockChoice(), TODAY).at == clock.now
    assert len(inventory.asked) == 3


def test_while_another_one_takes_long_the_next_is_told_to_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stock_counts, "LONGEST_WAIT_SECONDS", 0.01)
    counts = StockCounts(Connectors.in_memory(inventory=MemoryInventory()))
    counts._turn.acquire()
    with pytest.raises(RateLimited, match="try again"):
        counts.count(StockChoice(), TODAY)
