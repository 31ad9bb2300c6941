"""Order numbers in the free text of an invoice: ours, or the one under which the supplier keeps the order."""

import re
import unicodedata
from collections.abc import Iterable, Sequence

from connectors.contracts.purchasing import PurchaseOrder

# A shorter number, or one without a digit, stands in too many texts that mean something else.
SHORTEST_NUMBER = 4
LONGEST_TEXT = 20_000


def find_orders_in_text(texts: Iterable[str], orders: Sequence[PurchaseOrder]) -> list[PurchaseOrder]:
    """Those of the orders whose number, or the supplier's number for it, stands in one of the texts as a word."""
    text = _plain(" \n ".join(texts))[:LONGEST_TEXT]
    return [order for order in orders if any(_stands_in(number, text) for number in _numbers(order))]


def _numbers(order: PurchaseOrder) -> list[str]:
    numbers = [_plain(number).strip() for number in (order.number, order.supplier_reference) if number]
    return [
        number
        for number in numbers
        if len(number) >= SHORTEST_NUMBER and any(character.isdigit() for character in number)
    ]


def _stands_in(number: str, text: str) -> bool:
    return number in text and re.search(rf"(?<![\w-]){re.escape(number)}(?![\w-])", text) is not None


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).upper().split())
