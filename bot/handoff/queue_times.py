"""What a customer who waits for a person is told of the queue: their place, and how long it may take."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.conversations.ownership import queue_place
from bot.handoff.expected_wait import COUNTED, expected_wait
from bot.services.business_hours import BusinessHours
from connectors.database.models.conversation import Conversation
from connectors.database.models.people import AuditEntry

QUEUED = frozenset({"conversation.hand_over", "conversation.put_back"})
TAKEN = frozenset({"conversation.take_over", "conversation.assign"})
# Enough entries for 20 waits even where most who were handed over left again.
READ_ENTRIES = 400
# The waits of the day change slowly, and everybody in the queue asks.
FRESH_FOR = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class QueueOutlook:
    """`place` counts from 1. `expected_minutes` is None where nothing is known, as before the first wait of a day."""

    place: int
    expected_minutes: int | None


class QueueTimes:
    """Reads; the waits of the present opening hours are kept for a moment."""

    def __init__(self, hours: BusinessHours) -> None:
        self._hours = hours
        self._lock = threading.Lock()
        self._kept: tuple[datetime, Sequence[timedelta]] | None = None

    def outlook(self, session: Session, conversation: Conversation) -> QueueOutlook | None:
        """None for a conversation that does not wait."""
        place = queue_place(session, conversation)
        if not place or conversation.queued_at is None:
            return None
        now = self._hours.now()
        left = expected_wait(self._waits(session, now), now - conversation.queued_at)
        return QueueOutlook(place, None if left is None else max(1, ceil(left / timedelta(minutes=1))))

    def _waits(self, session: Session, now: datetime) -> Sequence[timedelta]:
        with self._lock:
            kept = self._kept
        if kept is not None and now - kept[0] < FRESH_FOR:
            return kept[1]
        calendar = self._hours.calendar()
        since = calendar.opened_at(now) if calendar.week else now - timedelta(days=1)
        waits = _waits_since(session, since) if since is not None else ()
        with self._lock:
            self._kept = now, waits
        return waits


def _waits_since(session: Session, since: datetime) -> Sequence[timedelta]:
    """From when a customer was handed over until somebody took over, for those who are with a person; oldest first."""
    query = (
        select(AuditEntry.at, AuditEntry.action, AuditEntry.object_id)
        .where(AuditEntry.action.in_(QUEUED | TAKEN), AuditEntry.at >= since)
        .order_by(AuditEntry.at.desc(), AuditEntry.id.desc())
        .limit(READ_ENTRIES)
    )
    queued: dict[str, datetime] = {}
    waits: list[timedelta] = []
    for at, action, conversation_id in reversed(session.execute(query).all()):
        if action in QUEUED:
            queued[conversation_id] = at
        elif (since_when := queued.pop(conversation_id, None)) is not None:
            waits.append(at - since_when)
    return waits[-COUNTED:]
