"""How much a connection may be asked: runs that use it at the same time, and calls per minute."""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from connectors.database.audit import record_audit
from connectors.database.models.work import Connection

HIGHEST_LIMITS: Mapping[str, int] = {"max_concurrent_runs": 1_000, "calls_per_minute": 100_000}


class LimitError(ValueError):
    """A limit is out of range."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} takes a whole number from 1 to {HIGHEST_LIMITS[name]}, or nothing for no limit.")


def set_limits(session: Session, name: str, limits: Mapping[str, int | None], actor: str) -> Connection | None:
    """Set the limits that are named, None meaning none; returns the connection, or None if there is no such one.

    Raises:
        LimitError: a limit is out of range.
    """
    for limit, value in limits.items():
        if value is not None and not 1 <= value <= HIGHEST_LIMITS[limit]:
            raise LimitError(limit)
    connection = session.scalar(select(Connection).where(Connection.name == name).with_for_update())
    if connection is None:
        return None
    before = {limit: getattr(connection, limit) for limit in HIGHEST_LIMITS}
    for limit, value in limits.items():
        setattr(connection, limit, value)
    after = before | dict(limits)
    if after != before:
        record_audit(
            session, actor, "connection.limit", "connection", connection.id, before=before, after=after, name=name
        )
    return connection
