"""Finding documents that the company may have been sent twice; a find goes to a person and is never rejected."""

import unicodedata
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from itertools import groupby
from typing import Protocol

from connectors.contracts.documents import DocumentType, Invoice
from connectors.contracts.purchasing import PostedDocument
from connectors.money import ZERO

HUNDRED = Decimal(100)


class DuplicateReason(StrEnum):
    SAME_NUMBER = "SAME_NUMBER"
    SAME_AMOUNT_AND_DATE = "SAME_AMOUNT_AND_DATE"
    NEAR_AMOUNT_AND_DATE = "NEAR_AMOUNT_AND_DATE"


@dataclass(frozen=True, slots=True)
class DuplicatePolicy:
    """When two amounts are near; without both numbers only equal ones are reported."""

    near_amount_percent: Decimal | None = None
    near_days: int | None = None


@dataclass(frozen=True, slots=True)
class Duplicate:
    """An existing document that looks like the new one, and why."""

    document_id: str
    reasons: tuple[DuplicateReason, ...]


class ComparableDocument(Protocol):
    """What two documents are compared by; a posted document and one to be posted have all of it."""

    @property
    def supplier(self) -> str: ...
    @property
    def type(self) -> DocumentType: ...
    @property
    def number(self) -> str: ...
    @property
    def issue_date(self) -> date | None: ...
    @property
    def currency(self) -> str: ...
    @property
    def total(self) -> Decimal: ...


@dataclass(frozen=True, slots=True)
class IncomingDocument:
    """An incoming document, reduced to what tells two documents apart."""

    supplier: str
    type: DocumentType
    number: str
    issue_date: date | None
    currency: str
    total: Decimal


def describe_incoming(invoice: Invoice) -> IncomingDocument:
    """The comparable part of an invoice; its total is the gross total, or what is payable where that is not stated."""
    total = next(
        (value for value in (invoice.gross_total, invoice.payable, invoice.net_total) if value is not None), ZERO
    )
    return IncomingDocument(invoice.supplier, invoice.type, invoice.number, invoice.issue_date, invoice.currency, total)


def normalise_document_number(text: str) -> str:
    """What is left of a document number when the ways of writing it are taken away.

    Unicode compatibility form, upper case, digits of all scripts as 0-9, everything but letters and digits dropped,
    leading zeros of each digit group dropped; neighbouring digit groups stay apart by a bar: 2026/007 is 2026|7.
    """
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).upper())
    groups = ((kind, "".join(group)) for kind, group in groupby(map(_plain_digit, plain), key=_kind))
    parts: list[str] = []
    for kind, group in groups:
        if kind == "digit":
            if parts and parts[-1][-1].isdigit():
                parts.append("|")
            parts.append(group.lstrip("0") or "0")
        elif kind == "letter":
            parts.append(group)
    number = "".join(parts)
    # Letters that stood apart may now melt into one: then the result is a new text.
    return number if unicodedata.is_normalized("NFKC", number) else normalise_document_number(number)


def _plain_digit(character: str) -> str:
    digit = unicodedata.digit(character, None)
    return character if digit is None else str(digit)


def _kind(character: str) -> str:
    if character in "0123456789":
        return "digit"
    return "letter" if character.isalnum() else "separator"


class DuplicateIndex:
    """Existing documents, prepared so that each look-up touches only those that may be alike.

    Documents of the run itself can be added, so that two copies in one batch find each other. Cancelled and fully
    credited documents are left out.
    """

    def __init__(self, existing: Iterable[PostedDocument] = ()) -> None:
        self._by_number: dict[tuple[str, DocumentType, str], list[PostedDocument]] = {}
        self._by_amount: dict[tuple[str, DocumentType, str], list[tuple[Decimal, int, PostedDocument]]] = {}
        self._count = 0
        for document in existing:
            self._remember(document)
        for amounts in self._by_amount.values():
            amounts.sort()

    def add(self, document: PostedDocument) -> None:
        amounts = self._remember(document)
        if amounts:
            insort(amounts, amounts.pop())

    def _remember(self, document: PostedDocument) -> list[tuple[Decimal, int, PostedDocument]] | None:
        if document.is_cancelled or document.is_fully_credited:
            return None
        self._count += 1
        number = normalise_document_number(document.number)
        if number:
            self._by_number.setdefault((document.supplier, document.type, number), []).append(document)
        if not document.total or document.issue_date is None:
            return None
        amounts = self._by_amount.setdefault((document.supplier, document.type, document.currency), [])
        amounts.append((document.total, self._count, document))
        return amounts

    def find(self, document: ComparableDocument, policy: DuplicatePolicy) -> tuple[Duplicate, ...]:
        """The existing documents that look like this one, sorted by id."""
        found: dict[str, list[DuplicateReason]] = {}
        for existing in self._same_number(document):
            found.setdefault(existing.id, []).append(DuplicateReason.SAME_NUMBER)
        for existing, reason in self._like_amounts(document, policy):
            found.setdefault(existing.id, []).append(reason)
        return tuple(Duplicate(identity, tuple(sorted(reasons))) for identity, reasons in sorted(found.items()))

    def _same_number(self, document: ComparableDocument) -> Iterator[PostedDocument]:
        key = (document.supplier, document.type, normalise_document_number(document.number))
        for existing in self._by_number.get(key, ()):
            dates = (document.issue_date, existing.issue_date)
            if None in dates or len({day.year for day in dates if day}) == 1:
                yield existing

    def _like_amounts(
        self, document: ComparableDocument, policy: DuplicatePolicy
    ) -> Iterator[tuple[PostedDocument, DuplicateReason]]:
        if not document.total or document.issue_date is None:
            return
        amounts = self._by_amount.get((document.supplier, document.type, document.currency), [])
        percent = policy.near_amount_percent if policy.near_days is not None else None
        low, high = _range_of_near_amounts(document.total, percent or ZERO)
        start, stop = bisect_left(amounts, low, key=_total), bisect_right(amounts, high, key=_total)
        for total, _, existing in amounts[start:stop]:
            if existing.issue_date is None:
                continue
            days_apart = abs((existing.issue_date - document.issue_date).days)
            if total == document.total and days_apart == 0:
                yield existing, DuplicateReason.SAME_AMOUNT_AND_DATE
            elif percent is None or policy.near_days is None or days_apart > policy.near_days:
                continue
            elif abs(document.total - total) * HUNDRED <= abs(total) * percent:
                yield existing, DuplicateReason.NEAR_AMOUNT_AND_DATE


def _range_of_near_amounts(total: Decimal, percent: Decimal) -> tuple[Decimal, Decimal]:
    """Where amounts are to which `total` is near; a little wide, since the quotients are inexact."""
    share = percent / HUNDRED + Decimal("1E-9")
    if share >= 1:
        return Decimal("-Infinity"), Decimal("Infinity")
    bounds = (total / (1 + share), total / (1 - share))
    return min(bounds), max(bounds)


def _total(entry: tuple[Decimal, int, PostedDocument]) -> Decimal:
    return entry[0]


def find_duplicates(
    document: ComparableDocument, existing: Iterable[PostedDocument], policy: DuplicatePolicy
) -> tuple[Duplicate, ...]:
    """The existing documents that look like this one; for more than one document build a `DuplicateIndex` once."""
    return DuplicateIndex(existing).find(document, policy)
