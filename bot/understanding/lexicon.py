"""The concepts that a message speaks of: ORDER, NOT, ARRIVE, whatever language they were said in.

data/<language>/concepts.yml names, for each concept, the words by which that language says it, between spaces, as
people write them: `refund` is that word, `refund*` any word that begins so, `how_much` two words, and `ne-` a
beginning that may stand before any other word of the list.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bot.understanding.data_files import DATA_FOLDER, read_yaml

# Concepts of the list that say nothing about the intent: they tell the language, or only stand before a word.
_SILENT = frozenset({"SMALL_WORD", "VERB_PREFIX"})
_EMOJI = "EMOJI"
_MOST_WORDS = 3
_SHORTEST_REST = 3

# Russian is typed in Latin letters too, in one of several ways; its words are compared in one of them.
_ROMANISED = frozenset({"ru"})
_CYRILLIC = str.maketrans("абвгдезийклмнопрстуфхцыэ", "abvgdeziiklmnoprstufhcye") | str.maketrans(
    {"ж": "zh", "ч": "ch", "ш": "sh", "щ": "sh", "ъ": "", "ь": "", "ю": "u", "я": "ya"}
)
_ROMANISATIONS = {"kh": "h", "ts": "c", "shch": "sh", "sch": "sh", "yu": "u", "ju": "u", "ja": "ya"} | {
    "iy": "i", "yi": "i", "j": "i", "ii": "i", "w": "v",
}  # fmt: skip
_ROMANISATION = re.compile("|".join(sorted(_ROMANISATIONS, key=len, reverse=True)))

Meanings = tuple[str, ...]
Patterns = dict[str, Meanings]


@dataclass(frozen=True)
class Sayings:
    """What a message says: its concepts in their order, several where a word has several meanings."""

    language: str
    """In whose words most of it was found; empty when nothing was."""
    concepts: tuple[Meanings, ...]


@dataclass(frozen=True)
class Lexicon:
    """For each language, what its words mean; without any, no message says anything."""

    patterns: Mapping[str, Patterns] = field(default_factory=dict)

    def read(self, prepared: str) -> Sayings:
        """In the language that knows most of the message; `prepared` went through `features.prepare`."""
        best, most = Sayings("", ()), 0
        for language, patterns in self.patterns.items():
            words = (romanise(prepared) if language in _ROMANISED else prepared).split()
            found = list(_find(patterns, words))
            known = sum(length for _, length in found)
            if known > most or not best.concepts:
                meant = (tuple(meaning for meaning in meanings if meaning not in _SILENT) for meanings, _ in found)
                best = Sayings(language if known else "", tuple(meanings for meanings in meant if meanings))
                most = max(known, most)
        return best


def read_lexicon(spell: Callable[[str], str], data_folder: Path = DATA_FOLDER) -> Lexicon:
    """Of all languages that have one; `spell` brings a word to the spelling of the prepared messages."""
    lists = {}
    for path in sorted(data_folder.glob("*/concepts.yml")):
        language = path.parent.name
        concepts: dict[str, str] = read_yaml(path)
        lists[language] = _patterns(concepts, language, spell)
    return Lexicon(lists)


def romanise(text: str) -> str:
    """Cyrillic in Latin letters, and the usual ways of typing Russian in those brought to one."""
    return _ROMANISATION.sub(lambda match: _ROMANISATIONS[match[0]], text.translate(_CYRILLIC))


def _patterns(concepts: Mapping[str, str], language: str, spell: Callable[[str], str]) -> Patterns:
    found: Patterns = {}
    for concept, words in concepts.items():
        for word in words.split():
            mark = word[-1] if word[-1] in "*-" else ""
            spelt = spell(word.rstrip("*-").replace("_", " "))
            pattern = (romanise(spelt) if language in _ROMANISED else spelt) + mark
            meanings = found.get(pattern, ())
            found[pattern] = meanings if concept in meanings else (*meanings, concept)
            if " " in spelt:
                found.setdefault(f"{pattern.split(' ')[0]} ", ())  # no meaning, but a phrase may begin here
    return found


def _find(patterns: Patterns, words: Sequence[str]) -> Iterator[tuple[Meanings, int]]:
    """What the words mean, the longest phrases first, and how many letters told so."""
    position = 0
    while position < len(words):
        count, meanings = _phrase_at(patterns, words, position)
        if meanings:
            yield meanings, sum(map(len, words[position : position + count]))
        elif unicodedata.category(words[position][0]) in {"So", "Po"}:
            yield (words[position] if len(words[position]) == 1 and words[position] in "#&@" else _EMOJI,), 0
        position += count


def _phrase_at(patterns: Patterns, words: Sequence[str], position: int) -> tuple[int, Meanings]:
    most = min(_MOST_WORDS, len(words) - position) if f"{words[position]} " in patterns else 1
    for count in range(most, 1, -1):
        phrase = " ".join(words[position : position + count])
        meanings = _look_up(patterns, phrase, phrase.rindex(" ") + 2)
        if meanings:
            return count, meanings
    return 1, _meanings_of_word(patterns, words[position])


def _meanings_of_word(patterns: Patterns, word: str) -> Meanings:
    meanings = _look_up(patterns, word, 2)
    if meanings:
        return meanings
    for length in range(min(3, len(word) - _SHORTEST_REST), 0, -1):
        before = patterns.get(f"{word[:length]}-")
        rest = _look_up(patterns, word[length:], 2) if before else ()
        if before and rest:
            return (*before, *rest)
    return ()


def _look_up(patterns: Patterns, word: str, shortest: int) -> Meanings:
    if word in patterns:
        return patterns[word]
    beginnings = (f"{word[:length]}*" for length in range(len(word), shortest - 1, -1))
    return next((patterns[beginning] for beginning in beginnings if beginning in patterns), ())
