"""The audit log on both databases: nothing in it can be changed, and what is looked for is found page by page."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, event, select, text, update
from sqlalchemy.exc import DBAPIError

from connectors.database import audit_search
from connectors.database.audit import record_audit
from connectors.database.audit_search import AuditFilter, every_entry, search_audit
from connectors.database.models.people import AuditEntry
from connectors.database.session import Database
from tests.integration.audit_house import NOON, entry, migrated

pytestmark = pytest.mark.integration


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    with migrated(database_url) as database:
        yield database


def keep(database: Database, *entries: AuditEntry) -> None:
    with database.write() as session:
        session.add_all(entries)


def found(database: Database, **wanted: Any) -> list[str]:
    with database.read() as session:
        return [one.object_id for one in search_audit(session, AuditFilter(**wanted)).entries]


@pytest.mark.parametrize(
    "change",
    [
        update(AuditEntry).values(actor="somebody else"),
        update(AuditEntry).values(detail={}),
        delete(AuditEntry),
        text("DELETE FROM audit_log WHERE id = 1"),
    ],
    ids=["actor", "detail", "delete", "sql"],
)
def test_the_database_refuses_to_change_or_delete_an_entry(database: Database, change: Any) -> None:
    keep(database, entry(0))
    with pytest.raises(DBAPIError, match="append-only"), database.write() as session:
        session.execute(change)
    assert found(database) == ["run-0"]


def test_postgresql_refuses_to_empty_the_table_at_once(postgresql_url: str) -> None:
    with migrated(postgresql_url) as database:
        keep(database, entry(0))
        with pytest.raises(DBAPIError, match="append-only"), database.write() as session:
            session.execute(text("TRUNCATE audit_log"))
        assert found(database) == ["run-0"]


def test_what_a_failed_transaction_did_is_not_said_to_have_happened(database: Database) -> None:
    def fail() -> None:
        with database.write() as session:
            record_audit(session, "ops@example.com", "run.start", "run", "1", after={"a": 1})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert found(database) == []


def test_an_entry_keeps_what_changed_and_nothing_else(database: Database) -> None:
    before = {"zone": "UTC", "cron": "0 6 * * *", "smtp_password": "old"}
    after = {"zone": "UTC", "cron": "0 7 * * *", "smtp_password": "new"}
    with database.write() as session:
        record_audit(session, "ops", "schedule.change", "schedule", "1", before=before, after=after, version=2)
    with database.read() as session:
        kept = session.scalars(select(AuditEntry)).one()
    assert kept.before == {"cron": "0 6 * * *", "smtp_password": "•••"}
    assert kept.after == {"cron": "0 7 * * *", "smtp_password": "•••"}
    assert kept.detail == {"version": 2}


@pytest.mark.parametrize(
    ("wanted", "minutes"),
    [
        ({}, [4, 3, 2, 1]),
        ({"actor": "jana@example.com"}, [3]),
        ({"action": "schedule.change"}, [2]),
        ({"object_type": "run"}, [4, 3, 1]),
        ({"object_type": "run", "object_id": "run-2"}, []),
        ({"object_type": "run", "object_id": "run-3"}, [3]),
        ({"actor": "ops@example.com", "action": "run.start"}, [4, 1]),
        ({"since": NOON + timedelta(minutes=2)}, [4, 3, 2]),
        ({"until": NOON + timedelta(minutes=2)}, [1]),
        ({"since": NOON + timedelta(minutes=2), "until": NOON + timedelta(minutes=4)}, [3, 2]),
        ({"text": "ÁRVÍZ"}, []),
        ({"text": "Árvíz"}, [4]),
        ({"text": "JANA"}, [3]),
        ({"text": "7 * *"}, [2]),
        ({"text": "%"}, []),
        ({"text": "_"}, []),
        ({"text": "' OR 1=1 --"}, []),
        ({"actor": "' OR '1'='1"}, []),
    ],
    ids=str,
)
def test_every_filter_finds_what_fits_and_nothing_else(
    database: Database, wanted: dict[str, Any], minutes: list[int]
) -> None:
    keep(
        database,
        entry(1),
        entry(2, action="schedule.change", object_type="schedule", before={"cron": "6 * *"}, after={"cron": "7 * *"}),
        entry(3, actor="jana@example.com"),
        entry(4, detail={"reason": "Árvíz volt"}),
    )
    assert found(database, **wanted) == [f"run-{minute}" for minute in minutes]


def test_pages_follow_each_other_without_gap_or_repetition_when_many_happened_at_once(database: Database) -> None:
    keep(database, *(entry(0, object_id=str(number)) for number in range(25)))
    seen: list[str] = []
    older_than = None
    with database.read() as session:
        while True:
            page = search_audit(session, AuditFilter(), older_than=older_than, limit=10)
            seen += [one.object_id for one in page.entries]
            older_than = page.older_than
            if older_than is None:
                break
    assert seen == [str(number) for number in reversed(range(25))]


def test_a_search_for_words_stops_after_a_while_and_says_how_far_it_looked(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_search, "LOOKED_THROUGH", 10)
    keep(database, *(entry(minute) for minute in range(30)), entry(-1, detail={"reason": "needle"}))
    wanted, pages = AuditFilter(text="needle"), []
    older_than = None
    with database.read() as session:
        while True:
            page = search_audit(session, wanted, older_than=older_than)
            pages.append((len(page.entries), page.looked_back_to))
            older_than = page.older_than
            if older_than is None:
                break
    assert pages == [
        (0, NOON + timedelta(minutes=20)),
        (0, NOON + timedelta(minutes=10)),
        (0, NOON),
        (1, None),
    ]


def test_an_export_has_every_entry_once(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_search, "EXPORTED_A_READ", 7)
    monkeypatch.setattr(audit_search, "LOOKED_THROUGH", 10)
    keep(database, *(entry(minute) for minute in range(30)))
    everything = [one.object_id for one in every_entry(database, AuditFilter(text="run"))]
    assert everything == [f"run-{minute}" for minute in reversed(range(30))]


WANTED = [
    AuditFilter(),
    AuditFilter(actor="ops@example.com"),
    AuditFilter(action="run.start"),
    AuditFilter(object_type="run"),
    AuditFilter(object_type="run", object_id="run-3"),
    AuditFilter(actor="a", action="b", object_type="c", object_id="d", text="e"),
    AuditFilter(since=NOON, until=NOON + timedelta(minutes=9)),
    AuditFilter(text="needle"),
    AuditFilter(actor="ops@example.com", text="needle", since=NOON),
]


@pytest.mark.parametrize("wanted", WANTED, ids=str)
def test_no_search_reads_or_sorts_the_whole_table(database: Database, wanted: AuditFilter) -> None:
    keep(database, *(entry(minute) for minute in range(3)))
    with database.read() as session:
        first = search_audit(session, wanted, limit=1)
        plans = plans_of(database, lambda: search_audit(session, wanted, older_than=first.older_than or 2))
    assert plans
    assert [plan for plan in plans if "Seq Scan" in plan or "SCAN audit_log\n" in f"{plan}\n" or "B-TREE" in plan] == []


def plans_of(database: Database, ask: Callable[[], object]) -> list[str]:
    asked: list[tuple[str, Any]] = []

    def remember(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_more: Any) -> None:
        if "ORDER BY" in statement:
            asked.append((statement, parameters))

    event.listen(database.engine, "before_cursor_execute", remember)
    ask()
    event.remove(database.engine, "before_cursor_execute", remember)
    with database.engine.connect() as connection:
        if not database.is_sqlite:
            # Three rows are read faster than an index; a million are not.
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
            connection.exec_driver_sql("SET LOCAL enable_sort = off")
            connection.exec_driver_sql("SET LOCAL enable_bitmapscan = off")
        explain = "EXPLAIN QUERY PLAN" if database.is_sqlite else "EXPLAIN"
        return [
            "\n".join(str(row[-1]) for row in connection.exec_driver_sql(f"{explain} {statement}", parameters))
            for statement, parameters in asked
        ]
