"""Killed after every call that changed something in a real Tryton, a run ends as an undisturbed one: nothing twice."""

import json
import os
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from automations.engine.run_record import create_run
from connectors.contracts.purchasing import PurchaseOrder, PurchaseOrderLine, PurchaseOrderState, PurchaseRequest
from connectors.database.base import Base
from connectors.database.models.work import Connection, RunItem
from connectors.database.session import Database
from connectors.vendors.tryton.purchase_orders import MARK
from connectors.vendors.tryton.purchasing import TrytonPurchasing
from tests.fixtures.tryton_books import TrytonBooks
from tests.fixtures.tryton_connection import connect_tryton
from tests.fixtures.tryton_server import TrytonServer
from tests.integration.kill_process import ITEMS, KILLS, RUN_ID
from tests.unit.invoice_office import ubl

pytestmark = pytest.mark.integration

PROCESS = Path(__file__).with_name("tryton_kill_process.py")
INVOICES, REORDER, SENDING = "invoice-matching", "stock-reorder", "purchase-sending"
SUPPLIER = "Acme s.r.o."
NOW = datetime(2026, 11, 20, 6, 30, tzinfo=UTC)
# Each item is a draft and a posting, or a requisition with two steps, or an order made by a wizard, marked, offered and
# confirmed; the engine's own boundaries come on top.
WANTED_KILLS = {INVOICES: 2 * ITEMS + 12, REORDER: 3 * ITEMS + 12, SENDING: 4 * ITEMS + 12}


@pytest.mark.timeout(900)
@pytest.mark.parametrize("job", [INVOICES, REORDER, SENDING])
def test_what_was_written_to_tryton_before_a_death_is_not_written_again(
    tryton: TrytonServer,
    tmp_path: Path,
    job: str,
    record_property: Any,
) -> None:
    calm = carry_out(tryton, tmp_path / "calm", job, "--undisturbed")
    tryton.restore()
    killed = carry_out(tryton, tmp_path / "killed", job)
    kills = (tmp_path / "killed" / KILLS).read_text(encoding="utf-8").splitlines()
    row = {
        "system": "tryton",
        "job": job,
        "kills": len(kills),
        "after_writes": sum(kill.startswith(("model.", "wizard.")) for kill in kills),
        "doubled": sum((killed[1] - calm[1]).values()),
        "lost": sum((calm[1] - killed[1]).values()),
    }
    record_property("kill_test", json.dumps(row))
    sys.stdout.write(json.dumps(row) + "\n")
    assert (row["doubled"], row["lost"]) == (0, 0)
    assert killed == calm
    assert sum(calm[1].values()) == ITEMS
    assert len(kills) >= WANTED_KILLS[job]


def carry_out(server: TrytonServer, folder: Path, job: str, *options: str) -> tuple[list[Any], Counter[str]]:
    """What the run says of its items, and what Tryton has afterwards."""
    folder.mkdir()
    url = f"sqlite:///{folder / 'twinoffice.sqlite'}"
    database = Database(url)
    Base.metadata.create_all(database.engine)
    books = TrytonBooks(server.session())
    connect_tryton(database, server.host, "purchasing", "inventory")
    fill_inbox(database, folder)
    FILL[job](books)
    with database.write() as session:
        create_run(session, job, {}, "ops@example.com", now=NOW, run_id=RUN_ID)
    command = [sys.executable, str(PROCESS), url, str(folder), *options]
    subprocess.run(command, check=True, timeout=800, stdout=subprocess.DEVNULL)
    with database.read() as session:
        items = session.scalars(select(RunItem).order_by(RunItem.id)).all()
        record = [(one.key, one.state, one.outcome, one.effect_state, one.effect_key) for one in items]
    database.close()
    return record, FOUND[job](server)


def fill_inbox(database: Database, folder: Path) -> None:
    inbox = folder / "inbox"
    inbox.mkdir()
    an_hour_ago = time.time() - 3600
    for number in range(ITEMS):
        path = inbox / f"{number}.xml"
        quantity = 10 + number
        gross = str(Decimal(quantity * 40) * Decimal("1.19"))
        path.write_bytes(invoice(f"A-{number}", str(quantity), f"2026-11-1{number}", gross))
        os.utime(path, (an_hour_ago, an_hour_ago))
    with database.write() as session:
        settings = {"path": str(inbox)}
        session.add(Connection(name="supplier-invoices", contracts=["documents"], vendor="folder", settings=settings))


