"""Writing the audit log: the one function that adds to it."""

from sqlalchemy.orm import Session

from connectors.database.models.people import AuditEntry


def record_audit(
    session: Session, actor: str, action: str, object_type: str, object_id: str, **detail: str | int | bool | None
) -> None:
    """Say in the audit log that `actor` did `action`; it stands or falls with the caller's transaction."""
    session.add(
        AuditEntry(actor=actor, action=action, object_type=object_type, object_id=object_id, detail=dict(detail))
    )
