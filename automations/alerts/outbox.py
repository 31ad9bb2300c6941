"""The outbox of alerts: what is to be told to which channel, taken by one process at a time, tried until it arrives."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from automations.rules.alerts import is_wanted
from automations.rules.deliveries import Verdict, next_pause
from connectors.database.audit import record_audit
from connectors.database.base import new_id
from connectors.database.models.alerts import Alert, AlertChannel, AlertDelivery, ChannelKind, DeliveryState
from connectors.database.session import Database

# Whoever took a delivery and died leaves it to others after this; longer than any single try lasts.
TAKEN = timedelta(minutes=2)
MAX_ERROR_LENGTH = 500
COURIER = "alerts"


@dataclass(frozen=True, slots=True)
class News:
    """That an alert opened, or that it is over."""

    alert: Alert
    is_recovery: bool
    run_id: str | None

    @property
    def event_id(self) -> str:
        return f"{self.alert.id}-{'recovered' if self.is_recovery else 'opened'}"


@dataclass(frozen=True, slots=True)
class Parcel:
    """A delivery that this process has taken, with its channel as it is now. `attempts` counts this try too."""

    delivery: AlertDelivery
    channel: AlertChannel
    attempts: int

    @property
    def events(self) -> Sequence[dict[str, Any]]:
        events: Sequence[dict[str, Any]] = self.delivery.payload["events"]
        return events


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a try came to: `status` of the answer where there is one, `error` a sentence with the next step."""

    verdict: Verdict
    took: timedelta
    status: int | None = None
    error: str | None = None
    asked_pause: timedelta | None = None


def post_news(session: Session, news: Sequence[News], now: datetime) -> None:
    """Put news into the outbox of every channel that wants them.

    People get all news of a moment in one message; a program gets one message for each.
    """
    if not news:
        return
    for channel in session.scalars(select(AlertChannel).where(AlertChannel.is_enabled).order_by(AlertChannel.name)):
        wanted = [one for one in news if _is_wanted_by(channel, one)]
        groups = [[one] for one in wanted] if channel.kind == ChannelKind.WEBHOOK else [wanted]
        session.add_all(_deliver(channel, [_describe(one, now) for one in group], now) for group in groups if group)


def trial_delivery(channel: AlertChannel, now: datetime) -> AlertDelivery:
    """A message that only says that the channel works; it is tried once, by whoever asked for it."""
    event = {"id": f"test-{new_id()}", "type": "test", "at": now.isoformat()}
    return _deliver(channel, [event], now)


def take(database: Database, now: datetime, limit: int) -> list[Parcel]:
    """The deliveries whose time has come; nobody else gets them meanwhile."""
    is_due = (AlertDelivery.state == DeliveryState.PENDING.value, AlertDelivery.next_try_at <= now)
    with database.read() as session:
        if session.scalar(select(AlertDelivery.id).where(*is_due).limit(1)) is None:
            return []
    query = select(AlertDelivery).where(*is_due).order_by(AlertDelivery.next_try_at, AlertDelivery.id).limit(limit)
    parcels = []
    with database.write() as session:
        for delivery in session.scalars(query.with_for_update(skip_locked=True)):
            channel = session.get(AlertChannel, delivery.channel_id)
            if channel is None or not channel.is_enabled:
                delivery.state, delivery.settled_at = DeliveryState.WITHDRAWN.value, now
                continue
            delivery.attempts += 1
            delivery.next_try_at = now + TAKEN
            parcels.append(Parcel(delivery, channel, delivery.attempts))
    return parcels


def settle(session: Session, parcel: Parcel, outcome: Outcome, now: datetime, chance: float) -> None:
    """Record a try. One that another process has taken over meanwhile is theirs to settle."""
    pause = next_pause(parcel.attempts, chance, outcome.asked_pause) if outcome.verdict is Verdict.AGAIN else None
    state = DeliveryState.SENT if outcome.verdict is Verdict.DELIVERED else DeliveryState.GIVEN_UP
    changed = session.execute(
        update(AlertDelivery)
        .where(
            AlertDelivery.id == parcel.delivery.id,
            AlertDelivery.attempts == parcel.attempts,
            AlertDelivery.state == DeliveryState.PENDING.value,
        )
        .values(
            state=DeliveryState.PENDING.value if pause is not None else state.value,
            next_try_at=now + (pause or timedelta()),
            settled_at=None if pause is not None else now,
            last_status=outcome.status,
            last_error=outcome.error[:MAX_ERROR_LENGTH] if outcome.error else None,
            duration_ms=round(outcome.took.total_seconds() * 1000),
        )
        .returning(AlertDelivery.id)
    ).first()
    if changed is not None and outcome.verdict is Verdict.GONE:
        _switch_off(session, parcel.channel.id)


def send_again(session: Session, delivery_id: str, actor: str, now: datetime) -> bool:
    """Try a delivery that was given up from the beginning, under the same id; False if it is none."""
    delivery = session.get(AlertDelivery, delivery_id, with_for_update=True)
    if delivery is None or delivery.state not in (DeliveryState.GIVEN_UP, DeliveryState.WITHDRAWN):
        return False
    delivery.state, delivery.settled_at = DeliveryState.PENDING.value, None
    delivery.attempts, delivery.next_try_at = 0, now
    record_audit(session, actor, "alert.send_again", "alert_delivery", delivery.id, channel=delivery.channel_name)
    return True


def _is_wanted_by(channel: AlertChannel, news: News) -> bool:
    alert = news.alert
    return is_wanted(
        channel.kinds, channel.jobs, channel.tells_recovery, alert.kind, alert.job, is_recovery=news.is_recovery
    )


def _describe(news: News, now: datetime) -> dict[str, Any]:
    """What happened, as data; the words are chosen when it is sent."""
    alert = news.alert
    closed_at = alert.closed_at or now
    return {
        "id": news.event_id,
        "type": "recovered" if news.is_recovery else "opened",
        "kind": alert.kind,
        "job": alert.job,
        "schedule": alert.subject if alert.kind == "did_not_run" else None,
        "connection": alert.subject if alert.kind == "connection_failing" else None,
        "run": news.run_id,
        "at": (closed_at if news.is_recovery else alert.opened_at).isoformat(),
        "since": alert.opened_at.isoformat(),
        "times": alert.times,
        "facts": dict(alert.facts),
    }


def _deliver(channel: AlertChannel, events: Sequence[dict[str, Any]], now: datetime) -> AlertDelivery:
    return AlertDelivery(
        id=f"msg_{new_id()}",
        channel_id=channel.id,
        channel_name=channel.name,
        event_id=events[0]["id"],
        payload={"events": list(events)},
        state=DeliveryState.PENDING.value,
        attempts=0,
        next_try_at=now,
        created_at=now,
    )


def _switch_off(session: Session, channel_id: str) -> None:
    channel = session.get(AlertChannel, channel_id)
    if channel is not None and channel.is_enabled:
        channel.is_enabled = False
        channel.version += 1
        record_audit(session, COURIER, "alert_channel.switch_off", "alert_channel", channel_id, reason="410 Gone")
