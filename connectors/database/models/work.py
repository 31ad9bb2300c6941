"""Tables of the back office: connections, schedules, runs, their steps and items."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    BindParameter,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    and_,
    bindparam,
    false,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column

from connectors.database.base import Base, new_id, utc_now


class RunState(StrEnum):
    """`skipped` is a firing that the overlap rule left out. That a run was interrupted is said by `Run.resumed`."""

    QUEUED = "queued"
    RUNNING = "running"
    WAITING_FOR_APPROVAL = "waiting_for_approval"
    SUCCEEDED = "succeeded"
    SUCCEEDED_WITH_EXCEPTIONS = "succeeded_with_exceptions"
    FAILED = "failed"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"


class ItemState(StrEnum):
    """`new` is planned and not yet looked at; `exception` needs a person; `failed` is technical."""

    NEW = "new"
    IN_PROGRESS = "in_progress"
    WAITING = "waiting"
    DONE = "done"
    EXCEPTION = "exception"
    FAILED = "failed"
    SKIPPED = "skipped"


OPEN_STATES = (ItemState.EXCEPTION.value, ItemState.WAITING.value, ItemState.FAILED.value)


class EffectState(StrEnum):
    """Where an effect stands in the outbox; no effect = None.

    `sending` is written before the job is asked to carry it out, `done` when it said so. `refused` was said by the
    other system, `rejected` by an approver. Of an `unknown` one nobody could say whether it arrived.
    """

    WAITING_FOR_APPROVAL = "waiting_for_approval"
    PENDING = "pending"
    SENDING = "sending"
    DONE = "done"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    REJECTED = "rejected"


class ConnectionHealth(StrEnum):
    """What is known of a connection: never tried, works, or fails."""

    UNKNOWN = "unknown"
    GOOD = "good"
    FAILING = "failing"


class Connection(Base):
    """A configured connector: which vendor, for which contracts, which settings, and how much it may be asked.

    `secrets` is a sealed JSON object of the settings that nobody may read. `networks` are the private networks that may
    be called ("10.1.0.0/16"). A paused connection serves nobody; a read-only one refuses every writing call. `health`
    has been what it is since `health_since`; its history are `ConnectionStretch`es. `next_check_at` is when it is tried
    again, and `next_call_at` the first moment at which a paced connection may be called again, by all processes
    together.
    """

    __tablename__ = "connections"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    vendor: Mapped[str] = mapped_column(String(40))
    contracts: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    secrets: Mapped[str] = mapped_column(Text, default="", server_default="")
    networks: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    is_read_only: Mapped[bool] = mapped_column(default=False, server_default=false())
    is_paused: Mapped[bool] = mapped_column(default=False, server_default=false())
    health: Mapped[str] = mapped_column(String(20), default=ConnectionHealth.UNKNOWN.value, server_default="unknown")
    health_since: Mapped[datetime | None]
    next_check_at: Mapped[datetime | None]
    max_concurrent_runs: Mapped[int | None]
    calls_per_minute: Mapped[int | None]
    next_call_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    created_at: Mapped[datetime] = mapped_column(default=utc_now)


class ConnectionChoice(Base):
    """Which of several connections serves a contract; without a row it is the oldest one."""

    __tablename__ = "connection_choices"

    contract: Mapped[str] = mapped_column(String(40), primary_key=True)
    connection_id: Mapped[str] = mapped_column(ForeignKey("connections.id"), index=True)


class ConnectionStretch(Base):
    """A time in which a connection worked or failed; `sentence` is what the last try of it found.

    `kind` names the error of the first try that failed (unavailable, auth_failed, …), `times` counts the tries, and
    `took_ms` is how long the last one took.
    """

    __tablename__ = "connection_stretches"
    __table_args__ = (Index("ix_connection_stretches_connection", "connection_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    connection_id: Mapped[str] = mapped_column(ForeignKey("connections.id"))
    health: Mapped[str] = mapped_column(String(20))
    kind: Mapped[str] = mapped_column(String(20), default="")
    sentence: Mapped[str] = mapped_column(Text, default="")
    times: Mapped[int] = mapped_column(default=1)
    took_ms: Mapped[int | None]
    began_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]


class Schedule(Base):
    """When a job starts by itself; `timing` is JSON as `automations/rules/timings.py` reads it, local to `timezone`.

    With `calendar_country` firings on its public holidays and on company closures are left out. `overlap` is what
    happens while an earlier run is at work (skip, queue_one, queue_all, cancel_other), `missed` which firings are made
    up for (none, last, all). Firings up to `settled_until` are settled: run, left out or forgotten. `alarm_minutes`
    after a firing its run must have begun. A deleted schedule stays for the history of its runs.
    """

    __tablename__ = "schedules"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    job: Mapped[str] = mapped_column(String(60), index=True)
    name: Mapped[str] = mapped_column(String(100), default="", server_default="")
    timing: Mapped[dict[str, Any]]
    timezone: Mapped[str] = mapped_column(String(64))
    calendar_country: Mapped[str | None] = mapped_column(String(10))
    overlap: Mapped[str] = mapped_column(String(20), default="skip", server_default="skip")
    missed: Mapped[str] = mapped_column(String(10), default="last", server_default="last")
    alarm_minutes: Mapped[int | None]
    is_enabled: Mapped[bool] = mapped_column(default=True)
    parameters: Mapped[dict[str, Any]] = mapped_column(default=dict)
    settled_until: Mapped[datetime] = mapped_column(default=utc_now)
    updated_at: Mapped[datetime] = mapped_column(default=utc_now)
    deleted_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)


class Run(Base):
    """One execution of a job, recorded before anything happens.

    `id` is random for a run started by a person; for a firing it is schedule id + local scheduled time
    with its UTC offset, so that the same firing can exist only once. `retry_of` names the run whose items
    (`only_keys`, None = all) are taken up again at the step `from_step`. `heartbeat_at` is the last sign of life,
    `connections` what the run asks while it is running, `job_fingerprint` the job's code when it began,
    `approved_at` when nothing of it waited for consent any more.
    """

    __tablename__ = "runs"
    __table_args__ = (
        Index("ix_runs_job_created", "job", "created_at"),
        Index("ix_runs_schedule", "schedule_id", "scheduled_for"),
        Index("ix_runs_created", "created_at", "id"),
        Index("ix_runs_state_created", "state", "created_at"),
        Index("ix_runs_job_state", "job", "state", "created_at"),
    )

    id: Mapped[str] = mapped_column(String(100), primary_key=True, default=new_id)
    job: Mapped[str] = mapped_column(String(60))
    schedule_id: Mapped[str | None] = mapped_column(ForeignKey("schedules.id"))
    scheduled_for: Mapped[datetime | None]
    started_by: Mapped[str] = mapped_column(String(320))
    is_dry_run: Mapped[bool] = mapped_column(default=False)
    parameters: Mapped[dict[str, Any]] = mapped_column(default=dict)
    state: Mapped[str] = mapped_column(String(30), default=RunState.QUEUED.value, index=True)
    resumed: Mapped[int] = mapped_column(default=0)
    failure: Mapped[str | None] = mapped_column(Text)
    summary: Mapped[dict[str, Any]] = mapped_column(default=dict)
    items_total: Mapped[int | None]
    items_done: Mapped[int] = mapped_column(default=0)
    retry_of: Mapped[str | None] = mapped_column(String(100), index=True)
    from_step: Mapped[str | None] = mapped_column(String(20))
    only_keys: Mapped[list[Any] | None] = mapped_column(JSON(none_as_null=True))
    is_backfill: Mapped[bool] = mapped_column(default=False, server_default=false())
    job_fingerprint: Mapped[str | None] = mapped_column(String(64))
    connections: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    cancel_requested_at: Mapped[datetime | None]
    cancel_requested_by: Mapped[str | None] = mapped_column(String(320))
    heartbeat_at: Mapped[datetime | None]
    approved_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None] = mapped_column(index=True)


class RunItem(Base):
    """The outcome of one item (one invoice, one employee, one product) in one run.

    `outcome` is a word of the job's own ("matched"); `reasons` is a list of
    {"code", "found", "expected", "limit", "owner", "where", "text"?}. `effect` is what the job still has to do,
    or did, in other systems for this item; it is kept so that a resumed run can do it again. The item is
    `in_progress` until its effect is carried out and then gets `decided_state`. `effect_key` makes doing the effect
    twice harmless, `effect_reference` is what the other system calls it, `amount` what it is worth. `is_latest` is
    false in a dry run, and once a later real run of the job has decided the same item again.
    """

    __tablename__ = "run_items"
    __table_args__ = (
        UniqueConstraint("run_id", "key"),
        Index("ix_run_items_state", "state", "id"),
        Index("ix_run_items_key", "key", "id"),
        Index("ix_run_items_owner", "owner", "id"),
        # Looked into for titles that begin with a text, which an index in the order of a language cannot do.
        Index("ix_run_items_title", "title", postgresql_ops={"title": "varchar_pattern_ops"}),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id"))
    key: Mapped[str] = mapped_column(String(200))
    title: Mapped[str] = mapped_column(String(300))
    state: Mapped[str] = mapped_column(String(20))
    outcome: Mapped[str] = mapped_column(String(40))
    reasons: Mapped[list[Any]] = mapped_column(default=list)
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)
    owner: Mapped[str | None] = mapped_column(String(40))
    decided_state: Mapped[str | None] = mapped_column(String(20))
    effect: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    effect_state: Mapped[str | None] = mapped_column(String(20))
    effect_key: Mapped[str | None] = mapped_column(String(400))
    effect_reference: Mapped[str | None] = mapped_column(String(200))
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    amount: Mapped[Decimal | None]
    currency: Mapped[str | None] = mapped_column(String(10))
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[str | None] = mapped_column(String(320))
    settled_reason: Mapped[str | None] = mapped_column(String(500))
    is_latest: Mapped[bool] = mapped_column(default=True, server_default=true())
    at: Mapped[datetime] = mapped_column(default=utc_now)


def needs_somebody(item: type[RunItem] = RunItem) -> ColumnElement[bool]:
    """The latest verdict on an item that a person has to look at, and that nobody has settled.

    Its values are written out: an index of some rows is used only where a query is seen to ask for no others.
    """
    states: BindParameter[Any] = bindparam("open_states", OPEN_STATES, expanding=True, literal_execute=True)
    return and_(item.is_latest.is_(True), item.settled_at.is_(None), item.state.in_(states))


Index(
    "ix_run_items_open",
    RunItem.is_latest,
    RunItem.id,
    sqlite_where=needs_somebody(),
    postgresql_where=needs_somebody(),
)


class RunEvent(Base):
    """A line of the structured log of a run, or of one of its items; `level` is info, warning or error."""

    __tablename__ = "run_events"
    __table_args__ = (
        Index("ix_run_events_run", "run_id", "id"),
        Index("ix_run_events_item", "run_id", "item_key", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id"))
    item_key: Mapped[str | None] = mapped_column(String(200))
    at: Mapped[datetime] = mapped_column(default=utc_now)
    level: Mapped[str] = mapped_column(String(10), default="info")
    event: Mapped[str] = mapped_column(String(60))
    fields: Mapped[dict[str, Any]] = mapped_column(default=dict)
