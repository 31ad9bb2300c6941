"""Reading orders through a REST interface, beside a bare `requests` loop; and only what changed."""

from collections.abc import Iterator
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
from tests.bench.reading import ORDERS, compare, compare_memory, count_rows
from tests.fixtures.faulty_gateway import Answer, FaultyGateway, Request, System
from tests.fixtures.rest_shop import PAGING, SETTINGS, RestShop, order_row

PAGE = 100
CHANGED_IN_HUNDRED = 1
FIRST_CHANGE = datetime(2020, 1, 1, tzinfo=UTC)


def measure(orders: int = ORDERS) -> dict[str, Any]:
    with serving(orders) as url:
        speed = compare(orders, lambda: count_rows(connect(url).all_orders()), lambda: read_bare(url))
        memory = compare_memory(lambda: connect(url).all_orders(), orders)
    return speed | memory | count_requests(orders)


def connect(url: str) -> RestOrders:
    settings = SETTINGS | PAGING["page"] | {"base_url": url, "page_size": PAGE}
    setup = Setup("bench", Database("sqlite://"), settings, Allowed(Reach.LOOPBACK), Path("var"))
    made = rest.make("orders", setup)
    assert isinstance(made, RestOrders)
    return made


def read_bare(url: str) -> int:
    """The same pages, up to the one that is empty."""
    found = page = 0
    with requests.Session() as session:
        while True:
            page += 1
            answer = session.get(f"{url}orders", params={"per_page": PAGE, "page": page}, timeout=30)
            rows = answer.json()["data"]
            found += len(rows)
            if not rows:
                return found


def count_requests(orders: int) -> dict[str, Any]:
    """Of a first reading of what is under way, and of the next one after one order in a hundred changed."""
    shop = RestShop(paging="page", most_rows=PAGE, lists={"orders": make_rows(orders)})
    with FaultyGateway(shop).running() as gateway:
        connector = connect(gateway.url)
        connector.undelivered_orders()
        full = len(gateway.requests)
        later = FIRST_CHANGE + timedelta(minutes=orders)
        changed = range(0, orders, 100 // CHANGED_IN_HUNDRED)
        for number in changed:
            shop.lists["orders"][number] |= {"status": "processing", "modified": later.isoformat()}
        if len(connector.undelivered_orders()) != len(changed):
            raise SystemExit("The incremental reading missed changes.")
        incremental = len(gateway.requests) - full
    return {
        "requests_of_full_sync": full,
        "requests_after_1_percent_changes": incremental,
        "share_of_requests": round(incremental / full, 3),
    }


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
