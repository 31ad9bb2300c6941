"""Which items of a run its reader may open who is no admin: those that the reader is or was asked about."""

from sqlalchemy.orm import Session

from automations.engine.approval_lists import is_asked_about
from connectors.database.base import utc_now
from connectors.database.models.people import Role, User
from connectors.database.models.work import Run, RunItem


def may_read_item(session: Session, user: User, run: Run | None, item: RunItem | None) -> bool:
    """Admins may look for what does not exist, too."""
    if user.role == Role.ADMIN:
        return True
    if run is None or item is None or item.run_id != run.id:
        return False
    return is_asked_about(session, user.email, run.id, item.id, utc_now())


def may_read_items(session: Session, user: User, run: Run) -> bool:
    """Whether all items of the run are open to this person."""
    return user.role == Role.ADMIN or is_asked_about(session, user.email, run.id, None, utc_now())
