"""Finds in what a customer typed the values that the office works with, wherever in the message they stand."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from bot.understanding import dates, money, number_words, phones, postcodes, quantities, references
from bot.understanding.products import ProductNames
from bot.understanding.views import Found, View, folded_view, readable_view

ReferenceKind = Literal["order_number", "ticket_number", "email"]
EntityKind = Literal[
    "order_number", "ticket_number", "email", "phone", "quantity", "date", "amount", "postcode", "product"
]
REFERENCE_KINDS: tuple[ReferenceKind, ...] = ("order_number", "ticket_number", "email")


@dataclass(frozen=True)
class Entity:
    """One value; ``text[start:end]`` is what was typed, ``value`` the one form that systems know."""

    kind: EntityKind
    start: int
    end: int
    value: str


# An entity of one of the three kinds that name something of ours: an order, a ticket, a customer.
Reference = Entity

_NO_PRODUCTS = ProductNames()
_ANY_DAY = date(2000, 1, 1)


def extract(text: str) -> list[Reference]:
    """Every reference in the order in which they stand; spans never overlap and count characters of ``text``."""
    reading = _Reading(text)
    reading.find_numbers(_ANY_DAY)
    return [entity for entity in reading.entities() if entity.kind in REFERENCE_KINDS]


def extract_entities(text: str, today: date, products: ProductNames = _NO_PRODUCTS) -> list[Entity]:
    """Every entity of every kind in the order in which they stand; "tomorrow" is the day after ``today``."""
    reading = _Reading(text)
    reading.find_numbers(today)
    reading.find_words(today, products)
    return reading.entities()


def is_only_references(text: str, references: list[Reference]) -> bool:
    """True when nothing but the references, and words that announce a number, was typed."""
    if not references:
        return False
    rest = without_references(text, references, dict.fromkeys(REFERENCE_KINDS, " "))
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


class _Reading:
    """One message: what an earlier finder took is not read again (a number inside an address is no order)."""

    def __init__(self, text: str) -> None:
        self._readable = readable_view(text)
        self._folded = folded_view(text)
        self._taken = bytearray(len(text))
        self._found: list[Entity] = []

    def entities(self) -> list[Entity]:
        return sorted(self._found, key=lambda entity: entity.start)

    def find_numbers(self, today: date) -> None:
        """In this order, which decides what a number is that could be several things."""
        self._take("email", self._readable, references.find_emails)
        self._take(None, self._readable, references.find_urls)
        self._take("ticket_number", self._readable, references.find_tickets)
        self._take("order_number", self._readable, references.find_dated_orders)
        self._take("phone", self._readable, phones.find_certain_phones)
        self._take("amount", self._folded, money.find_amounts)
        self._take("date", self._folded, lambda view: dates.find_numeric_days(view, today))
        self._take("postcode", self._readable, postcodes.find_postcodes)
        self._take("phone", self._readable, phones.find_national_phones)
        self._take("order_number", self._readable, references.find_marked_orders)
        self._take("date", self._folded, dates.find_compact_days)
        self._take("quantity", self._folded, quantities.find_counted_quantities)
        self._take("order_number", self._readable, references.find_bare_orders)

    def find_words(self, today: date, products: ProductNames) -> None:
        self._take("date", self._folded, lambda view: dates.find_days_in_words(view, today))
        mentions = products.find(self._folded)
        self._take("product", self._folded, lambda _: ((each.start, each.end, each.skus) for each in mentions))
        self._take("quantity", self._folded, lambda view: quantities.find_quantities_of_products(view, mentions))
        self._take("quantity", self._folded, quantities.find_lone_quantity)

    def _take(self, kind: EntityKind | None, view: View, find: Callable[[View], Found]) -> None:
        """Keep what is still free; without a kind it is only taken out of the others' sight."""
        spans: list[tuple[int, int]] = []
        for first, last, value in find(view):
            start, end = view.span(first, last)
            if any(self._taken[start:end]):
                continue
            self._taken[start:end] = b"\x01" * (end - start)
            spans.append((start, end))
            if kind:
                self._found.append(Entity(kind, start, end, value))
        if spans:
            self._readable, self._folded = self._readable.without(spans), self._folded.without(spans)
