"""Scores a message against every intent: by a linear support vector machine and by a small neural network."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.svm import LinearSVC

from bot.understanding.features import Encoder
from bot.understanding.lexicon import Lexicon
from bot.understanding.network import Keys, Network

_MARGIN_PENALTY = 1.4
_NETWORK_WEIGHT = 0.4


@dataclass(frozen=True)
class Evidence:
    """What speaks for each intent in each message."""

    scores: Any
    """messages x intents; the difference of two intents counts"""
    coverage: Any
    """of each message, 0 to 1: how much of it is like anything seen in training"""
    languages: list[str]
    """of each message, or empty"""


@dataclass(frozen=True)
class Scorer:
    """A trained model; all arrays are plain numbers, so that it can be stored without pickling."""

    encoder: Encoder
    intents: list[str]
    weights: Any
    """of the support vector machine, features x intents"""
    biases: Any
    network: Network

    @classmethod
    def train(cls, prepared: Sequence[str], labels: Sequence[str], lexicon: Lexicon) -> "Scorer":
        """Needs two intents at least; the same data in the same order gives the same model."""
        intents = sorted(set(labels))
        if len(intents) < 2:
            raise ValueError(f"An intent classifier needs two intents or more, the training data has {intents}.")
        encoder, encoding = Encoder.fit(list(prepared), lexicon)
        features = encoding.features
        columns = np.searchsorted(intents, labels)
        machine = LinearSVC(C=_MARGIN_PENALTY, random_state=0).fit(features, columns)
        weights, biases = _one_plane_an_intent(machine)
        return cls(
            encoder=encoder,
            intents=intents,
            weights=np.ascontiguousarray(weights.T, dtype=np.float32),
            biases=biases,
            network=Network.train(features, columns, len(intents), Keys.of(prepared, encoder.features)),
        )

    def weigh(self, prepared: list[str]) -> Evidence:
        encoding = self.encoder.encode(prepared)
        margins = encoding.features @ self.weights + self.biases
        scores = margins + _NETWORK_WEIGHT * self.network.log_chances(encoding.features)
        return Evidence(np.asarray(scores), encoding.coverage, encoding.languages)


def _one_plane_an_intent(machine: LinearSVC) -> tuple[Any, Any]:
    """For two classes scikit-learn keeps one plane; the other is its mirror."""
    if len(machine.classes_) > 2:
        return machine.coef_, machine.intercept_
    return np.vstack([-machine.coef_, machine.coef_]), np.concatenate([-machine.intercept_, machine.intercept_])
