"""Finds phone numbers in what a customer typed; values are digits, behind "+" where the country was given."""

import re

from bot.understanding import number_words
from bot.understanding.views import Found, View

# How many digits follow the country's code, fewest and most; of other countries by E.164, 15 in all.
_COUNTRIES = {
    "420": (9, 9),  # Czechia
    "421": (9, 9),  # Slovakia
    "36": (8, 9),  # Hungary
    "354": (7, 7),  # Iceland
    "98": (10, 10),  # Iran
    "7": (10, 10),  # Russia
    "44": (9, 10),  # United Kingdom
    "1": (10, 10),  # United States
}
_OTHER_COUNTRY = (7, 15)

_GAP = r"[ ()./-]{0,3}"
_INTERNATIONAL = re.compile(rf"(?<![\w+])(?:\+|00(?=[1-9])) ?(\d(?:{_GAP}\d){{6,16}})")
_TRUNK_ZERO = re.compile(r"\(0\)")
_ANNOUNCED = re.compile(r"(?<![\w.,/:+-])\(?\d(?:[ ()./-]{0,2}\d){5,11}(?!\d)")

_REACH = 60  # how far before a number its word may begin

_S = r"[ ./-]?"
_NATIONAL = (
    rf"[2-9]\d\d{_S}\d{{3}}{_S}\d{{3}}",  # cs, sk: 777 123 456
    r"[67]\d\d \d\d \d\d \d\d",
    rf"0\d{{3}}{_S}\d{{3}}{_S}\d{{3}}",  # sk: 0903 123 456
    rf"06{_S}\(?\d{{1,2}}\)?{_S}\d{{3}}{_S}\d{{2}}{_S}\d{{1,2}}",  # hu: 06 30 123 4567
    rf"(?:20|30|31|50|70)[ /-]\d{{3}}{_S}\d{{4}}",  # hu: 30/123-4567
    r"[4-8]\d\d[ -]\d{4}",  # is: 581 2345
    rf"0?9\d\d{_S}\d{{3}}{_S}\d{{2}}{_S}\d{{2}}",  # ir: 0912 345 6789
    rf"0\d\d{_S}\d{{4}}{_S}\d{{4}}",  # ir, uk: 021 8877 6655
    rf"[78][ -]?\(?\d{{3}}\)?[ -]?\d{{3}}{_S}\d\d{_S}\d\d",  # ru: 8 (912) 345-67-89
    r"\(?[3489]\d\d\)?[ -]\d{3}[ -]\d\d[ -]\d\d",
    rf"\(?0\d{{2,4}}\)?{_S}\d{{3,4}}{_S}\d{{3,4}}",  # uk: 07700 900123, 0161 496 0000
    rf"0\d{{4}}{_S}\d{{5,6}}",
    r"(?:1[ -])?\(?[2-9]\d\d\)?[ .-]{1,2}\d{3}[ .-]\d{4}",  # us: (202) 555-0143
)
_ANY_NATIONAL = re.compile(
    rf"(?<![\w.,/:+#-])(?<!\b\d{{3}} )(?:{'|'.join(_NATIONAL)})(?!\w|[-/:]\d|[.,]\d| \d{{3}}(?!\d))"
)


def find_certain_phones(view: View) -> Found:
    """With the code of a country, or behind a word like "tel."."""
    for match in _INTERNATIONAL.finditer(view.text):
        end = _end_of_number(view.text, match.start(1), match.end())
        if end:
            digits = _digits(_TRUNK_ZERO.sub("", view.text[match.start(1) : end]))
            yield match.start(), end, f"+{digits}"
    for match in _ANNOUNCED.finditer(view.text):
        if number_words.PHONE_BEFORE.search(view.text[max(0, match.start() - _REACH) : match.start()]):
            yield *match.span(), _digits(match[0])


def find_national_phones(view: View) -> Found:
    """By its shape alone, unless it is said to be an order."""
    for match in _ANY_NATIONAL.finditer(view.text):
        if not number_words.ORDER_BEFORE.search(view.text[max(0, match.start() - _REACH) : match.start()]):
            yield *match.span(), _digits(match[0])


def _end_of_number(text: str, start: int, end: int) -> int | None:
    """Where the longest number that the country knows ends, if it ends with a group: behind it an order may stand."""
    ends = [match.end() + start for match in re.finditer(r"\d(?!\d)", text[start : end + 1])]
    return next((each for each in reversed(ends) if _is_number(text[start:each])), None)


def _is_number(international: str) -> bool:
    digits = _digits(_TRUNK_ZERO.sub("", international))
    code = next((code for code in _COUNTRIES if digits.startswith(code)), "")
    fewest, most = _COUNTRIES.get(code, _OTHER_COUNTRY)
    return fewest <= len(digits) - len(code) <= most


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)
