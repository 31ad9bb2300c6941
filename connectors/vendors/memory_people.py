"""People, their time and their pay in memory, for tests and trials."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import TypeVar

from connectors.contracts.people import (
    Absence,
    Employee,
    EmploymentContract,
    OneOffItem,
    Payslip,
    PayslipState,
    PunchRecord,
    TimeSheetEntry,
)
from connectors.errors import NotFound, Rejected

Record = TypeVar("Record", EmploymentContract, TimeSheetEntry, PunchRecord, Absence, OneOffItem, Payslip)


def refuse_overlap(payslip: Payslip, other: Payslip) -> Rejected:
    return Rejected(
        f"The days from {payslip.first} to {payslip.last} of {payslip.employee!r} overlap the slip "
        f"from {other.first} to {other.last}. Cancel that one, or choose other days."
    )


class MemoryPeople:
    """Everything as long as this object lives; the lists may be added to."""

    def __init__(self) -> None:
        self.staff: dict[str, Employee] = {}
        self.terms: list[EmploymentContract] = []
        self.sheets: list[TimeSheetEntry] = []
        self.clocked: list[PunchRecord] = []
        self.away: list[Absence] = []
        self.extras: list[OneOffItem] = []
        self.slips: list[Payslip] = []

    def add_employee(self, employee: Employee, *contracts: EmploymentContract) -> None:
        self.staff[employee.id] = employee
        self.terms += contracts

    def find_employees(self, country: str | None, frequency: str, first: date, last: date) -> Sequence[str]:
        holding = [one for one in self.terms if _touches(one.first, one.last, first, last)]
        paid_so = {one.employee for one in holding if one.frequency == frequency}
        with_any = {one.employee for one in holding}
        return sorted(
            one.id
            for one in self.staff.values()
            if country in (None, one.country) and (one.id in paid_so or (one.is_active and one.id not in with_any))
        )

    def employees(self, ids: Iterable[str]) -> Mapping[str, Employee]:
        return {one: self.staff[one] for one in ids if one in self.staff}

    def contracts(self, employees: Iterable[str], first: date, last: date) -> Sequence[EmploymentContract]:
        found = _of(employees, self.terms)
        holding = [one for one in found if _touches(one.first, one.last, first, last)]
        return sorted(holding, key=lambda one: (one.employee, one.first))

    def time_entries(self, employees: Iterable[str], first: date, last: date) -> Sequence[TimeSheetEntry]:
        found = [one for one in _of(employees, self.sheets) if first <= one.on <= last]
        return sorted(found, key=lambda one: (one.employee, one.on))

    def punches(self, employees: Iterable[str], since: datetime, until: datetime) -> Sequence[PunchRecord]:
        found = [one for one in _of(employees, self.clocked) if since <= one.at < until]
        return sorted(found, key=lambda one: (one.employee, one.at))

    def absences(self, employees: Iterable[str], first: date, last: date) -> Sequence[Absence]:
        found = [one for one in _of(employees, self.away) if _touches(one.first, one.last, first, last)]
        return sorted(found, key=lambda one: (one.employee, one.first))

    def one_off_items(self, employees: Iterable[str], first: date, last: date) -> Sequence[OneOffItem]:
        found = [one for one in _of(employees, self.extras) if first <= one.last <= last]
        return sorted(found, key=lambda one: (one.employee, one.last, one.id))

    def payslips(self, employees: Iterable[str], first: date, last: date) -> Sequence[Payslip]:
        found = [one for one in _of(employees, self.slips) if _touches(one.first, one.last, first, last)]
        return sorted(found, key=lambda one: (one.employee, one.first))

    def save_payslip(self, payslip: Payslip, idempotency_key: str) -> str:
        for known in self.slips:
            if known.idempotency_key == idempotency_key:
                if replace(known, id=None, idempotency_key=None, state=payslip.state) != payslip:
                    raise Rejected(f"Another slip was already saved with the key {idempotency_key!r}.")
                return known.id or ""
        if payslip.employee not in self.staff:
            raise NotFound(f"There is no employee {payslip.employee!r}.")
        for other in self.payslips([payslip.employee], payslip.first, payslip.last):
            if other.state is not PayslipState.CANCELLED:
                raise refuse_overlap(payslip, other)
        slip_id = str(len(self.slips) + 1)
        self.slips.append(replace(payslip, id=slip_id, idempotency_key=idempotency_key))
        return slip_id

    def check(self) -> str:
        return f"The memory holds {len(self.staff)} employees and {len(self.slips)} payslips."


def _touches(first: date, last: date | None, since: date, until: date) -> bool:
    return first <= until and (last is None or last >= since)


def _of(employees: Iterable[str], records: Sequence[Record]) -> list[Record]:
    wanted = set(employees)
    return [one for one in records if one.employee in wanted]
