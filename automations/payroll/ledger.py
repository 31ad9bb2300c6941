"""What a run knows of its employees: read in bulk, a batch at a time, one question a kind of record."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from typing import Protocol, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from automations.rules.calendars import holiday_name, is_known_country
from automations.rules.local_time import ONE_DAY, midnight
from automations.rules.payroll.periods import Period, month_of
from automations.rules.payroll.slip_facts import SlipFacts, week_start
from connectors.contracts.people import Employee, Payslip, People
from connectors.errors import Unavailable

# So many people in a row without an answer, each asked for alone, and the source is down for everybody.
MOST_FAILURES = 16
DAYS_A_MONTH = 31


class Owned(Protocol):
    @property
    def employee(self) -> str: ...


Record = TypeVar("Record", bound=Owned)
Facts = Mapping[str, SlipFacts]


class MasterDataError(ValueError):
    """A time zone or a calendar of an employee that does not exist; the text names it."""


class PayrollLedger:
    """Facts by employee. A source that fails for one employee alone fails for that one only."""

    def __init__(self, people: People, period: Period, arrears_months: int, now: datetime) -> None:
        self._people = people
        self._period = period
        self._arrears_since = period.first - timedelta(days=arrears_months * DAYS_A_MONTH)
        self._monday = week_start(period.first)
        # A whole month, because a slip may pay a part of it and is worth that part of a month's working days.
        self._since = month_of(min(self._arrears_since, self._monday)).first
        # The last slip is needed for the variance, however few months arrears are looked for in.
        self._history_since = min(month_of(self._since - ONE_DAY).first, period.first.replace(month=1, day=1))
        self._until = max(week_start(period.last) + 6 * ONE_DAY, month_of(period.last).last)
        self._now = now

    def read(self, ids: Sequence[str]) -> tuple[Facts, Mapping[str, str]]:
        """Facts of those who are known, and for whom the source did not answer, with its sentence.

        Raises:
            RateLimited: as the source asked; by asking for fewer people nobody would be faster.
            Unavailable: nobody could be read, or nobody any more.
        """
        facts: dict[str, SlipFacts] = {}
        failed: dict[str, str] = {}
        failures = 0
        waiting = [list(ids)]
        while waiting:
            chunk = waiting.pop()
            try:
                facts |= self._read(chunk)
                failures = 0
            except Unavailable as error:
                if len(chunk) == 1:
                    failures += 1
                    failed[chunk[0]] = error.reason
                else:
                    middle = len(chunk) // 2
                    waiting += [chunk[middle:], chunk[:middle]]
                if failures >= MOST_FAILURES or len(failed) == len(ids):
                    raise
        return facts, failed

    def _read(self, ids: Sequence[str]) -> dict[str, SlipFacts]:
        people, period = self._people, self._period
        employees = people.employees(ids)
        contracts = _by_employee(people.contracts(ids, self._since, self._until))
        slips = _by_employee(people.payslips(ids, self._history_since, period.last))
        earlier = {key: [slip for slip in of_one if self._is_compared(slip)] for key, of_one in slips.items()}
        # Only whoever has slips to compare with is asked for the time of as long ago.
        first = min((slip.first for of_one in earlier.values() for slip in of_one), default=period.first)
        monday = min(week_start(first), self._monday)
        sheets = _by_employee(people.time_entries(ids, monday, period.last))
        punches = _by_employee(people.punches(ids, *_moments(monday, period.last)))
        absences = _by_employee(people.absences(ids, self._since, period.last))
        items = _by_employee(people.one_off_items(ids, self._monday, period.last))
        return {
            key: SlipFacts(
                employee,
                period,
                _zone(employee),
                self._now,
                contracts.get(key, ()),
                sheets.get(key, ()),
                punches.get(key, ()),
                absences.get(key, ()),
                items.get(key, ()),
                earlier.get(key, ()),
                _holidays(employee.holiday_calendar, self._since, self._until),
                slips.get(key, ()),
            )
            for key, employee in employees.items()
        }

    def _is_compared(self, slip: Payslip) -> bool:
        """Whether all that it was made of is known; slips that reach into the period are named, whenever they began."""
        return slip.first >= self._arrears_since or slip.last >= self._period.first


def check_master_data(employee: Employee) -> None:
    """Raises MasterDataError."""
    if not is_known_country(employee.holiday_calendar):
        raise MasterDataError(f"holiday_calendar {employee.holiday_calendar}")
    if not _is_zone(employee.time_zone):
        raise MasterDataError(f"time_zone {employee.time_zone}")
    if len(set(employee.weekly_days_off)) >= len("MTWTFSS"):
        raise MasterDataError("weekly_days_off")


def _moments(first: date, last: date) -> tuple[datetime, datetime]:
    """A day more on both sides than any time zone needs: partners of the punches at the edges."""
    zone = ZoneInfo("UTC")
    return midnight(first - 2 * ONE_DAY, zone), midnight(last + 3 * ONE_DAY, zone)


def _by_employee(records: Iterable[Record]) -> Mapping[str, list[Record]]:
    grouped: defaultdict[str, list[Record]] = defaultdict(list)
    for record in records:
        grouped[record.employee].append(record)
    return grouped


def _zone(employee: Employee) -> ZoneInfo:
    """UTC for a zone that does not exist: such an employee is held before any hour is counted."""
    return ZoneInfo(employee.time_zone if _is_zone(employee.time_zone) else "UTC")


@cache
def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


@cache
def _holidays(calendar: str, first: date, last: date) -> frozenset[date]:
    if not is_known_country(calendar):
        return frozenset()
    return frozenset(day for day in Period(first, last) if holiday_name(calendar, day))
