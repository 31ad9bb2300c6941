"""All that is known about one employee when a slip is made, and what is agreed about how it is made."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from automations.rules.payroll.country import CountryRules, DayKind
from automations.rules.payroll.periods import ONE_DAY, Frequency, Period, month_of
from connectors.contracts.people import (
    Absence,
    Employee,
    EmploymentContract,
    OneOffItem,
    Payslip,
    PunchRecord,
    TimeSheetEntry,
)

MONTHS_OR_HALVES = (Frequency.MONTHLY, Frequency.HALF_MONTHLY)
HALF_MONTH = 15


@dataclass(frozen=True, slots=True)
class PaySettings:
    """`weekly_limit` None means the hours of the contract; `daily_limit` None that a day has no limit of its own."""

    daily_limit: Decimal | None = None
    weekly_limit: Decimal | None = None
    punch_rounding_minutes: int = 0
    unmarked_is_absent: bool = False
    variance_percent: Decimal | None = None
    variance_is_exception: bool = False


@dataclass(frozen=True, slots=True)
class SlipFacts:
    """Records of one employee; `contracts`, `absences` and `earlier` slips reach back as far as arrears are looked for.

    Time records begin with the week in which the period begins. `holidays` are the public holidays in all of these
    days. `now` is when the slip is made: what is dated later has not happened. `slips_of_year` are those since January,
    for limits that the law sets for a year.
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
    slips_of_year: Sequence[Payslip] = ()

    def day_kind(self, day: date) -> DayKind:
        if day in self.holidays:
            return DayKind.HOLIDAY
        return DayKind.REST_DAY if day.weekday() in self.employee.weekly_days_off else DayKind.WORKDAY

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
        is_whole = period.last - period.first + ONE_DAY == _LENGTHS[frequency]
        return period if is_whole else None
    whole = month_of(period.first)
    if frequency is Frequency.HALF_MONTHLY:
        middle = whole.first.replace(day=HALF_MONTH)
        first_half = period.first <= middle
        whole = Period(whole.first, middle) if first_half else Period(middle + ONE_DAY, whole.last)
    return whole if period.last in whole else None


_LENGTHS = {
    Frequency.FOUR_WEEKLY: timedelta(days=28),
    Frequency.FORTNIGHTLY: timedelta(days=14),
    Frequency.WEEKLY: timedelta(days=7),
    Frequency.DAILY: timedelta(days=1),
}
