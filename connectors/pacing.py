"""Keeping to how often a connection may be called, by all processes together."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import select

from connectors.database.failures import explain_failures
from connectors.database.models.work import Connection
from connectors.database.session import Database

# However far ahead the next free moment lies, for example because a clock was set back: nobody waits longer.
LONGEST_WAIT = timedelta(minutes=10)


class Pace:
    """Evenly spaced calls: each takes the next free moment, which the row of the connection keeps."""

    def __init__(self, database: Database, now: Callable[[], datetime], wait: Callable[[float], None]) -> None:
        self._database = database
        self._now = now
        self._wait = wait

    def take_turn(self, connection_name: str, calls_per_minute: int) -> None:
        """Wait until this connection may be called once more."""
        now = self._now()
        with explain_failures(), self._database.write() as session:
            row = session.scalars(select(Connection).where(Connection.name == connection_name).with_for_update()).one()
            moment = min(max(row.next_call_at or now, now), now + LONGEST_WAIT)
            row.next_call_at = moment + timedelta(minutes=1) / calls_per_minute
        if moment > now:
            self._wait((moment - now).total_seconds())
