"""How customers ask about goods: what they wish, and which of their words may name a product."""

import re
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from bot.understanding.data_files import read_yaml
from bot.understanding.extractor import extract_entities
from bot.understanding.normaliser import normalise
from connectors.database.base import utc_now
from connectors.settings import DATA_FOLDER

_WORD = re.compile(r"[^\W_]+")
_GAP = r".{0,30}?\b"
# No product has a longer word in its name.
_LONGEST_WORD = 40


class Wish(StrEnum):
    """What somebody may want besides an answer; what is found first counts."""

    STOP_WATCHING = "stop_watching"
    WATCH = "watch"
    OFFER = "offer"
    DISCOUNT = "discount"


def find_wish(text: str, language: str) -> Wish | None:
    """The wish that stands in the words of a message, in this language or in English."""
    typed = normalise(text)
    for wish in Wish:
        if any(_phrases(each)[wish].search(typed) for each in (language, "en")):
            return wish
    return None


def naming_words(text: str, language: str) -> tuple[str, ...]:
    """The words that may name a product, normalised: no words that only ask, no numbers, no personal data."""
    rest = list(text)
    for entity in extract_entities(text, utc_now().date()):
        rest[entity.start : entity.end] = " " * (entity.end - entity.start)
    filler = _filler(language) | _filler("en")
    words = [word[:_LONGEST_WORD] for word in _WORD.findall(normalise("".join(rest))) if word not in filler]
    return tuple(word for word in words if len(word) > 1 and not any(map(str.isdigit, word)))


@cache
def _phrases(language: str) -> Mapping[Wish, re.Pattern[str]]:
    return {wish: re.compile("|".join(map(_as_pattern, _words_of(language)[wish]))) for wish in Wish}


def _as_pattern(phrase: str) -> str:
    parts = (re.escape(normalise(part)) for part in phrase.split("…"))
    return r"\b" + _GAP.join(parts)


@cache
def _filler(language: str) -> frozenset[str]:
    return frozenset(_words_of(language)["filler"].split())


@cache
def _words_of(language: str) -> Mapping[str, Any]:
    path: Path = DATA_FOLDER / language / "product_questions.yml"
    words: Mapping[str, Any] = read_yaml(path)
    return words
