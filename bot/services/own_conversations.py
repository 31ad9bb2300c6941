"""A customer's conversations on the web as they find them again: titles, last words, what is unread."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, exists, func, or_, select
from sqlalchemy.orm import Session

from connectors.database.models.conversation import Author, ChannelIdentity, Conversation, LinkCode, Message

WEB = "web"
SHOWN = 50
LAST_WORDS = 120


@dataclass(frozen=True, slots=True)
class ConversationLine:
    id: str
    title: str | None
    owner: str
    last_text: str
    last_at: datetime
    unread: int


def own_conversations(session: Session, conversation_id: str) -> Sequence[ConversationLine]:
    """This one and the others of its contact in which they said something, newest first; see `is_own`."""
    here = session.get_one(Conversation, conversation_id)
    of_customer = (Message.conversation_id == Conversation.id, Message.author == Author.CUSTOMER)
    is_said = exists().where(*of_customer).correlate(Conversation)
    found = session.execute(
        select(Conversation, Message)
        .join(Message, (Message.conversation_id == Conversation.id) & (Message.seq == Conversation.last_seq))
        .where(Conversation.contact_id == here.contact_id, Conversation.channel == WEB)
        .where(or_(Conversation.verified_email.is_(None), Conversation.verified_email == here.verified_email))
        .where(or_(is_said, Conversation.id == conversation_id))
        .order_by(Message.at.desc(), Conversation.id)
        .limit(SHOWN)
    ).all()
    unread = _unread(session, [conversation.id for conversation, _ in found])
    return [
        ConversationLine(
            conversation.id,
            conversation.title,
            conversation.owner,
            " ".join(last.text[:LAST_WORDS].split()),
            last.at,
            unread.get(conversation.id, 0),
        )
        for conversation, last in found
    ]


def is_own(session: Session, conversation_id: str, other_id: str) -> bool:
    """Whether two conversations on the web are the same contact's, and the other proved nothing that this one did not.

    Contacts are joined, and a shared browser has one: whoever proved nothing must not get at what somebody proved.
    """
    here, other = session.get_one(Conversation, conversation_id), session.get(Conversation, other_id)
    if other is None or other.channel != WEB or other.contact_id != here.contact_id:
        return False
    return other.verified_email in {None, here.verified_email}


def add_token(session: Session, conversation_id: str, token_hash: str, family: str | None = None) -> None:
    """One more token that opens a conversation; without a family it is the first of its own."""
    contact_id = session.get_one(Conversation, conversation_id).contact_id
    session.add(
        ChannelIdentity(
            channel=WEB,
            external_id=token_hash,
            family=family,
            contact_id=contact_id,
            conversation_id=conversation_id,
        )
    )


def end_family(session: Session, family: str) -> None:
    """All tokens of a browser end, whichever conversations they open."""
    session.execute(delete(ChannelIdentity).where(ChannelIdentity.channel == WEB, ChannelIdentity.family == family))


def end_copies(session: Session, conversation_id: str, family: str) -> None:
    """All tokens of a browser and of a conversation end, and every link into Telegram that they can have made."""
    is_copy = or_(ChannelIdentity.family == family, ChannelIdentity.conversation_id == conversation_id)
    ended = (ChannelIdentity.channel == WEB, is_copy)
    theirs = LinkCode.conversation_id.in_(select(ChannelIdentity.conversation_id).where(*ended))
    session.execute(delete(LinkCode).where(theirs, LinkCode.used_at.is_(None)))
    session.execute(delete(ChannelIdentity).where(*ended))


def _unread(session: Session, ids: Sequence[str]) -> dict[str, int]:
    query = (
        select(Message.conversation_id, func.count())
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(Conversation.id.in_(ids), Message.seq > Conversation.customer_read_seq)
        .where(Message.author != Author.CUSTOMER)
        .group_by(Message.conversation_id)
    )
    return {row[0]: row[1] for row in session.execute(query)}
