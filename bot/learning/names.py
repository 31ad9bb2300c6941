"""Finds the names of people in a message: those of its customer, and whatever somebody introduces themselves as."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cache

from bot.understanding.data_files import DATA_FOLDER, read_yaml
from bot.understanding.views import View, fold, folded_view

Span = tuple[int, int]
_WORD = r"[^\W\d_][\w'’]{0,40}"
_NAME = rf"(?P<name>{_WORD})(?P<second>[ -]{_WORD})?"
_PLACE = "…"
# Shorter ones are too often something else.
_SHORTEST = 3


def find_names(text: str, known: Collection[str] = ()) -> list[Span]:
    """Where names stand in a text, in order and without overlaps; `known` are full names of its customer."""
    view = folded_view(text)
    found: list[Span] = []
    for start, end in sorted({*_known_names(view, known), *_introduced_names(view)}):
        if found and start < found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def _known_names(view: View, known: Iterable[str]) -> Iterator[Span]:
    for name in known:
        for word in re.findall(r"[^\W\d_]+", fold(name)):
            if len(word) >= _SHORTEST:
                yield from (view.span(*match.span()) for match in _inflected(word).finditer(view.text))


def _inflected(word: str) -> re.Pattern[str]:
    """ "Jana" is also "Janou" and "Jano", "Anna" also "Annának"."""
    stem = re.sub(r"(?<=\w{3})[aeiouyаяоеиюьй]$", "", word)
    return re.compile(rf"(?<!\w)(?:{re.escape(word)}\w{{0,4}}|{re.escape(stem)}\w{{0,2}})(?!\w)")


def _introduced_names(view: View) -> Iterator[Span]:
    phrases, no_names = _introductions()
    for match in (match for phrase in phrases for match in phrase.finditer(view.text)):
        if match["name"] in no_names:
            continue
        # "my name is emma and …": only a capital letter tells that the second word belongs to it.
        has_second = match["second"] and view.typed_text(*match.span("second"))[1:2].isupper()
        yield view.span(match.start("name"), match.end("second" if has_second else "name"))


@cache
def _introductions() -> tuple[Sequence[re.Pattern[str]], frozenset[str]]:
    """The phrases of all languages, because people mix them, and what is no name in their place."""
    read = [read_yaml(path) for path in sorted(DATA_FOLDER.glob("*/introductions.yml"))]
    phrases = [_as_pattern(phrase) for words in read for phrase in words["phrases"]]
    return phrases, frozenset(fold(word) for words in read for word in words["no_names"].split())


def _as_pattern(phrase: str) -> re.Pattern[str]:
    before, _, after = (re.escape(fold(part)) for part in phrase.partition(_PLACE))
    return re.compile(rf"(?<!\w){before}{_NAME}{after}(?!\w)")
