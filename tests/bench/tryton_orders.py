"""Reading orders out of a real Tryton, beside a bare `requests` loop that sends the very same questions."""

import sqlite3
import tempfile
from collections.abc import Iterator, Sequence, Sized
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

import requests
from requests import PreparedRequest

from connectors.http.answer import HttpAnswer
from connectors.http.client import Authenticate, HttpClient
from connectors.http.exchange import Broken, Exchange
from connectors.http.reach import Reach
from connectors.vendors.tryton.sales import SaleBook
from connectors.vendors.tryton.session import PAGE, TrytonSession
from tests.bench.reading import ORDERS, compare, compare_memory, count_rows
from tests.fixtures.tryton_books import TrytonBooks
from tests.fixtures.tryton_server import ACCOUNT, DATABASE, TrytonServer, build_server

# Tryton itself needs nearly all of the time; more turns would measure it once more.
TURNS = 1
SALE = "ORD-2026-0001"


@dataclass(frozen=True, slots=True)
class Noting:
    """Sends, and keeps what was sent."""

    exchange: Exchange
    sent: list[PreparedRequest] = field(default_factory=list)

    def prepare(self, method: str, url: str, **options: Any) -> PreparedRequest:
        return self.exchange.prepare(method, url, **options)

    def attempt(self, prepared: PreparedRequest, seconds: float) -> HttpAnswer | Broken:
        self.sent.append(prepared)
        return self.exchange.attempt(prepared, seconds)

    def close(self) -> None:
        self.exchange.close()


def measure(orders: int = ORDERS) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as work:
        server = build_server(Path(work))
        server.start()
        try:
            fill(server, orders)
            return read_orders(server, orders)
        finally:
            server.stop()


def read_orders(server: TrytonServer, orders: int) -> dict[str, Any]:
    sent: list[PreparedRequest] = []
    session = connect(server, sent)
    session.company()
    sent.clear()
    speed = compare(orders, lambda: count_rows(read_sales(session)), lambda: read_bare(sent[: orders // PAGE]), TURNS)
    memory = compare_memory(lambda: read_sales(session), orders)
    session.close()
    return speed | memory


def connect(server: TrytonServer, sent: list[PreparedRequest]) -> TrytonSession:
    def client(authenticate: Authenticate | None) -> HttpClient:
        return HttpClient(
            server.address,
            reach=Reach.LOOPBACK,
            authenticate=authenticate,
            through=lambda exchange: Noting(exchange, sent),
        )

    return TrytonSession(client, ACCOUNT)


def read_sales(session: TrytonSession) -> Iterator[Sized]:
    sales = SaleBook(session).find([])
    while piece := list(islice(sales, PAGE)):
        yield piece


def read_bare(sent: Sequence[PreparedRequest]) -> int:
    with requests.Session() as session:
        return sum(len(session.send(each, timeout=60).json()["result"]) for each in sent)


def fill(server: TrytonServer, orders: int) -> None:
    """One sale as a clerk writes it; the others are its copies, because Tryton would need an hour for so many."""
    books = TrytonBooks(server.session())
    sale = books.sale(SALE, "Emma Novak", "emma@example.com", date(2026, 11, 2), {"LAMP": 2, "OIL": 1})
    with closing(sqlite3.connect(server.work / f"{DATABASE}.sqlite", timeout=60)) as database, database:
        for number in range(2, orders + 1):
            copy = copy_row(database, "sale_sale", sale, number=f"ORD-2026-{number:06}")
            for (line,) in database.execute("SELECT id FROM sale_line WHERE sale = ?", (sale,)).fetchall():
                copied = copy_row(database, "sale_line", line, sale=copy)
                database.execute(
                    'INSERT INTO "sale_line-account_tax" (line, tax) '
                    'SELECT ?, tax FROM "sale_line-account_tax" WHERE line = ?',
                    (copied, line),
                )


def copy_row(database: sqlite3.Connection, table: str, row: int, **changed: Any) -> int:
    """The number of the copy."""
    named = [name for _, name, *_ in database.execute(f'PRAGMA table_info("{table}")') if name != "id"]
    kept = ", ".join(f'"{name}"' for name in named if name not in changed)
    new, marks = ", ".join(f'"{name}"' for name in changed), ", ".join("?" for _ in changed)
    statement = f'INSERT INTO "{table}" ({new}, {kept}) SELECT {marks}, {kept} FROM "{table}" WHERE id = ?'  # noqa: S608
    number = database.execute(statement, (*changed.values(), row)).lastrowid
    assert number is not None
    return number
