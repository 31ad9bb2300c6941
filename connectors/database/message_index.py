"""Finding messages by what is said in them: trigrams of FTS5 or pg_trgm where the migrations made them, else a scan."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Integer, and_, column, func, select, table, text
from sqlalchemy.orm import Session

from connectors.database.models.conversation import Message

# The virtual table of SQLite and its own ones; the index of PostgreSQL. Models do not know them.
SEARCH_OBJECT_PREFIX = "message_search"
# A shorter word has no trigram.
SHORTEST_WORD = 3


def says_all(session: Session, words: Sequence[str]) -> ColumnElement[bool]:
    """The condition that a message holds each of these folded words, wherever in it."""
    holds_all = and_(*(Message.searched.contains(word, autoescape=True) for word in words))
    if session.get_bind().dialect.name != "sqlite" or not _has_index(session):
        return holds_all  # PostgreSQL finds its index by itself
    quoted = (word.replace('"', '""') for word in words)
    wanted = " AND ".join(f'"{word}"' for word in quoted)
    found = text("SELECT rowid FROM message_search WHERE message_search MATCH :wanted").bindparams(wanted=wanted)
    return Message.id.in_(found.columns(column("rowid", Integer)))


def _has_index(session: Session) -> bool:
    tables = table("sqlite_master", column("name"), column("type"))
    is_there = select(func.count()).select_from(tables).where(tables.c.name == SEARCH_OBJECT_PREFIX)
    return bool(session.scalar(is_there))
