"""The job "invoice matching" on systems in memory: how one document is compared with its order, and why it is held."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from automations.engine.job import JobContext
from automations.engine.parameters import check_parameters
from automations.jobs.invoice_matching import JOB
from connectors.contracts.purchasing import PurchaseOrder, PurchaseOrderLine, PurchaseOrderState
from connectors.database.models.work import ItemState
from connectors.errors import NotFound
from connectors.registry import Connectors
from tests.unit.invoice_office import NOW, Office, codes, open_office, ubl, words


@pytest.fixture
def office() -> Office:
    return open_office()


def test_an_invoice_as_ordered_and_received_is_posted_and_archived(office: Office) -> None:
    office.source.add("a.xml", ubl())
    (outcome,) = office.run()
    assert (outcome.state, outcome.outcome, outcome.reasons) == (ItemState.DONE, "matched", ())
    assert office.billed() == 10
    assert [document.name for document in office.source.archived] == ["a.xml"]
    (posted,) = office.purchasing.posted_documents(["Acme s.r.o."])
    assert (posted.number, posted.total, posted.issue_date) == ("A-1", Decimal("400.00"), date(2026, 11, 10))


def test_the_report_shows_the_billed_line_beside_the_order(office: Office) -> None:
    office.source.add("a.xml", ubl())
    (outcome,) = office.run(dry_run=True)
    assert outcome.title == "Acme s.r.o. A-1"
    assert outcome.detail["order"] == "PO-1"
    assert outcome.detail["total"] == "400.00"
    (line,) = outcome.detail["lines"]
    assert (line["quantity"], line["ordered"], line["received"], line["billed_before"]) == ("10", "100", "60", "0")


def test_a_price_over_the_order_is_held_for_procurement_with_both_figures(office: Office) -> None:
    office.source.add("a.xml", ubl(price="41.00"))
    (outcome,) = office.run()
    (reason,) = outcome.reasons
    assert (outcome.state, outcome.outcome, outcome.owner) == (ItemState.EXCEPTION, "held", "procurement")
    assert (reason.code, reason.found, reason.expected, reason.where) == ("PRICE_OVER", "41.00", "40.00", "1")
    assert [document.name for document in office.source.list_documents()] == ["a.xml"]
    assert office.billed() == 0


@pytest.mark.parametrize(
    ("tolerances", "expected"),
    [
        ({"price_tolerance_percent": "2.5"}, "matched"),  # 2.5 % of 40 = 1.00: at the limit passes
        ({"price_tolerance_percent": "2.4"}, "held"),
        ({"price_tolerance_absolute": "1"}, "matched"),
        ({"price_tolerance_percent": "5", "price_tolerance_absolute": "0.99"}, "held"),  # the lower one counts
        ({"price_tolerance_percent": ""}, "held"),  # not set
    ],
)
def test_a_price_passes_within_its_tolerance(office: Office, tolerances: dict[str, Any], expected: str) -> None:
    office.source.add("a.xml", ubl(price="41.00"))
    assert words(office.run(**tolerances)) == {"a.xml": expected}


def test_more_than_was_received_is_held_until_the_rest_arrives(office: Office) -> None:
    office.source.add("a.xml", ubl(quantity="61"))
    (held,) = office.run()
    assert (codes(held), held.owner) == ({"QTY_OVER_RECEIVED"}, "receiving")
    office.purchasing.receive("PO-1", "1", Decimal(1))
    assert words(office.run()) == {"a.xml": "matched"}


def test_more_than_was_received_passes_within_the_quantity_tolerance(office: Office) -> None:
    office.source.add("a.xml", ubl(quantity="61"))
    assert words(office.run(dry_run=True, quantity_tolerance_absolute="1")) == {"a.xml": "matched"}
    assert words(office.run(dry_run=True, level="2-way")) == {"a.xml": "matched"}


def test_an_invoice_of_goods_that_have_not_come_waits_and_later_is_held(office: Office) -> None:
    line = PurchaseOrderLine("1", "LAMP", Decimal(100), "H87", Decimal("40.00"))
    office.purchasing.add(
        PurchaseOrder("PO-1", "Acme s.r.o.", "EUR", date(2026, 10, 1), PurchaseOrderState.OPEN, (line,))
    )
    office.source.add("a.xml", ubl(day="2026-11-10"))
    (waiting,) = office.run(receipt_days=10)
    assert (waiting.state, waiting.outcome, codes(waiting)) == (ItemState.WAITING, "waiting", {"NOT_RECEIVED"})
    (late,) = office.run(receipt_days=10, now=datetime(2026, 11, 21, tzinfo=UTC))
    assert (late.state, late.outcome) == (ItemState.EXCEPTION, "held")


def test_an_invoice_without_a_known_order_is_held(office: Office) -> None:
    office.source.add("a.xml", ubl(order="PO-404"))
    office.source.add("b.xml", ubl("A-2", "7", order=""))
    assert [codes(outcome) for outcome in office.run()] == [{"NO_ORDER"}, {"NO_ORDER"}]


@pytest.mark.parametrize("order", ["po-1", " PO-1 ", "Order no. PO-1"])
def test_the_order_is_found_however_the_supplier_wrote_it(office: Office, order: str) -> None:
    office.source.add("a.xml", ubl(order=order))
    assert words(office.run()) == {"a.xml": "matched"}


def test_the_order_can_stand_on_the_lines_alone(office: Office) -> None:
    office.source.add("a.xml", ubl(order="", line_order="PO-1"))
    assert words(office.run()) == {"a.xml": "matched"}


def test_the_suppliers_capitals_do_not_matter_but_another_supplier_is_held(office: Office) -> None:
    office.source.add("a.xml", ubl(supplier="ACME  S.R.O."))
    office.source.add("b.xml", ubl("B-1", "9", supplier="Other Ltd"))
    own, other = office.run()
    assert own.outcome == "matched"
    assert codes(other) == {"SUPPLIER_DIFFERS"}
    assert len(office.purchasing.posted_documents(["Acme s.r.o."])) == 1


def test_an_invoice_in_another_currency_is_held(office: Office) -> None:
    office.source.add("a.xml", ubl(currency="CZK"))
    (outcome,) = office.run()
    (reason,) = outcome.reasons
    assert (reason.code, reason.found, reason.expected) == ("CURRENCY_DIFFERS", "CZK", "EUR")


def test_an_invoice_that_does_not_add_up_is_held_with_the_broken_rule(office: Office) -> None:
    office.source.add("a.xml", ubl(total="410.00"))
    (outcome,) = office.run()
    reason = next(reason for reason in outcome.reasons if reason.code == "ARITHMETIC")
    assert (reason.where, reason.found, reason.expected) == ("BR-CO-15", "410.00", "400.00")


def test_a_forint_invoice_may_round_to_whole_forints(office: Office) -> None:
    line = PurchaseOrderLine("1", "LAMP", Decimal(100), "H87", Decimal("40.25"), received=Decimal(60))
    order = PurchaseOrder("PO-1", "Acme s.r.o.", "HUF", date(2026, 10, 1), PurchaseOrderState.OPEN, (line,))
    office.purchasing.add(order)
    office.source.add("a.xml", ubl(quantity="10", price="40.25", currency="HUF").replace(b"402.50", b"403"))
    assert words(office.run()) == {"a.xml": "matched"}


def test_an_unknown_connection_is_named() -> None:
    connectors = Connectors.in_memory()
    context = JobContext("run", False, check_parameters(JOB, {"connection": "fax"}), connectors, lambda: NOW)
    with pytest.raises(NotFound, match="'fax'"):
        JOB.start(context)
