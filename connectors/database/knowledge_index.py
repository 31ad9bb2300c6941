"""The index of the help articles: FTS5 or pg_trgm gives the candidates, the same ones in the same order on both."""

from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from operator import add

from sqlalchemy import ColumnElement, Double, Integer, case, cast, column, delete, or_, select, text
from sqlalchemy.orm import Session

from connectors.database.models.knowledge import EntryKind, KnowledgeEntry, KnowledgeIndex
from connectors.database.session import wait_in_line

# The index is asked for the rarest trigrams only; the common ones would find nearly everything.
LOOKED_UP = 16
# The virtual table of SQLite and its own ones; the index of PostgreSQL. Models do not know them.
SEARCH_OBJECT_PREFIX = "knowledge_search"


def checksum_of(session: Session, language: str) -> str | None:
    return session.scalar(select(KnowledgeIndex.checksum).where(KnowledgeIndex.language == language))


def wait_to_fill(session: Session) -> None:
    """One process fills the index at a time; the others find it filled."""
    wait_in_line(session, "knowledge")


def replace_index(session: Session, index: KnowledgeIndex, entries: Sequence[KnowledgeEntry]) -> None:
    """Put the entries of one language in place of the old ones."""
    session.execute(delete(KnowledgeEntry).where(KnowledgeEntry.language == index.language))
    session.execute(delete(KnowledgeIndex).where(KnowledgeIndex.language == index.language))
    session.add(index)
    session.add_all(entries)
    session.flush()


def find_candidates(
    session: Session, language: str, kind: EntryKind, weights: Mapping[str, int], limit: int
) -> Sequence[KnowledgeEntry]:
    """The entries that share most with a question, given as trigrams with their weights, the heaviest first."""
    if not weights:
        return ()
    parts: list[ColumnElement[int]] = [case((_holds(trigram), weight), else_=0) for trigram, weight in weights.items()]
    strength = cast(reduce(add, parts), Double)
    is_candidate = _holds_any(session, list(weights)[:LOOKED_UP])
    query = (
        select(KnowledgeEntry)
        .where(KnowledgeEntry.language == language, KnowledgeEntry.kind == kind, is_candidate)
        .order_by((strength * strength / KnowledgeEntry.size).desc(), KnowledgeEntry.id)
        .limit(limit)
    )
    return session.scalars(query).all()


def _holds(trigram: str) -> ColumnElement[bool]:
    return KnowledgeEntry.searched.contains(trigram, autoescape=True)


def _holds_any(session: Session, trigrams: Iterable[str]) -> ColumnElement[bool]:
    """The condition that the database answers from its index of trigrams."""
    if session.get_bind().dialect.name == "postgresql":
        return or_(*(_holds(trigram) for trigram in trigrams))
    wanted = " OR ".join(f'"{trigram}"' for trigram in trigrams)
    found = text("SELECT rowid FROM knowledge_search WHERE knowledge_search MATCH :wanted").bindparams(wanted=wanted)
    return KnowledgeEntry.id.in_(found.columns(column("rowid", Integer)))
