"""A small company in memory for the tests of the reorder jobs: stock, suppliers, drafts, and what the engine does."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from automations.engine.job import ItemOutcome, JobContext, JobDefinition, JobWork
from automations.engine.parameters import check_parameters
from automations.jobs import purchase_sending, stock_reorder
from connectors.contracts.inventory import ReorderPolicy, ReorderRule, StockLevel, SupplierTerms
from connectors.contracts.purchasing import PurchaseOrder, PurchaseOrderLine, PurchaseOrderState
from connectors.registry import Connectors
from connectors.vendors.memory_inventory import MemoryInventory
from connectors.vendors.memory_notices import MemoryNotices
from connectors.vendors.memory_purchasing import MemoryPurchasing

NOW = datetime(2026, 11, 23, 5, tzinfo=UTC)
TODAY = NOW.date()


@dataclass
class StockOffice:
    inventory: MemoryInventory = field(default_factory=MemoryInventory)
    purchasing: MemoryPurchasing = field(default_factory=MemoryPurchasing)
    notices: MemoryNotices = field(default_factory=MemoryNotices)
    logged: dict[str, Any] = field(default_factory=dict)
    runs: int = 0

    def add(
        self,
        item: str,
        on_hand: str = "5",
        *,
        site: str = "PRG",
        supplier: str = "Tisza",
        minimum: str = "10",
        maximum: str = "30",
    ) -> None:
        """An item at a site, with its rule; its supplier is known once."""
        self.inventory.stock.append(StockLevel(item, site, "H87", Decimal(on_hand), Decimal(0), Decimal(4), "EUR"))
        figures = {"minimum": Decimal(minimum), "maximum": Decimal(maximum)}
        self.inventory.rules.append(ReorderRule(item, site, ReorderPolicy.ORDER_POINT, figures))
        if not any(terms.item == item for terms in self.inventory.terms):
            self.inventory.terms.append(SupplierTerms(item, supplier, "EUR", Decimal("4.50"), lead_time_days=5))

    def order(
        self, number: str, item: str, quantity: str, *, site: str = "PRG", uom: str = "H87", expected_on: date = TODAY
    ) -> None:
        line = PurchaseOrderLine("1", item, Decimal(quantity), uom, Decimal(4))
        self.purchasing.add(
            PurchaseOrder(
                number, "Tisza", "EUR", TODAY, PurchaseOrderState.OPEN, (line,), expected_on=expected_on, site=site
            )
        )

    def start(self, job: JobDefinition = stock_reorder.JOB, *, dry_run: bool = False, **parameters: Any) -> JobWork:
        connectors = Connectors.in_memory(purchasing=self.purchasing, inventory=self.inventory, notices=self.notices)
        self.runs += 1

        def log(event: str, item_key: str | None = None, **fields: Any) -> None:
            self.logged[event] = fields | ({"item_key": item_key} if item_key else {})

        checked = check_parameters(job, parameters)
        return job.start(JobContext(f"run-{self.runs}", dry_run, checked, connectors, lambda: NOW, log))

    def reorder(self, *, dry_run: bool = False, **parameters: Any) -> list[ItemOutcome]:
        return self._run(stock_reorder.JOB, dry_run, parameters)

    def send(self, *, dry_run: bool = False, **parameters: Any) -> list[ItemOutcome]:
        return self._run(purchase_sending.JOB, dry_run, parameters)

    def drafts(self) -> dict[str, Decimal]:
        return {f"{one.item}@{one.site}": one.quantity for one in self.purchasing.open_requests()}

    def _run(self, job: JobDefinition, dry_run: bool, parameters: dict[str, Any]) -> list[ItemOutcome]:
        """What the engine does, in batches of two."""
        work = self.start(job, dry_run=dry_run, **parameters)
        keys = list(work.plan())
        outcomes: list[ItemOutcome] = []
        for start in range(0, len(keys), 2):
            batch = work.decide(keys[start : start + 2])
            outcomes += batch
            if not dry_run:
                work.apply([one for one in batch if one.effect is not None])
        return outcomes


def words(outcomes: Sequence[ItemOutcome]) -> dict[str, str]:
    return {one.key: one.outcome for one in outcomes}
