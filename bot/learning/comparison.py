"""Is a new model at least as good as the one that serves? Measured per language, decided without mercy."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from bot.evaluation import EvaluationRow, LabelledText, measure, read_labelled_texts
from bot.learning.trainer import Guess, Progress, Trainer, UnreadableModelError

VALIDATION_FOLDER = Path("tests") / "fixtures" / "nlu"
VALIDATION, APPROVED = "validation", "approved"

TextSets = Mapping[str, Sequence[LabelledText]]


class Verdict(StrEnum):
    """Only what is not worse is promoted by itself.

    `first`: there is nothing to compare with; `unmeasured`: the validation set is missing; `unreadable`: the active
    model cannot be asked by this version.
    """

    NOT_WORSE = "not_worse"
    WORSE = "worse"
    FIRST = "first"
    UNMEASURED = "unmeasured"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Figures:
    """Shares of 0 to 1, as `bot.evaluation` defines them."""

    rows: int
    accuracy: float
    false_accepts: float
    false_rejects: float


Measured = Mapping[str, Mapping[str, Figures]]
"""Set of texts → language → figures."""


@dataclass(frozen=True, slots=True)
class Deterioration:
    """What a new model does worse than the old one: in which set and language, by which figure."""

    texts: str
    language: str
    figure: str
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """A new model beside the one that serves; without `before` there was none to ask."""

    verdict: Verdict
    after: Measured
    before: Measured | None = None
    worse: Sequence[Deterioration] = ()
    detail: str | None = None

    def as_report(self) -> dict[str, Any]:
        """As stored and printed: {"verdict", "detail", "worse", "sets": {set: {language: {"before", "after"}}}}."""
        before = self.before or {}
        sets = {
            texts: {
                language: {
                    "before": asdict(before[texts][language]) if texts in before else None,
                    "after": asdict(figures),
                }
                for language, figures in languages.items()
            }
            for texts, languages in self.after.items()
        }
        worse = [asdict(one) for one in self.worse]
        return {"verdict": self.verdict.value, "detail": self.detail, "worse": worse, "sets": sets}


def read_validation(root: Path) -> Sequence[LabelledText]:
    """The fixed validation set of a checkout, which no training sees; empty where the checkout came without it.

    Raises:
        ValueError: a file of it cannot be read.
    """
    return [row for file in sorted((root / VALIDATION_FOLDER).glob("*.csv")) for row in read_labelled_texts(file)]


def compare(trainer: Trainer, before: Path | None, after: Path, texts: TextSets, progress: Progress) -> Comparison:
    """Ask both models the same.

    Raises:
        UnreadableModelError: the new model cannot be asked.
    """
    new = _measure(trainer, after, texts, lambda share: progress(share / 2))
    if before is None:
        return Comparison(Verdict.FIRST, new)
    try:
        old = _measure(trainer, before, texts, lambda share: progress(0.5 + share / 2))
    except UnreadableModelError as error:
        return Comparison(Verdict.UNREADABLE, new, detail=str(error))
    worse = find_deteriorations(old, new)
    if worse:
        return Comparison(Verdict.WORSE, new, old, worse)
    return Comparison(Verdict.NOT_WORSE if texts[VALIDATION] else Verdict.UNMEASURED, new, old)


def find_deteriorations(before: Measured, after: Measured) -> Sequence[Deterioration]:
    """Every language whose accuracy is lower, or that accepts more foreign messages, however little."""
    pairs = [
        (texts, language, old, after[texts][language])
        for texts, languages in before.items()
        for language, old in languages.items()
    ]
    worse = []
    for texts, language, old, new in pairs:
        if new.accuracy < old.accuracy:
            worse.append(Deterioration(texts, language, "accuracy", old.accuracy, new.accuracy))
        if new.false_accepts > old.false_accepts:
            worse.append(Deterioration(texts, language, "false_accepts", old.false_accepts, new.false_accepts))
    return worse


def _measure(trainer: Trainer, model: Path, texts: TextSets, progress: Progress) -> Measured:
    guesses = iter(trainer.guess(model, [row.text for rows in texts.values() for row in rows], progress))
    judged = {name: [_judge(row, next(guesses)) for row in rows] for name, rows in texts.items()}
    return {
        name: {language: _figures(found) for language, found in measure(rows)["languages"].items()}
        for name, rows in judged.items()
    }


def _judge(row: LabelledText, guess: Guess) -> EvaluationRow:
    return EvaluationRow(row.text, row.language, row.intent, guess.intent, guess.confidence)


def _figures(found: Mapping[str, Any]) -> Figures:
    foreign = found["out_of_scope"]
    return Figures(found["rows"], found["accuracy"], foreign["false_accepts"], foreign["false_rejects"])
