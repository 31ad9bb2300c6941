"""Which engine processes are alive: a lock per process that the system frees when the process dies, however it dies."""

import fcntl
import os
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

LOCK_SUFFIX = ".lock"


class Leases(Protocol):
    """Locks on executor ids. Ids are random and never used twice, so a free lock means a dead process."""

    def hold(self, executor_id: str) -> None:
        """Take the lock of this process; called again, it makes sure that the lock is still held."""
        ...

    def is_dead(self, executor_id: str) -> bool:
        """Whether nobody holds the lock of this executor."""
        ...

    def release(self) -> None: ...


class FileLeases:
    """For SQLite, whose users share a machine: a locked file per process beside the database."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._descriptor: int | None = None
        self._path: Path | None = None

    def hold(self, executor_id: str) -> None:
        if self._descriptor is not None:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        self._path = self._folder / f"{executor_id}{LOCK_SUFFIX}"
        while self._descriptor is None:
            self._descriptor = _lock(self._path)
        for path in self._folder.glob(f"*{LOCK_SUFFIX}"):
            _remove_if_free(path)

    def is_dead(self, executor_id: str) -> bool:
        return _remove_if_free(self._folder / f"{executor_id}{LOCK_SUFFIX}")

    def release(self) -> None:
        if self._descriptor is None or self._path is None:
            return
        self._path.unlink(missing_ok=True)
        os.close(self._descriptor)
        self._descriptor = None


class AdvisoryLeases:
    """For PostgreSQL: a session advisory lock per process, freed by the server when the connection ends."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None

    def hold(self, executor_id: str) -> None:
        if self._connection is not None:
            try:
                self._connection.execute(text("SELECT 1"))
            except DBAPIError:
                # The server went away and took the lock with it: take it again on a new connection.
                self._connection.invalidate()
                self._connection.close()
                self._connection = None
            else:
                return
        self._connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        self._call("pg_advisory_lock", executor_id)

    def is_dead(self, executor_id: str) -> bool:
        if not self._call("pg_try_advisory_lock", executor_id):
            return False
        self._call("pg_advisory_unlock", executor_id)
        return True

    def release(self) -> None:
        if self._connection is None:
            return
        try:
            self._connection.execute(text("SELECT pg_advisory_unlock_all()"))
        except DBAPIError:
            # The connection is gone, and its lock with it.
            self._connection.invalidate()
        self._connection.close()
        self._connection = None

    def _call(self, function: str, executor_id: str) -> bool:
        if self._connection is None:
            raise RuntimeError("no lock is held yet; call hold() first")
        statement = text(f"SELECT {function}(hashtextextended(:executor_id, 0))")
        return bool(self._connection.execute(statement, {"executor_id": executor_id}).scalar())


def _lock(path: Path) -> int | None:
    """The locked file, or None if another process removed it between our opening and our locking it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    if path.exists() and path.stat().st_ino == os.fstat(descriptor).st_ino:
        return descriptor
    os.close(descriptor)
    return None


def _remove_if_free(path: Path) -> bool:
    """Whether no process holds this file. It is removed while we hold it, so that nobody can lock it meanwhile."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.unlink(missing_ok=True)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True
