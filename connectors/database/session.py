"""Opening the database: SQLite in WAL mode or PostgreSQL, sessions, and what to do when it is locked."""

import hashlib
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, create_engine, event, func, select
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session, sessionmaker

SQLITE_BUSY_TIMEOUT_MS = 10_000
WAL_RETRY_SECONDS = 0.02
POOL_SIZE = 20

SessionFactory = sessionmaker[Session]


def open_engine(url: str) -> Engine:
    """An engine for `sqlite:///…` or `postgresql://…`; other databases are refused with ValueError."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _open_sqlite(url)
    if parsed.get_backend_name() == "postgresql":
        return create_engine(
            parsed.set(drivername="postgresql+psycopg"), pool_size=POOL_SIZE, max_overflow=POOL_SIZE, pool_pre_ping=True
        )
    raise ValueError(f"TWINOFFICE_DATABASE_URL must begin with sqlite or postgresql, not {parsed.drivername!r}")


def _open_sqlite(url: str) -> Engine:
    engine = create_engine(url, connect_args={"timeout": SQLITE_BUSY_TIMEOUT_MS / 1000}, pool_size=POOL_SIZE)

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: Any) -> None:
        # Transactions are begun by us (below), not by the driver, so that a writer takes its lock at the start.
        connection.isolation_level = None
        cursor = connection.cursor()
        _keep_write_ahead_log(cursor)
        cursor.execute("PRAGMA synchronous=NORMAL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute(f"PRAGMA busy_timeout={SQLITE_BUSY_TIMEOUT_MS}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        read_only = connection.get_execution_options().get("read_only", False)
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    return engine


def _keep_write_ahead_log(cursor: Any) -> None:
    """SQLite itself does not wait here for a process that writes to, or opens, the same new file; so we do."""
    until = time.monotonic() + SQLITE_BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(WAL_RETRY_SECONDS)
        else:
            return


def wait_in_line(session: Session, name: str) -> None:
    """Until this transaction ends, no other passes this point with the same name; in SQLite one writes at a time."""
    if session.get_bind().dialect.name == "postgresql":
        key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
        session.execute(select(func.pg_advisory_xact_lock(key)))


class Database:
    """Our own database: one transaction per `write()`, a snapshot per `read()`."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = open_engine(url)
        self._writers: SessionFactory = sessionmaker(self.engine, expire_on_commit=False)
        self._readers: SessionFactory = sessionmaker(
            self.engine.execution_options(read_only=True), expire_on_commit=False
        )

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session whose transaction is committed at the end, or rolled back as a whole."""
        with self._writers.begin() as session:
            yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session for reading only; it does not wait for writers."""
        with self._readers() as session:
            yield session

    def ping(self) -> None:
        with self.read() as session:
            session.execute(select(1))

    def close(self) -> None:
        self.engine.dispose()
