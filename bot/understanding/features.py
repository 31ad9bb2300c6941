"""Turns messages into numbers: TF-IDF of character and word n-grams over the normalised text."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer

from bot.understanding.extractor import Reference, extract, without_references
from bot.understanding.normaliser import normalise

# That a message carries a reference says much about its intent, the digits themselves nothing. After
# `_spelling` has dropped all punctuation, these signs cannot come from the customer.
_STAND_INS = {"order_number": "#", "ticket_number": "&", "email": "@"}

# A customer's question stands in the first lines; what follows is a pasted mail, and parsing time.
_MOST_CHARACTERS = 1500

# Chosen by cross-validation on hint3_curekart_train.csv and on data/*/nlu (docs/decisions, number 3).
_CHARACTER_NGRAMS = (1, 5)
_WORD_NGRAMS = (1, 3)
_WORDS_WEIGHT = 0.6
_DOUBLED_LETTER = re.compile(r"([^\W\d_])\1")


def prepare(text: str, references: list[Reference] | None = None) -> str:
    """The text that is learnt from: normalised, references as signs, no punctuation, digits as 0."""
    known = extract(text) if references is None else references
    parts = re.split("([\x00\x01\x02])", without_references(text.translate(_NO_MARKERS), known, _MARKERS))
    words = [_SIGNS.get(part) or _spelling(part[:_MOST_CHARACTERS]) for part in parts]
    return " ".join(word for word in words if word)[:_MOST_CHARACTERS]


_MARKERS = dict(zip(_STAND_INS, "\x00\x01\x02", strict=True))
_SIGNS = dict(zip(_MARKERS.values(), _STAND_INS.values(), strict=True))
_NO_MARKERS = str.maketrans("\x00\x01\x02", "   ")


def _spelling(text: str) -> str:
    kept = "".join(" " if _is_punctuation(character) else character for character in normalise(text))
    single = _DOUBLED_LETTER.sub(r"\1", kept)  # "adress" and "address" are one word
    return " ".join(re.sub(r"\d", "0", single).split())


def _is_punctuation(character: str) -> bool:
    category = unicodedata.category(character)
    return category[0] in "PS" and category != "So"  # So: emoji say something


@dataclass(frozen=True)
class Encoding:
    """One row a message: features of length one, and the share of its character n-grams ever seen in training."""

    features: Any
    coverage: Any


class Encoder:
    """Both vectorisers as one; built by `fit`, or by `restore` from what `terms_and_weights` gave."""

    def __init__(self, characters: TfidfVectorizer, words: TfidfVectorizer) -> None:
        self._characters = characters
        self._words = words
        self._character_ngrams = characters.build_analyzer()

    @classmethod
    def fit(cls, prepared: list[str]) -> "Encoder":
        return cls(_character_vectoriser().fit(prepared), _word_vectoriser().fit(prepared))

    @classmethod
    def restore(cls, terms: tuple[list[str], list[str]], weights: tuple[Any, Any]) -> "Encoder":
        characters, words = _character_vectoriser(terms[0]), _word_vectoriser(terms[1])
        characters.idf_, words.idf_ = weights
        return cls(characters, words)

    def terms_and_weights(self) -> tuple[tuple[list[str], list[str]], tuple[Any, Any]]:
        parts = (self._characters, self._words)
        characters, words = (list(map(str, part.get_feature_names_out())) for part in parts)
        return (characters, words), (self._characters.idf_, self._words.idf_)

    def encode(self, prepared: list[str]) -> Encoding:
        parts = [self._characters.transform(prepared), self._words.transform(prepared) * _WORDS_WEIGHT]
        # Each vectoriser gives rows of length one, or zero when all is unknown.
        features = hstack(parts, format="csr", dtype=np.float32) / np.float32((1 + _WORDS_WEIGHT**2) ** 0.5)
        return Encoding(csr_matrix(features), np.array([self._coverage(text) for text in prepared]))

    def _coverage(self, prepared: str) -> float:
        ngrams = set(self._character_ngrams(prepared))
        return sum(ngram in self._characters.vocabulary_ for ngram in ngrams) / max(1, len(ngrams))


def _character_vectoriser(terms: list[str] | None = None) -> TfidfVectorizer:
    return TfidfVectorizer(
        analyzer="char_wb", ngram_range=_CHARACTER_NGRAMS, sublinear_tf=True, lowercase=False, vocabulary=terms
    )


def _word_vectoriser(terms: list[str] | None = None) -> TfidfVectorizer:
    return TfidfVectorizer(
        analyzer="word",
        token_pattern=r"\S+",  # noqa: S106 - no password
        ngram_range=_WORD_NGRAMS,
        sublinear_tf=True,
        lowercase=False,
        vocabulary=terms,
    )
