"""How connections fare: each try is recorded, and a change of health is logged once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Select, delete, or_, select, update
from sqlalchemy.orm import Session

from connectors.database.models.work import Connection, ConnectionHealth, ConnectionStretch
from connectors.errors import AuthFailed, ConnectorError, NotFound, RateLimited, Rejected, Unavailable

CHECK_EVERY = timedelta(minutes=10)
RECHECK_FAILING_EVERY = timedelta(minutes=1)
# Whoever took a check and died leaves it to others then; longer than any check takes.
CHECK_TAKES_AT_MOST = timedelta(minutes=5)
STRETCHES_KEPT = 500
LONGEST_SENTENCE = 2000
KINDS = {
    Unavailable: "unavailable",
    AuthFailed: "auth_failed",
    RateLimited: "rate_limited",
    NotFound: "not_found",
    Rejected: "rejected",
}

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Try:
    """What trying a connection found, in one sentence; `error` is None when it works."""

    sentence: str
    at: datetime
    took: timedelta
    error: ConnectorError | None = None

    @property
    def health(self) -> ConnectionHealth | None:
        """None: a system that asks for patience works as well as it did before."""
        if isinstance(self.error, RateLimited):
            return None
        return ConnectionHealth.GOOD if self.error is None else ConnectionHealth.FAILING

    @property
    def kind(self) -> str:
        return "" if self.error is None else KINDS[type(self.error)]


def record_try(session: Session, connection_id: str, found: Try) -> None:
    """Record a try; a connection that was removed meanwhile has no health."""
    row = session.get(Connection, connection_id, with_for_update=True, populate_existing=True)
    if row is None or _is_outdated(session, row, found):
        return
    row.next_check_at = found.at + (RECHECK_FAILING_EVERY if found.health is ConnectionHealth.FAILING else CHECK_EVERY)
    if found.health is None:
        return
    if row.health == found.health:
        _prolong(session, row, found)
    else:
        _begin(session, row, found)


def _is_outdated(session: Session, row: Connection, found: Try) -> bool:
    """One that hung and began before a newer one; what lies further ahead is a clock that was set, and not newer."""
    newest = session.scalars(_newest_first(row.id).limit(1)).first()
    return newest is not None and found.at < newest.last_seen_at < found.at + CHECK_TAKES_AT_MOST


def _prolong(session: Session, row: Connection, found: Try) -> None:
    stretch = session.scalars(_newest_first(row.id).limit(1)).first()
    if stretch is not None:
        stretch.sentence, stretch.last_seen_at = found.sentence[:LONGEST_SENTENCE], found.at
        stretch.kind, stretch.took_ms = found.kind, _milliseconds(found.took)
        stretch.times += 1


def _begin(session: Session, row: Connection, found: Try) -> None:
    if found.error is not None:
        log.warning("connection_failing", connection=row.name, vendor=row.vendor, reason=found.sentence)
    elif row.health == ConnectionHealth.FAILING:
        log.info("connection_recovered", connection=row.name, vendor=row.vendor)
    row.health, row.health_since = (found.health or ConnectionHealth.UNKNOWN).value, found.at
    session.add(
        ConnectionStretch(
            connection_id=row.id,
            health=row.health,
            kind=found.kind,
            sentence=found.sentence[:LONGEST_SENTENCE],
            took_ms=_milliseconds(found.took),
            began_at=found.at,
            last_seen_at=found.at,
        )
    )
    session.flush()
    outdated = _newest_first(row.id).with_only_columns(ConnectionStretch.id).offset(STRETCHES_KEPT)
    session.execute(delete(ConnectionStretch).where(ConnectionStretch.id.in_(list(session.scalars(outdated)))))


def read_stretches(session: Session, connection_id: str, limit: int) -> Sequence[ConnectionStretch]:
    """How the connection fared, newest first."""
    return session.scalars(_newest_first(connection_id).limit(limit)).all()


def hurry_check(session: Session, connection_id: str, now: datetime) -> None:
    """Somebody's call failed: the next look tries the connection, instead of whenever its turn comes."""
    session.execute(
        update(Connection)
        .where(Connection.id == connection_id, Connection.health != ConnectionHealth.FAILING.value)
        .values(next_check_at=now)
    )


def has_due_check(session: Session, vendors: Sequence[str], now: datetime) -> bool:
    """Asked first, because most looks find nothing, and taking a check waits for whoever writes."""
    return session.scalars(_due_checks(vendors, now)).first() is not None


def take_due_check(session: Session, vendors: Sequence[str], now: datetime) -> str | None:
    """The name of a connection of these vendors that is to be tried now; nobody else gets it meanwhile."""
    row = session.scalars(_due_checks(vendors, now).with_for_update(skip_locked=True)).first()
    if row is None:
        return None
    row.next_check_at = now + CHECK_TAKES_AT_MOST
    return row.name


def _due_checks(vendors: Sequence[str], now: datetime) -> Select[Connection]:
    is_due = or_(Connection.next_check_at.is_(None), Connection.next_check_at <= now)
    return (
        select(Connection)
        .where(is_due, Connection.is_paused.is_(False), Connection.vendor.in_(vendors))
        .order_by(Connection.next_check_at, Connection.id)
        .limit(1)
    )


def _newest_first(connection_id: str) -> Select[ConnectionStretch]:
    return (
        select(ConnectionStretch)
        .where(ConnectionStretch.connection_id == connection_id)
        .order_by(ConnectionStretch.id.desc())
    )


def _milliseconds(took: timedelta) -> int:
    return round(took.total_seconds() * 1000)
