"""The watch: compares what is known with what is seen, records the difference, and puts the news into the outbox."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from automations.alerts import sightings
from automations.alerts.due_firings import DueFirings
from automations.alerts.outbox import News, post_news
from automations.rules.alerts import FLAPPING_WITHIN, Change, Key, Known, Sighting, Step, changes, is_held
from connectors.database.base import new_id
from connectors.database.models.alerts import Alert, AlertKind, AlertSilence, AlertWatch, Ending, JudgedRun
from connectors.database.session import Database, wait_in_line

THE_ONE = 1


class Watch:
    """Any number of processes may have one: one of them looks at a time."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._due = DueFirings()

    def look(self, now: datetime) -> int:
        """Look once; returns how many alerts opened, closed or were told late."""
        with self._database.write() as session:
            row = session.get(AlertWatch, THE_ONE, with_for_update={"skip_locked": True}, populate_existing=True)
            if row is None:
                return _begin(session, now)
            return _look(session, row, self._due.of(session, now), now)


def watch_settings(session: Session, now: datetime) -> AlertWatch:
    """The row of settings; an unsaved one with the defaults before the first look."""
    found = session.get(AlertWatch, THE_ONE)
    return found or AlertWatch(id=THE_ONE, looked_at=now, exceptions_limit=50, stalled_minutes=15)


def _begin(session: Session, now: datetime) -> int:
    """Of what ended before the first look of an installation nobody is told."""
    wait_in_line(session, "first look of the alert watch")
    if session.get(AlertWatch, THE_ONE) is None:
        session.add(watch_settings(session, now))
    return 0


def _look(session: Session, watch: AlertWatch, due: Mapping[str, datetime | None], now: datetime) -> int:
    alerts = {Key(AlertKind(one.kind), one.subject): one for one in open_alerts(session)}
    seen = [
        *sightings.of_finished_runs(session, watch, now),
        *sightings.of_schedules(session, due, alerts, now),
        *sightings.of_stalled_runs(session, _stalled_after(watch), alerts, now),
        *sightings.of_approvals(session, alerts, now),
        *sightings.of_connections(session, alerts, now),
    ]
    known = {key: Known(alert.cause, alert.told_at is not None) for key, alert in alerts.items()}
    held = _held(session, {*known, *(one.key for one in seen)}, now)
    made = changes(known, seen, held)
    post_news(session, [news for change in made if (news := _carry_out(session, alerts, change, now))], now)
    session.execute(delete(JudgedRun).where(JudgedRun.at < watch.looked_at - 2 * sightings.LOOK_BACK))
    return sum(change.step is not Step.REPEAT for change in made)


def open_alerts(session: Session) -> Sequence[Alert]:
    return session.scalars(select(Alert).where(Alert.closed_at.is_(None)).order_by(Alert.opened_at, Alert.id)).all()


def _stalled_after(watch: AlertWatch) -> timedelta:
    return timedelta(minutes=watch.stalled_minutes)


def _held(session: Session, keys: Iterable[Key], now: datetime) -> frozenset[Key]:
    silences = {(one.kind, one.subject): one.until for one in session.scalars(select(AlertSilence))}
    told: dict[tuple[str, str], list[datetime]] = {}
    query = select(Alert.kind, Alert.subject, Alert.told_at).where(Alert.told_at > now - FLAPPING_WITHIN)
    for kind, subject, moment in session.execute(query):
        told.setdefault((kind, subject), []).extend([moment] if moment else [])
    return frozenset(
        key
        for key in keys
        if is_held(silences.get((key.kind, key.subject)), told.get((key.kind, key.subject), ()), now)
    )


def _carry_out(session: Session, alerts: dict[Key, Alert], change: Change, now: datetime) -> News | None:
    """Record a change; what people are to be told of it."""
    alert = _open(alerts, change) if change.step is Step.OPEN else alerts[change.key]
    session.add(alert)
    if change.step is Step.REPEAT and change.sighting is not None:
        _repeat(alert, change.sighting)
    if change.step in (Step.RECOVER, Step.DROP):
        alert.closed_at = change.sighting.at if change.sighting else now
        alert.ending = Ending.RECOVERED if change.step is Step.RECOVER else Ending.GONE
        del alerts[change.key]
    elif change.is_news:
        alert.told_at = now
    # The next change may open the same alert again, and of each one only is open at any moment.
    session.flush()
    if not change.is_news:
        return None
    recovery_run = change.sighting.run_id if change.step is Step.RECOVER and change.sighting else None
    return News(alert, is_recovery=change.step is Step.RECOVER, run_id=recovery_run or alert.run_id)


def _open(alerts: dict[Key, Alert], change: Change) -> Alert:
    sighting = change.sighting
    if sighting is None:
        raise ValueError("an alert opens because something was seen")
    alert = Alert(
        id=new_id(),
        kind=change.key.kind.value,
        subject=change.key.subject,
        job=sighting.job,
        run_id=sighting.run_id,
        cause=sighting.cause,
        times=1,
        facts=dict(sighting.facts),
        opened_at=sighting.at,
    )
    alerts[change.key] = alert
    return alert


def _repeat(alert: Alert, sighting: Sighting) -> None:
    alert.cause = sighting.cause
    alert.times += 1
    alert.run_id = sighting.run_id
    alert.facts = dict(sighting.facts)
