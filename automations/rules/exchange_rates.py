"""Exchange rates as an admin writes them, one line each, and what an amount is worth in another currency."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from connectors.money import round_money

# Two rates of every working day of a year.
MOST_RATES = 600
_CURRENCY = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True, slots=True)
class ExchangeRate:
    """From `since` on one `base` costs so much `quote`, until a later line of the same two says otherwise."""

    since: date
    base: str
    quote: str
    rate: Decimal


@dataclass(frozen=True, slots=True)
class Conversion:
    """An amount in another currency, rounded to cents, and the line that it was found with."""

    amount: Decimal
    currency: str
    used: ExchangeRate


def read_rates(text: str) -> Sequence[ExchangeRate]:
    """The rates of lines like `2026-11-02 EUR CZK 24.315`.

    Raises:
        ValueError: a line cannot be read; it is named by its number.
    """
    lines = [(number, line.split()) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    if len(lines) > MOST_RATES:
        raise ValueError(f"there are {len(lines)} lines, and more than {MOST_RATES} are not read")
    return [_read_line(number, parts) for number, parts in lines]


def write_rates(text: str) -> str:
    """The same lines written one way, as they are kept. Raises ValueError."""
    return "\n".join(f"{one.since} {one.base} {one.quote} {one.rate:f}" for one in read_rates(text))


def convert(amount: Decimal, currency: str, wanted: str, on: date, rates: Iterable[ExchangeRate]) -> Conversion | None:
    """By the newest rate of the two currencies on that day, whichever way round it is written; None without one."""
    known = [one for one in rates if {one.base, one.quote} == {currency, wanted} and one.since <= on]
    if currency == wanted or not known or not amount.is_finite():
        return None
    used = max(known, key=lambda one: one.since)
    try:
        worth = amount * used.rate if used.base == currency else amount / used.rate
        return Conversion(round_money(worth), wanted, used)
    except ArithmeticError:
        # More digits than anybody's money has.
        return None


def _read_line(number: int, parts: Sequence[str]) -> ExchangeRate:
    try:
        day, base, quote, written = parts
        rate = ExchangeRate(date.fromisoformat(day), base.upper(), quote.upper(), Decimal(written.replace(",", ".")))
    except (ValueError, InvalidOperation):
        raise ValueError(
            f"line {number}: write a day, two currencies and a rate, like 2026-11-02 EUR CZK 24.315"
        ) from None
    if not (_CURRENCY.fullmatch(rate.base) and _CURRENCY.fullmatch(rate.quote)) or rate.base == rate.quote:
        raise ValueError(f"line {number}: name two different currencies of three letters, like EUR CZK")
    if not rate.rate.is_finite() or not Decimal("1e-9") <= rate.rate <= Decimal("1e9"):
        raise ValueError(f"line {number}: a rate is a number above 0")
    return rate
