"""A database as migrations make it, with audit entries, for tests: triggers and indexes included."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.database.models.people import AuditEntry
from connectors.database.session import Database
from tests.fixtures.fresh_databases import give_tables

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@contextmanager
def migrated(url: str) -> Iterator[Database]:
    database = Database(url)
    give_tables(database)
    yield database
    database.close()


def entry(minute: int, **fields: Any) -> AuditEntry:
    """An entry of so many minutes after noon."""
    usual: dict[str, Any] = {
        "actor": "ops@example.com",
        "action": "run.start",
        "object_type": "run",
        "object_id": f"run-{minute}",
        "detail": {"job": "invoice-matching"},
    }
    return AuditEntry(at=NOON + timedelta(minutes=minute), **(usual | fields))
