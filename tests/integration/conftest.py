"""Databases for integration tests: every test that asks for `database_url` runs on SQLite and on PostgreSQL."""

import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, make_url, text

POSTGRES_VARIABLE = "TWINOFFICE_TEST_POSTGRES_URL"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'twinoffice.sqlite'}"
    else:
        yield from _fresh_postgres_database()


@pytest.fixture
def postgresql_url() -> Iterator[str]:
    """A fresh PostgreSQL database, for what exists there only."""
    yield from _fresh_postgres_database()


def _fresh_postgres_database() -> Iterator[str]:
    server = os.environ.get(POSTGRES_VARIABLE)
    if server is None:
        if os.environ.get("CI") == "true":
            pytest.fail(f"{POSTGRES_VARIABLE} is not set: `make test` starts a server and sets it.")
        pytest.skip(f"{POSTGRES_VARIABLE} is not set: `make test` starts a server and sets it.")
    name = f"test_{uuid4().hex}"
    admin = create_engine(make_url(server).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield make_url(server).set(database=name).render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()
