"""How well a passage answers a question: by the rare trigrams in common, and by who else asked for its article."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.knowledge.trigrams import searched_text, trigrams_of, trigrams_of_ours

# Where a trigram of the question stands in the passage.
HEADING, TITLE, TEXT = 1.0, 0.6, 0.6
# How far a passage's length counts against it, and what length is usual (in trigrams).
LENGTH_SHARE, USUAL_SIZE = 0.3, 200
# How many of the most similar questions speak for an article.
NEAREST = 3


@dataclass(frozen=True, slots=True)
class Rarity:
    """In how many of `entries` each trigram stands."""

    frequencies: Mapping[str, int]
    entries: int

    def weight(self, trigram: str) -> float:
        """The inverse document frequency of BM25's family; a trigram that stands nowhere weighs most."""
        return math.log((self.entries + 1) / (self.frequencies.get(trigram, 0) + 0.5))


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage as the database found it."""

    slug: str
    title: str
    heading: str
    text: str


@dataclass(frozen=True, slots=True)
class Ranked:
    score: float
    passage: Candidate


def rank(
    question: str,
    passages: Sequence[Candidate],
    asked: Sequence[tuple[str, str]],
    of_passages: Rarity,
    of_questions: Rarity,
) -> list[Ranked]:
    """The passages, best first.

    The score is the share of the question that stands in the passage, weighed by rarity (0 to about 1), plus the
    similarity to questions that were asked for its article, minus that to questions that no article answers
    (`asked`: (slug or "", normalised question)).
    """
    wanted = trigrams_of(searched_text(question))
    alike = _similarities(wanted, asked, of_questions)
    ranked = [
        Ranked(_share(wanted, passage, of_passages) + alike.get(passage.slug, 0.0) - alike.get("", 0.0), passage)
        for passage in passages
    ]
    return sorted(ranked, key=lambda one: (-one.score, one.passage.slug, one.passage.heading))


def _share(wanted: frozenset[str], passage: Candidate, rarity: Rarity) -> float:
    heading, title, text = (trigrams_of_ours(t) for t in (passage.heading, passage.title, passage.text))
    found = total = 0.0
    for trigram in sorted(wanted):
        weight = rarity.weight(trigram)
        total += weight
        found += weight * max(HEADING * (trigram in heading), TITLE * (trigram in title), TEXT * (trigram in text))
    length = 1 - LENGTH_SHARE + LENGTH_SHARE * len(heading | title | text) / USUAL_SIZE
    return found / total / length if total else 0.0


def _similarities(wanted: frozenset[str], asked: Sequence[tuple[str, str]], rarity: Rarity) -> Mapping[str, float]:
    """By article: the mean similarity (cosine) of the questions nearest to this one."""
    by_slug: defaultdict[str, list[float]] = defaultdict(list)
    for slug, searched in asked:
        by_slug[slug].append(_cosine(wanted, trigrams_of_ours(searched), rarity))
    return {slug: sum(sorted(found, reverse=True)[:NEAREST]) / NEAREST for slug, found in by_slug.items()}


def _cosine(one: frozenset[str], other: frozenset[str], rarity: Rarity) -> float:
    def squares(trigrams: frozenset[str]) -> float:
        return math.fsum(rarity.weight(trigram) ** 2 for trigram in trigrams)

    product = squares(one) * squares(other)
    return squares(one & other) / math.sqrt(product) if product else 0.0
