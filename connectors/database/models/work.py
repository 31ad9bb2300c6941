"""Tables of the back office: connections, schedules, runs, their steps and items."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from connectors.database.base import Base, new_id, utc_now


class RunState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    SUCCEEDED_WITH_EXCEPTIONS = "succeeded_with_exceptions"
    FAILED = "failed"


class ItemState(StrEnum):
    """`exception` needs a person; `failed` is technical."""

    DONE = "done"
    WAITING = "waiting"
    EXCEPTION = "exception"
    FAILED = "failed"
    SKIPPED = "skipped"


class Connection(Base):
    """A configured connector: which vendor, which settings."""

    __tablename__ = "connections"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    contract: Mapped[str] = mapped_column(String(40))
    vendor: Mapped[str] = mapped_column(String(40))
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)


class Schedule(Base):
    """When a job starts by itself. `cron` has five fields with standard meaning, local to `timezone`."""

    __tablename__ = "schedules"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    job: Mapped[str] = mapped_column(String(60), index=True)
    cron: Mapped[str] = mapped_column(String(200))
    timezone: Mapped[str] = mapped_column(String(64))
    is_enabled: Mapped[bool] = mapped_column(default=True)
    parameters: Mapped[dict[str, Any]] = mapped_column(default=dict)
    updated_at: Mapped[datetime] = mapped_column(default=utc_now)
    version: Mapped[int] = mapped_column(default=1)


class Run(Base):
    """One execution of a job, recorded before anything happens.

    `id` is random for a run started by a person; for a firing it is schedule id + local scheduled time
    with its UTC offset, so that the same firing can exist only once.
    """

    __tablename__ = "runs"
    __table_args__ = (Index("ix_runs_job_created", "job", "created_at"),)

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
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class RunItem(Base):
    """The outcome of one item (one invoice, one employee, one product) in one run.

    `outcome` is a word of the job's own ("matched"); `reasons` is a list of
    {"code", "found", "expected", "limit", "owner", "where", "text"?}. `effect` is what the job still has to do,
    or did, in other systems for this item; it is kept so that a resumed run can do it again.
    """

    __tablename__ = "run_items"
    __table_args__ = (
        UniqueConstraint("run_id", "key"),
        Index("ix_run_items_state", "state", "id"),
        Index("ix_run_items_key", "key", "id"),
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
    effect: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[str | None] = mapped_column(String(320))
    settled_reason: Mapped[str | None] = mapped_column(String(500))
    at: Mapped[datetime] = mapped_column(default=utc_now)
