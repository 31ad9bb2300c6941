"""Which conversations changed since the last look, whoever changed them: each change is named once."""

from datetime import datetime, timedelta

from sqlalchemy import select

from connectors.database.models.conversation import Conversation
from connectors.database.session import Database

# A change carries the time before its transaction ended, by the clock of its machine: look back this much.
LOOK_BACK = timedelta(seconds=2)
MAX_CHANGES = 1000


class Changes:
    """What changes after `now`, look by look."""

    def __init__(self, database: Database, now: datetime) -> None:
        self._database = database
        self._since = now - LOOK_BACK
        self._seen: dict[str, datetime] = {}

    def look(self, now: datetime) -> list[str]:
        """The conversations that changed since the last look; an error leaves everything to the next one."""
        found = self._find()
        changed = [conversation_id for conversation_id, at in found.items() if self._seen.get(conversation_id) != at]
        # A full page is not all: the next look goes on where it ended.
        self._since = now - LOOK_BACK if len(found) < MAX_CHANGES else max(found.values())
        self._seen = found
        return changed

    def _find(self) -> dict[str, datetime]:
        query = (
            select(Conversation.id, Conversation.updated_at)
            .where(Conversation.updated_at >= self._since)
            .order_by(Conversation.updated_at, Conversation.id)
            .limit(MAX_CHANGES)
        )
        with self._database.read() as session:
            return {row.id: row.updated_at for row in session.execute(query)}
