"""The report of supplier invoices: matched, released, held and waiting, by reason and supplier, by age and money."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from heapq import nsmallest

from connectors.money import ZERO

# The last day of each band but the last, which has no end.
AGE_LIMITS = (7, 30)
MOST_LISTED = 50


class Standing(StrEnum):
    """Where a document stands by its latest verdict.

    `released` was held or waiting before and passed since; `settled` did not pass, and a person has dealt with it.
    """

    MATCHED = "matched"
    RELEASED = "released"
    HELD = "held"
    WAITING = "waiting"
    SETTLED = "settled"


OPEN_STANDINGS = (Standing.HELD, Standing.WAITING)


class AgeBand(StrEnum):
    """Days from the issue date to the day of the report, both ends included."""

    TO_7 = "0-7"
    TO_30 = "8-30"
    OVER_30 = "over-30"


@dataclass(frozen=True, slots=True)
class InvoiceFact:
    """One document and its latest verdict.

    `reasons` are codes with their owner: of an open document why it does not pass, of a released one why it did not.
    Without an issue date the day of the verdict counts for its age.
    """

    item_id: int
    run_id: str
    title: str
    supplier: str
    standing: Standing
    amount: Decimal
    currency: str
    issued_on: date | None
    decided_on: date
    reasons: tuple[tuple[str, str], ...] = ()

    def age_days(self, today: date) -> int:
        return max(0, (today - (self.issued_on or self.decided_on)).days)


@dataclass(slots=True)
class Sum:
    """How many documents, and the sum of their totals in one currency."""

    count: int = 0
    amount: Decimal = ZERO

    def add(self, amount: Decimal) -> None:
        self.count += 1
        self.amount += amount


@dataclass(frozen=True, slots=True)
class Aged:
    """The open documents of one reason or supplier in one currency, by age."""

    bands: Mapping[AgeBand, Sum] = field(default_factory=lambda: {band: Sum() for band in AgeBand})

    @property
    def count(self) -> int:
        return sum(one.count for one in self.bands.values())

    @property
    def amount(self) -> Decimal:
        return sum((one.amount for one in self.bands.values()), ZERO)


@dataclass(frozen=True, slots=True)
class SupplierLine:
    """One supplier's documents in one currency: by where they stand, and the open ones by age."""

    standings: Mapping[Standing, Sum] = field(default_factory=lambda: {standing: Sum() for standing in Standing})
    open: Aged = field(default_factory=Aged)


@dataclass(frozen=True, slots=True)
class InvoiceReport:
    """All sums are by currency, the last part of each key. A document with two reasons counts for both.

    `standings` by standing, `reasons` (of open documents) by code and owner, `released` by the code that held them,
    `suppliers` by name. `oldest` are open documents, the oldest first, the largest first among those of one day.
    """

    standings: Mapping[tuple[Standing, str], Sum]
    reasons: Mapping[tuple[str, str, str], Aged]
    released: Mapping[tuple[str, str], Sum]
    suppliers: Mapping[tuple[str, str], SupplierLine]
    oldest: Sequence[InvoiceFact]


def age_band(days: int) -> AgeBand:
    return AgeBand.TO_7 if days <= AGE_LIMITS[0] else AgeBand.TO_30 if days <= AGE_LIMITS[1] else AgeBand.OVER_30


def report_invoices(facts: Iterable[InvoiceFact], today: date) -> InvoiceReport:
    """Aggregate documents in one pass; only the oldest open ones are kept."""
    standings: defaultdict[tuple[Standing, str], Sum] = defaultdict(Sum)
    reasons: defaultdict[tuple[str, str, str], Aged] = defaultdict(Aged)
    released: defaultdict[tuple[str, str], Sum] = defaultdict(Sum)
    suppliers: defaultdict[tuple[str, str], SupplierLine] = defaultdict(SupplierLine)

    def count(fact: InvoiceFact) -> None:
        standings[fact.standing, fact.currency].add(fact.amount)
        line = suppliers[fact.supplier, fact.currency]
        line.standings[fact.standing].add(fact.amount)
        if fact.standing is Standing.RELEASED:
            for code in {code for code, _owner in fact.reasons}:
                released[code, fact.currency].add(fact.amount)
        if fact.standing in OPEN_STANDINGS:
            band = age_band(fact.age_days(today))
            line.open.bands[band].add(fact.amount)
            for code, owner in set(fact.reasons):
                reasons[code, owner, fact.currency].bands[band].add(fact.amount)

    def counted() -> Iterable[InvoiceFact]:
        for fact in facts:
            count(fact)
            if fact.standing in OPEN_STANDINGS:
                yield fact

    oldest = nsmallest(MOST_LISTED, counted(), key=lambda fact: (-fact.age_days(today), -fact.amount, fact.item_id))
    return InvoiceReport(standings, reasons, released, suppliers, oldest)
