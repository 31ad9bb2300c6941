"""What all benches of connectors measure alike: seconds beside a bare reading of the same, and memory."""

import time
import tracemalloc
from collections.abc import Callable, Iterator, Sized
from itertools import islice
from typing import Any

ORDERS = 10_000
TURNS = 3


def compare(orders: int, ours: Callable[[], int], bare: Callable[[], int], turns: int = TURNS) -> dict[str, Any]:
    """Rows per second of both, and how many times as long ours takes."""
    our_seconds, bare_seconds = (_fastest(work, orders, turns) for work in (ours, bare))
    return {
        "orders": orders,
        "rows_per_second": round(orders / our_seconds),
        "bare_rows_per_second": round(orders / bare_seconds),
        "ratio": round(our_seconds / bare_seconds, 2),
    }


def compare_memory(pages: Callable[[], Iterator[Sized]], orders: int) -> dict[str, int]:
    """The most memory that reading a tenth of the orders takes, and all of them; no page is kept."""
    return {f"peak_bytes_of_{count}_orders": _peak_bytes(pages(), count) for count in (orders // 10, orders)}


def count_rows(pages: Iterator[Sized]) -> int:
    return sum(len(page) for page in pages)


def _fastest(work: Callable[[], int], orders: int, turns: int) -> float:
    seconds = []
    for _ in range(turns):
        started = time.perf_counter()
        found = work()
        seconds.append(time.perf_counter() - started)
        if found != orders:
            raise SystemExit(f"{found} orders were read instead of {orders}.")
    return min(seconds)


def _peak_bytes(pages: Iterator[Sized], orders: int) -> int:
    """What is made once, like connections, is made with the first page and not counted."""
    found = len(next(pages))
    tracemalloc.start()
    while found < orders:
        found += sum(len(page) for page in islice(pages, 1))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak
