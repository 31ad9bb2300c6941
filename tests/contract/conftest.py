"""A fresh database for each test: SQLite always, PostgreSQL too where TWINOFFICE_TEST_POSTGRES_URL names one."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

import connectors.database.models  # noqa: F401 - fills the metadata
from connectors.database.base import Base
from connectors.database.session import Database

POSTGRES_URL = os.environ.get("TWINOFFICE_TEST_POSTGRES_URL")
needs_postgres = pytest.mark.skipif(POSTGRES_URL is None, reason="TWINOFFICE_TEST_POSTGRES_URL is not set")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=[needs_postgres, pytest.mark.integration])])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    is_sqlite = request.param == "sqlite"
    database = Database(f"sqlite:///{tmp_path / 'test.sqlite'}" if is_sqlite else str(POSTGRES_URL))
    try:
        Base.metadata.drop_all(database.engine)
        Base.metadata.create_all(database.engine)
        yield database
        if not is_sqlite:
            Base.metadata.drop_all(database.engine)
    finally:
        database.close()
