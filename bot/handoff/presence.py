"""Whether the person who has a conversation is there, as their customer may know."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from connectors.database.models.conversation import Conversation, Owner
from connectors.database.models.inbox import Availability

# An open inbox says so every 30 seconds; whoever was not heard of for longer than twice that is gone.
GONE_AFTER = timedelta(seconds=75)


def is_agent_here(session: Session, conversation: Conversation, now: datetime) -> bool | None:
    """Whether the agent has the inbox open; None while no person has the conversation."""
    if conversation.owner != Owner.HUMAN or conversation.agent_id is None:
        return None
    own = session.get(Availability, conversation.agent_id)
    return own is not None and own.last_seen_at is not None and own.last_seen_at > now - GONE_AFTER
