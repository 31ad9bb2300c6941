"""Rasa's memory of conversations in SQL, with the recent events only.

Runs in Rasa's own Python 3.10 environment. Rasa 3.6 reads `max_event_history` for no SQL store, and a turn
costs as much as its tracker is long: actions and texts are sent the whole of it.
"""

from typing import Any

import sqlalchemy as sa
from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import SQLTrackerStore
from rasa.shared.core.domain import Domain


class RecentTrackerStore(SQLTrackerStore):
    """An SQL tracker store that reads the newest `max_event_history` events of a session."""

    def __init__(
        self,
        domain: Domain | None = None,
        host: str | None = None,
        event_broker: EventBroker | None = None,
        max_event_history: int = 200,
        **kwargs: Any,
    ) -> None:
        self._newest = max_event_history
        super().__init__(domain=domain, host=host, event_broker=event_broker, **kwargs)
        if self.engine.dialect.name == "sqlite":
            with self.engine.connect() as connection:
                connection.execute("PRAGMA journal_mode=WAL")

    def _event_query(self, session: Any, sender_id: str, fetch_events_from_all_sessions: bool) -> Any:
        """Saving counts with this query what is stored already, so both see the same newest events."""
        events = super()._event_query(session, sender_id, fetch_events_from_all_sessions)
        newest = events.order_by(None).order_by(self.SQLEvent.id.desc()).limit(self._newest).subquery()
        recent = sa.orm.aliased(self.SQLEvent, newest)
        return session.query(recent).order_by(recent.id)
