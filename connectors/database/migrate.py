"""Bringing a database up to the present tables, and writing the next migration."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from connectors.database import knowledge_index, message_index
from connectors.database.session import SQLITE_BUSY_TIMEOUT_MS, Database

MIGRATIONS = Path(__file__).parent / "migrations"
SEARCH_OBJECTS = (knowledge_index.SEARCH_OBJECT_PREFIX, message_index.SEARCH_OBJECT_PREFIX)
# Any number; all processes that migrate one PostgreSQL database wait for each other on it.
ADVISORY_LOCK = 7_465_201
# How long a process waits on SQLite while another one migrates.
MIGRATION_TIMEOUT_MS = 60_000


def migrate(database: Database) -> None:
    """Bring the database to the newest tables; several processes may call this at once."""
    with change_tables(database) as connection:
        if not database.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
        if _revision(connection) != newest_revision():
            command.upgrade(alembic_config(connection), "head")


@contextmanager
def change_tables(database: Database) -> Iterator[Connection]:
    """A transaction in which SQLite may replace a table that others refer to, as a change of its columns does."""
    with database.engine.connect() as connection:
        if database.is_sqlite:
            # SQLite ignores this inside a transaction, which SQLAlchemy begins with the first statement of its own.
            connection.connection.cursor().execute("PRAGMA foreign_keys=OFF")
            # Another process may be changing the tables just now; on a busy machine that takes a while.
            connection.connection.cursor().execute(f"PRAGMA busy_timeout={MIGRATION_TIMEOUT_MS}")
        try:
            with connection.begin():
                yield connection
        finally:
            if database.is_sqlite:
                connection.connection.cursor().execute("PRAGMA foreign_keys=ON")
                connection.connection.cursor().execute(f"PRAGMA busy_timeout={SQLITE_BUSY_TIMEOUT_MS}")


def is_modelled(_object: object, name: str | None, *_details: object) -> bool:
    """Whether a table or an index stands in the models; those of the full-text search stand in their migration only."""
    return not (name or "").startswith(SEARCH_OBJECTS)


def is_current(database: Database) -> bool:
    with database.engine.connect() as connection:
        return _revision(connection) == newest_revision()


def may_search_trigrams(database: Database) -> bool:
    """Whether PostgreSQL's extension pg_trgm is there, or this user may create it; SQLite needs none."""
    if database.is_sqlite:
        return True
    with database.engine.connect() as connection:
        if connection.scalar(text("SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm'")):
            return True
        is_offered = connection.scalar(text("SELECT 1 FROM pg_available_extensions WHERE name = 'pg_trgm'"))
        may_create = connection.scalar(text("SELECT has_database_privilege(current_database(), 'CREATE')"))
    return bool(is_offered and may_create)


def newest_revision() -> str | None:
    return ScriptDirectory(str(MIGRATIONS)).get_current_head()


def write_migration(database: Database, message: str) -> None:
    """Compare the models with this (migrated) database and write the difference as a new migration."""
    with database.engine.connect() as connection:
        command.revision(alembic_config(connection), message=message, autogenerate=True)


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def alembic_config(connection: Connection) -> Config:
    """Our migrations, to be run on this connection."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes.update(connection=connection, include_object=is_modelled)
    return config


if __name__ == "__main__":
    import sys
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        scratch = Database(f"sqlite:///{folder}/scratch.sqlite")
        migrate(scratch)
        write_migration(scratch, sys.argv[1])
