"""Turns the evidence for an intent into one number between 0 and 1 that means the same in every language."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

from bot.understanding.lexicon import Lexicon
from bot.understanding.network import keys_of
from bot.understanding.scorer import Evidence, Scorer

_PARTS = 4
# Of the foreign messages held back from training, this share may be taken for ours.
_ACCEPTED_SHARE = 0.08
# So many foreign messages of a language weigh as much in its threshold as those of all languages together do.
_HALF_OF_ITS_OWN = 200
_ANY_LANGUAGE = ""


@dataclass(frozen=True)
class Confidence:
    """A logistic curve over an intent's lead before the foreign one, and over how much of the message is known."""

    steepness: float
    familiarity: float
    bias: float
    thresholds: Mapping[str, float] = field(default_factory=dict)
    """by language, the strength from which an intent is believed; in languages not named, that of `""`"""

    def of(self, evidence: Evidence, foreign: int | None) -> Any:
        """Above one half where acting on the intent is right; `foreign` is the column of the out-of-scope intent."""
        common = self.thresholds.get(_ANY_LANGUAGE, 0.0)
        needed = np.array([self.thresholds.get(language, common) for language in evidence.languages])
        known = self.familiarity * evidence.coverage + self.bias - needed
        strength = self.steepness * _lead(evidence.scores, foreign) + known[:, None]
        return 1 / (1 + np.exp(-np.clip(strength, -60, 60)))


# Fitted on hint3_curekart_train.csv; for training data too small to tell right from wrong.
UNFITTED = Confidence(steepness=2.0, familiarity=4.0, bias=-1.0)


@dataclass(frozen=True)
class _Tried:
    """What became of messages that were held back: the signs of the best guess at an intent of ours, and the truth."""

    signs: Any
    """lead and coverage, side by side"""
    is_right: Any
    is_foreign: Any
    languages: Any


def fit_confidence(prepared: Sequence[str], labels: Sequence[str], out_of_scope: str, lexicon: Lexicon) -> Confidence:
    """Learns from messages whose example was kept from training what a right, a wrong and a foreign one look like.

    Data without foreign examples has whole intents left out in turn instead: every guess for theirs is wrong.
    Right and wrong weigh the same, whatever their number.
    """
    rounds = list(_try(np.array(prepared), np.array(labels), out_of_scope, lexicon))
    if not rounds:
        return UNFITTED
    signs = np.concatenate([tried.signs for tried in rounds])
    is_right = np.concatenate([tried.is_right for tried in rounds])
    if len(set(is_right)) < 2:
        return UNFITTED
    spread = signs.std(axis=0) + 1e-9
    curve = LogisticRegression(class_weight="balanced").fit(signs / spread, is_right)
    weights, bias = curve.coef_[0] / spread, float(curve.intercept_[0])
    steepness, familiarity = map(float, weights)
    return Confidence(steepness, familiarity, bias, _thresholds(rounds[0], rounds[0].signs @ weights + bias))


def _thresholds(tried: _Tried, strengths: Any) -> dict[str, float]:
    foreign, languages = strengths[tried.is_foreign], tried.languages[tried.is_foreign]
    if not len(foreign):
        return {}
    found = {_ANY_LANGUAGE: float(np.quantile(foreign, 1 - _ACCEPTED_SHARE))}
    for language in sorted(set(languages) - {_ANY_LANGUAGE}):
        own = foreign[languages == language]
        trust = len(own) / (len(own) + _HALF_OF_ITS_OWN)
        threshold = trust * np.quantile(own, 1 - _ACCEPTED_SHARE) + (1 - trust) * found[_ANY_LANGUAGE]
        found[language] = float(threshold)
    return found


def _try(prepared: Any, labels: Any, out_of_scope: str, lexicon: Lexicon) -> Iterator[_Tried]:
    examples = _parts_of_examples(prepared)
    has_foreign = out_of_scope in set(labels)
    for held_back in examples[:1] if has_foreign else (*examples, *_every_nth_intent(labels)):
        if len(set(labels[~held_back])) < 2 or not held_back.any():
            continue
        scorer = Scorer.train(list(prepared[~held_back]), list(labels[~held_back]), lexicon)
        evidence = scorer.weigh(list(prepared[held_back]))
        foreign = scorer.intents.index(out_of_scope) if out_of_scope in scorer.intents else None
        best = best_of_ours(evidence.scores, foreign)
        leads = _lead(evidence.scores, foreign)[np.arange(len(best)), best]
        truth = labels[held_back]
        yield _Tried(
            signs=np.stack([leads, evidence.coverage], axis=1),
            is_right=np.array(scorer.intents)[best] == truth,
            is_foreign=truth == out_of_scope,
            languages=np.array(evidence.languages),
        )


def best_of_ours(scores: Any, foreign: int | None) -> Any:
    """The column of the best intent that is not the out-of-scope one."""
    ours = scores.copy()
    if foreign is not None:
        ours[:, foreign] = -np.inf
    return ours.argmax(axis=1)


def _lead(scores: Any, foreign: int | None) -> Any:
    return scores if foreign is None else scores - scores[:, foreign][:, None]


def _parts_of_examples(prepared: Any) -> list[Any]:
    """Masks over the examples; in which part one is depends on its own text alone."""
    part = keys_of(prepared) % np.uint64(_PARTS)
    return [part == number for number in range(_PARTS)]


def _every_nth_intent(labels: Any) -> list[Any]:
    intents = np.random.RandomState(0).permutation(np.unique(labels))
    return [np.isin(labels, intents[number::_PARTS]) for number in range(_PARTS)]
