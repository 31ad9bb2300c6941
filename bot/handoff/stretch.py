"""The stretch of a conversation that the assistant has had since a person last let go of it."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from connectors.database.models.people import AuditEntry

LET_GO = ("conversation.give_back", "conversation.close")


def stretch_began(session: Session, conversation_id: str) -> datetime | None:
    """When a person last gave the conversation back or closed it; None when nobody has."""
    query = select(func.max(AuditEntry.at)).where(
        AuditEntry.object_type == "conversation",
        AuditEntry.object_id == conversation_id,
        AuditEntry.action.in_(LET_GO),
    )
    return session.scalar(query)
