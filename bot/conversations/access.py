"""What opens a conversation: the token of a browser, a chat in Telegram; and whether it still does."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.conversations.store import lock_conversation
from connectors.database.models.conversation import ChannelIdentity
from connectors.database.session import wait_in_line

# Channel and external id, as in ChannelIdentity.
Identity = tuple[str, str]


class IdentityEndedError(Exception):
    """What opened a conversation opens it no more: its customer signed in and has another token, or signed out."""


def opened_by(session: Session, identity: Identity, conversation_id: str) -> ChannelIdentity:
    """What is stored of an identity that opens the conversation.

    Raises:
        IdentityEndedError: it does not, or no longer.
    """
    channel, external_id = identity
    query = select(ChannelIdentity).where(
        ChannelIdentity.channel == channel,
        ChannelIdentity.external_id == external_id,
        ChannelIdentity.conversation_id == conversation_id,
    )
    found = session.scalar(query.execution_options(populate_existing=True))
    if found is None:
        raise IdentityEndedError
    return found


def lock_opened_by(session: Session, identity: Identity, conversation_id: str) -> ChannelIdentity:
    """As `opened_by`, with the conversation locked; until the transaction ends nobody else changes the family.

    Whoever gives out or ends tokens comes by here: between the look-up of a token and the work its customer may have
    signed in. The family is first in line: of two of its conversations each may have to change the other.
    """
    wait_in_line(session, f"family:{opened_by(session, identity, conversation_id).family}")
    lock_conversation(session, conversation_id)
    return opened_by(session, identity, conversation_id)
