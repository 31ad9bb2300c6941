"""Bringing a database up to the present tables, and writing the next migration."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from connectors.database.session import Database

MIGRATIONS = Path(__file__).parent / "migrations"
# Any number; all processes that migrate one PostgreSQL database wait for each other on it.
ADVISORY_LOCK = 7_465_201


def migrate(database: Database) -> None:
    """Bring the database to the newest tables; several processes may call this at once."""
    with database.engine.begin() as connection:
        if not database.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
        if _revision(connection) != newest_revision():
            command.upgrade(_config(connection), "head")


def is_current(database: Database) -> bool:
    with database.engine.connect() as connection:
        return _revision(connection) == newest_revision()


def newest_revision() -> str | None:
    return ScriptDirectory(str(MIGRATIONS)).get_current_head()


def write_migration(database: Database, message: str) -> None:
    """Compare the models with this (migrated) database and write the difference as a new migration."""
    with database.engine.connect() as connection:
        command.revision(_config(connection), message=message, autogenerate=True)


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


if __name__ == "__main__":
    import sys
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        scratch = Database(f"sqlite:///{folder}/scratch.sqlite")
        migrate(scratch)
        write_migration(scratch, sys.argv[1])
