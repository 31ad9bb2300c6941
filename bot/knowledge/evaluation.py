"""Measures of the search in the help articles, on questions with the article that answers each."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from bot.knowledge.ranking import Ranked


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """A question of a customer; `slugs` and, where it matters, `headings` of the passages that answer it, or none."""

    text: str
    slugs: Sequence[str]
    headings: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the search made of a question, and whether its best passage was good enough to be said."""

    question: AskedQuestion
    ranked: Sequence[Ranked]
    is_answered: bool

    def is_hit(self, first: int) -> bool:
        """Whether an article that answers it is among the first."""
        return any(one.passage.slug in self.question.slugs for one in self.ranked[:first])

    @property
    def is_exact(self) -> bool:
        """Whether the very passage came first; any passage of the article, where the question names none."""
        best = self.ranked[0].passage if self.ranked else None
        return self.is_hit(1) and best is not None and best.heading in (self.question.headings or (best.heading,))


def measure(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Shares of one language: the right article first or among three, the right passage, right and false answers."""
    ours = [one for one in outcomes if one.question.slugs]
    foreign = [one for one in outcomes if not one.question.slugs]
    return {
        "questions": len(ours),
        "hit_at_1": _share(one.is_hit(1) for one in ours),
        "hit_at_3": _share(one.is_hit(3) for one in ours),
        "passage_at_1": _share(one.is_exact for one in ours),
        "answered_right": _share(one.is_hit(1) and one.is_answered for one in ours),
        "foreign": len(foreign),
        "false_answers": _share(one.is_answered for one in foreign),
        "missed": [_describe(one) for one in ours if not (one.is_hit(1) and one.is_answered)],
        "false": [_describe(one) for one in foreign if one.is_answered],
    }


def _describe(outcome: Outcome) -> dict[str, Any]:
    best = outcome.ranked[0] if outcome.ranked else None
    return {
        "question": outcome.question.text,
        "wanted": list(outcome.question.slugs),
        "found": best.passage.slug if best else None,
        "score": round(best.score, 2) if best else None,
    }


def _share(facts: Iterable[bool]) -> float:
    counted = Counter(facts)
    return round(counted[True] / counted.total(), 4) if counted else 0.0


def write_table(measured: dict[str, dict[str, Any]]) -> str:
    """The figures of all languages as a table in Markdown."""
    lines = [
        "| language | questions | right article first | among three | right passage | answered right "
        "| foreign | answered falsely |",
        "|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {language} | {m['questions']} | {m['hit_at_1']:.0%} | {m['hit_at_3']:.0%} | {m['passage_at_1']:.0%} "
        f"| {m['answered_right']:.0%} | {m['foreign']} | {m['false_answers']:.0%} |"
        for language, m in measured.items()
    ]
    return "\n".join(lines) + "\n"
