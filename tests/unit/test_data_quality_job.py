"""The data-quality job over systems in memory: findings come and go; a system that is silent heals nothing."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from automations.engine.job import ItemOutcome, JobContext
from automations.engine.parameters import check_parameters
from automations.jobs.data_quality import JOB
from connectors.contracts.catalogue import Product
from connectors.contracts.notices import UnsettledMail
from connectors.contracts.purchasing import PurchaseOrder, PurchaseOrderLine, PurchaseOrderState
from connectors.database.models.work import ItemState
from connectors.errors import Unavailable
from connectors.registry import Connectors
from connectors.vendors.memory_notices import MemoryNotices
from connectors.vendors.memory_purchasing import MemoryPurchasing
from connectors.vendors.memory_sales import MemoryCatalogue

NOW = datetime(2026, 11, 22, 3, 30, tzinfo=UTC)
LINE = PurchaseOrderLine("1", "LAMP", Decimal(10), "H87", Decimal("4.00"), received=Decimal(12))
ORDER = PurchaseOrder("PO-1", "Acme", "EUR", date(2026, 11, 1), PurchaseOrderState.OPEN, (LINE,))
LAMP = Product("LAMP", {"en": "Lamp"}, {}, Decimal(0), "EUR", Decimal(3))


def run(connectors: Connectors, notes: list[Any] | None = None) -> list[ItemOutcome]:
    def note(event: str, item_key: str | None = None, **fields: Any) -> None:
        if notes is not None:
            notes.append((event, item_key, fields))

    work = JOB.start(JobContext("run", False, check_parameters(JOB, {}), connectors, lambda: NOW, note))
    return list(work.decide(work.plan()))


def test_findings_are_the_same_in_the_next_run_and_gone_when_their_cause_is() -> None:
    purchasing, catalogue, notices = MemoryPurchasing([ORDER]), MemoryCatalogue([LAMP]), MemoryNotices()
    notices.unsettled = [UnsettledMail("reminder:1", "unconfirmed", "")]
    connectors = Connectors.in_memory(purchasing=purchasing, catalogue=catalogue, notices=notices)
    found = run(connectors)
    assert [(each.key, each.owner, each.state) for each in found] == [
        ("MAIL_NOT_CONFIRMED:reminder:1", "technical", ItemState.EXCEPTION),
        ("PRODUCT_WITHOUT_PRICE:LAMP", "master_data", ItemState.EXCEPTION),
        ("RECEIVED_MORE_THAN_ORDERED:PO-1/1", "receiving", ItemState.EXCEPTION),
    ]
    assert run(connectors) == found
    purchasing.add(replace(ORDER, lines=(replace(LINE, quantity=Decimal(12)),)))
    catalogue.add(replace(LAMP, price=Decimal(9)))
    notices.unsettled = []
    assert run(connectors) == []


def test_what_is_not_connected_is_left_out_and_named() -> None:
    notes: list[Any] = []
    run(Connectors.in_memory(), notes)
    assert {fields["check"] for _event, _key, fields in notes} == {"employees", "stock", "products"}


def test_a_system_that_does_not_answer_fails_the_run_so_that_nothing_looks_healed() -> None:
    class SilentPurchasing(MemoryPurchasing):
        def current_orders(self, received_since: date) -> Sequence[PurchaseOrder]:
            raise Unavailable("The ERP does not answer.")

    with pytest.raises(Unavailable):
        run(Connectors.in_memory(purchasing=SilentPurchasing([ORDER])))


def test_a_finding_that_goes_between_two_steps_is_skipped() -> None:
    work = JOB.start(JobContext("run", False, check_parameters(JOB, {}), Connectors.in_memory(), lambda: NOW))
    (outcome,) = work.decide(["STOCK_NEGATIVE:LAMP@PRG"])
    assert (outcome.state, outcome.outcome) == (ItemState.SKIPPED, "gone")
