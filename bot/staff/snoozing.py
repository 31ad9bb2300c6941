"""Snoozing: an agent puts a conversation aside until a moment, or until the customer writes."""

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta, tzinfo

from sqlalchemy.orm import Session

from bot.conversations.ownership import require_owner
from bot.conversations.store import lock_conversation, touch
from connectors.database.audit import record_audit
from connectors.database.models.people import User

MORNING = time(9)
LONGEST = timedelta(days=366)
MONDAY = 0


class SnoozeError(ValueError):
    """A moment that is none, or not within the next year."""


def snooze_choices(now: datetime, zone: tzinfo) -> Sequence[tuple[str, datetime]]:
    """What is offered, by the end of its text's key; on a Sunday tomorrow is Monday, and is offered once."""
    moments = _moments(now, zone)
    return [(name, moment) for name, moment in moments.items() if name != "monday" or moment != moments["tomorrow"]]


def _moments(now: datetime, zone: tzinfo) -> Mapping[str, datetime]:
    today = now.astimezone(zone).date()
    tomorrow = today + timedelta(days=1)
    monday = tomorrow + timedelta(days=(MONDAY - tomorrow.weekday()) % 7)
    return {
        "hour": now + timedelta(hours=1),
        "three_hours": now + timedelta(hours=3),
        "tomorrow": datetime.combine(tomorrow, MORNING, zone),
        "monday": datetime.combine(monday, MORNING, zone),
    }


def read_moment(wanted: str, now: datetime, zone: tzinfo) -> datetime:
    """One of the moments above, or a local time as a browser's field gives it.

    Raises:
        SnoozeError: neither, or not ahead.
    """
    moment = _moments(now, zone).get(wanted)
    if moment is None:
        try:
            moment = datetime.fromisoformat(wanted)
        except ValueError as error:
            raise SnoozeError(wanted) from error
        moment = moment.replace(tzinfo=zone) if moment.tzinfo is None else moment
    if not now < moment <= now + LONGEST:
        raise SnoozeError(wanted)
    return moment


def snooze(session: Session, conversation_id: str, agent: User, until: datetime | None) -> None:
    """Put one's own conversation aside until a moment; None takes it up again.

    Raises:
        OwnershipError: it is not this agent's.
    """
    conversation = lock_conversation(session, conversation_id)
    require_owner(conversation, agent)
    conversation.snoozed_until = until
    touch(conversation)
    action = "conversation.snooze" if until else "conversation.wake"
    moment = until.isoformat(timespec="minutes") if until else None
    record_audit(session, agent.email, action, "conversation", conversation_id, until=moment)
