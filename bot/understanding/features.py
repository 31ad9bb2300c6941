"""Turns messages into numbers: TF-IDF of character n-grams, word n-grams and concepts of the normalised text."""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer

from bot.understanding.extractor import Reference, extract, without_references
from bot.understanding.lexicon import Lexicon, Sayings
from bot.understanding.normaliser import normalise

# That a message carries a reference says much about its intent, the digits themselves nothing. After
# `spell` has dropped all punctuation, these signs cannot come from the customer.
_STAND_INS = {"order_number": "#", "ticket_number": "&", "email": "@"}

# A customer's question stands in the first lines; what follows is a pasted mail, and parsing time.
_MOST_CHARACTERS = 1500

# Chosen by cross-validation on hint3_curekart_train.csv and on data/*/nlu (docs/decisions, number 3).
_CHARACTER_NGRAMS = (2, 4)
_WORD_NGRAMS = (1, 3)
_WEIGHTS = (1.0, 0.6, 0.5)  # of character n-grams, word n-grams and concepts
# What stands in one message alone is learnt only where there are few.
_MANY_MESSAGES = 2000
_LENGTH = sum(weight**2 for weight in _WEIGHTS) ** 0.5
_MOST_PAIRED_CONCEPTS = 14
_NOTHING = "NOTHING"  # of what the lexicon knows
_DOUBLED_LETTER = re.compile(r"([^\W\d_])\1")


def prepare(text: str, references: list[Reference] | None = None) -> str:
    """The text that is learnt from: normalised, references as signs, no punctuation, digits as 0."""
    found = extract(text) if references is None else references
    known = [reference for reference in found if reference.kind in _STAND_INS]
    parts = re.split("([\x00\x01\x02])", without_references(text.translate(_NO_MARKERS), known, _MARKERS))
    words = [_SIGNS.get(part) or spell(part[:_MOST_CHARACTERS]) for part in parts]
    return " ".join(word for word in words if word)[:_MOST_CHARACTERS]


_MARKERS = dict(zip(_STAND_INS, "\x00\x01\x02", strict=True))
_SIGNS = dict(zip(_MARKERS.values(), _STAND_INS.values(), strict=True))
_NO_MARKERS = str.maketrans("\x00\x01\x02", "   ")


def spell(text: str) -> str:
    """Normalised, without punctuation, digits as 0."""
    kept = "".join(" " if _is_punctuation(character) else character for character in normalise(text))
    single = _DOUBLED_LETTER.sub(r"\1", kept)  # "adress" and "address" are one word
    return " ".join(re.sub(r"\d", "0", single).split())


def _is_punctuation(character: str) -> bool:
    category = unicodedata.category(character)
    return category[0] in "PS" and category != "So"  # So: emoji say something


@dataclass(frozen=True)
class Encoding:
    """One row a message."""

    features: Any
    """of length one, or less where the message has nothing of a kind"""
    coverage: Any
    """the share of its character n-grams ever seen in training"""
    languages: list[str]
    """that of most of its concepts, or empty"""


class Encoder:
    """All vectorisers as one; built by `fit`, or by `restore` from what `terms` and `rarities` gave."""

    def __init__(self, lexicon: Lexicon, vectorisers: Sequence[TfidfVectorizer]) -> None:
        self.lexicon = lexicon
        self._vectorisers = vectorisers
        self._character_ngrams = vectorisers[0].build_analyzer()

    @classmethod
    def fit(cls, prepared: list[str], lexicon: Lexicon) -> tuple["Encoder", Encoding]:
        """With the encoding of the same messages."""
        vectorisers = _vectorisers((None, None, None), 2 if len(prepared) >= _MANY_MESSAGES else 1)
        encoder = cls(lexicon, vectorisers)
        return encoder, encoder._encode(prepared, TfidfVectorizer.fit_transform)

    @classmethod
    def restore(cls, lexicon: Lexicon, terms: Sequence[list[str]], rarities: Sequence[Any]) -> "Encoder":
        vectorisers = _vectorisers(terms)
        for vectoriser, rarity in zip(vectorisers, rarities, strict=True):
            vectoriser.idf_ = rarity
        return cls(lexicon, vectorisers)

    @property
    def terms(self) -> list[list[str]]:
        return [list(map(str, vectoriser.get_feature_names_out())) for vectoriser in self._vectorisers]

    @property
    def features(self) -> list[str]:
        """A name for each column; a word may be three of them, one of each kind."""
        return [f"{kind} {term}" for kind, terms in enumerate(self.terms) for term in terms]

    @property
    def rarities(self) -> list[Any]:
        return [vectoriser.idf_ for vectoriser in self._vectorisers]

    def encode(self, prepared: list[str]) -> Encoding:
        return self._encode(prepared, TfidfVectorizer.transform)

    def _encode(self, prepared: list[str], transform: Callable[[TfidfVectorizer, Sequence[Any]], Any]) -> Encoding:
        said = [self.lexicon.read(text) for text in prepared]
        views: tuple[Sequence[Any], ...] = (prepared, prepared, [_concept_features(each) for each in said])
        # Each vectoriser gives rows of length one, or zero when all is unknown.
        parts = [
            transform(vectoriser, texts) * (weight / _LENGTH)
            for vectoriser, texts, weight in zip(self._vectorisers, views, _WEIGHTS, strict=True)
        ]
        features = csr_matrix(hstack(parts, format="csr"), dtype=np.float32)
        coverage = np.array([self._coverage(text) for text in prepared])
        return Encoding(features, coverage, [each.language for each in said])

    def _coverage(self, prepared: str) -> float:
        characters = self._vectorisers[0]
        ngrams = set(self._character_ngrams(prepared))
        return sum(ngram in characters.vocabulary_ for ngram in ngrams) / max(1, len(ngrams))


def _concept_features(sayings: Sayings) -> list[str]:
    """Each concept, and each two of a message in whatever order: languages order their words differently."""
    said = [concept for meanings in sayings.concepts for concept in meanings] or [_NOTHING]
    different = sorted(set(said))
    pairs = combinations(different, 2) if len(different) <= _MOST_PAIRED_CONCEPTS else ()
    return [*said, *(f"{one}&{other}" for one, other in pairs)]


def _as_they_are(concepts: list[str]) -> list[str]:
    return concepts


def _vectorisers(terms: Sequence[list[str] | None], fewest_messages: int = 1) -> list[TfidfVectorizer]:
    same: dict[str, Any] = {"sublinear_tf": True, "lowercase": False, "min_df": fewest_messages}
    words = r"\S+"
    return [
        TfidfVectorizer(analyzer="char_wb", ngram_range=_CHARACTER_NGRAMS, vocabulary=terms[0], **same),
        TfidfVectorizer(token_pattern=words, ngram_range=_WORD_NGRAMS, vocabulary=terms[1], **same),
        TfidfVectorizer(analyzer=_as_they_are, vocabulary=terms[2], **same),
    ]
