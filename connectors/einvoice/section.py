"""Typed reading of one part of an invoice: a missing or impossible value is refused by the name of its field."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import NamedTuple, TypeVar, cast

from lxml import etree

from connectors.contracts.documents import UnreadableDocumentError
from connectors.einvoice.refusal import RefusalCode, quote, refuse

NAMESPACES = {
    "cac": "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2",
    "cbc": "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2",
    "rsm": "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100",
    "ram": "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100",
    "udt": "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100",
}
_T = TypeVar("_T")
# Field name (see terms) → XPaths in order of preference; `$currency` is the currency of the invoice.
Paths = Mapping[str, tuple[str, ...]]

MAX_TEXT_CHARACTERS = 4000
MAX_TEXTS = 50
# Below 10^13 a quantity times a price still rounds to cents within Python's 28 digits.
_NUMBER = re.compile(r"[+-]?(?=\.?[0-9])0*[0-9]{0,13}(\.[0-9]{0,20}0*)?", re.ASCII)
_DATE = re.compile(r"([0-9]{4})(-?)([0-9]{2})\2([0-9]{2})(Z|[+-][0-9]{2}:[0-9]{2})?", re.ASCII)
_LAYOUT = re.compile(r"[ \t\r\n]+")
_TRUTH = {"true": True, "1": True, "false": False, "0": False}


@cache
def _compile(path: str) -> etree.XPath:
    return etree.XPath(path, namespaces=NAMESPACES)


class _Stated(NamedTuple):
    """A field where it stands, with its text on one line."""

    element: etree._Element
    text: str


@dataclass(frozen=True, slots=True)
class Section:
    """One element with the paths of its fields; `place` tells a person where it is ("line 3", or nothing)."""

    element: etree._Element
    paths: Paths
    currency: str = ""
    place: str = ""

    def sections(self, path: str, paths: Paths, noun: str) -> Iterator["Section"]:
        """The parts under `path`, each called `noun` and its position."""
        for position, element in enumerate(self._select(path), start=1):
            place = f"{noun} {position}" if not self.place else f"{self.place}, {noun} {position}"
            yield Section(element, paths, self.currency, place)

    def texts(self, path: str) -> tuple[str, ...]:
        """Free texts that nobody has to trust: clipped, and only the first of very many."""
        found = (_text_of(element)[:MAX_TEXT_CHARACTERS] for element in self._select(path)[:MAX_TEXTS])
        return tuple(text for text in found if text)

    def count(self, path: str) -> int:
        return len(self._select(path))

    def text(self, term: str) -> str | None:
        """The text of a field on one line; None when it is absent or empty.

        Raises:
            UnreadableDocumentError: BAD_VALUE when it is stated twice with different texts.
        """
        stated = self._find(term)
        return None if stated is None else stated.text

    def require_text(self, term: str) -> str:
        return self._require(term, self.text(term))

    def attribute(self, term: str, name: str) -> str:
        """An attribute of the element that carries a field, for example its unit; empty when not stated."""
        stated = self._find(term)
        return "" if stated is None else (stated.element.get(name) or "").strip()

    def number(self, term: str) -> Decimal | None:
        """A finite decimal in the plain notation of XML Schema; money must be in the currency of the invoice."""
        found = self._find(term)
        if found is None:
            return None
        element, stated = found
        if not _NUMBER.fullmatch(stated):
            raise self._bad(term, f"{quote(stated)}, which is not a plain decimal number of a believable size")
        currency = element.get("currencyID")
        if currency and self.currency and currency != self.currency:
            raise self._bad(term, f"in {quote(currency)}, but the invoice is in {self.currency}")
        return Decimal(stated)

    def require_number(self, term: str) -> Decimal:
        return self._require(term, self.number(term))

    def day(self, term: str) -> date | None:
        """A calendar day as 2026-05-04 (UBL, a time zone is dropped) or 20260504 (CII format 102)."""
        found = self._find(term)
        if found is None:
            return None
        element, stated = found
        match = _DATE.fullmatch(stated)
        if match is None or element.get("format", "102") != "102":
            raise self._bad(term, f"{quote(stated)}, which is not a date")
        try:
            return date(int(match[1]), int(match[3]), int(match[4]))
        except ValueError:
            raise self._bad(term, f"{quote(stated)}, a day that does not exist") from None

    def truth(self, term: str) -> bool:
        stated = self.require_text(term)
        if stated not in _TRUTH:
            raise self._bad(term, f"{quote(stated)}, which is neither true nor false")
        return _TRUTH[stated]

    def bad_value(self, term: str) -> UnreadableDocumentError:
        """The refusal of a value that reads well and still cannot be."""
        return self._bad(term, f"{quote(self.text(term) or '')}, which cannot be")

    def _find(self, term: str) -> _Stated | None:
        for path in self.paths.get(term, ()):
            found = [_Stated(element, _text_of(element)) for element in self._select(path)]
            stated = [each for each in found if each.text or len(each.element)]
            if not stated:
                continue
            if any(len(each.element) for each in stated):
                raise self._bad(term, "mixed with other elements")
            if len({each.text for each in stated}) > 1:
                raise self._bad(term, "stated more than once, with different values")
            if len(stated[0].text) > MAX_TEXT_CHARACTERS:
                raise self._bad(term, f"longer than {MAX_TEXT_CHARACTERS} characters")
            return stated[0]
        return None

    def _select(self, path: str) -> list[etree._Element]:
        return cast("list[etree._Element]", _compile(path)(self.element, currency=self.currency))

    def _require(self, term: str, value: _T | None) -> _T:
        if value is None:
            raise refuse(RefusalCode.MISSING_FIELD, f"The {self._name(term)} is missing. {_ASK}")
        return value

    def _bad(self, term: str, what: str) -> UnreadableDocumentError:
        return refuse(RefusalCode.BAD_VALUE, f"The {self._name(term)} is {what}. {_ASK}")

    def _name(self, term: str) -> str:
        return f"{term} of {self.place}" if self.place else term


_ASK = "Ask the supplier for a corrected file."


def _text_of(element: etree._Element) -> str:
    """Line breaks inside a text are only the layout of the file."""
    return _LAYOUT.sub(" ", element.text or "").strip()
