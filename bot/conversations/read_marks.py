"""How far a conversation was read, by its customer and by us."""

from sqlalchemy import update
from sqlalchemy.orm import Session

from connectors.database.models.conversation import Conversation


def mark_read_by_customer(session: Session, conversation_id: str, seq: int) -> bool:
    """The customer saw everything up to `seq`; False when that was known."""
    return _raise(session, conversation_id, Conversation.customer_read_seq.key, seq)


def mark_read_by_staff(session: Session, conversation_id: str, seq: int) -> bool:
    """Somebody of ours had everything up to `seq` before them; False when that was known."""
    return _raise(session, conversation_id, Conversation.staff_read_seq.key, seq)


def read_by_us(conversation: Conversation) -> int:
    """Up to where the bot or a person has read what the customer said."""
    return max(conversation.answered_seq, conversation.staff_read_seq)


def _raise(session: Session, conversation_id: str, mark: str, seq: int) -> bool:
    """Marks only rise, also when two pages report at once. Reading is no change: `updated_at` stays."""
    seen = min(seq, session.get_one(Conversation, conversation_id).last_seq)
    column = getattr(Conversation, mark)
    raising = update(Conversation).where(Conversation.id == conversation_id, column < seen).values({mark: seen})
    return session.execute(raising.returning(Conversation.id)).scalar() is not None
