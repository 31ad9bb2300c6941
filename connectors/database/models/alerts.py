"""Tables of alerts: what is wrong, who wants quiet about it, where it is told, and the outbox of what is told."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from connectors.database.base import Base, new_id, utc_now

_IS_OPEN = text("closed_at IS NULL")


class AlertKind(StrEnum):
    """What can be wrong: with a job, (`did_not_run`) one of its schedules, or (`connection_failing`) a connection."""

    RUN_FAILED = "run_failed"
    DID_NOT_RUN = "did_not_run"
    STALLED = "stalled"
    MANY_EXCEPTIONS = "many_exceptions"
    APPROVAL_OVERDUE = "approval_overdue"
    CONNECTION_FAILING = "connection_failing"


class Ending(StrEnum):
    """`gone`: nobody looks there any more, for example because the schedule was paused; that is no recovery."""

    RECOVERED = "recovered"
    GONE = "gone"


class Alert(Base):
    """A stretch of time in which something was wrong; of each (kind, subject) at most one is open.

    `subject` is a job's name, a schedule's id, or a connection's name; `job` is empty for a connection. `cause` names
    the latest occurrence (a run, a firing), `times` counts them. `told_at` is None while a silence holds the news back.
    `facts` is filled into the texts.
    """

    __tablename__ = "alerts"
    __table_args__ = (
        Index("uq_alerts_open", "kind", "subject", unique=True, sqlite_where=_IS_OPEN, postgresql_where=_IS_OPEN),
        Index("ix_alerts_subject", "kind", "subject", "opened_at"),
        Index("ix_alerts_closed_at_id", "closed_at", "id"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    kind: Mapped[str] = mapped_column(String(30))
    subject: Mapped[str] = mapped_column(String(100))
    job: Mapped[str] = mapped_column(String(60))
    run_id: Mapped[str | None] = mapped_column(String(100))
    cause: Mapped[str] = mapped_column(String(120))
    times: Mapped[int] = mapped_column(default=1)
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    opened_at: Mapped[datetime]
    told_at: Mapped[datetime | None] = mapped_column(index=True)
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[str | None] = mapped_column(String(320))
    closed_at: Mapped[datetime | None]
    ending: Mapped[str | None] = mapped_column(String(20))


class AlertSilence(Base):
    """Nothing is told about this (kind, subject) until then; it outlives the alert that it was asked for."""

    __tablename__ = "alert_silences"

    kind: Mapped[str] = mapped_column(String(30), primary_key=True)
    subject: Mapped[str] = mapped_column(String(100), primary_key=True)
    until: Mapped[datetime]
    silenced_by: Mapped[str] = mapped_column(String(320))


class AlertWatch(Base):
    """The one row that says how far the watch has looked, and from which figures on something is wrong."""

    __tablename__ = "alert_watch"

    id: Mapped[int] = mapped_column(primary_key=True)
    looked_at: Mapped[datetime]
    exceptions_limit: Mapped[int] = mapped_column(default=50)
    stalled_minutes: Mapped[int] = mapped_column(default=15)


class JudgedRun(Base):
    """A finished run that the watch has seen; kept as long as the watch looks back."""

    __tablename__ = "alert_judged_runs"

    run_id: Mapped[str] = mapped_column(String(100), primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)


class ChannelKind(StrEnum):
    MAIL = "mail"
    WEBHOOK = "webhook"
    TELEGRAM = "telegram"


class AlertChannel(Base):
    """Where alerts are told. `target` is an address, a URL or a chat; `jobs` is empty for all jobs.

    `secrets` are the sealed signing secrets of a webhook, newest first, separated by blanks.
    """

    __tablename__ = "alert_channels"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    kind: Mapped[str] = mapped_column(String(20))
    target: Mapped[str] = mapped_column(String(500))
    language: Mapped[str] = mapped_column(String(8))
    kinds: Mapped[list[Any]] = mapped_column(default=list)
    tells_recovery: Mapped[bool] = mapped_column(default=True)
    jobs: Mapped[list[Any]] = mapped_column(default=list)
    is_enabled: Mapped[bool] = mapped_column(default=True)
    secrets: Mapped[str] = mapped_column(Text, default="")
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)


class DeliveryState(StrEnum):
    """`withdrawn`: the channel was switched off or removed before its turn came."""

    PENDING = "pending"
    SENT = "sent"
    GIVEN_UP = "given_up"
    WITHDRAWN = "withdrawn"


class AlertDelivery(Base):
    """A message on its way to a channel. Its id goes with every try, so that the receiver can tell a repeat.

    `next_try_at` of a delivery that is being sent lies ahead: whoever took it and died leaves it to others then.
    """

    __tablename__ = "alert_deliveries"
    __table_args__ = (
        UniqueConstraint("channel_id", "event_id"),
        Index("ix_alert_deliveries_due", "state", "next_try_at"),
        Index("ix_alert_deliveries_created_at_id", "created_at", "id"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    channel_id: Mapped[str] = mapped_column(String(32))
    channel_name: Mapped[str] = mapped_column(String(100))
    event_id: Mapped[str] = mapped_column(String(60))
    payload: Mapped[dict[str, Any]] = mapped_column(default=dict)
    state: Mapped[str] = mapped_column(String(20), default=DeliveryState.PENDING.value)
    attempts: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime]
    last_status: Mapped[int | None]
    last_error: Mapped[str | None] = mapped_column(String(500))
    duration_ms: Mapped[int | None]
    created_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
