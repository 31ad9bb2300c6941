"""Killed at every boundary of its steps, a run ends as an undisturbed one: nothing twice, nothing lost."""

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from automations.engine.run_record import create_run
from connectors.database.base import Base
from connectors.database.models.purchasing import PurchaseOrderLineRow, PurchaseOrderRow, Receipt, SupplierDocument
from connectors.database.models.sales import SalesOrder
from connectors.database.models.service import Notice
from connectors.database.models.work import Connection, Run, RunEvent, RunItem
from connectors.database.session import Database
from tests.integration.kill_process import BOOK, ITEMS, KILLS, PAYMENTS, RUN_ID
from tests.unit.invoice_office import ubl

pytestmark = pytest.mark.integration

PROCESS = Path(__file__).with_name("kill_process.py")
TIMEOUT_SECONDS = 300
INVOICES = "invoice-matching"
LATE_ORDERS = "late-orders"
NOW = datetime(2026, 11, 20, 6, 30, tzinfo=UTC)
# Together more than 30 on each database.
WANTED_KILLS = {PAYMENTS: 25, INVOICES: 20, LATE_ORDERS: 20}


@dataclass
class Outcome:
    """What a run left: its own record and, apart from it, what the other system has."""

    record: dict[str, Any]
    effects: Counter[str]
    kills: int
    resumed: int


@pytest.fixture
def databases(database_url: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[list[str]]:
    """A database for the undisturbed run and one for the disturbed."""
    if database_url.startswith("sqlite"):
        yield [f"sqlite:///{tmp_path / name}.sqlite" for name in ("calm", "killed")]
    else:
        yield [database_url, request.getfixturevalue("postgresql_url")]


@pytest.mark.parametrize("job", [PAYMENTS, INVOICES, LATE_ORDERS])
def test_a_run_killed_at_every_boundary_ends_as_an_undisturbed_one(
    databases: list[str], tmp_path: Path, job: str, record_property: Any
) -> None:
    calm, killed = (
        carry_out(url, tmp_path / name, job, *options)
        for url, name, options in zip(databases, ("calm", "killed"), (["--undisturbed"], []), strict=True)
    )
    doubled = sum((killed.effects - calm.effects).values())
    lost = sum((calm.effects - killed.effects).values())
    row = {
        "database": databases[0].split(":")[0],
        "job": job,
        "kills": killed.kills,
        "resumed": killed.resumed,
        "doubled": doubled,
        "lost": lost,
    }
    record_property("kill_test", json.dumps(row))
    sys.stdout.write(json.dumps(row) + "\n")
    assert (doubled, lost) == (0, 0)
    assert killed.record == calm.record
    assert sum(calm.effects.values()) == ITEMS
    # Every kill was of a process at work on the run, but the one before the run was begun and that after its end.
    assert killed.resumed >= killed.kills - 2
    assert killed.kills >= WANTED_KILLS[job]


def carry_out(url: str, folder: Path, job: str, *options: str) -> Outcome:
    folder.mkdir()
    with opened(url) as database:
        prepare(database, folder)
        with database.write() as session:
            create_run(session, job, {}, "ops@example.com", now=NOW, run_id=RUN_ID)
        subprocess.run(
            [sys.executable, str(PROCESS), url, str(folder), *options],
            check=True,
            timeout=TIMEOUT_SECONDS,
            stdout=subprocess.DEVNULL,
        )
        kills = folder / KILLS
        died = kills.read_text(encoding="utf-8").splitlines() if kills.exists() else []
        record, resumed = read_record(database)
        return Outcome(record, effects_in(database, folder, job), len(died), resumed)


@contextmanager
def opened(url: str) -> Iterator[Database]:
    database = Database(url)
    Base.metadata.create_all(database.engine)
    yield database
    database.close()


def prepare(database: Database, folder: Path) -> None:
    """An order of 100 lamps, all received, four invoices in a folder, and four customers whose parcel is late."""
    inbox = folder / "inbox"
    inbox.mkdir()
    an_hour_ago = time.time() - 3600
    for number in range(ITEMS):
        path = inbox / f"{number}.xml"
        path.write_bytes(ubl(f"A-{number}", str(10 + number), day=f"2026-11-1{number}"))
        os.utime(path, (an_hour_ago, an_hour_ago))
    with database.write() as session:
        settings = {"path": str(inbox)}
        session.add(Connection(name="supplier-invoices", contracts=["documents"], vendor="folder", settings=settings))
        session.add(Connection(name="purchasing", contracts=["purchasing"], vendor="house"))
        session.add(Connection(name="shop-orders", contracts=["orders"], vendor="house"))
        session.add_all(late_order(number) for number in range(ITEMS))
        session.add(
            PurchaseOrderRow(
                number="PO-1", supplier="Acme s.r.o.", currency="EUR", ordered_on=date(2026, 10, 1), state="open"
            )
        )
        session.flush()
        line = PurchaseOrderLineRow(
            order_number="PO-1",
            line="1",
            item="LAMP",
            description="",
            quantity=Decimal(100),
            uom="H87",
            unit_price=Decimal(40),
            price_per=Decimal(1),
        )
        session.add(line)
        session.flush()
        session.add(
            Receipt(line_id=line.id, quantity=Decimal(100), accepted=Decimal(100), received_on=date(2026, 11, 1))
        )


def late_order(number: int) -> SalesOrder:
    day = date(2026, 10, 1)
    return SalesOrder(
        number=f"ORD-2026-000{number}",
        email=f"customer{number}@example.com",
        customer_name="Emma",
        ordered_on=day,
        state="shipped",
        total=Decimal(50),
        currency="EUR",
        expected_on=day,
    )


def effects_in(database: Database, folder: Path, job: str) -> Counter[str]:
    """What the other system did, once for each time that it did it."""
    if job == PAYMENTS:
        return Counter((folder / BOOK).read_text(encoding="utf-8").splitlines())
    if job == LATE_ORDERS:
        with database.read() as session:
            return Counter(session.scalars(select(Notice.email)))
    with database.read() as session:
        posted = Counter(session.scalars(select(SupplierDocument.number)))
        billed = session.scalars(select(PurchaseOrderLineRow.billed)).one()
    archived = sorted(path.name for path in (folder / "inbox" / "archive").iterdir())
    assert billed == sum(10 + number for number in range(ITEMS))
    assert archived == [f"{number}.xml" for number in range(ITEMS)]
    return posted


def read_record(database: Database) -> tuple[dict[str, Any], int]:
    """The final state of the run and its items, without times and counts of tries; and how often it was resumed."""
    with database.read() as session:
        run = session.get_one(Run, RUN_ID)
        items = session.scalars(select(RunItem).order_by(RunItem.id)).all()
        confirmed = session.scalars(
            select(RunEvent.item_key).where(RunEvent.event.in_(("effect_confirmed", "effect_found")))
        ).all()
        record = {
            "run": (run.state, run.failure, run.summary, run.items_total, run.items_done),
            "items": [
                (i.key, i.title, i.state, i.outcome, i.reasons, i.effect_state, i.effect_key, i.effect_reference)
                for i in items
            ],
            "confirmed": sorted(key or "" for key in confirmed),
        }
        return record, run.resumed
