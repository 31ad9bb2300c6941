"""Trying the connections whose turn it is, so that a system that is away is noticed before somebody needs it."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from connectors.connections.health import has_due_check, take_due_check
from connectors.database.base import utc_now
from connectors.database.session import Database
from connectors.errors import ConnectorError
from connectors.registry import Connectors


class ConnectionChecks:
    """Any number of processes may have one: each connection is tried by one of them at a time.

    Our own database and what lives in memory are left out: whether they work is known without trying.
    """

    def __init__(self, database: Database, connectors: Connectors, now: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._connectors = connectors
        self._now = now
        self._watched = [vendor.name for vendor in connectors.workshop.vendors.values() if vendor.settings]

    def look(self) -> int:
        """Try what is due; returns how many connections that were."""
        tried = 0
        while (name := self._take()) is not None:
            # Its history says what was found.
            with suppress(ConnectorError):
                self._connectors.check(name)
            tried += 1
        return tried

    def _take(self) -> str | None:
        now = self._now()
        with self._database.read() as session:
            if not has_due_check(session, self._watched, now):
                return None
        with self._database.write() as session:
            return take_due_check(session, self._watched, now)
