"""Matching 10,000 and 100,000 invoice lines, as a dry run of the real job, beside raw SQL for the same rows."""

import os
import sqlite3
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from connectors.database.migrate import migrate
from connectors.database.models.purchasing import PurchaseOrderLineRow, PurchaseOrderRow, Receipt
from connectors.database.models.work import Connection
from connectors.database.session import Database
from connectors.demo.seed import INVOICE_CONNECTION, demo_invoices
from connectors.einvoice.reader import read_invoice
from connectors.vendors import settling
from tests.bench.dry_run import time_dry_run

# Five lines each: 10,000 and 100,000 lines.
SIZES = (2_000, 20_000)
LINES = 5
SUPPLIERS = 200
PRICE = Decimal("14.20")
TEMPLATE = "thornbury-textiles-TT-2026-0124.xml"

ORDERS_SQL = """
    SELECT o.number, o.supplier, o.currency, o.state, l.line, l.item, l.quantity, l.uom, l.unit_price, l.billed,
           SUM(CAST(r.quantity AS REAL))
    FROM purchase_orders o JOIN purchase_order_lines l ON l.order_number = o.number
    LEFT JOIN receipts r ON r.line_id = l.id GROUP BY l.id
"""
INVOICES_SQL = """
    SELECT i.order_number, i.line, i.quantity, i.unit_price, l.quantity, l.unit_price, l.billed,
           SUM(CAST(r.quantity AS REAL))
    FROM bench_invoice_lines i
    JOIN purchase_order_lines l ON l.order_number = i.order_number AND l.line = i.line
    LEFT JOIN receipts r ON r.line_id = l.id GROUP BY i.rowid
"""


def measure() -> dict[str, Any]:
    small, large = (measure_one(size) for size in SIZES)
    growth = large["dry_run_seconds"] / small["dry_run_seconds"] / (large["lines"] / small["lines"])
    return {
        "small": small,
        "large": large,
        "growth_over_linear": round(growth, 2),
        "memory_growth_mb": large["peak_memory_mb"] - small["peak_memory_mb"],
    }


