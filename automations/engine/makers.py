"""Who brought a piece of work about, and so may not consent to it."""

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from connectors.database.models.api_tokens import ApiToken
from connectors.database.models.approvals import Approval
from connectors.database.models.people import AuditEntry
from connectors.database.models.work import Run
from connectors.database.token_owner import person_behind

# What somebody does to an item that makes it their work; deciding on it does not.
CHANGES_OF_ITEM = ("item.settle", "item.change", "item.reopen")
PROGRAM = "token:"
SAVES_OF_SCHEDULE = ("schedule.create", "schedule.change")


def maker_of(session: Session, run: Run) -> str:
    """Who started the run; where a schedule did, who last saved the schedule."""
    if run.schedule_id is None:
        return person_behind(session, run.started_by)
    saved = (
        select(AuditEntry.actor)
        .where(
            AuditEntry.object_type == "schedule",
            AuditEntry.object_id == run.schedule_id,
            AuditEntry.action.in_(SAVES_OF_SCHEDULE),
            AuditEntry.at <= run.created_at,
        )
        .order_by(AuditEntry.at.desc(), AuditEntry.id.desc())
        .limit(1)
    )
    return person_behind(session, session.scalar(saved) or run.started_by)


def makers_of(session: Session, approvals: Sequence[Approval]) -> Mapping[int, frozenset[str]]:
    """By approval: the maker of its run, and everybody who has changed its item since."""
    items = {str(approval.item_id): approval.id for approval in approvals if approval.item_id is not None}
    changes = select(AuditEntry.object_id, AuditEntry.actor).where(
        AuditEntry.object_id.in_(items),
        AuditEntry.object_type == "run_item",
        AuditEntry.action.in_(CHANGES_OF_ITEM),
    )
    makers = {approval.id: {approval.maker} for approval in approvals}
    for item_id, actor in session.execute(changes).all() if items else ():
        makers[items[item_id]].add(_person_behind(session, actor))
    return {approval_id: frozenset(names) for approval_id, names in makers.items()}


def _person_behind(session: Session, actor: str) -> str:
    """The person who made the API token that acted (`token:<prefix> <name>`), or the actor."""
    if not actor.startswith(PROGRAM):
        return actor
    prefix = actor.removeprefix(PROGRAM).partition(" ")[0]
    return session.scalar(select(ApiToken.created_by).where(ApiToken.prefix == prefix).limit(1)) or actor
