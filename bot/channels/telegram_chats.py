"""How a person in a chat is known to us, also when Telegram makes another chat of their group."""

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.channels.setup import TELEGRAM
from connectors.database.models.conversation import ChannelIdentity
from connectors.database.session import Database

log = structlog.get_logger()


def identity_of(chat_id: int, user_id: int) -> str:
    """In a group everybody has a conversation of their own."""
    return f"{chat_id}:{user_id}"


def chat_of(identity: str) -> int:
    return int(identity.partition(":")[0])


def move_chat(database: Database, old: int, new: int) -> None:
    """A group became a supergroup and has another number: its conversations go on there. Blocks."""
    of_old = (ChannelIdentity.channel == TELEGRAM, ChannelIdentity.external_id.startswith(f"{old}:"))
    with database.write() as session:
        moved = session.scalars(select(ChannelIdentity).where(*of_old).with_for_update()).all()
        for identity in moved:
            user_id = identity.external_id.rpartition(":")[2]
            known_as = identity_of(new, int(user_id))
            # Who wrote there before we heard of it has a new conversation already; the old one is still told there.
            identity.external_id = f"{new}:{old}:{user_id}" if _exists(session, known_as) else known_as
    if moved:
        log.info("a Telegram group became a supergroup", old=old, new=new, conversations=len(moved))


def _exists(session: Session, identity: str) -> bool:
    query = select(ChannelIdentity.id).where(
        ChannelIdentity.channel == TELEGRAM, ChannelIdentity.external_id == identity
    )
    return session.scalar(query) is not None
