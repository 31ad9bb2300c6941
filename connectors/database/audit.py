"""Writing the audit log: the one function that adds to it."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from connectors.database.audit_changes import changes_between
from connectors.database.models.people import AuditEntry


def record_audit(
    session: Session,
    actor: str,
    action: str,
    object_type: str,
    object_id: str,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    **detail: str | int | bool | None,
) -> None:
    """Say in the audit log that `actor` did `action`; it stands or falls with the caller's transaction.

    `before` and `after` are the object's fields; kept is what differs, with secrets and personal data masked. An
    object that was made has no `before`, one that was removed no `after`. `detail` is what else belongs to the action.
    """
    was, became = changes_between(before, after)
    session.add(
        AuditEntry(
            actor=actor,
            action=action,
            object_type=object_type,
            object_id=object_id,
            detail=dict(detail),
            before=was,
            after=became,
        )
    )
