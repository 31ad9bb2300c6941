"""Scores a message against every intent: by a linear support vector machine and by its nearest known example."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.svm import LinearSVC

from bot.understanding.features import Encoder

_MARGIN_PENALTY = 1.4


@dataclass(frozen=True)
class Evidence:
    """What speaks for each intent (columns) in each message (rows)."""

    scores: Any
    """Distance from the intent's separating plane; positive means inside."""
    similarities: Any
    """Cosine with the nearest example of the intent, 0 to 1, less where the message has unknown n-grams."""

    def signals(self) -> Any:
        """Score and similarity side by side: messages x intents x 2."""
        return np.stack([self.scores, self.similarities], axis=2)


@dataclass(frozen=True)
class Scorer:
    """A trained model; all arrays are plain numbers, so that it can be stored without pickling."""

    encoder: Encoder
    intents: list[str]
    weights: Any
    """features x intents"""
    biases: Any
    examples: Any
    """features x examples, sparse, examples in the order of their intents"""
    first_examples: Any
    """position of each intent's first example"""

    @classmethod
    def train(cls, prepared: Sequence[str], labels: Sequence[str]) -> "Scorer":
        """Needs two intents at least; the same data in the same order gives the same model."""
        intents = sorted(set(labels))
        if len(intents) < 2:
            raise ValueError(f"An intent classifier needs two intents or more, the training data has {intents}.")
        order = sorted(range(len(labels)), key=lambda position: labels[position])
        texts = [prepared[position] for position in order]
        encoder = Encoder.fit(texts)
        features = encoder.encode(texts).features
        columns = np.searchsorted(intents, [labels[position] for position in order])
        machine = LinearSVC(C=_MARGIN_PENALTY, random_state=0).fit(features, columns)
        weights, biases = _one_plane_an_intent(machine)
        return cls(
            encoder=encoder,
            intents=intents,
            weights=np.ascontiguousarray(weights.T, dtype=np.float32),
            biases=biases,
            examples=csr_matrix(features.T),
            first_examples=np.searchsorted(columns, np.arange(len(intents))),
        )

    def weigh(self, prepared: list[str]) -> Evidence:
        encoding = self.encoder.encode(prepared)
        scores = encoding.features @ self.weights + self.biases
        cosines = (encoding.features @ self.examples).toarray()
        nearest = np.maximum.reduceat(cosines, self.first_examples, axis=1)
        return Evidence(np.asarray(scores), nearest * encoding.coverage[:, None])


def _one_plane_an_intent(machine: LinearSVC) -> tuple[Any, Any]:
    """For two classes scikit-learn keeps one plane; the other is its mirror."""
    if len(machine.classes_) > 2:
        return machine.coef_, machine.intercept_
    return np.vstack([-machine.coef_, machine.coef_]), np.concatenate([-machine.intercept_, machine.intercept_])
