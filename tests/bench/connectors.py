"""Reading 10,000 orders through a connector, beside a bare `requests` loop over the same pages."""

import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from multiprocessing import get_context
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

from connectors.contracts.orders import Order, OrderItem, OrderState
from connectors.database.session import Database
from connectors.http.reach import Allowed, Reach
from connectors.vendor import Setup
from connectors.vendors import rest
from connectors.vendors.rest_orders import RestOrders
from tests.fixtures.faulty_gateway import Answer, FaultyGateway, Request, System
from tests.fixtures.rest_shop import PAGING, SETTINGS, RestShop, order_row

ORDERS = 10_000
PAGE = 100
TURNS = 3
CHANGED = ORDERS // 100
FIRST_CHANGE = datetime(2026, 1, 1, tzinfo=UTC)


def measure() -> dict[str, Any]:
    return {"rest": measure_rest()}


def measure_rest() -> dict[str, Any]:
    with serving(ORDERS) as url:
        bare = best(lambda: read_bare(url))
        ours = best(lambda: count(orders_of(url).all_orders()))
        small, large = (peak_bytes(url, pages) for pages in (ORDERS // PAGE // 10, ORDERS // PAGE))
    full, incremental = count_requests()
    return {
        "orders": ORDERS,
        "rows_per_second": round(ORDERS / ours),
        "bare_rows_per_second": round(ORDERS / bare),
        "ratio": round(ours / bare, 2),
        "peak_bytes_of_1000_orders": small,
        "peak_bytes_of_10000_orders": large,
        "requests_of_full_sync": full,
        "requests_after_1_percent_changes": incremental,
        "share_of_requests": round(incremental / full, 3),
    }


def best(work: Callable[[], int]) -> float:
    """The seconds of the fastest of some turns."""
    seconds = []
    for _ in range(TURNS):
        started = time.perf_counter()
        found = work()
        seconds.append(time.perf_counter() - started)
        if found != ORDERS:
            raise SystemExit(f"{found} orders were read instead of {ORDERS}.")
    return min(seconds)


def read_bare(url: str) -> int:
    found = 0
    with requests.Session() as session:
        for page in range(1, ORDERS // PAGE + 1):
            answer = session.get(f"{url}orders", params={"per_page": PAGE, "page": page}, timeout=30)
            found += len(answer.json()["data"])
    return found


def count(pages: Iterator[Any]) -> int:
    return sum(len(page) for page in pages)


def orders_of(url: str) -> RestOrders:
    settings = SETTINGS | PAGING["page"] | {"base_url": url, "page_size": PAGE}
    setup = Setup("bench", Database("sqlite://"), settings, Allowed(Reach.LOOPBACK), Path("var"))
    made = rest.make("orders", setup)
    assert isinstance(made, RestOrders)
    return made


def peak_bytes(url: str, pages: int) -> int:
    """The most memory that reading so many pages takes."""
    orders = orders_of(url).all_orders()
    next(orders)
    tracemalloc.start()
    for _, _page in zip(range(pages - 1), orders, strict=False):
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def count_requests() -> tuple[int, int]:
    """Of a first reading of what is under way, and of the next one after one order in a hundred changed."""
    shop = RestShop(paging="page", most_rows=PAGE, lists={"orders": make_rows(ORDERS)})
    with FaultyGateway(shop).running() as gateway:
        orders = orders_of(gateway.url)
        orders.undelivered_orders()
        full = len(gateway.requests)
        later = FIRST_CHANGE + timedelta(minutes=ORDERS)
        for number in range(0, ORDERS, ORDERS // CHANGED):
            shop.lists["orders"][number] |= {"status": "processing", "modified": later.isoformat()}
        if len(orders.undelivered_orders()) != CHANGED:
            raise SystemExit("The incremental reading missed changes.")
        return full, len(gateway.requests) - full


def make_rows(orders: int) -> list[dict[str, Any]]:
    order = Order(
        "ORD", "emma@example.com", "Emma Novak", date(2026, 11, 2), OrderState.DELIVERED,
        (OrderItem("LAMP", "Oak lamp", Decimal(1), Decimal("129.95")), OrderItem("OIL", "Wood oil", Decimal("1.5"))),
        Decimal("154.30"), "EUR",
    )  # fmt: skip
    return [
        order_row(replace(order, number=f"ORD-{n:06}"), (FIRST_CHANGE + timedelta(minutes=n)).isoformat())
        for n in range(orders)
    ]


@contextmanager
def serving(orders: int) -> Iterator[str]:
    """The orders, a hundred on a page, from another process."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(orders, theirs), daemon=True)
    process.start()
    try:
        yield ours.recv()
    finally:
        ours.send("stop")
        process.join(10)


def serve(orders: int, pipe: Pipe) -> None:
    with FaultyGateway(ready_pages(make_rows(orders))).running() as gateway:
        pipe.send(gateway.url)
        pipe.recv()


def ready_pages(rows: list[dict[str, Any]]) -> System:
    """Pages that were written out beforehand, so that the server is not what is measured."""
    pages = [Answer.of({"data": rows[start : start + PAGE]}) for start in range(0, len(rows), PAGE)]
    nothing = Answer.of({"data": []})

    def answer(request: Request) -> Answer:
        number = int(parse_qs(urlsplit(request.path).query)["page"][0])
        return pages[number - 1] if number <= len(pages) else nothing

    return answer
