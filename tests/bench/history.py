"""The past of a busy office: runs, items, figures by day, logs and audit entries, written in bulk and always alike.

By hand: `python -m tests.bench.history sqlite:////tmp/past.sqlite 10000 100000`.
"""

import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from sqlalchemy import Connection, Table, bindparam, insert, text, update

from connectors.database.base import Base, utc_now
from connectors.database.models.console import JobDay
from connectors.database.models.people import AuditEntry
from connectors.database.models.work import OPEN_STATES, ItemState, Run, RunEvent, RunItem, RunState
from connectors.database.session import Database

RUNS, ITEMS = 100_000, 1_000_000
DAYS = 3 * 365
RUNS_A_WRITE = 2_000
RUNNING = 5
WAITING_SHARE = 2_500
# Jobs with how often they run and how many items they have beside the others; the first two are installed.
JOBS = {
    "invoice-matching": (20, 12),
    "customer-notices": (30, 4),
    "payment-reminders": (10, 8),
    "stock-check": (20, 2),
    "supplier-statements": (5, 30),
    "price-lists": (2, 120),
    "bank-statements": (10, 6),
    "payroll-hours": (3, 60),
}
REASONS = {
    "NO_ORDER": "procurement",
    "PRICE_OVER": "procurement",
    "SUPPLIER_DIFFERS": "procurement",
    "ITEM_NOT_ORDERED": "receiving",
    "ORDER_CLOSED": "accounts_payable",
    "CURRENCY_DIFFERS": "accounts_payable",
    "UOM_UNKNOWN": "technical",
}
RARE_REASON = "UOM_UNKNOWN"
REASON_WEIGHTS = (30, 30, 8, 20, 8, 3, 1)
NAMES = ("Alder", "Brook", "Cedar", "Dunmore", "Ember", "Falcon", "Granite", "Harbour", "Iris", "Juniper", "Kestrel")
KINDS = ("Foods", "Paper", "Steel", "Textiles", "Tools", "Transport")
PEOPLE = ("ops@example.com", "jana@example.com", "laszlo@example.com")
ACTIONS = ("run.start", "run.cancel", "item.settle", "schedule.change", "approval.decide")
OUTCOMES = {
    ItemState.DONE: "matched",
    ItemState.SKIPPED: "posted_before",
    ItemState.EXCEPTION: "held",
    ItemState.WAITING: "receipt_pending",
    ItemState.FAILED: "unreadable",
}


@dataclass(frozen=True, slots=True)
class Item:
    """An item, and the run that said last what is wrong with it."""

    key: str
    title: str
    run_id: str = ""


@dataclass(slots=True)
class Past:
    """What is written. `left` are items by job that nobody has settled, until a later run takes them up."""

    random: Random
    now: datetime
    runs: int
    items: int
    left: dict[str, list[Item]] = field(default_factory=lambda: defaultdict(list))
    held: list[Item] = field(default_factory=list)
    superseded: list[dict[str, str]] = field(default_factory=list)
    days: dict[tuple[str, date], Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    rows: dict[Table, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    written: int = 0


def write_history(database: Database, runs: int = RUNS, items: int = ITEMS, now: datetime | None = None) -> None:
    """Fill an empty database of ours up to `now`; indexes are made at the end, as after a restored backup."""
    past = Past(Random(4), now or utc_now(), runs, items)
    indexes = [index for model in (Run, RunItem, RunEvent) for index in _table(model).indexes]
    with database.engine.begin() as connection:
        for index in indexes:
            index.drop(connection)
        for number, at in enumerate(_moments(past)):
            _add_run(past, number, at)
            if (number + 1) % RUNS_A_WRITE == 0:
                _write(connection, past)
        _add_days(past)
        _write(connection, past)
        for index in indexes:
            index.create(connection)
    if not database.is_sqlite:
        # What PostgreSQL does by itself within a minute.
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))


def _moments(past: Past) -> Iterator[datetime]:
    """When runs began: evenly over the years, at no round time, in their order."""
    step = timedelta(days=DAYS) / past.runs
    begin = past.now - timedelta(days=DAYS)
    return (begin + step * (number + past.random.random()) for number in range(past.runs))


def _add_run(past: Past, number: int, at: datetime) -> None:
    random = past.random
    (job,) = random.choices(list(JOBS), [often for often, _items in JOBS.values()])
    run_id = f"{random.getrandbits(128):032x}"
    is_dry_run = random.random() < 0.08
    is_running = number >= past.runs - RUNNING
    left_out = not is_running and random.random() < 0.01
    count = 0 if left_out else _size(past, job)
    states = [_add_item(past, run_id, job, at, is_dry_run=is_dry_run) for _ in range(count)]
    past.left[job] += past.held
    past.held.clear()
    counts = Counter(states)
    run: dict[str, Any] = {
        "id": run_id,
        "job": job,
        "started_by": "schedule" if random.random() < 0.8 else random.choice(PEOPLE),
        "is_dry_run": is_dry_run,
        "parameters": {},
        "state": _state_of(random, counts, is_running=is_running, left_out=left_out),
        "summary": {
            "states": {state.value: n for state, n in counts.items()},
            "outcomes": {OUTCOMES[state]: n for state, n in counts.items()},
        },
        "items_total": count,
        "items_done": count,
        "heartbeat_at": at,
        "created_at": at,
        "started_at": at,
        "finished_at": None if is_running else at + timedelta(seconds=2 + count * random.random()),
    }
    past.rows[_table(Run)].append(run)
    _add_traces(past, run)
    _count(past, run, counts)


