"""Failed tries are counted within an hour at most: what is older than a day is forgotten."""

from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from connectors.database.base import utc_now
from connectors.database.models.conversation import ProofAttempt
from connectors.database.models.people import LoginAttempt

KEPT = timedelta(days=1)


def forget_old_attempts(session: Session, attempt: type[ProofAttempt] | type[LoginAttempt]) -> None:
    """Delete what is too old to count, except what another transaction deletes just now."""
    old = select(attempt.id).where(attempt.at < utc_now() - KEPT).with_for_update(skip_locked=True)
    session.execute(delete(attempt).where(attempt.id.in_(old)).execution_options(synchronize_session=False))
