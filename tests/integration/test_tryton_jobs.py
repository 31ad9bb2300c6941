"""The three jobs and the bot's order status, run against a real Tryton through a connection as an admin saves it."""

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from automations.engine.job import ItemOutcome, JobContext, JobDefinition
from automations.engine.parameters import check_parameters
from automations.jobs import invoice_matching, payroll_preparation, purchase_sending, stock_reorder
from automations.rules.payroll.away_pay import HOLIDAY_PAY
from connectors.contracts.people import TimeSource
from connectors.contracts.purchasing import PurchaseOrder, PurchaseOrderLine, PurchaseOrderState
from connectors.database.base import Base
from connectors.database.models.work import Connection
from connectors.database.session import Database
from connectors.registry import Connectors
from connectors.secrets import secrets_of
from connectors.vendors.employee_record import contract_row, employee_row
from tests.fixtures.played_talk import Task
from tests.fixtures.tryton_books import TrytonBooks
from tests.fixtures.tryton_connection import connect_tryton, connectors_of
from tests.fixtures.tryton_server import TrytonServer
from tests.integration.order_house import open_order_house
from tests.integration.test_tryton_kills import invoice
from tests.unit.payroll_office import JANA, by_hour

pytestmark = pytest.mark.integration

NOW = datetime(2026, 11, 20, 6, 30, tzinfo=UTC)
AFTER_MONTH = datetime(2026, 11, 2, 7, tzinfo=UTC)
SUPPLIER = "Acme s.r.o."
LAMPS = PurchaseOrder(
    "PO-1",
    SUPPLIER,
    "EUR",
    date(2026, 10, 1),
    PurchaseOrderState.OPEN,
    (PurchaseOrderLine("1", "LAMP", Decimal(100), "H87", Decimal(40)),),
)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(f"sqlite:///{tmp_path / 'twinoffice.sqlite'}")
    Base.metadata.create_all(opened.engine)
    yield opened
    opened.close()


@pytest.fixture
def books(tryton: TrytonServer) -> TrytonBooks:
    return TrytonBooks(tryton.session())


@pytest.fixture
def connectors(tryton: TrytonServer, database: Database) -> Connectors:
    connect_tryton(database, tryton.host)
    return connectors_of(database)


def run(
    job: JobDefinition, connectors: Connectors, now: datetime = NOW, run_id: str = "run-1", **parameters: Any
) -> list[ItemOutcome]:
    """What the engine does with a run that needs no approval."""
    work = job.start(JobContext(run_id, False, check_parameters(job, parameters), connectors, lambda: now))
    outcomes = list(work.decide(list(work.plan())))
    done = [outcome for outcome in outcomes if outcome.effect is not None]
    refused = {key: answer for key, answer in work.apply(done).items() if not isinstance(answer, str)}
    assert refused == {}
    look: Any = work
    assert all(look.read_back(done).values())
    return outcomes


def words(outcomes: list[ItemOutcome]) -> dict[str, str]:
    return {outcome.key.rpartition("/")[2]: outcome.outcome for outcome in outcomes}


def test_invoices_from_files_are_matched_with_receipts_and_posted_as_supplier_invoices(
    connectors: Connectors, books: TrytonBooks, database: Database, tmp_path: Path
) -> None:
    books.order(LAMPS, "order")
    books.receive("PO-1", "LAMP", 30, date(2026, 11, 1))
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "full.xml").write_bytes(invoice("A-1", "30", "2026-11-10", "1428.00"))
    (inbox / "more.xml").write_bytes(invoice("A-2", "20", "2026-11-11", "952.00"))
    for file in inbox.iterdir():
        os.utime(file, (1, 1))
    with database.write() as session:
        settings = {"path": str(inbox)}
        session.add(Connection(name="supplier-invoices", contracts=["documents"], vendor="folder", settings=settings))
    first = {outcome.title: outcome.outcome for outcome in run(invoice_matching.JOB, connectors)}
    assert sorted(first.values()) == ["held", "matched"]
    purchasing = connectors.purchasing()
    assert [(one.number, one.total) for one in purchasing.posted_documents([SUPPLIER])] == [("A-1", Decimal(1428))]
    books.receive("PO-1", "LAMP", 20, date(2026, 11, 12))
    assert [one.outcome for one in run(invoice_matching.JOB, connectors)] == ["matched"]
    assert purchasing.find_orders(["PO-1"])["PO-1"].lines[0].billed == 50
    states = books.session.search("account.invoice", [["reference", "!=", None]], ["state", "reference"])
    assert {one["reference"]: one["state"] for one in states} == {"A-1": "posted", "A-2": "posted"}
    assert list(run(invoice_matching.JOB, connectors)) == []


