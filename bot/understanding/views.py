"""A message as the extractor reads it: plain characters, each of which knows where it stands in what was typed."""

import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from bot.understanding.normaliser import LATIN_SPELLINGS, PERSIAN_LETTERS

# Stands for characters that already belong to an entity; nothing that a finder looks for contains it.
TAKEN = "\x00"

# A span of a view, and the value that was read there.
Found = Iterator[tuple[int, int, str]]

_LOOK_ALIKES = {
    **dict.fromkeys("‐‑‒–—―−﹘﹣", "-"),
    **dict.fromkeys("№＃﹟", "#"),
    "٫": ".",
    "٬": ",",
}
_ONE_SPELLING = str.maketrans({**LATIN_SPELLINGS, **PERSIAN_LETTERS})


@dataclass(frozen=True)
class View:
    """``text`` to search in; its character ``i`` stands at ``positions[i]`` of ``typed``, which is what was typed."""

    text: str
    positions: list[int]
    typed: str

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The span of ``typed`` behind a span of ``text``."""
        return self.positions[start], self.positions[end - 1] + 1

    def typed_text(self, start: int, end: int) -> str:
        first, last = self.span(start, end)
        return self.typed[first:last]

    def without(self, spans: Iterable[tuple[int, int]]) -> "View":
        """The same view with these spans of ``typed`` taken."""
        characters = list(self.text)
        for start, end in spans:
            first, last = bisect_left(self.positions, start), bisect_left(self.positions, end)
            characters[first:last] = TAKEN * (last - first)
        return View("".join(characters), self.positions, self.typed)


def readable_view(typed: str) -> View:
    """In plain digits, dashes and spaces, without invisible characters."""
    return _view(typed, _readable)


def folded_view(typed: str) -> View:
    """The readable view in lower case, without accents, each letter in its one spelling: for finding words."""
    return _view(typed, _folded)


def fold(typed: str) -> str:
    """The spelling in which a folded view shows this text."""
    return "".join(map(_folded, typed))


def _view(typed: str, read: Callable[[str], str]) -> View:
    characters: list[str] = []
    positions: list[int] = []
    for position, character in enumerate(typed):
        for plain in read(character):
            characters.append(plain)
            positions.append(position)
    return View("".join(characters), positions, typed)


@lru_cache(maxsize=4096)
def _folded(character: str) -> str:
    decomposed = unicodedata.normalize("NFD", _readable(character).casefold())
    bare = "".join(each for each in decomposed if not unicodedata.category(each).startswith("M"))
    return bare.translate(_ONE_SPELLING)


@lru_cache(maxsize=4096)
def _readable(character: str) -> str:
    if character == TAKEN:
        return ""
    if character < "\x7f":
        return character
    if character in _LOOK_ALIKES:
        return _LOOK_ALIKES[character]
    category = unicodedata.category(character)
    if category == "Nd":
        return str(unicodedata.decimal(character))
    if category == "Cf" or character == "\ufe0f":
        return ""
    if category in {"Zs", "Zl", "Zp"}:
        return " "
    compatible = unicodedata.normalize("NFKC", character)
    return compatible if len(compatible) == 1 else character
