"""Takes what belongs to one customer out of a message before it becomes an example for everybody."""

import re
import unicodedata
from collections.abc import Collection
from datetime import date

from bot.learning.names import find_names
from bot.understanding.extractor import extract_entities

# The classifier takes every value of these kinds for the same sign, so that the example teaches the same.
_STAND_INS = {"order_number": "ORD-2026-0000", "ticket_number": "TCK-000000", "email": "name@example.com"}
_NAMES = {"LATIN": "Alex", "CYRILLIC": "Саша", "ARABIC": "علی"}
# Of these the shape stays: to the classifier every digit is a 0.
_SHAPES = frozenset({"phone", "postcode"})
# Numbers of cards, accounts and people; a date or an amount was found to be one before.
_LONG_NUMBER = re.compile(r"\d(?:[ /.-]?\d){5,}")
_URL = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_ANY_DAY = date(2000, 1, 1)
_LONGEST = 1500


def mask(text: str, known_names: Collection[str] = ()) -> str:
    """The message on one line, without its names, numbers, addresses and links, in a form that Rasa's files can hold.

    `known_names` are names of the customer who wrote it.
    """
    line = _without_names(_one_line(text), known_names)
    entities = extract_entities(line, _ANY_DAY)
    for entity in entities:
        if entity.kind in _SHAPES:
            line = line[: entity.start] + _without_digits(line[entity.start : entity.end]) + line[entity.end :]
    pieces, position = [], 0
    for entity in entities:
        if entity.kind not in _SHAPES:
            kept = _STAND_INS.get(entity.kind, line[entity.start : entity.end])
            pieces += [_mask_rest(line[position : entity.start]), kept]
            position = entity.end
    return "".join([*pieces, _mask_rest(line[position:])])[:_LONGEST].strip()


def _one_line(text: str) -> str:
    r"""Rasa reads [brackets] as annotations, and \u000a as a line break; control characters would break the file."""
    readable = (" " if c == "\\" or unicodedata.category(c) in {"Cc", "Cs", "Co", "Cn"} else c for c in text)
    return " ".join("".join(readable).split()).translate(str.maketrans("[]", "()"))


def _without_names(line: str, known_names: Collection[str]) -> str:
    is_part_of_entity = [(entity.start, entity.end) for entity in extract_entities(line, _ANY_DAY)]
    for start, end in reversed(find_names(line, known_names)):
        if not any(start < last and first < end for first, last in is_part_of_entity):
            line = line[:start] + _name_like(line[start]) + line[end:]
    return line


def _name_like(letter: str) -> str:
    """A name of nobody in the same script."""
    alphabet = unicodedata.name(letter, "").partition(" ")[0]
    return _NAMES.get(alphabet, _NAMES["LATIN"])


def _mask_rest(text: str) -> str:
    without_links = _URL.sub("https://example.com", text)
    return _LONG_NUMBER.sub(lambda number: _without_digits(number[0]), without_links)


def _without_digits(text: str) -> str:
    return re.sub(r"\d", "0", text)
