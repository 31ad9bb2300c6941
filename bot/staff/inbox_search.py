"""The search of the inbox: conversations in which something was said, of a person, or with a ticket; and tickets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from connectors.database.message_index import SHORTEST_WORD, says_all
from connectors.database.models.conversation import Contact, Conversation, Message, Ticket
from connectors.folded_text import fold

MOST_HITS = 300
MOST_FOUND = 60
MOST_TICKETS = 20
BEFORE_HIT, AROUND_HIT = 30, 120


@dataclass(frozen=True, slots=True)
class Found:
    """`said` is who said the words in a conversation and the line around them; others were found by person or ticket.

    `tickets` are of their own: one that came by mail has no conversation that an inbox could show.
    """

    conversation_ids: Sequence[str] = ()
    said: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    tickets: Sequence[Ticket] = ()


def search(session: Session, wanted: str) -> Found:
    """What fits all words, by its person and tickets first, then by what was said, the newest first."""
    words = fold(wanted).split()
    if not words:
        return Found()
    has_ticket = select(Ticket.conversation_id).where(_holds(Ticket.searched, words))
    about = session.scalars(
        select(Conversation.id)
        .join(Contact, Contact.id == Conversation.contact_id)
        .where(or_(_holds(Contact.searched, words), Conversation.id.in_(has_ticket), Conversation.id == wanted))
        .order_by(Conversation.updated_at.desc(), Conversation.id)
        .limit(MOST_FOUND)
    ).all()
    said = _said(session, words)
    tickets = select(Ticket).where(_holds(Ticket.searched, words)).order_by(Ticket.id.desc()).limit(MOST_TICKETS)
    ids = list(dict.fromkeys([*about, *said]))
    return Found(ids[:MOST_FOUND], said, session.scalars(tickets).all())


def _holds(searched: InstrumentedAttribute[str], words: Sequence[str]) -> ColumnElement[bool]:
    return and_(*(searched.contains(word, autoescape=True) for word in words))


def _said(session: Session, words: Sequence[str]) -> Mapping[str, tuple[str, str]]:
    """The newest place in each conversation where all the words stand."""
    long = [word for word in words if len(word) >= SHORTEST_WORD]
    if not long:
        return {}
    query = (
        select(Message.conversation_id, Message.author, Message.text)
        .where(says_all(session, long))
        .order_by(Message.id.desc())
        .limit(MOST_HITS)
    )
    said: dict[str, tuple[str, str]] = {}
    for conversation_id, author, text in session.execute(query):
        said.setdefault(conversation_id, (author, _excerpt(text, long[0])))
    return said


def _excerpt(text: str, word: str) -> str:
    """The line around a word; folding may have moved it a little, which an excerpt can bear."""
    line = " ".join(text.split())
    at = max(fold(line).find(word) - BEFORE_HIT, 0)
    return f"{'…' if at else ''}{line[at : at + AROUND_HIT]}"
