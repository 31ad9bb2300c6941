"""Who is there to take conversations: what agents said, their hours, and whether their inbox is open."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from automations.rules.business_calendar import BusinessCalendar, Stretch
from bot.handoff.assignment import Dealt
from bot.handoff.presence import GONE_AFTER
from bot.services.opening_hours import told
from connectors.database.audit import record_audit
from connectors.database.models.conversation import Conversation, Owner
from connectors.database.models.inbox import Availability
from connectors.database.models.people import User

# The inbox says that it is open this often.
SEEN_EVERY = timedelta(seconds=30)
MAX_CAPACITY = 50


@dataclass(frozen=True, slots=True)
class TeamMember:
    """An agent with what the deal knows about them; `hours` are empty where the company's count."""

    user: User
    dealt: Dealt
    hours: Sequence[Stretch]


def availability_of(session: Session, user_id: str) -> Availability:
    """What an agent set, or how everybody begins; kept with the session."""
    found = session.get(Availability, user_id)
    if found is None:
        found = Availability(user_id=user_id, is_taking=False, capacity=5, hours=[])
        session.add(found)
        session.flush()
    return found


def set_taking(session: Session, user: User, *, is_taking: bool, actor: str) -> None:
    """Whether this agent is given waiting customers from now on; `actor` is who says so."""
    own = availability_of(session, user.id)
    if own.is_taking != is_taking:
        before, own.is_taking = own.is_taking, is_taking
        was, became = {"is_taking": before}, {"is_taking": is_taking}
        record_audit(session, actor, "agent.availability", "user", user.id, before=was, after=became)


def set_limits(session: Session, user_id: str, capacity: int, hours: Sequence[Stretch], actor: str) -> None:
    """How many conversations at once, and when; no hours are those of the company."""
    own = availability_of(session, user_id)
    before = {"capacity": own.capacity, **told(stretches_of(own))}
    own.capacity = capacity
    own.hours = [[one.weekday, f"{one.opens:%H:%M}", f"{one.closes:%H:%M}"] for one in hours]
    after = {"capacity": capacity, **told(hours)}
    record_audit(session, actor, "agent.availability", "user", user_id, before=before, after=after)


def note_seen(session: Session, user_id: str, now: datetime) -> None:
    """This agent's inbox is open; written now and then only."""
    if session.get(Availability, user_id) is None:
        availability_of(session, user_id)
    is_old = or_(Availability.last_seen_at.is_(None), Availability.last_seen_at < now - SEEN_EVERY)
    session.execute(update(Availability).where(Availability.user_id == user_id, is_old).values(last_seen_at=now))


def read_team(session: Session, company: BusinessCalendar, now: datetime) -> Sequence[TeamMember]:
    """Everybody who may log in, by name."""
    is_busy = or_(Conversation.snoozed_until.is_(None), Conversation.snoozed_until <= now)
    busy = (
        select(Conversation.agent_id, func.count())
        .where(Conversation.owner == Owner.HUMAN, is_busy)
        .group_by(Conversation.agent_id)
    )
    counts = {row[0]: row[1] for row in session.execute(busy)}
    query = (
        select(User, Availability)
        .outerjoin(Availability, Availability.user_id == User.id)
        .where(User.is_active.is_(True))
        .order_by(User.name, User.id)
    )
    return [
        _member(user, own or Availability(user_id=user.id, is_taking=False, capacity=5, hours=[]), counts, company, now)
        for user, own in session.execute(query)
    ]


def _member(
    user: User, own: Availability, counts: dict[str | None, int], company: BusinessCalendar, now: datetime
) -> TeamMember:
    hours = stretches_of(own)
    calendar = BusinessCalendar(company.zone, hours, company.closed_days) if hours else company
    dealt = Dealt(
        user_id=user.id,
        is_taking=own.is_taking,
        is_here=own.last_seen_at is not None and own.last_seen_at > now - GONE_AFTER,
        is_on_duty=calendar.is_open(now),
        busy_with=counts.get(user.id, 0),
        capacity=own.capacity,
        last_given_at=own.last_given_at,
    )
    return TeamMember(user, dealt, hours)


def stretches_of(own: Availability) -> Sequence[Stretch]:
    return [
        Stretch(weekday, time.fromisoformat(opens), time.fromisoformat(closes)) for weekday, opens, closes in own.hours
    ]
