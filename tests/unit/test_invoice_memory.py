"""The job "invoice matching" on an inbox of any size: what it holds of each document until the run ends."""

import gc
import tracemalloc
from collections.abc import Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from decimal import Decimal
from multiprocessing import get_context

import pytest

from automations.invoices import ledger
from connectors.contracts.purchasing import PurchaseOrder, PurchaseOrderLine, PurchaseOrderState
from connectors.vendors.memory_purchasing import MemoryPurchasing
from tests.unit.invoice_office import Office, codes, open_office, received_order, ubl, words

FEW, MANY = 100, 1_000
BATCH = 100
# So many that no two invoices of one have nearly the same amount.
SUPPLIERS = 50


class OrdersOnDemand(MemoryPurchasing):
    """Every order is made when it is asked for, as one that is read from a database."""

    def find_orders(self, numbers: Iterable[str]) -> Mapping[str, PurchaseOrder]:
        return {number: an_order(int(number.removeprefix("PO-"))) for number in numbers if number.startswith("PO-")}


def test_each_further_invoice_takes_little_more_memory() -> None:
    # In a process of its own: what threads of other tests hold is counted, too.
    with ProcessPoolExecutor(1, get_context("spawn")) as process:
        few, many = process.map(most_bytes_held, (FEW, MANY))
    assert (many - few) / (MANY - FEW) < 2_500


def test_an_order_that_others_came_between_is_billed_on_where_it_was_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "MOST_OPEN_ORDERS", 1)
    office = open_office()
    office.purchasing.add(received_order("PO-2"))
    office.source.add("a.xml", ubl("A-1", "40"))
    office.source.add("b.xml", ubl("A-2", "2", "25.00", order="PO-2"))
    office.source.add("c.xml", ubl("A-3", "21"))  # 40 of the 60 that came are billed: 21 are one too many
    office.source.add("d.xml", ubl("A-4", "20"))
    outcomes = office.run(dry_run=True)
    assert words(outcomes) == {"a.xml": "matched", "b.xml": "matched", "c.xml": "held", "d.xml": "matched"}
    assert codes(outcomes[2]) == {"QTY_OVER_RECEIVED"}


def most_bytes_held(documents: int) -> int:
    """The most bytes that a run holds between two of its steps, beside the files that wait in the inbox.

    For a process that ends afterwards: few orders are kept open in it.
    """
    ledger.MOST_OPEN_ORDERS = BATCH
    office = Office(purchasing=OrdersOnDemand())
    for number in range(documents):
        office.source.add(f"{number:05}.xml", an_invoice(number))
    tracemalloc.start()
    work = office.start(dry_run=True)
    keys = work.plan()
    most = bytes_held()
    for start in range(0, documents, BATCH):
        assert {outcome.outcome for outcome in work.decide(keys[start : start + BATCH])} == {"matched"}
        most = max(most, bytes_held())
    tracemalloc.stop()
    return most


def bytes_held() -> int:
    """Without what Python keeps for its next objects."""
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


def an_invoice(number: int) -> bytes:
    return ubl(f"A-{number}", str(number + 1), order=f"PO-{number}", supplier=f"Supplier {number % SUPPLIERS}")


def an_order(number: int) -> PurchaseOrder:
    quantity = Decimal(number + 1)
    line = PurchaseOrderLine("1", "LAMP", quantity, "H87", Decimal("40.00"), received=quantity)
    supplier = f"Supplier {number % SUPPLIERS}"
    return PurchaseOrder(f"PO-{number}", supplier, "EUR", date(2026, 10, 1), PurchaseOrderState.OPEN, (line,))
