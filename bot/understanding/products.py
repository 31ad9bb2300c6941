"""Finds the products that a customer names: the names of data/<language>/products.yml with the language's endings."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from bot.understanding.data_files import DATA_FOLDER, read_yaml
from bot.understanding.views import View, fold

SEVERAL = "|"  # between the products that one word may mean

_EXACTLY = "="  # before a name that takes no other ending: "=police" is a Czech shelf, "policy" is none

# What may follow the unchanging beginning of a word, in the spelling of a folded view.
_ENDINGS = {
    "en": "s es",
    "cs": "a e i o u y ou am em um im ym ami emi imi ymi ach ech ich ych eho emu ovi ovy ova ove ovou ku ky kem",
    "is": "a i u s n ar ir ur um id in inn ann inu num anum inum unum unni inni ina una ana anna nna nar nir"
    " arnir arnar irnar urnar sins ins ans unnar",
    "fa": "ی ها های هایی هام هاش هات هامون هارو هاتون م ت ش و رو ه تون مون یی ای o ro ha haye e esh et am",
    "ru": "а я у ю ы и е о ь ои еи ою ею ам ям ами ями ах ях ов ев ом ем ыи ии ая яя ое ее ые ие ого его ому ему"
    " ым им ых их ыми ими ую юю u y i e oi oy ami ov am",
}
_ANY_ENDING = r"\w{0,7}"  # Hungarian puts several endings one behind the other
# In these languages the last vowel of a word gives way to the ending.
_CHANGING_VOWELS = {"cs": "aeiouy", "is": "aiu", "ru": "аяыиоеь"}
# The beginnings of shorter words are those of too many others: lists hold all forms of these ("tál", but "talán").
_FEWEST_LETTERS = {"cs": 5, "hu": 4, "is": 5, "ru": 5}
_SHORTEST_BEGINNING = 4
_WORD = re.compile(r"\w{1,40}")
_BETWEEN_WORDS = re.compile(r"[ \-]{1,3}")
_INDEXED_LETTERS = 2


@dataclass(frozen=True)
class ProductMention:
    """A span of a view, the sku or skus that it may mean, and the languages in which it does."""

    start: int
    end: int
    skus: str
    languages: frozenset[str]


@dataclass(frozen=True)
class _Name:
    words: tuple[re.Pattern[str], ...]
    length: int
    sku: str
    language: str


class ProductNames:
    """The names of all products in all languages, ready to be looked for; without any, nothing is found."""

    def __init__(self, lists: Mapping[str, Iterable[Mapping[str, Any]]] | None = None) -> None:
        """``lists`` are {language: [{"sku": ..., "names": [...]}]}; the sku itself is a name as well."""
        self._by_beginning: dict[str, list[_Name]] = {}
        self._order: dict[str, int] = {}
        for language, products in (lists or {}).items():
            for product in products:
                sku = str(product["sku"])
                self._order.setdefault(sku, len(self._order))
                for name in (sku, *product["names"]):
                    self._add(_Name(*_read_name(name, language), sku, language))

    def _add(self, name: _Name) -> None:
        beginning = name.words[0].pattern[:_INDEXED_LETTERS]
        self._by_beginning.setdefault(beginning, []).append(name)

    def find(self, view: View) -> list[ProductMention]:
        """The longest names from left to right; a word that several products share means all of them."""
        words = list(_WORD.finditer(view.text))
        mentions: list[ProductMention] = []
        position = 0
        while position < len(words):
            fitting = self._fitting(view.text, words, position)
            if fitting:
                mentions.append(self._mention(words, position, fitting))
            position += len(fitting[0].words) if fitting else 1
        return mentions

    def _fitting(self, text: str, words: list[re.Match[str]], position: int) -> list[_Name]:
        candidates = self._by_beginning.get(words[position][0][:_INDEXED_LETTERS], [])
        fitting = [name for name in candidates if _fits(name, text, words[position : position + len(name.words)])]
        most_words = max((len(name.words) for name in fitting), default=0)
        return [name for name in fitting if len(name.words) == most_words]

    def _mention(self, words: list[re.Match[str]], position: int, names: list[_Name]) -> ProductMention:
        # In Hungarian one word may be the beginning of another: lámpa, lámpaernyő.
        longest = max(name.length for name in names)
        skus = sorted({name.sku for name in names if name.length == longest}, key=self._order.__getitem__)
        last = words[position + len(names[0].words) - 1]
        languages = frozenset(name.language for name in names)
        return ProductMention(words[position].start(), last.end(), SEVERAL.join(skus), languages)


def _read_name(name: str, language: str) -> tuple[tuple[re.Pattern[str], ...], int]:
    words = [word[0] for word in _WORD.finditer(fold(name))]
    is_exact = name.startswith(_EXACTLY)
    return tuple(re.compile(_any_form(word, language, is_exact=is_exact)) for word in words), sum(map(len, words))


def _any_form(word: str, language: str, *, is_exact: bool) -> str:
    if is_exact or len(word) < _FEWEST_LETTERS.get(language, 2) or word.isdigit():
        return re.escape(word)
    beginning = word.rstrip(_CHANGING_VOWELS.get(language, ""))
    if len(beginning) < min(len(word), _SHORTEST_BEGINNING):
        return re.escape(word)
    endings = _ENDINGS.get(language)
    return re.escape(beginning) + (f"(?:{'|'.join(endings.split())})?" if endings else _ANY_ENDING)


def _fits(name: _Name, text: str, words: list[re.Match[str]]) -> bool:
    if len(words) < len(name.words):
        return False
    are_words = all(pattern.fullmatch(word[0]) for pattern, word in zip(name.words, words, strict=True))
    gaps = (text[one.end() : other.start()] for one, other in pairwise(words))
    return are_words and all(_BETWEEN_WORDS.fullmatch(gap) for gap in gaps)


def read_product_names(data_folder: Path = DATA_FOLDER) -> ProductNames:
    """Of all languages; a language may do without."""
    files = sorted(data_folder.glob("*/products.yml"))
    return ProductNames({file.parent.name: read_yaml(file) for file in files})
