"""Reads a postal address as people write it: street, postcode, city and country, in one line or several."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from babel import Locale

from automations.rules.delivery_area import is_postcode_of
from bot.understanding.views import folded_view, readable_view

LANGUAGES = ("en", "cs", "hu", "is", "fa", "ru", "de")
# Names that people use beside those of the Unicode data.
_OTHER_NAMES = {
    "czech republic": "CZ",
    "ceska republika": "CZ",
    "cr": "CZ",
    "cseh koztarsasag": "CZ",
    "чешская республика": "CZ",
    "جمهوری چک": "CZ",
    "slovak republic": "SK",
    "holland": "NL",
    "uk": "GB",
    "england": "GB",
    "great britain": "GB",
    "usa": "US",
}
_LONGEST_COUNTRY_WORDS = 4
_POSTCODE = re.compile(
    r"(?<![\w/.-])(?:[A-Z]{1,3}-(?=\d{3}))?"
    r"(?:[A-Z]\d[\dW] ?[A-Z\d]{4}|\d{4} ?[A-Z]{2}(?![a-z])|[A-Z]{3} ?\d{4}|\d{2}-\d{3}|\d{4}-\d{3}"
    r"|\d{3} \d{2}|\d{3,6})(?![\w/.-])"
)
_SEGMENTS = re.compile(r"[,;،؛\n]+")
_TRIMMED = " .:!"
# "please send it to Long Street 5": so many small words before the first capital are no street.
_LEAD_IN_WORDS = 3


@dataclass(frozen=True, slots=True)
class AddressParts:
    """What was found of an address; `country` is an ISO 3166 code."""

    street: str | None = None
    postcode: str | None = None
    city: str | None = None
    country: str | None = None


def read_address(text: str, home_country: str | None = None) -> AddressParts:
    """The parts of an address; `home_country`, where the parcel went so far, tells the postcode from other numbers."""
    segments = [part for part in (one.strip(_TRIMMED) for one in _SEGMENTS.split(_plain(text))) if part]
    country, segments = _take_country(segments)
    found = _find_postcode(segments, country or home_country)
    if found is None:
        street, city = _street_and_city(segments)
        return AddressParts(street, None, city, country)
    place, match = found
    before, after = segments[place][: match.start()].strip(_TRIMMED), segments[place][match.end() :].strip(_TRIMMED)
    street, city = _arrange(before, after, segments[:place] + segments[place + 1 :])
    return AddressParts(street, match[0], city, country)


def read_country(text: str) -> str | None:
    """The country that is all the text names, or whose code it is."""
    name = text.strip(_TRIMMED)
    return name if name in _countries().values() else _countries().get(_fold(name))


def _plain(text: str) -> str:
    """Plain digits and single spaces; what stands before a colon only announces the address; lines stay lines."""
    lines = [" ".join(readable_view(line).text.split()) for line in text.rpartition(":")[2].splitlines()]
    return "\n".join(lines)


def _take_country(segments: list[str]) -> tuple[str | None, list[str]]:
    """The country at the end of one of the segments, the last one first, and the segments without it."""
    for place in reversed(range(len(segments))):
        words = segments[place].split()
        for count in range(min(len(words), _LONGEST_COUNTRY_WORDS), 0, -1):
            country = read_country(" ".join(words[-count:]))
            if country is not None:
                rest = " ".join(words[:-count]).strip(_TRIMMED)
                return country, [*segments[:place], *([rest] if rest else []), *segments[place + 1 :]]
    return None, segments


def _find_postcode(segments: list[str], country: str | None) -> tuple[int, re.Match[str]] | None:
    """The likeliest postcode: in its country's form, at the beginning of a segment, the last one."""
    candidates = [(place, match) for place, part in enumerate(segments) for match in _POSTCODE.finditer(part)]
    fitting = [one for one in candidates if country is None or is_postcode_of(country, one[1][0])]
    return max(fitting or candidates, key=lambda one: (one[1].start() == 0, one[0], one[1].start()), default=None)


def _arrange(before: str, after: str, others: list[str]) -> tuple[str | None, str | None]:
    """Street and city from what stands around the postcode and from the other segments."""
    if before and after:
        if _has_digit(after) and not _has_digit(before):
            before, after = after, before
        return _street([before, *others]), after
    if beside := before or after:
        if not others and _has_digit(beside) and before:
            return _street([beside]), None
        return (_street(others), beside) if others or not _has_digit(beside) else (_street([beside]), None)
    return _street_and_city(others)


def _street_and_city(segments: list[str]) -> tuple[str | None, str | None]:
    if len(segments) < len(("street", "city")):
        return _street(segments), None
    place = next((place for place, part in enumerate(segments) if _has_digit(part)), 0)
    numbered, rest = segments[place], [*segments[:place], *segments[place + 1 :]]
    city = next((part for part in reversed(rest) if not _has_digit(part)), rest[-1])
    return _street([numbered, *(part for part in rest if part is not city)]), city


def _street(parts: Iterable[str]) -> str | None:
    return ", ".join(_without_lead_in(part) for part in parts) or None


def _without_lead_in(part: str) -> str:
    words = part.split()
    first = next((place for place, word in enumerate(words) if not word[0].islower()), 0)
    return " ".join(words[first:]) if first >= _LEAD_IN_WORDS else part


def _has_digit(text: str) -> bool:
    return any(character.isdigit() for character in text)


def _fold(text: str) -> str:
    return folded_view(text).text.strip()


@cache
def _countries() -> Mapping[str, str]:
    known = {_fold(name): code for name, code in _OTHER_NAMES.items()}
    for language in LANGUAGES:
        for code, name in Locale.parse(language).territories.items():
            if len(code) == len("CZ") and code.isalpha():
                known.setdefault(_fold(name), code)
    return known