def invoice(number: str, quantity: str, day: str, gross: str) -> bytes:
    """One line with 19 % tax, as the order has it."""
    plain = ubl(number, quantity, day=day, total=gross).decode()
    net = str(Decimal(quantity) * 40)
    category = "<a:TaxCategory><b:ID>S</b:ID><b:Percent>19</b:Percent></a:TaxCategory>"
    tax = f"""<a:TaxTotal><b:TaxAmount currencyID="EUR">{Decimal(gross) - Decimal(net)}</b:TaxAmount><a:TaxSubtotal>
        <b:TaxableAmount currencyID="EUR">{net}</b:TaxableAmount>
        <b:TaxAmount currencyID="EUR">{Decimal(gross) - Decimal(net)}</b:TaxAmount>{category}
        </a:TaxSubtotal></a:TaxTotal>"""
    classified = category.replace("TaxCategory", "ClassifiedTaxCategory")
    return (
        plain.replace("<a:LegalMonetaryTotal>", f"{tax}<a:LegalMonetaryTotal>")
        .replace("</a:Item>", f"{classified}</a:Item>")
        .encode()
    )


def order_lamps(books: TrytonBooks) -> None:
    line = PurchaseOrderLine("1", "LAMP", Decimal(100), "H87", Decimal(40))
    books.order(PurchaseOrder("PO-1", SUPPLIER, "EUR", date(2026, 10, 1), PurchaseOrderState.OPEN, (line,)), "order")
    books.receive("PO-1", "LAMP", 100, date(2026, 11, 1))


def run_out_of_goods(books: TrytonBooks) -> None:
    for number in range(ITEMS):
        books.order_point(f"ITEM-{number}", SUPPLIER, 10, 30 + number)


def ask_for_goods(books: TrytonBooks) -> None:
    """One request of ours for each of some suppliers, and a colleague's beside the first."""
    purchasing = TrytonPurchasing(books.session)
    for number in range(ITEMS):
        item, supplier = f"ITEM-{number}", f"Supplier {number}"
        books.product(item)
        books.party(supplier)
        key = f"stock-reorder:{item}@MAIN:1"
        purchasing.put_request(
            PurchaseRequest(key, item, "MAIN", supplier, Decimal(5), "H87", Decimal(9), "EUR", NOW.date(), NOW.date())
        )
    books.product("VASE")
    books.requisition("VASE", "Supplier 0", 3, NOW.date(), "MAIN", "EUR", "For the fair")


def posted(server: TrytonServer) -> Counter[str]:
    """All that bears our mark, with drafts that nobody finished."""
    session = server.session()
    (line,) = TrytonPurchasing(session).find_orders(["PO-1"])["PO-1"].lines
    assert line.billed == sum(10 + number for number in range(ITEMS))
    ours = [["description", "like", f"{MARK}%"]]
    found = session.search("account.invoice", ours, ["reference", "state"])
    return Counter(f"{one['reference']} {one['state']}" for one in found)


def requested(server: TrytonServer) -> Counter[str]:
    session = server.session()
    assert len(session.search("purchase.requisition", [], ["id"])) == ITEMS
    return Counter(f"{one.item} {one.quantity}" for one in TrytonPurchasing(session).open_requests())


def ordered(server: TrytonServer) -> Counter[str]:
    """All purchases, with drafts that nobody finished."""
    session = server.session()
    assert list(TrytonPurchasing(session).open_requests()) == []
    fields = ["state", "description", "party.name", "lines.quantity"]
    return Counter(
        f"{one['party.']['name']} {one['description']} {one['state']} {[line['quantity'] for line in one['lines.']]}"
        for one in session.search("purchase.purchase", [], fields)
    )


FILL = {INVOICES: order_lamps, REORDER: run_out_of_goods, SENDING: ask_for_goods}
FOUND = {INVOICES: posted, REORDER: requested, SENDING: ordered}
