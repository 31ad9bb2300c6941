"""The structured log of runs and their items, kept in the database beside them. The caller owns the transaction."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from connectors.database.models.work import RunEvent

INFO, WARNING, ERROR = "info", "warning", "error"
DEFAULT_PAGE_SIZE = 100
# What a job that plans all findings says when it could not look for some of them.
CHECK_LEFT_OUT = "check_left_out"


@dataclass(frozen=True, slots=True)
class Line:
    """What a job says of a run, or of one of its items. `fields` are JSON."""

    event: str
    item_key: str | None
    fields: Mapping[str, Any]


def log_event(
    session: Session,
    run_id: str,
    event: str,
    now: datetime,
    *,
    item_key: str | None = None,
    level: str = INFO,
    **fields: Any,
) -> None:
    """Add one line; it stands or falls with what it tells about."""
    session.execute(insert(RunEvent), [_values(run_id, event, now, item_key, level, fields)])


def log_items(
    session: Session, run_id: str, event: str, now: datetime, keys: Iterable[str], *, level: str = INFO, **fields: Any
) -> None:
    """Add the same line for each of these items."""
    rows = [_values(run_id, event, now, key, level, fields) for key in keys]
    if rows:
        session.execute(insert(RunEvent), rows)


def log_lines(session: Session, run_id: str, now: datetime, lines: Sequence[Line]) -> None:
    rows = [_values(run_id, line.event, now, line.item_key, INFO, line.fields) for line in lines]
    if rows:
        session.execute(insert(RunEvent), rows)


def read_events(
    session: Session,
    run_id: str,
    *,
    item_key: str | None = None,
    levels: Sequence[str] = (),
    after: int = 0,
    limit: int = DEFAULT_PAGE_SIZE,
) -> list[RunEvent]:
    """Lines of a run, or of one of its items, in the order in which they were written; `after` is the last id seen."""
    query = select(RunEvent).where(RunEvent.run_id == run_id, RunEvent.id > after).order_by(RunEvent.id).limit(limit)
    if item_key is not None:
        query = query.where(RunEvent.item_key == item_key)
    if levels:
        query = query.where(RunEvent.level.in_(levels))
    return list(session.scalars(query))


def _values(
    run_id: str, event: str, now: datetime, item_key: str | None, level: str, fields: Mapping[str, Any]
) -> dict[str, Any]:
    return {"run_id": run_id, "event": event, "at": now, "item_key": item_key, "level": level, "fields": dict(fields)}
