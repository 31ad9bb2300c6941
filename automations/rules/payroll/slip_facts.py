"""All that is known about one employee when a slip is made, and what is agreed about how it is made."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from automations.rules.local_time import ONE_DAY
from automations.rules.payroll.country import CountryRules, DayKind
from automations.rules.payroll.periods import DAYS_OF, HALF_MONTH, Frequency, Period, month_of
from automations.rules.payroll.punches import Counting, Pairing
from connectors.contracts.people import (
    Absence,
    Employee,
    EmploymentContract,
    OneOffItem,
    OneOffKind,
    Payslip,
    PunchRecord,
    TimeSheetEntry,
)

MONTHS_OR_HALVES = (Frequency.MONTHLY, Frequency.HALF_MONTHLY)
DAYS_A_WEEK = 7
HALF = Decimal("0.5")


@dataclass(frozen=True, slots=True)
class PaySettings:
    """`weekly_limit` None means the law's hours, or those of the contract where they are more; `daily_limit` None that
    a day has no limit of its own.

    `unmarked_is_absent`: salaries of people who clock in are paid by attendance. A day with less hours than
    `half_day_below` is half a day then, with less than `absent_below` none.
    """

    daily_limit: Decimal | None = None
    weekly_limit: Decimal | None = None
    punch_rounding_minutes: int = 0
    punch_pairing: Pairing = Pairing.TYPED
    punch_counting: Counting = Counting.PAIRS
    unmarked_is_absent: bool = False
    half_day_below: Decimal | None = None
    absent_below: Decimal | None = None
    half_day_paid_fraction: Decimal = HALF
    variance_percent: Decimal | None = None
    variance_is_exception: bool = False


@dataclass(frozen=True, slots=True)
class SlipFacts:
    """Records of one employee; `contracts`, `absences` and `earlier` slips reach back as far as arrears are looked for.

    Contracts reach on to the end of the period's last week. Time records begin a little before the week in which the
    period begins, or the earliest of the `earlier` slips; one-off items with that week as well. `holidays` are the
    public holidays in all of these days. `now` is when the slip is made: what is dated later has not happened.
    `history` are the slips since January, and the last one at least: for limits of a year and for the variance.
    """

    employee: Employee
    period: Period
    zone: ZoneInfo
    now: datetime
    contracts: Sequence[EmploymentContract] = ()
    time_entries: Sequence[TimeSheetEntry] = ()
    punches: Sequence[PunchRecord] = ()
    absences: Sequence[Absence] = ()
    one_offs: Sequence[OneOffItem] = ()
    earlier: Sequence[Payslip] = ()
    holidays: frozenset[date] = frozenset()
    history: Sequence[Payslip] = ()

    @property
    def known_slips(self) -> list[Payslip]:
        """Every slip once that anything is known of."""
        return [*self.earlier, *(slip for slip in self.history if slip not in self.earlier)]

    @property
    def items_to_pay(self) -> list[OneOffItem]:
        """Those that end in the period; earlier ones only count for the overtime of its first week."""
        return [item for item in self.one_offs if item.last in self.period]

    @property
    def bonuses_to_pay(self) -> list[OneOffItem]:
        return [item for item in self.items_to_pay if item.kind is OneOffKind.BONUS]

    @property
    def working_weekdays(self) -> int:
        """How many of a week."""
        return DAYS_A_WEEK - len(set(self.employee.weekly_days_off))

    def day_kind(self, day: date) -> DayKind:
        if day in self.holidays:
            return DayKind.HOLIDAY
        return DayKind.REST_DAY if day.weekday() in self.employee.weekly_days_off else DayKind.WORKDAY

    def in_period(self, period: Period) -> "SlipFacts":
        """What is known now, for the slip of other days."""
        return replace(self, period=period)

    def contracts_in(self, period: Period) -> list[EmploymentContract]:
        """In order of their first day."""
        holding = [one for one in self.contracts if holds_in(one, period)]
        return sorted(holding, key=lambda one: (one.first, one.id))

    def contract_on(self, day: date) -> EmploymentContract | None:
        return next((one for one in self.contracts if one.first <= day and (one.last is None or day <= one.last)), None)

    def days_off(self, period: Period, rules: CountryRules) -> frozenset[date]:
        """Days that are no working days: weekends, and holidays unless the law counts them as worked."""
        kinds = {DayKind.REST_DAY} if rules.holidays_are_working_days else {DayKind.REST_DAY, DayKind.HOLIDAY}
        weekly = self.employee.weekly_days_off
        return frozenset(
            day for day in period if day.weekday() in weekly or (DayKind.HOLIDAY in kinds and day in self.holidays)
        )


def week_start(day: date) -> date:
    """The Monday of its week."""
    return day - day.weekday() * ONE_DAY


def holds_in(contract: EmploymentContract, period: Period) -> bool:
    """A contract that ends before it begins holds on no day."""
    last = period.last if contract.last is None else contract.last
    return contract.first <= period.last and last >= max(period.first, contract.first)


def part_of(contract: EmploymentContract, period: Period) -> Period:
    """The days of the period on which the contract holds; it has to hold on one at least."""
    return Period(max(contract.first, period.first), min(contract.last or period.last, period.last))


def full_period(period: Period, frequency: Frequency) -> Period | None:
    """The whole pay period that these days lie in, whose pay a salary is; None where they lie in no single one."""
    if frequency not in MONTHS_OR_HALVES:
        is_whole = (period.last - period.first).days + 1 == DAYS_OF[frequency]
        return period if is_whole else None
    whole = month_of(period.first)
    if frequency is Frequency.HALF_MONTHLY:
        middle = whole.first.replace(day=HALF_MONTH)
        first_half = period.first <= middle
        whole = Period(whole.first, middle) if first_half else Period(middle + ONE_DAY, whole.last)
    return whole if period.last in whole else None


def is_settled_here(contract: EmploymentContract, period: Period, facts: SlipFacts) -> bool:
    """Whether these days hold the last one of the pay period on which anything is paid by this contract.

    What is paid once a pay period is paid with them, and by the last contract of the pay period only.
    """
    whole = full_period(period, Frequency(contract.frequency)) or period
    is_last = facts.contracts_in(whole)[-1] == contract
    return is_last and part_of(contract, whole).last in period
