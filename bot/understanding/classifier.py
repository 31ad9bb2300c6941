"""The intent classifier proper: what a message asks for, and how sure that is. One model for all languages."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from bot.understanding.confidence import Confidence, fit_confidence
from bot.understanding.extractor import Reference
from bot.understanding.features import Encoder, prepare
from bot.understanding.scorer import Scorer

OUT_OF_SCOPE = "out_of_scope"

_NUMBERS_FILE = "numbers.npz"
_WORDS_FILE = "words.json"


@dataclass(frozen=True)
class Guess:
    """One intent with its confidence, 0 to 1."""

    intent: str
    confidence: float


@dataclass(frozen=True)
class IntentClassifier:
    """Linear support vector machine over TF-IDF n-grams with a fitted confidence (docs/decisions, number 3)."""

    scorer: Scorer
    confidence: Confidence

    @classmethod
    def train(
        cls, texts: Sequence[str], intents: Sequence[str], *, out_of_scope: str = OUT_OF_SCOPE
    ) -> "IntentClassifier":
        """Raises ValueError when the examples are of fewer than two intents."""
        prepared = [prepare(text) for text in texts]
        return cls(Scorer.train(prepared, intents), fit_confidence(prepared, intents, out_of_scope))

    def rank(self, text: str, references: list[Reference] | None = None) -> list[Guess]:
        """All intents, the most likely first. Text without a letter or emoji has no confidence at all."""
        return self.rank_all([prepare(text, references)])[0]

    def rank_all(self, prepared: list[str]) -> list[list[Guess]]:
        """The same for messages that went through `features.prepare`."""
        evidence = self.scorer.weigh(prepared)
        confidences = self.confidence.of(evidence)
        # The machine decides the order of the first; the others may not look surer than it does.
        best = evidence.scores.argmax(axis=1)
        rows = np.arange(len(prepared))
        limited = np.minimum(confidences, confidences[rows, best][:, None])
        limited[[not text for text in prepared]] = 0.0
        return [self._ranking(limited[row], int(best[row])) for row in rows]

    def _ranking(self, confidences: Any, best: int) -> list[Guess]:
        order = sorted(range(len(confidences)), key=lambda column: (-confidences[column], column != best))
        return [Guess(self.scorer.intents[column], float(confidences[column])) for column in order]

    def save(self, folder: Path) -> None:
        """Plain numbers and words: reading a model file back never runs code from it."""
        terms, idf = self.scorer.encoder.terms_and_weights()
        examples = self.scorer.examples
        np.savez(
            folder / _NUMBERS_FILE,
            character_idf=idf[0],
            word_idf=idf[1],
            weights=self.scorer.weights,
            biases=self.scorer.biases,
            first_examples=self.scorer.first_examples,
            example_data=examples.data,
            example_indices=examples.indices,
            example_starts=examples.indptr,
            example_shape=examples.shape,
        )
        words = {
            "intents": self.scorer.intents,
            "character_terms": terms[0],
            "word_terms": terms[1],
            "confidence": asdict(self.confidence),
        }
        (folder / _WORDS_FILE).write_text(json.dumps(words, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> "IntentClassifier":
        words = json.loads((folder / _WORDS_FILE).read_text(encoding="utf-8"))
        with np.load(folder / _NUMBERS_FILE, allow_pickle=False) as numbers:
            scorer = Scorer(
                encoder=Encoder.restore(
                    (words["character_terms"], words["word_terms"]), (numbers["character_idf"], numbers["word_idf"])
                ),
                intents=words["intents"],
                weights=numbers["weights"],
                biases=numbers["biases"],
                examples=csr_matrix(
                    (numbers["example_data"], numbers["example_indices"], numbers["example_starts"]),
                    shape=tuple(numbers["example_shape"]),
                ),
                first_examples=numbers["first_examples"],
            )
        fitted = words["confidence"]
        return cls(scorer, Confidence(weights=tuple(fitted["weights"]), bias=fitted["bias"]))
