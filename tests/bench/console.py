"""The console over years of history: how long its pages take, beside raw SQL for the same rows in the same run."""

import os
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from statistics import quantiles
from typing import Any

from sqlalchemy import text

from bot.server import keep_what_is_loaded
from connectors.database.base import utc_now
from tests.bench import history
from tests.bench.engine import postgres_database
from tests.integration.console_house import Browser, ConsoleHouse

# 0.1 = a tenth of the history, for a quick look.
SCALE_VARIABLE = "TWINOFFICE_BENCH_SCALE"
REQUESTS = 30
RUN_ROWS = "SELECT * FROM runs WHERE {} ORDER BY created_at DESC, id DESC LIMIT 51"
ITEM_ROWS = (
    "SELECT run_items.*, runs.job FROM run_items JOIN runs ON runs.id = run_items.run_id"
    " WHERE {} ORDER BY run_items.id DESC LIMIT 51"
)
OPEN = (
    "is_latest AND settled_at IS NULL AND run_items.state IN ('exception', 'waiting', 'failed')"
    " AND effect_state IS NULL"
)


@dataclass(frozen=True, slots=True)
class Page:
    """A page's address, and the query that a program without pages would ask for its rows."""

    path: str
    query: dict[str, str]
    sql: str
    values: dict[str, Any] = field(default_factory=dict)


def measure() -> dict[str, Any]:
    scale = float(os.environ.get(SCALE_VARIABLE, "1"))
    with tempfile.TemporaryDirectory() as name:
        results = {"sqlite": measure_one(Path(name) / "sqlite", None, scale)}
        with postgres_database() as url:
            results["postgresql"] = measure_one(Path(name) / "postgresql", url, scale)
    return results


def measure_one(folder: Path, url: str | None, scale: float) -> dict[str, Any]:
    runs, items = int(history.RUNS * scale), int(history.ITEMS * scale)
    folder.mkdir()
    house = ConsoleHouse(folder, url)
    started = time.perf_counter()
    history.write_history(house.database, runs, items)
    seconds = time.perf_counter() - started
    browser = Browser(house, house.admin)
    keep_what_is_loaded()
    pages = {name: measure_page(browser, page) for name, page in pages_of(house).items()}
    house.close()
    return {"runs": runs, "items": items, "write_seconds": round(seconds, 1), "pages": pages}


def measure_page(browser: Browser, page: Page) -> dict[str, float]:
    def ask_raw() -> None:
        with browser.house.database.engine.connect() as connection:
            connection.execution_options(read_only=True).execute(text(page.sql), page.values).all()

    ours = times(lambda: browser.opens(page.path, **page.query))
    raw = times(ask_raw)
    return {
        "p50_ms": round(ours[49], 1),
        "p95_ms": round(ours[94], 1),
        "raw_sql_p50_ms": round(raw[49], 2),
        "raw_sql_p95_ms": round(raw[94], 2),
        "ratio_p50": round(ours[49] / raw[49], 1),
    }


def times(ask: Callable[[], object]) -> list[float]:
    """The percentiles of so many requests in milliseconds, after one that warms up."""
    ask()
    took: list[float] = []
    for _ in range(REQUESTS):
        started = time.perf_counter()
        ask()
        took.append((time.perf_counter() - started) * 1000)
    return quantiles(took, n=100, method="inclusive")


def pages_of(house: ConsoleHouse) -> Mapping[str, Page]:
    """Every page that grows with the history."""
    item = one_row(
        house, "SELECT id, run_id, key, title FROM run_items WHERE state = 'exception' ORDER BY id LIMIT 1 OFFSET 100"
    )
    far = one_row(house, "SELECT id, created_at FROM runs ORDER BY created_at LIMIT 1 OFFSET 500")
    pages = {**single_pages(item), **run_lists(far), **item_lists(item.title[:-1])}
    return {name: Page(f"/console{page.path}", page.query, page.sql, page.values) for name, page in pages.items()}