def _size(past: Past, job: str) -> int:
    """How many items this run has: seldom exactly as many as usual, and in sum as many as asked for."""
    often = sum(weight for weight, _items in JOBS.values())
    usual = sum(weight * items for weight, items in JOBS.values()) / often
    wanted = 1.04 * past.items / past.runs * JOBS[job][1] / usual
    return min(int(past.random.expovariate(1 / wanted) + past.random.random()), int(wanted * 20) + 1)


def _add_item(past: Past, run_id: str, job: str, at: datetime, *, is_dry_run: bool) -> ItemState:
    random = past.random
    past.written += 1
    left = past.left[job]
    # Of every job some always wait; beyond that the oldest are taken up again, and most are in order by then.
    is_again = len(left) > past.items // WAITING_SHARE and not is_dry_run and random.random() < 0.3
    item = left.pop(0) if is_again else _new_item(past)
    if is_again:
        past.superseded.append({"said_by": item.run_id, "about": item.key})
    chance = random.random()
    state = ItemState.DONE
    if chance < (0.35 if is_again else 0.12):
        (state,) = random.choices((ItemState.EXCEPTION, ItemState.WAITING, ItemState.FAILED), (7, 2, 1))
    elif chance > 0.97:
        state = ItemState.SKIPPED
    reasons, owner = _reasons(random) if state in OPEN_STATES else ([], None)
    is_settled = bool(reasons) and not is_dry_run and random.random() < 0.3
    if reasons and not is_settled and not is_dry_run:
        past.held.append(Item(item.key, item.title, run_id))
    past.rows[_table(RunItem)].append(
        {
            "run_id": run_id,
            "key": item.key,
            "title": item.title,
            "state": state.value,
            "outcome": OUTCOMES[state],
            "reasons": reasons,
            "detail": {},
            "owner": owner,
            "amount": Decimal(random.randrange(100, 900_000)) / 100,
            "currency": "EUR",
            "settled_at": at if is_settled else None,
            "settled_by": PEOPLE[0] if is_settled else None,
            "settled_reason": "Agreed by phone" if is_settled else None,
            "is_latest": not is_dry_run,
            "at": at,
        }
    )
    return state


def _new_item(past: Past) -> Item:
    title = f"{past.random.choice(NAMES)} {past.random.choice(KINDS)} {past.written:07d}"
    return Item(title.replace(" ", "-"), title)


def _reasons(random: Random) -> tuple[list[dict[str, str | None]], str]:
    codes = dict.fromkeys(random.choices(list(REASONS), REASON_WEIGHTS, k=1 + (random.random() < 0.2)))
    told: list[dict[str, str | None]] = [
        {"code": code, "owner": REASONS[code], "found": "12.50", "expected": "12.00", "limit": "2", "where": "1"}
        for code in codes
    ]
    return told, REASONS[next(iter(codes))]


def _state_of(random: Random, counts: Counter[ItemState], *, is_running: bool, left_out: bool) -> str:
    if is_running:
        return RunState.RUNNING.value
    if left_out:
        return RunState.SKIPPED.value
    chance = random.random()
    if chance < 0.02:
        return (RunState.FAILED if chance < 0.015 else RunState.CANCELLED).value
    has_open = any(counts[ItemState(state)] for state in OPEN_STATES)
    return (RunState.SUCCEEDED_WITH_EXCEPTIONS if has_open else RunState.SUCCEEDED).value


def _add_traces(past: Past, run: dict[str, Any]) -> None:
    """Two lines of log, and an entry in the audit log for what a person started or now and then did."""
    for event in ("run_started", "run_ended"):
        past.rows[_table(RunEvent)].append(
            {
                "run_id": run["id"],
                "item_key": None,
                "at": run["created_at"],
                "level": "info",
                "event": event,
                "fields": {},
            }
        )
    by_person = run["started_by"] != "schedule"
    past.rows[_table(AuditEntry)].append(
        {
            "at": run["created_at"],
            "actor": run["started_by"],
            "action": past.random.choice(ACTIONS) if by_person else ACTIONS[0],
            "object_type": "run",
            "object_id": run["id"],
            "detail": {"job": run["job"]},
            "before": None,
            "after": None,
        }
    )


def _count(past: Past, run: dict[str, Any], counts: Counter[ItemState]) -> None:
    if run["is_dry_run"] or run["finished_at"] is None:
        return
    day = past.days[run["job"], run["finished_at"].astimezone(UTC).date()]
    day.update({state.value: n for state, n in counts.items()})
    day.update(runs=1, failed_runs=int(run["state"] == RunState.FAILED))
    day.update(seconds=int((run["finished_at"] - run["started_at"]).total_seconds()))


def _add_days(past: Past) -> None:
    names = ("runs", "failed_runs", *(state.value for state in OUTCOMES), "seconds")
    past.rows[_table(JobDay)] = [
        {"job": job, "day": day, **{name: figures[name] for name in names}} for (job, day), figures in past.days.items()
    ]


def _write(connection: Connection, past: Past) -> None:
    """Runs first: their items and logs name them."""
    for model in (Run, RunItem, RunEvent, AuditEntry, JobDay):
        rows = past.rows[_table(model)]
        if rows:
            connection.execute(insert(_table(model)), rows)
            rows.clear()
    items = _table(RunItem).c
    is_about = (items.run_id == bindparam("said_by")) & (items.key == bindparam("about"))
    if past.superseded:
        connection.execute(update(_table(RunItem)).where(is_about).values(is_latest=False), past.superseded)
        past.superseded.clear()


def _table(model: type[Base]) -> Table:
    table = model.__table__
    assert isinstance(table, Table)
    return table


def main(url: str, runs: int, items: int) -> None:
    database = Database(url)
    Base.metadata.create_all(database.engine)
    write_history(database, runs, items)
    database.close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
