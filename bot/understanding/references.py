"""Finds order numbers, ticket numbers and e-mail addresses in what a customer typed."""

import re

from bot.understanding import number_words
from bot.understanding.dates import read_compact_date
from bot.understanding.views import Found, View

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
_LONGEST_EMAIL = 254  # RFC 5321, less its angle brackets
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

_PART_BEFORE = re.compile(r"(?<!\d)\d{1,4}[.,/:-]$")
_PART_AFTER = re.compile(r"[.,/:-]\d{1,4}(?!\d)")
_NEIGHBOUR_BEFORE = re.compile(r"(?<!\d)((?:\d{2,4}[ /-]){1,3})$")
_NEIGHBOUR_AFTER = re.compile(r"(?:[ /-]\d{2,4}){1,3}(?!\d)")


def find_emails(view: View) -> Found:
    for match in _EMAIL.finditer(view.text):
        address = re.sub(r"\s?[(\[{]\s?dot\s?[)\]}]\s?", ".", match[0], flags=re.IGNORECASE)
        address = re.sub(_AT, "@", address, flags=re.IGNORECASE)
        if len(address) <= _LONGEST_EMAIL:
            yield *match.span(), address.lower()


def find_urls(view: View) -> Found:
    for match in _URL.finditer(view.text):
        yield *match.span(), ""


def find_tickets(view: View) -> Found:
    for match in _TICKET.finditer(view.text):
        yield *match.span(), f"TCK-{int(_digits(match[1])):06d}"


def find_dated_orders(view: View) -> Found:
    """ORD-2024-0117, with or without its letters."""
    for pattern in (_DATED_ORDER, _DATED_ORDER_WITHOUT_PREFIX):
        for match in pattern.finditer(view.text):
            yield *match.span(), f"ORD-{match[1]}-{match[2]}"


def find_marked_orders(view: View) -> Found:
    """ "#10482", "no. 10482", "order 10482"."""
    for pattern, fewest, most in _MARKED_NUMBERS:
        for match in pattern.finditer(view.text):
            start, end = _first_whole_group(match)
            digits = _digits(view.text[start:end])
            if fewest <= len(digits) <= most and not _belongs_elsewhere(view.text, start, end, digits):
                yield match.start() if view.text[match.start()] == "#" else start, end, _order_number(digits)


def find_bare_orders(view: View) -> Found:
    for match in _BARE_NUMBER.finditer(view.text):
        if not _is_something_else(view.text, *match.span()):
            yield *match.span(), _order_number(match[0])
    for match in _SPACED_DIGITS.finditer(view.text):
        yield *match.span(), _digits(match[0])


def _first_whole_group(match: re.Match[str]) -> tuple[int, int]:
    """In "order 10482 2 days ago" the number ends where a group that is long enough by itself does."""
    whole = re.match(r"\d{4,10}(?=[ -])", match[1])
    return match.start(1), match.start(1) + (whole.end() if whole else len(match[1]))


def _belongs_elsewhere(text: str, start: int, end: int, digits: str) -> bool:
    """A year, or the number of something that is no order, in spite of the word before it."""
    return bool(
        re.fullmatch(r"(?:19|20)\d\d", digits)
        or _PART_AFTER.match(text, end)
        or number_words.OTHER_NUMBER_BEFORE.search(text[max(0, start - 40) : start])
    )


def _order_number(digits: str) -> str:
    """Eight digits that begin with a year of ours are ORD-2024-0117 typed without its letters and dashes."""
    if re.fullmatch(r"20[1-4]\d{5}", digits) and read_compact_date(digits) is None:
        return f"ORD-{digits[:4]}-{digits[4:]}"
    return digits


def _is_something_else(text: str, start: int, end: int) -> bool:
    before, after = text[max(0, start - 40) : start], text[end : end + 20]
    return bool(
        _PART_BEFORE.search(before)
        or _PART_AFTER.match(after)
        or number_words.OTHER_NUMBER_BEFORE.search(before)
        or _is_part_of_phone(before, after, end - start)
    )


def _is_part_of_phone(before: str, after: str, digit_count: int) -> bool:
    """Phone numbers come in groups: with its neighbours the number has nine digits or more."""
    leading, trailing = _NEIGHBOUR_BEFORE.search(before), _NEIGHBOUR_AFTER.match(after)
    neighbours = (leading[0] if leading else "") + (trailing[0] if trailing else "")
    return bool(neighbours) and digit_count + len(_digits(neighbours)) >= 9


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)
