"""Turns the evidence for an intent into one number between 0 and 1 that means the same in every language."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

from bot.understanding.scorer import Evidence, Scorer

_PARTS = 4


@dataclass(frozen=True)
class Confidence:
    """A logistic curve over the score and the similarity of an intent."""

    weights: tuple[float, float]
    bias: float

    def of(self, evidence: Evidence) -> Any:
        """The chance that acting on the intent is right, if half of all messages were to be refused."""
        strength = evidence.signals() @ np.array(self.weights) + self.bias
        return 1 / (1 + np.exp(-strength))


# Fitted on hint3_curekart_train.csv; for training data too small to tell right from wrong.
UNFITTED = Confidence(weights=(3.0, 3.6), bias=-1.7)


def fit_confidence(prepared: Sequence[str], labels: Sequence[str], out_of_scope: str) -> Confidence:
    """Learns from messages whose example was kept from training, and from intents the model has never seen.

    The second kind teaches what a foreign message looks like: with a whole intent left out, every guess for
    its examples is wrong. Guesses of `out_of_scope` are refusals already and not judged. Right and wrong
    weigh the same, whatever their number.
    """
    rounds = list(_guesses(np.array(prepared), np.array(labels), out_of_scope))
    signals = np.concatenate([signals for signals, _ in rounds]) if rounds else np.zeros((0, 2))
    is_right = np.concatenate([is_right for _, is_right in rounds]) if rounds else np.zeros(0, bool)
    if len(set(is_right)) < 2:
        return UNFITTED
    centre, spread = signals.mean(axis=0), signals.std(axis=0) + 1e-9
    curve = LogisticRegression(class_weight="balanced").fit((signals - centre) / spread, is_right)
    weights = curve.coef_[0] / spread
    return Confidence(
        weights=(float(weights[0]), float(weights[1])), bias=float(curve.intercept_[0] - weights @ centre)
    )


def _guesses(prepared: Any, labels: Any, out_of_scope: str) -> Iterator[tuple[Any, Any]]:
    for held_back in (*_every_nth_example(labels), *_every_nth_intent(labels)):
        if len(set(labels[~held_back])) < 2 or not held_back.any():
            continue
        scorer = Scorer.train(list(prepared[~held_back]), list(labels[~held_back]))
        evidence = scorer.weigh(list(prepared[held_back]))
        best = evidence.scores.argmax(axis=1)
        guesses = np.array(scorer.intents)[best]
        judged = guesses != out_of_scope
        signals = evidence.signals()[np.arange(len(best)), best]
        yield signals[judged], (guesses == labels[held_back])[judged]


def _every_nth_example(labels: Any) -> list[Any]:
    """Masks over the examples; each intent is spread evenly over them."""
    shuffled = np.random.RandomState(0).permutation(len(labels))
    part = np.zeros(len(labels), int)
    for intent in np.unique(labels):
        own = shuffled[labels[shuffled] == intent]
        part[own] = np.arange(len(own)) % _PARTS
    return [part == number for number in range(_PARTS)]


def _every_nth_intent(labels: Any) -> list[Any]:
    intents = np.random.RandomState(0).permutation(np.unique(labels))
    return [np.isin(labels, intents[number::_PARTS]) for number in range(_PARTS)]
