"""What a run knows of its employees: read in bulk, a batch at a time, one question a kind of record."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from typing import Protocol, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from automations.rules.calendars import holiday_name, is_known_country
from automations.rules.local_time import midnight
from automations.rules.payroll.periods import ONE_DAY, Period
from automations.rules.payroll.slip_facts import SlipFacts, week_start
from connectors.contracts.people import Employee, People
from connectors.errors import RateLimited, Unavailable

# So many questions in a row without any answer, and the source is down for everybody, not for one.
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
        self._since = period.first - timedelta(days=arrears_months * DAYS_A_MONTH)
        self._now = now

    def read(self, ids: Sequence[str]) -> tuple[Facts, Mapping[str, str]]:
        """Facts of those who are known, and for whom the source did not answer, with its sentence.

        Raises:
            Unavailable, RateLimited: nobody could be read.
        """
        facts: dict[str, SlipFacts] = {}
        failed: dict[str, str] = {}
        waiting = [list(ids)]
        while waiting:
            chunk = waiting.pop()
            try:
                facts |= self._read(chunk)
            except (Unavailable, RateLimited) as error:
                if len(chunk) == 1:
                    failed[chunk[0]] = error.reason
                else:
                    middle = len(chunk) // 2
                    waiting += [chunk[middle:], chunk[:middle]]
                if not facts and len(failed) >= min(len(ids), MOST_FAILURES):
                    raise
        return facts, failed

    def _read(self, ids: Sequence[str]) -> dict[str, SlipFacts]:
        people, period = self._people, self._period
        monday, new_year = week_start(period.first), period.first.replace(month=1, day=1)
        employees = people.employees(ids)
        contracts = _by_employee(people.contracts(ids, self._since, period.last))
        sheets = _by_employee(people.time_entries(ids, monday, period.last))
        since, until = _moments(monday, period.last)
        punches = _by_employee(people.punches(ids, since, until))
        absences = _by_employee(people.absences(ids, self._since, period.last))
        items = _by_employee(people.one_off_items(ids, period.first, period.last))
        slips = _by_employee(people.payslips(ids, min(self._since, new_year), period.last))
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
                [slip for slip in slips.get(key, ()) if slip.last >= self._since],
                _holidays(employee.holiday_calendar, self._since, period.last),
                [slip for slip in slips.get(key, ()) if slip.first >= new_year],
            )
            for key, employee in employees.items()
        }


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