def single_pages(item: Any) -> dict[str, Page]:
    return {
        "dashboard": Page("", {}, "SELECT * FROM job_days WHERE day > :since", {"since": days_ago(30)}),
        "jobs": Page("/jobs", {}, "SELECT job, max(created_at) FROM runs GROUP BY job"),
        "run": Page(
            f"/runs/{item.run_id}",
            {},
            "SELECT * FROM run_items WHERE run_id = :run ORDER BY id LIMIT 51",
            {"run": item.run_id},
        ),
        "item": Page(
            f"/runs/{item.run_id}/items/{item.id}",
            {},
            "SELECT * FROM run_items WHERE id = :item OR key = :key ORDER BY id DESC",
            {"item": item.id, "key": item.key},
        ),
        "audit": Page("/audit", {}, "SELECT * FROM audit_log ORDER BY at DESC, id DESC LIMIT 51"),
        "audit, actor and text": Page(
            "/audit",
            {"actor": "jana@example.com", "text": "price-lists"},
            "SELECT * FROM audit_log WHERE actor = 'jana@example.com' AND CAST(detail AS TEXT) LIKE '%price-lists%'"
            " ORDER BY at DESC, id DESC LIMIT 51",
        ),
    }


def run_lists(far: Any) -> dict[str, Page]:
    days = {"since": days_ago(400), "until": days_ago(370)}
    rare = RUN_ROWS.format("job = 'price-lists' AND state = 'failed'")
    in_days = RUN_ROWS.format("created_at >= :since AND created_at < :until")
    before = RUN_ROWS.format("created_at < :at")
    return {
        "runs": Page("/runs", {"view": "all"}, RUN_ROWS.format("1 = 1")),
        "runs, job and state": Page("/runs", {"job": "price-lists", "state": "failed"}, rare),
        "runs, days": Page("/runs", days, in_days, days),
        "runs, dry": Page("/runs", {"mode": "dry"}, RUN_ROWS.format("is_dry_run")),
        "runs, far back": Page("/runs", {"older_than": far.id}, before, {"at": far.created_at}),
    }


def item_lists(rare_title: str) -> dict[str, Page]:
    reason = {"reason": f'%"code": "{history.RARE_REASON}"%'}
    has_reason = "CAST(reasons AS TEXT) LIKE :reason"
    of_owner = {"owner": "technical", "reason": history.RARE_REASON}
    is_open_of_owner = ITEM_ROWS.format(f"{OPEN} AND owner = 'technical' AND {has_reason}")
    begins = ITEM_ROWS.format("title LIKE :title")
    return {
        "items": Page("/items", {"view": "all"}, ITEM_ROWS.format("1 = 1")),
        "items, job": Page("/items", {"job": "price-lists"}, ITEM_ROWS.format("job = 'price-lists'")),
        "items, state": Page("/items", {"state": "failed"}, ITEM_ROWS.format("run_items.state = 'failed'")),
        "items, rare reason": Page("/items", {"reason": history.RARE_REASON}, ITEM_ROWS.format(has_reason), reason),
        "items, owner": Page("/items", {"owner": "technical"}, ITEM_ROWS.format("owner = 'technical'")),
        "items, rare title": Page("/items", {"title": rare_title}, begins, {"title": f"{rare_title}%"}),
        "items, common title": Page("/items", {"title": "Cedar"}, begins, {"title": "Cedar%"}),
        "exceptions": Page("/exceptions", {"view": "all"}, ITEM_ROWS.format(OPEN)),
        "exceptions, owner and reason": Page("/exceptions", of_owner, is_open_of_owner, reason),
    }


def days_ago(days: int) -> str:
    return f"{utc_now() - timedelta(days=days):%Y-%m-%d}"


def one_row(house: ConsoleHouse, sql: str) -> Any:
    with house.database.read() as session:
        return session.execute(text(sql)).one()
