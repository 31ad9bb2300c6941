"""Reading orders by SQL, beside a bare cursor over the same statements."""

import tempfile
from collections.abc import Iterator, Sized
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import text

import connectors.database.models  # noqa: F401 - fills the metadata
from connectors.contracts.orders import Order, OrderItem, OrderState
from connectors.database.base import Base
from connectors.database.session import Database
from connectors.vendors.sql_queries import parse_queries
from tests.bench.reading import ORDERS, compare, compare_memory
from tests.fixtures.filled_orders import add_orders
from tests.fixtures.sql_books import ORDERS as QUERIES
from tests.fixtures.sql_books import sql_connector

PIECE = 100
ORDER = Order(
    "ORD", "emma@example.com", "Emma Novak", date(2026, 11, 2), OrderState.PAID,
    (OrderItem("LAMP", "Oak lamp", Decimal(1), Decimal("129.95")), OrderItem("OIL", "Wood oil", Decimal("1.5"))),
    Decimal("154.30"), "EUR",
)  # fmt: skip


def measure(orders: int = ORDERS) -> dict[str, Any]:
    """On SQLite. What the contract gives is one list; that the reading itself keeps nothing is seen at its rows."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'shop.sqlite'}")
        Base.metadata.create_all(database.engine)
        add_orders(database, [replace(ORDER, number=f"ORD-{number:06}") for number in range(orders)])
        connector = sql_connector("orders", database)
        speed = compare(orders, lambda: len(connector.undelivered_orders()), lambda: read_bare(database))
        memory = compare_memory(lambda: in_pieces(connector.source.rows("undelivered_orders")), orders)
        database.close()
    return speed | memory


def in_pieces(rows: Iterator[Any]) -> Iterator[Sized]:
    while piece := list(islice(rows, PIECE)):
        yield piece


def read_bare(database: Database) -> int:
    """The same orders and all their items, as plain rows."""
    queries = parse_queries(QUERIES)
    items = queries["order_items"].replace("WHERE order_number IN :numbers", "")
    with database.read() as session:
        found = len(session.execute(text(queries["undelivered_orders"])).all())
        session.execute(text(items)).all()
    return found
