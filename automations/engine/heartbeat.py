"""Signs of life: which runs say that they are at work and have not been heard of for too long."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from connectors.database.models.work import Run, RunState


def silent_runs(session: Session, now: datetime, silent_for: timedelta) -> Sequence[Run]:
    """Running runs whose last sign of life, one for each batch, is at least so long ago; the most silent first."""
    last_sign = func.coalesce(Run.heartbeat_at, Run.started_at, Run.created_at)
    query = select(Run).where(Run.state == RunState.RUNNING.value, last_sign <= now - silent_for)
    return session.scalars(query.order_by(last_sign)).all()
