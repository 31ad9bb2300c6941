"""Finds order numbers, ticket numbers and e-mail addresses in what a customer typed, wherever they stand in it."""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from bot.understanding import number_words

ReferenceKind = Literal["order_number", "ticket_number", "email"]


@dataclass(frozen=True)
class Reference:
    """One number or address; ``text[start:end]`` is what was typed, ``value`` the one form that systems know."""

    kind: ReferenceKind
    start: int
    end: int
    value: str


_GAP = r"[\s\-_./:#]{0,3}"
_LETTER = r"a-z0-9À-ɏ"
_LABEL = rf"[{_LETTER}](?:[{_LETTER}-]{{0,61}}[{_LETTER}])?"
_DOT = r"(?:\.|\s?[(\[{]\s?dot\s?[)\]}]\s?)"
_AT = r"(?:@|\s{1,2}@\s{1,2}|\s{0,2}[(\[{]\s?(?:at|@)\s?[)\]}]\s{0,2})"
_EMAIL = re.compile(
    rf"(?<![{_LETTER}._%+'-])[{_LETTER}](?:[{_LETTER}._%+'-]{{0,62}}[{_LETTER}_+-])?"
    rf"{_AT}(?:{_LABEL}{_DOT}){{1,8}}[a-z]{{2,24}}(?![{_LETTER}])",
    re.IGNORECASE,
)
_URL = re.compile(r"(?:https?://|www\.)[^\s\u0600-\u06ff]{1,2000}", re.IGNORECASE)
_TICKET = re.compile(rf"(?<![a-z])tck{_GAP}(\d{{3}}[ -]?\d{{3}}|\d{{1,9}})(?![{_LETTER}])", re.IGNORECASE)
_DATED_ORDER = re.compile(
    rf"(?<![a-z0-9])[o0]rd(?:er|er\sno\.?|er\snumber)?{_GAP}(20\d\d){_GAP}(\d{{4,6}})(?![a-z0-9])", re.IGNORECASE
)
_DATED_ORDER_WITHOUT_PREFIX = re.compile(r"(?<![\w.,/+-])(20\d\d)-(?!(?:19|20)\d\d(?!\d))(\d{4,6})(?![\w-]|[.,/]\d)")
_DIGIT_GROUPS = r"(\d(?:[ -]?\d){3,11})(?![a-z0-9])"
_MARKED_NUMBERS = (
    (re.compile(rf"#\s{{0,2}}{_DIGIT_GROUPS}", re.IGNORECASE), 4, 10),
    (re.compile(rf"(?<!\w)(?:{number_words.NUMBER_MARKS})[\s.:=-]{{0,3}}{_DIGIT_GROUPS}", re.IGNORECASE), 4, 8),
    (re.compile(rf"(?<!\w)(?:{number_words.ORDER_MARKS})[\s.:=-]{{0,3}}{_DIGIT_GROUPS}", re.IGNORECASE), 5, 10),
)
_BARE_NUMBER = re.compile(r"(?<![\da-z_+*])[1-9]\d{4,7}(?![\da-z_%°*])", re.IGNORECASE)
_SPACED_DIGITS = re.compile(r"(?<![\w.,/:+-])[1-9](?: \d){4,7}(?! ?\d)")

_MONEY = re.compile(
    r"\s?(?:[€$£¥₽]|(?:kč|kc|czk|korun|eur|usd|gbp|huf|forint|ft|isk|kr|rub|руб|toman|rial|irr)(?![a-z])|,-|تومان|ریال)",
    re.IGNORECASE,
)
_MONEY_BEFORE = re.compile(r"(?:[€$£¥₽]|(?<![a-z])(?:czk|eur|usd|gbp|huf|isk|rub|kr)\.?)\s?$", re.IGNORECASE)
_PART_BEFORE = re.compile(r"(?<!\d)\d{1,4}[.,/:-]$")
_PART_AFTER = re.compile(r"[.,/:-]\d{1,4}(?!\d)")
_NEIGHBOUR_BEFORE = re.compile(r"(?<!\d)((?:\d{2,4}[ /-]){1,3})$")
_NEIGHBOUR_AFTER = re.compile(r"(?:[ /-]\d{2,4}){1,3}(?!\d)")

_LOOK_ALIKES = {
    **dict.fromkeys("‐‑‒–—―−﹘﹣", "-"),
    **dict.fromkeys("№＃﹟", "#"),
    "٫": ".",
    "٬": ",",
}
_TAKEN = "\x00"  # stands for characters that already belong to another reference


def extract(text: str) -> list[Reference]:
    """Every reference in the order in which they stand; spans never overlap and count characters of ``text``."""
    view, positions = _readable_view(text)
    found: list[Reference] = []
    for kind, find in _FINDERS:
        for start, end, value in list(find(view)):
            if _TAKEN in view[start:end]:
                continue
            if kind != "url":
                found.append(Reference(kind, positions[start], positions[end - 1] + 1, value))
            view = view[:start] + _TAKEN * (end - start) + view[end:]
    return sorted(found, key=lambda reference: reference.start)


def is_only_references(text: str, references: list[Reference]) -> bool:
    """True when nothing but the references, and words that announce a number, was typed."""
    if not references:
        return False
    rest = without_references(text, references, dict.fromkeys(("order_number", "ticket_number", "email"), " "))
    words = re.findall(r"[^\W\d_]+", rest)
    return all(word.casefold() in number_words.ANNOUNCING for word in words)


