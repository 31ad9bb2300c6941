"""Knowledge: finds the passage of a help article that answers a customer's question."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

from sqlalchemy.orm import Session

from bot.knowledge.articles import Library
from bot.knowledge.ranking import Candidate, Ranked, Rarity, rank
from bot.knowledge.trigrams import searched_text, trigrams_of
from connectors.database.knowledge_index import checksum_of, find_candidates, replace_index, wait_to_fill
from connectors.database.models.knowledge import EntryKind, KnowledgeEntry, KnowledgeIndex
from connectors.database.session import Database

PASSAGES, QUESTIONS = 40, 60
# The rarest trigrams of a long message say enough; each one costs the database time.
MAX_TRIGRAMS = 48
WEIGHT_STEPS = 100
# Measured (docs/knowledge.md): from here an answer is worth giving, and from here even where nothing was understood.
ANSWERS_FROM = 0.35
SURE_FROM = 0.6
LONGEST_ANSWER = 500
# A number with a point begins a line of a list.
_SENTENCE_END = re.compile(r"(?<=[^\d\s][.!?؟…])(?=\s|$)")


@dataclass(frozen=True, slots=True)
class Answer:
    """A passage that answers a question; `text` is the passage itself, `score` how well it does (see `rank`)."""

    slug: str
    title: str
    heading: str
    text: str
    score: float

    @property
    def is_sure(self) -> bool:
        return self.score >= SURE_FROM


@dataclass(slots=True)
class _Rarities:
    checksum: str
    by_kind: dict[EntryKind, Rarity] = field(default_factory=dict)


class Knowledge:
    """The articles of every language, indexed in the database."""

    def __init__(self, database: Database, library: Library) -> None:
        self._database = database
        self._library = library
        self._rarities: dict[str, _Rarities] = {}

    def refresh(self) -> Sequence[str]:
        """Index the languages whose files changed; returns them. Several processes may call this at once."""
        refreshed = []
        for language in self._library.languages:
            checksum = self._library.checksum(language)
            with self._database.read() as session:
                is_current = checksum_of(session, language) == checksum
            if not is_current and self._fill(language, checksum):
                refreshed.append(language)
        return refreshed

    def _fill(self, language: str, checksum: str) -> bool:
        entries = _entries(self._library, language)
        frequencies: dict[str, Counter[str]] = {kind: Counter() for kind in EntryKind}
        for entry in entries:
            frequencies[entry.kind].update(trigrams_of(entry.searched))
        sizes = Counter(entry.kind for entry in entries)
        index = KnowledgeIndex(language=language, checksum=checksum, frequencies=frequencies, sizes=dict(sizes))
        with self._database.write() as session:
            wait_to_fill(session)
            if checksum_of(session, language) == checksum:
                return False
            replace_index(session, index, entries)
        return True

    def search(self, question: str, language: str) -> Answer | None:
        """The passage that answers the question best, if one answers it at all."""
        best = next(iter(self.rank(question, language)), None)
        if best is None or best.score < ANSWERS_FROM:
            return None
        passage = best.passage
        return Answer(passage.slug, passage.title, passage.heading, passage.text, best.score)

    def rank(self, question: str, language: str) -> Sequence[Ranked]:
        """All passages that may answer, best first, however badly."""
        with self._database.read() as session:
            rarities = self._rarities_of(session, language)
            if rarities is None:
                return ()
            wanted = trigrams_of(searched_text(question))
            passages, asked = (
                find_candidates(session, language, kind, _weights(wanted, rarities.by_kind[kind]), limit)
                for kind, limit in ((EntryKind.PASSAGE, PASSAGES), (EntryKind.QUESTION, QUESTIONS))
            )
        return rank(
            question,
            [Candidate(p.slug, p.title, p.heading, p.text) for p in passages],
            [(q.slug, q.searched) for q in asked],
            rarities.by_kind[EntryKind.PASSAGE],
            rarities.by_kind[EntryKind.QUESTION],
        )

    def _rarities_of(self, session: Session, language: str) -> _Rarities | None:
        """What the index knows about rarity, read again when another process has filled it anew."""
        checksum = checksum_of(session, language)
        if checksum is None:
            return None
        known = self._rarities.get(language)
        if known is None or known.checksum != checksum:
            index = session.get_one(KnowledgeIndex, language)
            by_kind = {k: Rarity(index.frequencies.get(k, {}), index.sizes.get(k, 0)) for k in EntryKind}
            known = self._rarities[language] = _Rarities(checksum, by_kind)
        return known


def shorten(text: str, limit: int = LONGEST_ANSWER) -> str:
    """The first sentences that fit; if not even one does, its beginning."""
    if len(text) <= limit:
        return text
    ends = [match.start() for match in _SENTENCE_END.finditer(text, 0, limit + 1)]
    return text[: ends[-1]] if ends else text[: limit - 1].rstrip() + "…"


def article_path(language: str, slug: str, heading: str = "") -> str:
    """Where the page of an article is; the heading leads to its section."""
    return f"/help/{language}/{quote(slug)}" + (f"#{anchor(heading)}" if heading else "")


def anchor(heading: str) -> str:
    return quote("-".join(searched_text(heading).split()))


def _entries(library: Library, language: str) -> list[KnowledgeEntry]:
    passages = [
        _entry(language, EntryKind.PASSAGE, article.slug, passage.text, article.title, passage.heading)
        for article in library.articles(language)
        for passage in article.passages
    ]
    questions = [_entry(language, EntryKind.QUESTION, slug, text) for slug, text in library.questions(language)]
    return [entry for entry in passages + questions if entry.size]


def _entry(language: str, kind: EntryKind, slug: str, text: str, title: str = "", heading: str = "") -> KnowledgeEntry:
    searched = searched_text(f"{title}\n{heading}\n{text}")
    size = len(trigrams_of(searched))
    return KnowledgeEntry(
        language=language, kind=kind, slug=slug, title=title, heading=heading, text=text, searched=searched, size=size
    )


def _weights(wanted: frozenset[str], rarity: Rarity) -> dict[str, int]:
    """The rarest trigrams that the index has; whole numbers, so that every database adds them up the same."""
    known = sorted((-rarity.weight(t), t) for t in wanted if t in rarity.frequencies)
    return {trigram: max(1, round(-weight * WEIGHT_STEPS)) for weight, trigram in known[:MAX_TRIGRAMS]}
