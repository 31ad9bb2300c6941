"""Reading 10,000 orders by SQL, beside a bare cursor over the same statements."""

import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import text

import connectors.database.models  # noqa: F401 - fills the metadata
from connectors.contracts.orders import Order, OrderItem, OrderState
from connectors.database.base import Base
from connectors.database.session import Database
from connectors.vendors.sql_queries import parse_queries
from tests.fixtures.filled_orders import add_orders
from tests.fixtures.sql_books import ORDERS as QUERIES
from tests.fixtures.sql_books import sql_connector

ORDERS, TURNS = 10_000, 3
ORDER = Order(
    "ORD", "emma@example.com", "Emma Novak", date(2026, 11, 2), OrderState.PAID,
    (OrderItem("LAMP", "Oak lamp", Decimal(1), Decimal("129.95")), OrderItem("OIL", "Wood oil", Decimal("1.5"))),
    Decimal("154.30"), "EUR",
)  # fmt: skip


def measure() -> dict[str, Any]:
    """On SQLite; rows per second and how many times as long as the bare cursor."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'shop.sqlite'}")
        Base.metadata.create_all(database.engine)
        add_orders(database, [replace(ORDER, number=f"ORD-{number:06}") for number in range(ORDERS)])
        connector = sql_connector("orders", database)
        ours = best(lambda: len(connector.undelivered_orders()))
        bare = best(lambda: read_bare(database))
        database.close()
    return {
        "orders": ORDERS,
        "rows_per_second": round(ORDERS / ours),
        "bare_rows_per_second": round(ORDERS / bare),
        "ratio": round(ours / bare, 2),
    }


def read_bare(database: Database) -> int:
    """The same orders and all their items, as plain rows."""
    queries = parse_queries(QUERIES)
    items = queries["order_items"].replace("WHERE order_number IN :numbers", "")
    with database.read() as session:
        found = len(session.execute(text(queries["undelivered_orders"])).all())
        session.execute(text(items)).all()
    return found


def best(work: Callable[[], int]) -> float:
    """The seconds of the fastest of some turns."""
    seconds = []
    for _ in range(TURNS):
        started = time.perf_counter()
        if work() != ORDERS:
            raise SystemExit("Not all orders were read.")
        seconds.append(time.perf_counter() - started)
    return min(seconds)
