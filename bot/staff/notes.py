"""Private notes: what agents tell each other about a conversation, and whom they name in it."""

import re
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.conversations.store import lock_conversation, touch
from connectors.database.models.inbox import Mention, PrivateNote
from connectors.database.models.people import User


def mentioned_in(text: str, team: Collection[User]) -> Sequence[User]:
    """Who is named as `@Their Name` or `@mail-name`; of two names that both fit the longer one counts."""
    called = [(name.casefold(), user) for user in team for name in (user.name, user.email.partition("@")[0])]
    called.sort(key=lambda one: -len(one[0]))
    folded = text.casefold()
    found: dict[str, User] = {}
    for at in re.finditer(r"(?<![\w.])@", folded):
        rest = folded[at.end() :]
        named = next((user for name, user in called if re.match(rf"{re.escape(name)}(?!\w)", rest)), None)
        if named is not None:
            found.setdefault(named.id, named)
    return list(found.values())


def add_note(session: Session, conversation_id: str, author: User, text: str, form_key: str) -> None:
    """Keep a note; the same form again keeps nothing more."""
    conversation = lock_conversation(session, conversation_id)
    if session.scalar(select(PrivateNote.id).where(PrivateNote.form_key == form_key)) is not None:
        return
    note = PrivateNote(conversation_id=conversation_id, author_id=author.id, text=text, form_key=form_key)
    session.add(note)
    session.flush()
    team = session.scalars(select(User).where(User.is_active.is_(True), User.id != author.id)).all()
    session.add_all(Mention(note_id=note.id, user_id=user.id) for user in mentioned_in(text, team))
    touch(conversation)


def notes_of(session: Session, conversation_id: str, since: datetime | None) -> Sequence[tuple[PrivateNote, str]]:
    """The notes of a conversation with their authors' names, from `since` on, the oldest first."""
    query = (
        select(PrivateNote, User.name)
        .join(User, User.id == PrivateNote.author_id)
        .where(PrivateNote.conversation_id == conversation_id)
        .order_by(PrivateNote.at, PrivateNote.id)
    )
    if since is not None:
        query = query.where(PrivateNote.at >= since)
    return [(note, name) for note, name in session.execute(query)]


def see_mentions(session: Session, conversation_id: str, user_id: str, now: datetime) -> bool:
    """This agent has seen where they are named in a conversation; whether that is news."""
    notes = select(PrivateNote.id).where(PrivateNote.conversation_id == conversation_id)
    is_unseen = (Mention.user_id == user_id, Mention.seen_at.is_(None), Mention.note_id.in_(notes))
    seen = session.execute(update(Mention).where(*is_unseen).values(seen_at=now).returning(Mention.note_id))
    return bool(seen.all())
