"""Tables of the search in the help articles: its entries, and from which files they were made."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from connectors.database.base import Base, utc_now


class EntryKind(StrEnum):
    """A `passage` is a section of an article; a `question` is how customers ask for an article."""

    PASSAGE = "passage"
    QUESTION = "question"


class KnowledgeEntry(Base):
    """What the search finds: `searched` is the normalised text, `size` the number of its trigrams.

    A question without a `slug` is one that no article answers.
    """

    __tablename__ = "knowledge_entries"
    __table_args__ = (Index("ix_knowledge_entries_language", "language", "kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    language: Mapped[str] = mapped_column(String(8))
    kind: Mapped[str] = mapped_column(String(10))
    slug: Mapped[str] = mapped_column(String(100))
    title: Mapped[str] = mapped_column(Text, default="")
    heading: Mapped[str] = mapped_column(Text, default="")
    text: Mapped[str] = mapped_column(Text)
    searched: Mapped[str] = mapped_column(Text)
    size: Mapped[int]


class KnowledgeIndex(Base):
    """The index of one language: the checksum of its files, and in how many entries of a kind each trigram stands.

    `frequencies` is {kind: {trigram: entries}}, `sizes` {kind: entries}.
    """

    __tablename__ = "knowledge_indexes"

    language: Mapped[str] = mapped_column(String(8), primary_key=True)
    checksum: Mapped[str] = mapped_column(String(64))
    frequencies: Mapped[dict[str, Any]]
    sizes: Mapped[dict[str, Any]]
    filled_at: Mapped[datetime] = mapped_column(default=utc_now)
