"""What people do with alerts: look at them, acknowledge them, ask for quiet, and set the limits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from automations.alerts.watch import watch_settings
from connectors.database.audit import record_audit
from connectors.database.models.alerts import Alert, AlertDelivery, AlertSilence, AlertWatch

HIGHEST_EXCEPTIONS_LIMIT, LONGEST_STALLED_MINUTES = 1_000_000, 7 * 24 * 60


@dataclass(frozen=True, slots=True)
class OpenAlert:
    """An open alert and until when it is silenced, if it is."""

    alert: Alert
    silenced_until: datetime | None


@dataclass(frozen=True, slots=True)
class AlertPage:
    """Closed alerts, the latest first; `older_than` asks for the next page."""

    alerts: Sequence[Alert]
    older_than: str | None


@dataclass(frozen=True, slots=True)
class DeliveryPage:
    """Deliveries, newest first; `older_than` asks for the next page."""

    deliveries: Sequence[AlertDelivery]
    older_than: str | None


def list_open(session: Session, now: datetime) -> list[OpenAlert]:
    """What is wrong now, the oldest first."""
    is_silence = and_(AlertSilence.kind == Alert.kind, AlertSilence.subject == Alert.subject, AlertSilence.until > now)
    query = (
        select(Alert, AlertSilence.until)
        .outerjoin(AlertSilence, is_silence)
        .where(Alert.closed_at.is_(None))
        .order_by(Alert.opened_at, Alert.id)
    )
    return [OpenAlert(alert, until) for alert, until in session.execute(query)]


def list_closed(session: Session, older_than: str | None, limit: int) -> AlertPage:
    query = select(Alert).where(Alert.closed_at.is_not(None)).order_by(Alert.closed_at.desc(), Alert.id.desc())
    last = session.get(Alert, older_than) if older_than else None
    if last is not None:
        is_earlier = and_(Alert.closed_at == last.closed_at, Alert.id < last.id)
        query = query.where(or_(Alert.closed_at < last.closed_at, is_earlier))
    found = session.scalars(query.limit(limit + 1)).all()
    return AlertPage(found[:limit], found[limit - 1].id if len(found) > limit else None)


def list_deliveries(session: Session, older_than: str | None, limit: int) -> DeliveryPage:
    table = AlertDelivery
    query = select(table).order_by(table.created_at.desc(), table.id.desc())
    last = session.get(table, older_than) if older_than else None
    if last is not None:
        is_earlier = and_(table.created_at == last.created_at, table.id < last.id)
        query = query.where(or_(table.created_at < last.created_at, is_earlier))
    found = session.scalars(query.limit(limit + 1)).all()
    return DeliveryPage(found[:limit], found[limit - 1].id if len(found) > limit else None)


def acknowledge(session: Session, alert: Alert, actor: str, now: datetime) -> None:
    """Somebody is on it; the first who says so stays named."""
    if alert.acknowledged_at is None and alert.closed_at is None:
        alert.acknowledged_at, alert.acknowledged_by = now, actor
        _record(session, alert, actor, "alert.acknowledge")


def silence(session: Session, alert: Alert, until: datetime, actor: str) -> None:
    """Tell nobody about this until then, not even when it is over and comes back."""
    key = (alert.kind, alert.subject)
    row = session.get(AlertSilence, key, with_for_update=True) or AlertSilence(kind=key[0], subject=key[1])
    row.until, row.silenced_by = until, actor
    session.add(row)
    _record(session, alert, actor, "alert.silence", until=until.isoformat(timespec="seconds"))


def end_silence(session: Session, alert: Alert, actor: str) -> None:
    row = session.get(AlertSilence, (alert.kind, alert.subject), with_for_update=True)
    if row is not None:
        session.delete(row)
        _record(session, alert, actor, "alert.end_silence")


def silenced_until(session: Session, alert: Alert, now: datetime) -> datetime | None:
    row = session.get(AlertSilence, (alert.kind, alert.subject))
    return row.until if row is not None and row.until > now else None


def set_limits(session: Session, exceptions_limit: int, stalled_minutes: int, actor: str, now: datetime) -> None:
    watch = watch_settings(session, now)
    before = _limits(watch)
    watch.exceptions_limit, watch.stalled_minutes = exceptions_limit, stalled_minutes
    session.add(watch)
    after = _limits(watch)
    record_audit(session, actor, "alert.set_limits", "alert_watch", str(watch.id), before=before, after=after)


def _limits(watch: AlertWatch) -> dict[str, int]:
    return {"exceptions_limit": watch.exceptions_limit, "stalled_minutes": watch.stalled_minutes}


def _record(session: Session, alert: Alert, actor: str, action: str, until: str | None = None) -> None:
    record_audit(session, actor, action, "alert", alert.id, kind=alert.kind, job=alert.job, until=until)
