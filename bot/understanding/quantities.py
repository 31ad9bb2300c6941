"""Finds how many: a number, in digits or as a word, beside a word for pieces, beside a product, or all alone."""

import re
from collections.abc import Iterable
from decimal import Decimal

from bot.understanding import quantity_words as words
from bot.understanding.products import ProductMention
from bot.understanding.views import TAKEN, Found, View

_FREE = r"(?<![\w+])(?<!\w[.,/:-])"
_NUMBER_WORD = "|".join(sorted(words.NUMBERS, key=len, reverse=True))
_NUMBER = rf"(?:\d{{1,6}}(?:[.,]\d{{1,3}})?|(?:{_NUMBER_WORD})(?!\w))"
_NO_PART = r"(?![\w%°]|[.,/:-]\d)"
_PIECES = "|".join(f"(?P<{language}>{pattern})" for language, pattern in words.PIECES.items())
_COUNTED = re.compile(rf"{_FREE}(?P<number>{_NUMBER})(?P<gap>\s?)(?:{_PIECES})(?!\w)")
_TIMES = re.compile(rf"{_FREE}(?P<number>\d{{1,4}}) ?[x×х](?!\w|\s?[\d=+^*-])")
_TIMES_BEFORE = re.compile(rf"(?<!\w)(?<!\d )[x×х] ?(?P<number>\d{{1,4}}){_NO_PART}")
_SEVERAL = re.compile(
    rf"(?:{_FREE}(?P<number>{_NUMBER}) |(?<!\w)(?P<half>{words.HALF}) ?(?:a )?|(?<!\w))"
    rf"(?:{'|'.join(f'(?P<by{count}>{pattern})' for count, pattern in words.SEVERAL.items())})(?!\w)"
)
_BEHIND_WORD = re.compile(
    rf"(?<!\w)(?:{words.QUANTITY})(?: \w{{1,7}}){{0,2}}[ :=]{{1,3}}(?P<number>\d{{1,4}}){_NO_PART}"
)
_BEFORE_PRODUCT = re.compile(
    rf"{_FREE}(?P<number>{_NUMBER})(?P<between>(?: (?!(?:{_NUMBER_WORD})(?!\w))[^\W\d_]{{1,20}}){{0,2}}) ?$"
)
_BEHIND_PRODUCT = re.compile(r"\s?[:=-]?\s?(?P<number>\d{1,2})(?=\s{0,3}(?:[,;.!?\n](?!\d)|$))")
_NOT_BETWEEN = re.compile(rf"(?<!\w)(?:{words.MEASURES})")
_PIECE = re.compile(r"\d[\d.,]{0,9}(?<=\d)|[^\W\d_]{1,30}|[^\s\w.,!?]")
_LONE = re.compile(rf"\d{{1,3}}(?:[.,]\d{{1,2}})?|{_NUMBER_WORD}")
_REACH = 60
_LONGEST_ANSWER = 80


def find_counted_quantities(view: View) -> Found:
    """ "3 ks", "سه تا", "2x", "half a dozen"."""
    for match in _SEVERAL.finditer(view.text):
        yield from _several(match)
    for match in _COUNTED.finditer(view.text):
        language = next(name for name in words.PIECES if match[name])
        value = _read(match["number"], {language})
        if value and (match["gap"] or match["number"][0].isdigit()):
            yield *match.span(), value
    for pattern in (_TIMES, _TIMES_BEFORE, _BEHIND_WORD):
        for match in pattern.finditer(view.text):
            yield from _found(*match.span(), _read(match["number"], ()))


def find_quantities_of_products(view: View, mentions: Iterable[ProductMention]) -> Found:
    """ "two lamps", "lampy: 2"; word and product are of one language: Czech "ten hrnek" is one mug, not ten."""
    for mention in mentions:
        first = max(0, mention.start - _REACH)
        before = _BEFORE_PRODUCT.search(view.text[first : mention.start])
        if before and not _NOT_BETWEEN.search(before["between"]) and before["number"] not in words.NEVER_ALONE:
            start, end = before.span("number")
            yield from _found(first + start, first + end, _read(before["number"], mention.languages))
        behind = _BEHIND_PRODUCT.match(view.text, mention.end)
        if behind:
            yield from _found(*behind.span("number"), _read(behind["number"], ()))


def find_lone_quantity(view: View) -> Found:
    """The answer to "how many?": a number, and nothing else that says something."""
    if len(view.text) > _LONGEST_ANSWER or TAKEN in view.text:
        return
    telling = [match for match in _PIECE.finditer(view.text) if match[0] not in words.ALONE]
    if len(telling) == 1 and _LONE.fullmatch(telling[0][0]) and telling[0][0] not in words.NEVER_ALONE:
        yield from _found(*telling[0].span(), _read(telling[0][0], None))


def _several(match: re.Match[str]) -> Found:
    count = next(count for count in words.SEVERAL if match[f"by{count}"])
    number = _read(match["number"], None) if match["number"] else None
    if match["half"]:
        yield *match.span(), str(count // 2)
    elif number:
        yield *match.span(), _plain(Decimal(number) * count)
    else:
        yield match.start(f"by{count}"), match.end(), str(count)


def _found(start: int, end: int, value: str | None) -> Found:
    if value:
        yield start, end, value


def _read(number: str, languages: Iterable[str] | None) -> str | None:
    """The value of digits, or of a number word of these languages (None: of any)."""
    if number[0].isdigit():
        value = Decimal(number.replace(",", "."))
        return _plain(value) if value else None
    known = words.NUMBERS.get(number)
    if known is None or (languages is not None and known.languages.isdisjoint(languages)):
        return None
    return str(known.value)


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"
