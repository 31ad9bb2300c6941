"""Finds postcodes where they cannot be anything else, and reads a bare answer to the question for one."""

import re

from bot.understanding import number_words
from bot.understanding.views import Found, View, readable_view

_UK = r"[a-z]{1,2}\d[a-z\d]? ?\d[abd-hjlnp-uw-z]{2}"
_POSTCODE = (
    rf"(?:{_UK}"
    r"|\d{5}-\d{4}"  # us with its route
    r"|\d{5}-?\d{5}"  # ir
    r"|\d{6}"  # ru
    r"|\d{3} ?\d{2}"  # cs, sk, us, de
    r"|\d{3,4})"  # is, hu
)
_NOT_INSIDE = r"(?<![\w+])(?<!\w[.,/:-])"
_END = r"(?![\w%°]|[.,/:-]\d| \d)"
_ANY = re.compile(rf"{_NOT_INSIDE}{_POSTCODE}{_END}", re.IGNORECASE)
_COUNTRY_SIGN = r"(?:(?:CZ|SK)(?=-\d{3} ?\d\d)|HU?(?=-\d{4})|IS(?=-\d{3})|DE?(?=-\d{5})|RU(?=-\d{6})|IR(?=-\d{10}))-"
_BEHIND_COUNTRY = re.compile(rf"(?<![\w-]){_COUNTRY_SIGN}({_POSTCODE}){_END}")

_HOUSE = r"\d{1,4}(?:/\d{1,4})?[a-zA-Z]?\.?"
_WORD = r"[^\W\d_]{2,24}"
_STREET_WORD = (
    r"(?:street|st|road|rd|avenue|ave|lane|drive|way|square|ulice|ul|třída|náměstí|nám|nábřeží|utca|u|út|útja|tér|körút"
    r"|krt|köz|\w{2,20}(?:gata|götu|vegur|vegi|stræti|braut|straße|strasse|str)|улица|ул|проспект|пр|переулок|шоссе"
    r"|خیابان|کوچه|پلاک|بلوار)"
)
# "Dlouhá 12, 110 00": five digits in two groups are enough, others need a city or a word for a street beside them.
_BEHIND_HOUSE = re.compile(rf"(?<!\w){_WORD}\.? {_HOUSE}(?:,\s{{0,2}}|\n| )(\d{{3}} \d{{2}}){_END}")
_BEFORE_CITY = re.compile(rf"(?<!\w)({_WORD})\.? {_HOUSE}(?:,\s{{0,2}}|\n)({_POSTCODE}) ({_WORD})")
_BEHIND_STREET = re.compile(
    rf"(?<!\w)(?:{_STREET_WORD})\.?,? (?:{_WORD} ){{0,3}}{_HOUSE},?\s(?:{_WORD},?\s){{0,2}}({_POSTCODE}){_END}",
    re.IGNORECASE,
)
_BEHIND_NUMBERED_STREET = re.compile(
    rf"(?<!\w){_HOUSE} (?:{_WORD} ){{1,3}}{_STREET_WORD}(?!\w)\.?,?\s(?:{_WORD},?\s){{0,3}}({_UK}|\d{{5}}(?:-\d{{4}})?)"
    rf"{_END}",
    re.IGNORECASE,
)
_BEFORE_STREET = re.compile(
    rf"{_NOT_INSIDE}(\d{{6}}|\d{{4}}),? ({_WORD}),? (?:{_WORD}\.? ){{0,2}}{_STREET_WORD}\.? (?:{_WORD} ){{0,2}}{_HOUSE}"
    r"(?!\w)",
    re.IGNORECASE,
)

_REACH = 60  # how far before a postcode its word may begin
_WORDS_OF_ANSWER = 6


def find_postcodes(view: View) -> Found:
    """Behind a word for it or the sign of its country, or in an address beside street and number."""
    for match in _ANY.finditer(view.text):
        if number_words.POSTCODE_BEFORE.search(view.text[max(0, match.start() - _REACH) : match.start()]):
            yield *match.span(), _compact(match[0])
    for pattern in (_BEHIND_COUNTRY, _BEHIND_HOUSE, _BEHIND_STREET, _BEHIND_NUMBERED_STREET, _BEFORE_STREET):
        for match in pattern.finditer(view.text):
            yield *match.span(1), _compact(match[1])
    for match in _BEFORE_CITY.finditer(view.text):
        if match[1][0].isupper() and match[3][0].isupper():
            yield *match.span(2), _compact(match[2])


def as_postcode(text: str) -> str | None:
    """The postcode in an answer to the question for it, such as "110 00" or "it's SW1A 1AA"; None for other answers.

    Without spaces and in capitals, so that two spellings of one postcode are equal.
    """
    view = readable_view(text)
    certain = {value for _, _, value in find_postcodes(view)}
    if len(certain) == 1:
        return certain.pop()
    plain = _BEHIND_COUNTRY.sub(r"\1", view.text.upper())
    found = list(_ANY.finditer(plain))
    if len(found) != 1:
        return None
    rest = plain[: found[0].start()] + " " + plain[found[0].end() :]
    is_other_number = re.search(rf"[#@]|(?<!\w)(?:{number_words.ORDER_MARKS})(?!\w)|\d{{3}}", rest, re.IGNORECASE)
    if is_other_number or len(rest.split()) > _WORDS_OF_ANSWER:
        return None
    return _compact(found[0][0])


def _compact(typed: str) -> str:
    digits_and_letters = typed.upper().replace(" ", "")
    return digits_and_letters.replace("-", "") if len(digits_and_letters) == 11 else digits_and_letters
