"""A fresh database for each test: SQLite always, PostgreSQL too where TWINOFFICE_TEST_POSTGRES_URL names a server."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.database.session import Database
from tests.fixtures.fresh_databases import POSTGRES_VARIABLE, empty, give_tables, kept_postgres

# `make check` runs these suites without a server, `make test` once more with one.
needs_postgres = pytest.mark.skipif(POSTGRES_VARIABLE not in os.environ, reason=f"{POSTGRES_VARIABLE} is not set")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=[needs_postgres, pytest.mark.integration])])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    if request.param == "postgresql":
        database = kept_postgres()
        yield database
        empty(database)
    else:
        database = Database(f"sqlite:///{tmp_path / 'test.sqlite'}")
        give_tables(database)
        yield database
        database.close()
