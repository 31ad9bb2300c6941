"""Finds amounts of money: a number with the sign or word of its currency before or after it."""

import re
from decimal import Decimal

from bot.understanding.views import Found, View, fold

# What stands before a number or behind it, and the words that stand only behind it. "kr" is the Icelandic króna:
# of the currencies with that sign it is the only one of our languages.
_CURRENCIES = {
    "EUR": (r"€|eur", r"eur[oó]\w{0,3}|euros?|evr(?:a|ur|um|o)|евро|یورو\w{0,2}"),
    "CZK": (r"kč|czk", r"korun\w{0,3}|kaček"),
    "HUF": (r"ft|huf", r"forint\w{0,5}"),
    "ISK": (r"kr|isk", r"krón\w{1,6}"),
    "RUB": (r"₽|rub", r"р|руб\w{0,5}|rubl\w{1,3}"),
    "IRR": (r"irr", r"ریال\w{0,2}|rials?"),
    "TOMAN": (r"تومان", r"تومان\w{0,2}|تومن\w{0,2}|tomans?"),
    "USD": (r"us\$|\$|usd", r"dollars?|bucks|dolar\w{0,3}|dollár\w{0,3}|доллар\w{0,3}|دلار\w{0,2}"),
    "GBP": (r"£|gbp", r"pounds?|quid|font\w{0,2}|пунд\w{0,2}|پوند"),
    "CHF": (r"chf", r"frank\w{0,2}"),
    "PLN": (r"pln", r"zł|zlot\w{1,3}"),
}
_TOMAN_IN_RIALS = 10
_MULTIPLIERS = {
    1_000: r"k|thousand|tis|tisíce?|ezer|þúsund|þús|هزار|hezar|т|тыс|тысяч\w?",
    1_000_000: r"million|milion\w{0,2}|millió|milljón\w{0,2}|میلیون|milyoon|milyun|млн|миллион\w{0,2}",
}

_NUMBER = (
    r"(?P<number>\d{1,3}(?P<gap>[ .,'’])\d{3}(?:(?P=gap)\d{3}){0,3}(?:[.,]\d{1,2})?(?!\d)"
    r"|\d{1,13}(?:[.,]\d{1,2})?(?!\d))"
)
_BEFORE = "|".join(f"(?P<{name}>{fold(sign)})" for name, (sign, _) in _CURRENCIES.items())
_BEHIND = "|".join(f"(?P<{name}>(?:{fold(sign)}|{fold(word)})(?!\\w))" for name, (sign, word) in _CURRENCIES.items())
_TIMES = "|".join(f"(?P<x{times}>{fold(words)})" for times, words in _MULTIPLIERS.items())

_PATTERNS = (
    re.compile(rf"(?<![\w.,/:+]){_NUMBER}(?:\s?(?:{_TIMES})(?!\w)\.?)?(?:,-{{1,2}})?\s?(?:{_BEHIND})"),
    re.compile(rf"(?<!\w)(?:{_BEFORE})\.?\s?{_NUMBER}(?![.,/:-]\d|\w)(?:,-)?"),
    re.compile(rf"(?<![\w.,/:+-]){_NUMBER},(?:-{{1,2}}|=)(?![\w-])"),  # Czech price tags say "250,-"
)


def find_amounts(view: View) -> Found:
    """Values as "154.30 EUR"; tomans, which no bank counts in, as ten times as many rials."""
    for pattern in _PATTERNS:
        for match in pattern.finditer(view.text):
            read = match.groupdict()
            currency = next((name for name in _CURRENCIES if read.get(name)), "CZK")
            times = next((times for times in _MULTIPLIERS if read.get(f"x{times}")), 1)
            yield *match.span(), _amount(_number(match["number"]) * times, currency)


def _number(typed: str) -> Decimal:
    """One or two digits behind the last sign are decimals, three are thousands: 1.234,50 and 1,234.5 and 1 234."""
    parts = re.split(r"[ .,'’]", typed)
    if len(parts) > 1 and len(parts[-1]) < 3:
        return Decimal("".join(parts[:-1]) + "." + parts[-1])
    return Decimal("".join(parts))


def _amount(number: Decimal, currency: str) -> str:
    if currency == "TOMAN":
        number, currency = number * _TOMAN_IN_RIALS, "IRR"
    is_whole = number == number.to_integral_value()
    return f"{number:.0f} {currency}" if is_whole else f"{number:.2f} {currency}"
