"""Which items of an order a customer means, by what they call them, and how many."""

import re
from collections.abc import Mapping
from decimal import Decimal
from functools import cache

from bot.understanding.products import SEVERAL, ProductNames, read_product_names
from bot.understanding.quantities import find_counted_quantities, find_lone_quantity
from bot.understanding.views import folded_view

_WORD = re.compile(r"\w+")
# Shorter words are shared by too many names.
_SHORTEST_WORD = 4
_NUMBER = re.compile(r"(?<![\w.,-])\d{1,4}(?![\w.,-])")


def find_items(text: str, names: Mapping[str, str]) -> tuple[str, ...]:
    """The SKUs among `names` (by SKU, in the customer's language) that the text names, in the order of `names`."""
    view = folded_view(text)
    mentioned = {sku for mention in _product_names().find(view) for sku in mention.skus.split(SEVERAL)}
    if found := tuple(sku for sku in names if sku in mentioned):
        return found
    typed = _words(view.text)
    return tuple(sku for sku, name in names.items() if typed & _words(folded_view(name).text))


def read_quantity(text: str) -> Decimal | None:
    """The one number in an answer to "how many?", zero included; None when there is none, or several."""
    view = folded_view(text)
    found = [value for find in (find_counted_quantities, find_lone_quantity) for _, _, value in find(view)]
    numbers = {Decimal(value) for value in found or _NUMBER.findall(view.text)}
    return numbers.pop() if len(numbers) == 1 else None


def _words(text: str) -> set[str]:
    return {word for word in _WORD.findall(text) if len(word) >= _SHORTEST_WORD}


@cache
def _product_names() -> ProductNames:
    return read_product_names()
