"""People in Tryton: who works there and the hours of their time sheets. Terms and pay are kept by us."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from connectors.contracts.people import (
    Absence,
    Employee,
    EmploymentContract,
    OneOffItem,
    Payslip,
    People,
    PunchRecord,
    TimeSheetEntry,
)
from connectors.database.base import utc_now
from connectors.database.chunks import in_chunks
from connectors.money import round_money
from connectors.vendors.tryton.failures import expecting_known_shapes
from connectors.vendors.tryton.session import Record, TrytonSession, at, many
from connectors.vendors.tryton.units import plain

# A second is 0.000278 hours.
HOUR_DECIMALS = 6
_EMPLOYEE_FIELDS = (
    "party.code",
    "party.name",
    "party.email",
    "party.lang.code",
    "party.addresses.country.code",
    "start_date",
    "end_date",
    "active",
    "supervisor.party.code",
    "supervisor.party.email",
    "company.timezone",
)


class TrytonPeople:
    """Employees are known by the code of their party in Tryton, and by the same id in our own database.

    Tryton has neither pay nor terms of contracts: those, absences, punches and payslips are `kept` by our own
    database. Whoever works in Tryton and is not kept there is shown with what Tryton knows: nobody is forgotten.
    """

    def __init__(self, session: TrytonSession, kept: People, now: Callable[[], datetime] = utc_now) -> None:
        self._session = session
        self._kept = kept
        self._now = now

    def find_employees(self, country: str | None, frequency: str, first: date, last: date) -> Sequence[str]:
        known = set(self._kept.find_employees(country, frequency, first, last))
        here = {one.id: one for one in self._employees(_working(first, last))}
        strangers = here.keys() - self._kept.employees(here).keys()
        return sorted(known | {one for one in strangers if country in (None, here[one].country)})

    def employees(self, ids: Iterable[str]) -> Mapping[str, Employee]:
        wanted = set(ids)
        kept = dict(self._kept.employees(wanted))
        for chunk in in_chunks(sorted(wanted - kept.keys())):
            kept.update((one.id, one) for one in self._employees([["party.code", "in", list(chunk)]]))
        return kept

    def contracts(self, employees: Iterable[str], first: date, last: date) -> Sequence[EmploymentContract]:
        return self._kept.contracts(employees, first, last)

    def time_entries(self, employees: Iterable[str], first: date, last: date) -> Sequence[TimeSheetEntry]:
        found: list[TimeSheetEntry] = []
        days = [["date", ">=", first], ["date", "<=", last], ["company", "=", self._session.company()]]
        fields = ("employee.party.code", "date", "duration")
        for chunk in in_chunks(sorted(set(employees))):
            domain = [*days, ["employee.party.code", "in", list(chunk)]]
            for record in self._session.all("timesheet.line", domain, fields):
                with expecting_known_shapes():
                    found.append(_read_entry(record))
        return sorted(found, key=lambda entry: (entry.employee, entry.on))

    def punches(self, employees: Iterable[str], since: datetime, until: datetime) -> Sequence[PunchRecord]:
        return self._kept.punches(employees, since, until)

    def absences(self, employees: Iterable[str], first: date, last: date) -> Sequence[Absence]:
        return self._kept.absences(employees, first, last)

    def one_off_items(self, employees: Iterable[str], first: date, last: date) -> Sequence[OneOffItem]:
        return self._kept.one_off_items(employees, first, last)

    def payslips(self, employees: Iterable[str], first: date, last: date) -> Sequence[Payslip]:
        return self._kept.payslips(employees, first, last)

    def save_payslip(self, payslip: Payslip, idempotency_key: str) -> str:
        return self._kept.save_payslip(payslip, idempotency_key)

    def check(self) -> str:
        count = self._session.read("model.company.employee.search_count", [])
        lines = self._session.read("model.timesheet.line.search_count", [])
        return f"Tryton holds {count} employees and {lines} lines of time sheets; terms and pay are kept by us."

    def _employees(self, domain: list[Any]) -> list[Employee]:
        """The ones of our company, without the one in whose name we work."""
        scope = [*domain, ["company", "=", self._session.company()]]
        ours = self._session.context().get("employee")
        found = self._session.all("company.employee", scope, _EMPLOYEE_FIELDS, active_test=False)
        with expecting_known_shapes():
            return [self._read(record) for record in found if record["id"] != ours and at(record, "party.code")]

    def _read(self, record: Record) -> Employee:
        today, end = self._now().date(), record["end_date"]
        countries = [at(address, "country.code") for address in many(record["party."], "addresses")]
        country = next((code for code in countries if code), "")
        return Employee(
            id=at(record, "party.code"),
            name=at(record, "party.name") or "",
            email=at(record, "party.email") or "",
            country=country,
            language=(at(record, "party.lang.code") or "en")[:2],
            time_zone=at(record, "company.timezone") or "UTC",
            holiday_calendar=country,
            manager_id=at(record, "supervisor.party.code"),
            manager_email=at(record, "supervisor.party.email"),
            is_active=record["active"] and (end is None or end >= today),
        )


def _working(first: date, last: date) -> list[Any]:
    return [
        ["OR", ["start_date", "=", None], ["start_date", "<=", last]],
        ["OR", ["end_date", "=", None], ["end_date", ">=", first]],
    ]


def _read_entry(record: Record) -> TimeSheetEntry:
    duration: timedelta = record["duration"]
    seconds = Decimal(duration.days * 86400 + duration.seconds)
    hours = round_money(seconds / 3600, HOUR_DECIMALS)
    return TimeSheetEntry(str(record["id"]), at(record, "employee.party.code"), record["date"], plain(hours))