def measure_one(invoices: int) -> dict[str, Any]:
    """Made in one process and matched in another, so that the highest memory is that of matching."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _in_own_process(make_company, folder, invoices)
        matched: dict[str, Any] = _in_own_process(match, folder)
        raw_seconds, rows = read_raw(folder / "bench.sqlite", invoices)
        return {
            "invoices": invoices,
            "lines": invoices * LINES,
            "of_which_reading_the_xml_files_seconds": round(read_files(folder / "inbox"), 2),
            "raw_sql_seconds": round(raw_seconds, 2),
            "raw_sql_rows": rows,
            "ratio": round(matched["dry_run_seconds"] / raw_seconds, 1),
            **matched,
        }


def _in_own_process(work: Callable[..., Any], *arguments: Any) -> Any:
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(work, *arguments).result()


def make_company(folder: Path, invoices: int) -> None:
    database = Database(f"sqlite:///{folder / 'bench.sqlite'}")
    migrate(database)
    write_orders(database, invoices)
    write_invoices(folder / "inbox", invoices)
    database.close()


def match(folder: Path) -> dict[str, Any]:
    # Waiting for uploads to end is no work.
    settling.SETTLING_SECONDS = 0.0
    # A process begins with the peak of the one that started it, unless Linux is told to forget it.
    Path("/proc/self/clear_refs").write_text("5")
    database = Database(f"sqlite:///{folder / 'bench.sqlite'}")
    seconds, run = time_dry_run(database, folder, "invoice-matching", {})
    peak_kb = int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
    return {
        "dry_run_seconds": round(seconds, 2),
        "outcomes": run.summary.get("outcomes"),
        "peak_memory_mb": peak_kb // 1024,
    }


def write_orders(database: Database, invoices: int) -> None:
    with database.write() as session:
        session.execute(
            insert(Connection),
            [
                {"id": "p", "name": "purchasing", "contracts": ["purchasing"], "vendor": "house", "settings": {}},
                {
                    "id": "d",
                    "name": INVOICE_CONNECTION,
                    "contracts": ["documents"],
                    "vendor": "folder",
                    "settings": {"path": str(Path(database.engine.url.database or "").parent / "inbox")},
                },
            ],
        )
        session.execute(insert(PurchaseOrderRow), [order(number) for number in range(invoices)])
        lines = [order_line(number, line) for number in range(invoices) for line in range(1, LINES + 1)]
        session.execute(insert(PurchaseOrderLineRow), lines)
        received = [
            {
                "line_id": row["id"],
                "quantity": row["quantity"],
                "accepted": row["quantity"],
                "received_on": datetime(2026, 1, 2, tzinfo=UTC).date(),
            }
            for row in lines
        ]
        session.execute(insert(Receipt), received)


def order(number: int) -> dict[str, Any]:
    supplier = f"Supplier {number % SUPPLIERS}"
    ordered_on = datetime(2026, 1, 1, tzinfo=UTC).date()
    return {
        "number": f"PO-{number}",
        "supplier": supplier,
        "currency": "GBP",
        "ordered_on": ordered_on,
        "state": "open",
    }


def order_line(number: int, line: int) -> dict[str, Any]:
    return {
        "id": number * LINES + line,
        "order_number": f"PO-{number}",
        "line": str(line),
        "item": f"ITEM-{line}",
        "description": "",
        "quantity": Decimal(100 + number),
        "uom": "H87",
        "unit_price": PRICE,
        "price_per": Decimal(1),
        "billed": Decimal(0),
        "billed_amount": Decimal(0),
    }


def write_invoices(inbox: Path, invoices: int) -> None:
    """Files like the demo's, one per order; every tenth bills a piece too many."""
    inbox.mkdir()
    template = next(path for path in demo_invoices() if path.name == TEMPLATE).read_text()
    head, rest = template.split("  <cac:InvoiceLine>", 1)
    line = "  <cac:InvoiceLine>" + rest.split("</Invoice>")[0]
    an_hour_ago = time.time() - 3600
    for number in range(invoices):
        quantity = 100 + number + (number % 10 == 0)
        path = inbox / f"{number:05}.xml"
        path.write_text(invoice(head, line, number, quantity))
        os.utime(path, (an_hour_ago, an_hour_ago))


def invoice(head: str, line: str, number: int, quantity: int) -> str:
    net = quantity * PRICE
    text = (
        head.replace("TT-2026-0124", f"INV-{number}")
        .replace("PO-2026-0327", f"PO-{number}")
        .replace("Thornbury Textiles Ltd", f"Supplier {number % SUPPLIERS}")
        .replace("2130.00", str(net * LINES))
    )
    for position in range(1, LINES + 1):
        text += (
            line.replace("<cbc:ID>1<", f"<cbc:ID>{position}<", 1)
            .replace("<cbc:LineID>1<", f"<cbc:LineID>{position}<")
            .replace(">150<", f">{quantity}<")
            .replace("2130.00", str(net))
        )
    return text + "</Invoice>"


def read_files(inbox: Path) -> float:
    """What reading and parsing the files alone costs, which raw SQL is spared."""
    started = time.perf_counter()
    for path in sorted(inbox.iterdir()):
        read_invoice(path.read_bytes(), path.name)
    return time.perf_counter() - started


def read_raw(path: Path, invoices: int) -> tuple[float, int]:
    """The least that anybody would have to do: read the rows and join them, with the invoice lines in a table."""
    connection = sqlite3.connect(path)
    connection.execute(
        "CREATE TABLE bench_invoice_lines (order_number TEXT, line TEXT, quantity TEXT, unit_price TEXT)"
    )
    connection.executemany(
        "INSERT INTO bench_invoice_lines VALUES (?, ?, ?, ?)",
        ((f"PO-{n}", str(line), str(100 + n), str(PRICE)) for n in range(invoices) for line in range(1, LINES + 1)),
    )
    connection.commit()
    started = time.perf_counter()
    rows = len(connection.execute(ORDERS_SQL).fetchall()) + len(connection.execute(INVOICES_SQL).fetchall())
    seconds = time.perf_counter() - started
    connection.close()
    return seconds, rows
