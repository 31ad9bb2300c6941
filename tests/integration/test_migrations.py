"""Migrations bring an empty database to the tables of the models, on both databases, whoever else migrates."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect

import connectors.database.models  # noqa: F401 - fills the metadata
from connectors.database.base import Base
from connectors.database.migrate import is_current, migrate
from connectors.database.session import Database
from connectors.settings import PROJECT_ROOT

pytestmark = pytest.mark.integration

MIGRATE = """
import sys
from connectors.database.migrate import migrate
from connectors.database.session import Database
database = Database(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
migrate(database)
database.close()
"""


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()


def test_an_empty_database_gets_every_table(database: Database) -> None:
    assert not is_current(database)
    migrate(database)
    assert is_current(database)
    tables = set(inspect(database.engine).get_table_names())
    assert tables == {*Base.metadata.tables, "alembic_version"}


def test_migrating_again_changes_nothing(database: Database) -> None:
    migrate(database)
    migrate(database)
    assert is_current(database)


def test_models_and_migrations_agree(database: Database) -> None:
    migrate(database)
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_constraints_have_the_names_of_the_models(database: Database) -> None:
    migrate(database)
    inspector = inspect(database.engine)
    for table in Base.metadata.tables.values():
        wanted = {str(c.name) for c in table.constraints if type(c).__name__ == "UniqueConstraint"}
        assert {str(c["name"]) for c in inspector.get_unique_constraints(table.name)} == wanted


def test_two_processes_that_migrate_at_once_wait_for_each_other(database: Database, database_url: str) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", MIGRATE, database_url],
            cwd=PROJECT_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    results = [process.communicate(timeout=60) for process in _all_told_to_go(processes)]
    assert [(process.returncode, errors) for process, (_, errors) in zip(processes, results, strict=True)] == [
        (0, "")
    ] * 2
    assert is_current(database)


def _all_told_to_go(processes: list[subprocess.Popen[str]]) -> list[subprocess.Popen[str]]:
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    return processes
