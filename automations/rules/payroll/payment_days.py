"""How many days of a period are paid: working days less those before joining, after leaving, and not paid."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from automations.rules.payroll.periods import Period
from connectors.money import ZERO, round_money

ONE, HALF = Decimal(1), Decimal("0.5")


class DayMark(StrEnum):
    """What attendance says of a day."""

    PRESENT = "present"
    ABSENT = "absent"
    HALF_DAY = "half_day"
    ON_LEAVE = "on_leave"


class Source(StrEnum):
    """Where unpaid days are counted: in leave applications or in attendance."""

    LEAVE = "leave"
    ATTENDANCE = "attendance"


@dataclass(frozen=True, slots=True)
class Leave:
    """An absence; `unpaid_fraction` 1 is fully unpaid. Days off inside it count only where it says so."""

    period: Period
    unpaid_fraction: Decimal = ONE
    includes_days_off: bool = False
    half_day_on: date | None = None


@dataclass(frozen=True, slots=True)
class Attendance:
    on: date
    mark: DayMark
    unpaid_fraction: Decimal = ONE


@dataclass(frozen=True, slots=True)
class PaymentTerms:
    """How days of a period are counted for somebody.

    `days_off` are weekends and holidays; with `pays_days_off` every calendar day is a working day.
    """

    period: Period
    days_off: Container[date] = frozenset()
    pays_days_off: bool = False
    joined: date | None = None
    left: date | None = None
    source: Source = Source.LEAVE
    half_day_paid_fraction: Decimal = HALF
    unmarked_is_absent: bool = False
    counts_marks_on_days_off: bool = False

    def is_working(self, day: date) -> bool:
        return self.pays_days_off or day not in self.days_off

    def is_employed(self, day: date) -> bool:
        return (self.joined is None or day >= self.joined) and (self.left is None or day <= self.left)


@dataclass(frozen=True, slots=True)
class PaymentDays:
    """`sources_differ`: leave and attendance do not name the same unpaid days."""

    working_days: Decimal
    unpaid_days: Decimal
    absent_days: Decimal
    payment_days: Decimal
    sources_differ: bool

    def share_of(self, amount: Decimal) -> Decimal:
        """The part of a full amount that is paid, rounded to cents; nothing where no day is worked."""
        return round_money(self.exact_share_of(amount))

    def exact_share_of(self, amount: Decimal) -> Decimal:
        return amount * self.payment_days / self.working_days if self.working_days else ZERO


def count_payment_days(
    terms: PaymentTerms, leaves: Sequence[Leave] = (), attendance: Sequence[Attendance] = ()
) -> PaymentDays:
    """A date counts once, whatever is said of it twice; days without employment are neither paid nor unpaid."""
    employed = [day for day in terms.period if terms.is_employed(day)]
    by_leave = _unpaid_by_leave(terms, leaves)
    counts_marks = terms.source is not Source.LEAVE or bool(attendance)
    by_mark, absent = _unpaid_by_marks(terms, employed, attendance) if counts_marks else ({}, {})
    if terms.source is Source.LEAVE:
        unpaid, absent_days = sum(by_leave.values(), ZERO), ZERO
    else:
        unpaid, absent_days = sum(by_mark.values(), ZERO), sum(absent.values(), ZERO)
    return PaymentDays(
        working_days=Decimal(sum(terms.is_working(day) for day in terms.period)),
        unpaid_days=unpaid,
        absent_days=absent_days,
        payment_days=max(sum(terms.is_working(day) for day in employed) - unpaid - absent_days, ZERO),
        sources_differ=bool(leaves) and bool(attendance) and by_leave != by_mark,
    )


def _unpaid_by_leave(terms: PaymentTerms, leaves: Sequence[Leave]) -> Mapping[date, Decimal]:
    """What of each day is not paid; of two leaves on one day the less paid counts."""
    unpaid: dict[date, Decimal] = {}
    for leave in leaves:
        for day in terms.period.common(leave.period) or ():
            if not terms.is_employed(day) or (day in terms.days_off and not leave.includes_days_off):
                continue
            part = 1 - terms.half_day_paid_fraction if day == leave.half_day_on else ONE
            unpaid[day] = max(unpaid.get(day, ZERO), part * leave.unpaid_fraction)
    return {day: part for day, part in unpaid.items() if part}


def _unpaid_by_marks(
    terms: PaymentTerms, employed: Sequence[date], attendance: Sequence[Attendance]
) -> tuple[Mapping[date, Decimal], Mapping[date, Decimal]]:
    """Unpaid leave and absence by day."""
    marks = {mark.on: mark for mark in attendance}
    unpaid, absent = {}, {}
    for day in employed:
        if day in terms.days_off and not terms.counts_marks_on_days_off:
            continue
        mark = marks.get(day)
        if mark is None:
            if terms.unmarked_is_absent and day not in terms.days_off:
                absent[day] = ONE
        elif mark.mark is DayMark.ABSENT:
            absent[day] = ONE
        elif mark.mark is DayMark.HALF_DAY:
            absent[day] = (1 - terms.half_day_paid_fraction) * mark.unpaid_fraction
        elif mark.mark is DayMark.ON_LEAVE and mark.unpaid_fraction:
            unpaid[day] = mark.unpaid_fraction
    return unpaid, absent
