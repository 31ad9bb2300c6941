"""A text as the set of its trigrams: three letters in a row, a word's two edges counted as letters."""

import re
from functools import lru_cache

from bot.understanding.normaliser import normalise

_WORD = re.compile(r"\w+")
TRIGRAM = 3
# The same passages are compared again and again.
KEPT_TEXTS = 4096


def searched_text(text: str) -> str:
    """The normalised words with a space around each; what the database looks through."""
    words = _WORD.findall(normalise(text))
    return f" {' '.join(words)} " if words else ""


def trigrams_of(searched: str) -> frozenset[str]:
    """The trigrams of a searched text, none of which reaches from one word into the next."""
    found: set[str] = set()
    for word in searched.split():
        edged = f" {word} "
        found.update(edged[start : start + TRIGRAM] for start in range(len(edged) - TRIGRAM + 1))
    return frozenset(found)


@lru_cache(KEPT_TEXTS)
def trigrams_of_ours(text: str) -> frozenset[str]:
    """The trigrams of a text of the articles, kept: what customers write would fill the memory."""
    return trigrams_of(searched_text(text))