def test_reorder_reads_stock_and_makes_purchase_requests_that_become_an_order(
    connectors: Connectors, books: TrytonBooks
) -> None:
    books.order_point("LAMP", SUPPLIER, 10, 30)
    books.order_point("VASE", SUPPLIER, 10, 30)
    books.stock("LAMP", 4, date(2026, 10, 1))
    books.stock("VASE", 12, date(2026, 10, 1))
    assert words(run(stock_reorder.JOB, connectors)) == {"LAMP@MAIN": "proposed"}
    requests = books.session.search("purchase.request", [["state", "=", "draft"]], ["product.code", "quantity"])
    assert [(one["product."]["code"], one["quantity"]) for one in requests] == [("LAMP", 26)]
    assert run(stock_reorder.JOB, connectors, run_id="run-2") == []
    (sent,) = run(purchase_sending.JOB, connectors)
    assert sent.outcome == "sent"
    (order,) = connectors.purchasing().open_orders([SUPPLIER])
    assert [(line.item, line.quantity) for line in order.lines] == [("LAMP", Decimal(26))]
    assert run(stock_reorder.JOB, connectors, run_id="run-3") == []


def test_payroll_pays_the_hours_of_tryton_s_time_sheets(
    connectors: Connectors, books: TrytonBooks, database: Database
) -> None:
    employee = books.employee(JANA.id, JANA.name)
    for day in range(5, 10):
        books.worked(employee, date(2026, 10, day), timedelta(hours=8))
    terms = replace(by_hour("200"), time_source=TimeSource.SHEETS)
    with database.write() as session:
        session.add(employee_row(JANA))
        session.flush()
        session.add(contract_row(terms))
    (outcome,) = run(payroll_preparation.JOB, connectors, AFTER_MONTH, month="2026-10")
    # Five days of the time sheet, and the public holiday of October 28, a Wednesday.
    assert (outcome.outcome, outcome.amount) == ("prepared", Decimal("9600.00"))
    (slip,) = connectors.people().payslips([JANA.id], date(2026, 10, 1), date(2026, 10, 31))
    assert slip.gross == Decimal("9600.00")
    assert [line.amount for line in slip.lines if line.code == HOLIDAY_PAY] == [Decimal(1600)]


def test_the_bot_says_where_an_order_is_that_tryton_keeps(
    tryton: TrytonServer,
    books: TrytonBooks,
    tmp_path: Path,
) -> None:
    sale = books.sale("ORD-2026-0117", "Emma Novak", "emma@example.com", date(2026, 11, 2), {"LAMP": 2})
    books.ship(books.confirm(sale), "assign_force", "pick", "pack", "ship")
    with open_order_house(tmp_path) as house:
        house.disconnect("orders")
        office = house.office
        connect_tryton(office.database, tryton.host, "orders", secrets=secrets_of(office.settings))
        talk = house.talk(Task("order_status_form", "action_order_status"))
        talk.say("where is ORD-2026-0117", "order_status")
        assert talk.say("emma@example.com") == ["order_status"]
        assert "ORD-2026-0117" in house.text(talk.said[0], talk.sender)
