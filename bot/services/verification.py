"""A conversation whose customer is known for certain: by a code sent to their address, or signed by the shop."""

from sqlalchemy import delete
from sqlalchemy.orm import Session

from bot.services.contact_joining import SIGNED as SIGNED
from bot.services.contact_joining import join_same_address
from connectors.database.audit import record_audit
from connectors.database.base import utc_now
from connectors.database.models.conversation import Conversation, LinkCode

CODE = "code"


def verify_conversation(
    session: Session, conversation: Conversation, email: str, method: str, name: str | None = None
) -> None:
    """From now on the customer may see whatever belongs to this (normalised) address. The conversation is locked.

    Links into other channels that were made before somebody proved who they are lead nowhere from now on.
    """
    if conversation.verified_email != email or conversation.verified_by != method:
        is_open = (LinkCode.conversation_id == conversation.id, LinkCode.used_at.is_(None))
        session.execute(delete(LinkCode).where(*is_open))
    if not (conversation.verified_by == SIGNED and conversation.verified_email == email):
        conversation.verified_by = method  # a code adds nothing to what the shop vouches for
    conversation.verified_email = email
    conversation.verified_at = conversation.updated_at = utc_now()
    contact = conversation.contact
    contact.email = email
    contact.display_name = name or contact.display_name
    record_audit(
        session,
        f"contact:{conversation.contact_id}",
        "contact.verify",
        "contact",
        conversation.contact_id,
        method=method,
        conversation=conversation.id,
        channel=conversation.channel,
    )
    join_same_address(session, conversation, method)
