"""Which items of a run its reader may open who is no admin: what they were asked about, and what is theirs to do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from automations.engine.approval_lists import is_asked_about
from automations.engine.owner_mails import owners_of
from automations.engine.runs import PERSONAL_OWNERS
from connectors.database.base import utc_now
from connectors.database.models.people import Role, User
from connectors.database.models.work import Run, RunItem


@dataclass(frozen=True, slots=True)
class Reading:
    """What of an item is shown: everything, or, of a confidential one, the reasons that its reader answers for."""

    is_whole: bool
    reasons: Sequence[Mapping[str, Any]]


def may_read_item(session: Session, user: User, run: Run | None, item: RunItem | None) -> bool:
    """Whether the whole item is open to this person; admins may look for what does not exist, too."""
    if user.role == Role.ADMIN:
        return True
    if run is None or item is None or item.run_id != run.id:
        return False
    return is_asked_about(session, user.email, run.id, item.id, utc_now())


def may_read_items(session: Session, user: User, run: Run) -> bool:
    """Whether all items of the run are open to this person."""
    return user.role == Role.ADMIN or is_asked_about(session, user.email, run.id, None, utc_now())


def read_as(session: Session, user: User, run: Run, item: RunItem, *, is_confidential: bool) -> Reading | None:
    """How this person reads the item; None = not at all."""
    if may_read_item(session, user, run, item):
        return Reading(True, item.reasons)
    answered = {*owners_of(session, user.id), *_personal_owners(item, user)}
    said = [*item.reasons, *item.detail.get("warnings", ())]
    theirs = [reason for reason in said if reason.get("owner") in answered]
    if run.is_dry_run or not (theirs or item.owner in answered):
        return None
    return Reading(False, theirs) if is_confidential else Reading(True, item.reasons)


def _personal_owners(item: RunItem, user: User) -> Sequence[str]:
    address = user.email.lower()
    return [
        owner for owner, field in PERSONAL_OWNERS.items() if str(item.detail.get(field, "")).strip().lower() == address
    ]
