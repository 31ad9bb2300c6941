"""Limits in several currencies, as people write them: `EUR 1000, CZK 25000`."""

import re
from collections.abc import Mapping
from decimal import Decimal

_AMOUNT = re.compile(r"([A-Z]{3})\s*(\d{1,13}(?:\.\d{1,2})?)", re.ASCII)
MAX_LENGTH = 200


class InvalidAmountsError(ValueError):
    """The text names no amounts; `part` is what cannot be read."""

    def __init__(self, part: str) -> None:
        super().__init__(f"{part!r} is not a currency with an amount; write it like EUR 1000, CZK 25000.50")
        self.part = part


def read_amounts(text: str) -> dict[str, Decimal]:
    """Amount by currency, nothing for an empty text; raises InvalidAmountsError, also for a currency named twice."""
    amounts: dict[str, Decimal] = {}
    for part in filter(None, (piece.strip() for piece in re.split("[,;]", text))):
        found = _AMOUNT.fullmatch(part.upper())
        if found is None or found[1] in amounts or len(text) > MAX_LENGTH:
            raise InvalidAmountsError(part[:40])
        amounts[found[1]] = Decimal(found[2])
    return amounts


def write_amounts(amounts: Mapping[str, Decimal]) -> str:
    """The amounts as `read_amounts` reads them, ordered by currency."""
    return ", ".join(f"{currency} {amount:f}" for currency, amount in sorted(amounts.items()))