def without_references(text: str, references: list[Reference], stand_ins: dict[str, str]) -> str:
    """The text with the stand-in of its kind in the place of each reference."""
    pieces: list[str] = []
    position = 0
    for reference in references:
        pieces += [text[position : reference.start], stand_ins[reference.kind]]
        position = reference.end
    return "".join([*pieces, text[position:]])


def _readable_view(text: str) -> tuple[str, list[int]]:
    """The text in plain digits, dashes and spaces without invisible characters, and where each character stood."""
    characters: list[str] = []
    positions: list[int] = []
    for position, character in enumerate(text):
        plain = character if character < "\x7f" else _plain(character)
        if plain and plain != _TAKEN:
            characters.append(plain)
            positions.append(position)
    return "".join(characters), positions


def _plain(character: str) -> str:
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


_Found = Iterator[tuple[int, int, str]]


def _find_emails(view: str) -> _Found:
    for match in _EMAIL.finditer(view):
        address = re.sub(r"\s?[(\[{]\s?dot\s?[)\]}]\s?", ".", match[0], flags=re.IGNORECASE)
        address = re.sub(_AT, "@", address, flags=re.IGNORECASE)
        yield *match.span(), address.casefold()


def _find_urls(view: str) -> _Found:
    for match in _URL.finditer(view):
        yield *match.span(), ""


def _find_tickets(view: str) -> _Found:
    for match in _TICKET.finditer(view):
        yield *match.span(), f"TCK-{int(_digits(match[1])):06d}"


def _find_dated_orders(view: str) -> _Found:
    for pattern in (_DATED_ORDER, _DATED_ORDER_WITHOUT_PREFIX):
        for match in pattern.finditer(view):
            yield *match.span(), f"ORD-{match[1]}-{match[2]}"


def _find_marked_numbers(view: str) -> _Found:
    for pattern, fewest, most in _MARKED_NUMBERS:
        for match in pattern.finditer(view):
            start, end = _first_whole_group(match)
            digits = _digits(view[start:end])
            if fewest <= len(digits) <= most and not _belongs_elsewhere(view, start, end, digits):
                yield match.start() if view[match.start()] == "#" else start, end, _order_number(digits)


def _first_whole_group(match: re.Match[str]) -> tuple[int, int]:
    """In "order 10482 2 days ago" the number ends where a group that is long enough by itself does."""
    whole = re.match(r"\d{4,10}(?=[ -])", match[1])
    return match.start(1), match.start(1) + (whole.end() if whole else len(match[1]))


def _belongs_elsewhere(view: str, start: int, end: int, digits: str) -> bool:
    """A price, a year, or the number of something that is no order, in spite of the word before it."""
    return bool(
        _MONEY.match(view, end)
        or re.fullmatch(r"(?:19|20)\d\d", digits)
        or _PART_AFTER.match(view, end)
        or number_words.OTHER_NUMBER_BEFORE.search(view[max(0, start - 40) : start])
    )


def _find_bare_numbers(view: str) -> _Found:
    for match in _BARE_NUMBER.finditer(view):
        if not _is_something_else(view, *match.span(), match[0]):
            yield *match.span(), _order_number(match[0])
    for match in _SPACED_DIGITS.finditer(view):
        yield *match.span(), _digits(match[0])


def _order_number(digits: str) -> str:
    """Eight digits that begin with a year of ours are ORD-2024-0117 typed without its letters and dashes."""
    if re.fullmatch(r"20[1-4]\d{5}", digits) and not _looks_like_date(digits):
        return f"ORD-{digits[:4]}-{digits[4:]}"
    return digits


def _is_something_else(view: str, start: int, end: int, digits: str) -> bool:
    before, after = view[max(0, start - 40) : start], view[end : end + 20]
    return bool(
        _MONEY.match(after)
        or _MONEY_BEFORE.search(before)
        or _PART_BEFORE.search(before)
        or _PART_AFTER.match(after)
        or number_words.OTHER_NUMBER_BEFORE.search(before)
        or _looks_like_date(digits)
        or _is_part_of_phone(before, after, len(digits))
    )


def _looks_like_date(digits: str) -> bool:
    """20240117, 17012024 and, of the Persian calendar, 14030512."""
    if len(digits) != 8:
        return False
    year, month, day = int(digits[:4]), int(digits[4:6]), int(digits[6:])
    reverse_day, reverse_month, reverse_year = int(digits[:2]), int(digits[2:4]), int(digits[4:])
    return _is_date(year, month, day) or _is_date(reverse_year, reverse_month, reverse_day)


def _is_date(year: int, month: int, day: int) -> bool:
    return (1300 <= year <= 1499 or 1900 <= year <= 2099) and 1 <= month <= 12 and 1 <= day <= 31


def _is_part_of_phone(before: str, after: str, digit_count: int) -> bool:
    """Phone numbers come in groups: with its neighbours the number has nine digits or more."""
    leading, trailing = _NEIGHBOUR_BEFORE.search(before), _NEIGHBOUR_AFTER.match(after)
    neighbours = (leading[0] if leading else "") + (trailing[0] if trailing else "")
    return bool(neighbours) and digit_count + len(_digits(neighbours)) >= 9


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


# In this order: what an earlier finder took is not read again (a number inside an address is no order).
_FINDERS: tuple[tuple[ReferenceKind | Literal["url"], Callable[[str], _Found]], ...] = (
    ("email", _find_emails),
    ("url", _find_urls),
    ("ticket_number", _find_tickets),
    ("order_number", _find_dated_orders),
    ("order_number", _find_marked_numbers),
    ("order_number", _find_bare_numbers),
)
