"""People: who works for us, on what terms, when they worked, and what they were paid."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

SATURDAY, SUNDAY = 5, 6
# The kind of an absence that the law reads; all others are the source's own words.
SICKNESS = "sick"


@dataclass(frozen=True, slots=True)
class TaxFacts:
    """What the law of a country asks about somebody. `disability`: first or second degree, third degree, severe card.

    `has_health_minimum`: the minimum base of health insurance applies (not to children, pensioners, students …).
    `faults` names what a record says and nobody can read; by such facts nobody is paid.
    """

    has_signed_declaration: bool = False
    claims_taxpayer_relief: bool = False
    has_health_minimum: bool = True
    children: int = 0
    disability: tuple[bool, bool, bool] = (False, False, False)
    is_student: bool = False
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Employee:
    """Somebody on our books. `country` decides by whose law they are paid, two letters like CZ.

    `holiday_calendar` is the country whose public holidays are free, `weekly_days_off` counts weekdays from
    Monday = 0, `time_zone` is where their days begin. A `bic` is not needed inside the euro area.
    """

    id: str
    name: str
    email: str
    country: str
    language: str
    time_zone: str
    holiday_calendar: str
    weekly_days_off: tuple[int, ...] = (SATURDAY, SUNDAY)
    manager_id: str | None = None
    manager_email: str | None = None
    iban: str | None = None
    bic: str | None = None
    tax_facts: TaxFacts = field(default_factory=TaxFacts)
    is_active: bool = True


class TimeSource(StrEnum):
    """Where hours come from; NONE for whoever is paid a salary and has no overtime."""

    NONE = "none"
    SHEETS = "sheets"
    PUNCHES = "punches"


@dataclass(frozen=True, slots=True)
class PayComponent:
    """A regular extra payment of a contract: a full amount a period, less unpaid days where it depends on days."""

    name: str
    amount: Decimal
    depends_on_days: bool = True


@dataclass(frozen=True, slots=True)
class PayDeduction:
    """What is taken off the net pay of each period, such as a meal plan."""

    name: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class EmploymentContract:
    """Terms from `first` to `last`, both included; `last` None is without end.

    Either `salary`, for a full period of `frequency`, or `hour_rate`. `kind` is the law's word (employment, DPC, DPP);
    `frequency` monthly, half_monthly, four_weekly, fortnightly, weekly or daily. `multipliers` are the contract's own
    pay of an overtime hour by kind of day (workday, rest_day, holiday), as a multiple of the hourly rate. A figure that
    a record words otherwise is NaN, a `time_source` nobody knows the raw word: nobody is paid by such a contract.
    """

    id: str
    employee: str
    first: date
    last: date | None
    kind: str
    currency: str
    frequency: str
    weekly_hours: Decimal
    salary: Decimal | None = None
    hour_rate: Decimal | None = None
    time_source: TimeSource | str = TimeSource.NONE
    earns_overtime: bool = True
    multipliers: Mapping[str, Decimal] = field(default_factory=dict)
    components: tuple[PayComponent, ...] = ()
    deductions: tuple[PayDeduction, ...] = ()


@dataclass(frozen=True, slots=True)
class TimeSheetEntry:
    id: str
    employee: str
    on: date
    hours: Decimal


@dataclass(frozen=True, slots=True)
class PunchRecord:
    """An aware moment of a time clock. `kind` is in or out, None where the clock cannot tell."""

    employee: str
    at: datetime
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class Absence:
    """Days away. `unpaid_fraction` 1 is not paid at all, 0 in full; half a day on `half_day_on`.

    `kind` is the source's own word, SICKNESS where somebody is ill.
    """

    id: str
    employee: str
    first: date
    last: date
    kind: str
    unpaid_fraction: Decimal = Decimal(0)
    half_day_on: date | None = None


class OneOffKind(StrEnum):
    BONUS = "bonus"
    DEDUCTION = "deduction"


@dataclass(frozen=True, slots=True)
class OneOffItem:
    """A single payment or deduction for the days from `first` to `last`, paid with the period that holds `last`.

    `counts_for_overtime`: a bonus that the regular rate contains (29 CFR 778.208 to 778.215). A `kind` that nobody
    knows is the record's own word, and is not paid.
    """

    id: str
    employee: str
    kind: OneOffKind | str
    amount: Decimal
    currency: str
    first: date
    last: date
    reason: str
    counts_for_overtime: bool = True


class LineKind(StrEnum):
    """EMPLOYER is paid by us on top and changes neither gross nor net."""

    EARNING = "earning"
    DEDUCTION = "deduction"
    EMPLOYER = "employer"


@dataclass(frozen=True, slots=True)
class PayslipLine:
    """A line with its explanation: `rule` names the calculation, `figures` everything that went in, as text.

    `code` is the same for the same kind of pay in every period; `label` is the contract's or a person's own word.
    `rounding` names how `amount` was rounded, `law` the paragraph. `for_period` is the first day of the earlier
    period that an arrears line belongs to.
    """

    code: str
    kind: LineKind
    amount: Decimal
    rule: str
    label: str = ""
    figures: Mapping[str, str] = field(default_factory=dict)
    rounding: str = "cents"
    law: str = ""
    quantity: Decimal | None = None
    rate: Decimal | None = None
    for_period: date | None = None


class PayslipState(StrEnum):
    """DRAFT belongs to another system and is not consented to; APPROVED may be paid."""

    DRAFT = "draft"
    APPROVED = "approved"
    PAID = "paid"
    CANCELLED = "cancelled"


PAYABLE_STATES = (PayslipState.APPROVED, PayslipState.PAID)


@dataclass(frozen=True, slots=True)
class Payslip:
    """What somebody is paid for the days from `first` to `last`; totals are sums of the lines.

    `notes` are upper-case codes about the whole slip, such as TAXES_BY_PROVIDER. A slip that was saved has an `id`,
    and the `idempotency_key` it was saved with where the system knows it.
    """

    employee: str
    first: date
    last: date
    currency: str
    lines: tuple[PayslipLine, ...]
    gross: Decimal
    deductions: Decimal
    net: Decimal
    state: PayslipState = PayslipState.APPROVED
    notes: tuple[str, ...] = ()
    id: str | None = None
    idempotency_key: str | None = None


class People(Protocol):
    """The people side of an ERP. Days are inclusive at both ends; what nobody asked for is never answered.

    Raises:
        Unavailable, RateLimited, AuthFailed: any method, when the system says so.
    """

    def find_employees(self, country: str | None, frequency: str, first: date, last: date) -> Sequence[str]:
        """Ids of whoever is to be paid for these days, ordered: of one country or of all.

        Those with a contract of this frequency in these days, and active ones without any contract in them.
        """
        ...

    def employees(self, ids: Iterable[str]) -> Mapping[str, Employee]:
        """By id; unknown ids are missing in the answer."""
        ...

    def contracts(self, employees: Iterable[str], first: date, last: date) -> Sequence[EmploymentContract]:
        """The contracts that hold on any of these days, in order of employee and first day."""
        ...

    def time_entries(self, employees: Iterable[str], first: date, last: date) -> Sequence[TimeSheetEntry]:
        """Entries of these days, in order of employee and day."""
        ...

    def punches(self, employees: Iterable[str], since: datetime, until: datetime) -> Sequence[PunchRecord]:
        """Punches from `since` on and before `until`, in order of employee and moment."""
        ...

    def absences(self, employees: Iterable[str], first: date, last: date) -> Sequence[Absence]:
        """Absences that touch these days, in order of employee and first day."""
        ...

    def one_off_items(self, employees: Iterable[str], first: date, last: date) -> Sequence[OneOffItem]:
        """Items whose last day is one of these, in order of employee, last day and id."""
        ...

    def payslips(self, employees: Iterable[str], first: date, last: date) -> Sequence[Payslip]:
        """Slips that touch these days, in any state, in order of employee and first day."""
        ...

    def save_payslip(self, payslip: Payslip, idempotency_key: str) -> str:
        """Keep a slip and return its id; the same key again returns the same id.

        Raises:
            NotFound: there is no such employee.
            Rejected: a slip of this employee that is not cancelled has one of these days already, or another slip was
                saved with this key.
        """
        ...
