"""Tells an angry customer from a calm one, by how the message is worded and by signs of shouting."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from bot.understanding.data_files import read_yaml
from bot.understanding.normaliser import normalise

ANGRY = "angry"
# A person who is called for nothing helps nobody: of what cross-validation calls angry, this share is.
_PRECISION = 0.9
# Among messages of these intents are many of angry customers. All others count as calm, but little each: there are
# many of them, and one among hundreds of ordinary messages must not look angry by accident.
OFTEN_ANGRY = frozenset(
    {
        *("complaint", "feedback", "late_or_missing_parcel", "payment_problem", "refund_request", "refund_status"),
        *("talk_to_human", "ticket_open"),
    }
)
_MOST_BACKGROUND = 4000
_BACKGROUND_WEIGHT = 0.05
_PARTS = 5
# Chosen by cross-validation on data/*/mood.yml; without the words one in eight angry customers more is missed.
_CHARACTER_NGRAMS = (1, 5)
_WORD_NGRAMS = (1, 2)
_WORDS_WEIGHT = 0.6
_INVERSE_REGULARISATION = 10.0
# The mood of a message stands in its first lines; what follows is a pasted mail, and parsing time.
_MOST_CHARACTERS = 1500

_WORD = re.compile(r"[^\W\d_]{2,}")
_SHOUTING_MARKS = (re.compile(r"!"), re.compile(r"!{2,}"), re.compile(r"\?{2,}"), re.compile(r"\?!|!\?"))
_ANGRY_FACE = re.compile("[😠😡🤬👿💢😤🖕]")
_NUMBERS_FILE, _WORDS_FILE = "mood.npz", "mood.json"


@dataclass(frozen=True)
class MoodExample:
    text: str
    language: str
    is_angry: bool


def read_examples(data_folder: Path) -> list[MoodExample]:
    """What `mood.yml` of every language lists as angry and as calm."""
    return [
        MoodExample(text, path.parent.name, mood == ANGRY)
        for path in mood_files(data_folder)
        for mood, texts in read_yaml(path).items()
        for text in texts
    ]


def mood_files(data_folder: Path) -> list[Path]:
    return sorted(data_folder.glob("*/mood.yml"))


class MoodClassifier:
    """Logistic regression over TF-IDF n-grams and signs of shouting; `threshold` is from where on it says angry."""

    def __init__(self, vectorisers: Sequence[TfidfVectorizer], weights: Any, bias: float, threshold: float) -> None:
        self._vectorisers = vectorisers
        self._weights = weights
        self._bias = bias
        self.threshold = threshold

    @classmethod
    def train(cls, examples: Sequence[MoodExample], background: Sequence[str] = ()) -> "MoodClassifier":
        """`background` are ordinary messages, none of an intent that is OFTEN_ANGRY.

        Raises ValueError when a language has fewer than five examples of a mood.
        """
        calm = background[:: 1 + len(background) // _MOST_BACKGROUND]
        texts = [*(example.text for example in examples), *calm]
        is_angry = np.array([*(example.is_angry for example in examples), *(False for _ in calm)])
        strata = [*(f"{example.language} {example.is_angry}" for example in examples), *("background" for _ in calm)]
        weights = np.where(np.arange(len(texts)) < len(examples), 1.0, _BACKGROUND_WEIGHT)
        readable = [_readable(text) for text in texts]
        vectorisers = [vectoriser.fit(readable) for vectoriser in _new_vectorisers()]
        features = _encode(vectorisers, texts)
        regression = _fit(features, is_angry, weights)
        threshold = _choose_threshold(features, is_angry, weights, strata)
        return cls(vectorisers, regression.coef_[0], float(regression.intercept_[0]), threshold)

    def is_angry(self, text: str) -> bool:
        return bool(_WORD.search(text)) and bool(self.anger_of([text])[0] >= self.threshold)

    def anger_of(self, texts: Sequence[str]) -> Any:
        """The probability, among as many angry as calm messages, that each is an angry one."""
        return 1 / (1 + np.exp(-(_encode(self._vectorisers, texts) @ self._weights + self._bias)))

    def save(self, folder: Path) -> None:
        """Plain numbers and words: reading a model file back never runs code from it."""
        characters, words = self._vectorisers
        np.savez(folder / _NUMBERS_FILE, weights=self._weights, characters=characters.idf_, words=words.idf_)
        terms = [[str(term) for term in part.get_feature_names_out()] for part in self._vectorisers]
        learnt = {"terms": terms, "bias": self._bias, "threshold": self.threshold}
        (folder / _WORDS_FILE).write_text(json.dumps(learnt, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> "MoodClassifier":
        learnt = json.loads((folder / _WORDS_FILE).read_text(encoding="utf-8"))
        vectorisers = _new_vectorisers(*learnt["terms"])
        with np.load(folder / _NUMBERS_FILE, allow_pickle=False) as numbers:
            vectorisers[0].idf_, vectorisers[1].idf_ = numbers["characters"], numbers["words"]
            return cls(vectorisers, numbers["weights"], learnt["bias"], learnt["threshold"])


def _fit(features: Any, is_angry: Any, weights: Any) -> LogisticRegression:
    regression = LogisticRegression(C=_INVERSE_REGULARISATION, solver="liblinear")
    return regression.fit(features, is_angry, sample_weight=weights)


def _choose_threshold(features: Any, is_angry: Any, weights: Any, strata: Sequence[str]) -> float:
    """The lowest probability above which, judged by classifiers that did not learn from them, enough are angry."""
    anger = np.zeros(len(strata))
    for seen, unseen in StratifiedKFold(_PARTS, shuffle=True, random_state=0).split(anger, strata):
        judge = _fit(features[seen], is_angry[seen], weights[seen])
        anger[unseen] = judge.predict_proba(features[unseen])[:, 1]
    surest_first = np.argsort(-anger)
    precision = np.cumsum(is_angry[surest_first]) / np.arange(1, len(strata) + 1)
    enough = np.flatnonzero(precision >= _PRECISION)
    return float(anger[surest_first[enough[-1]]]) if len(enough) else 1.0


def _new_vectorisers(
    characters: list[str] | None = None, words: list[str] | None = None
) -> tuple[TfidfVectorizer, TfidfVectorizer]:
    return (
        TfidfVectorizer(analyzer="char_wb", ngram_range=_CHARACTER_NGRAMS, sublinear_tf=True, vocabulary=characters),
        TfidfVectorizer(token_pattern=r"\S+", ngram_range=_WORD_NGRAMS, sublinear_tf=True, vocabulary=words),  # noqa: S106 - no password
    )


def _encode(vectorisers: Sequence[TfidfVectorizer], texts: Sequence[str]) -> Any:
    readable = [_readable(text) for text in texts]
    characters, words = (vectoriser.transform(readable) for vectoriser in vectorisers)
    signs = csr_matrix([list(_signs_of_shouting(text[:_MOST_CHARACTERS])) for text in texts])
    return hstack([characters, words * _WORDS_WEIGHT, signs], format="csr")


def _readable(text: str) -> str:
    return normalise(text[:_MOST_CHARACTERS])


def _signs_of_shouting(text: str) -> Iterator[float]:
    """What the common spelling loses: capitals, repeated marks, an angry face."""
    words = _WORD.findall(text)
    capitals = sum(word.isupper() and word.lower() != word for word in words)
    yield capitals / max(1, len(words))
    yield float(0 < capitals < len(words))
    yield from (float(mark.search(text) is not None) for mark in _SHOUTING_MARKS)
    yield float(_ANGRY_FACE.search(text) is not None)
