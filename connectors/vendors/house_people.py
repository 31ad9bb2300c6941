"""People, their time and their pay kept in our own database; any thousand employees cost one query a kind of record."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, Select, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from connectors.contracts.people import (
    Absence,
    Employee,
    EmploymentContract,
    OneOffItem,
    OneOffKind,
    Payslip,
    PayslipState,
    PunchRecord,
    TimeSheetEntry,
)
from connectors.database.chunks import in_chunks
from connectors.database.failures import explain_failures
from connectors.database.models.payroll import (
    AbsenceRow,
    EmployeeRow,
    EmploymentContractRow,
    OneOffItemRow,
    PayslipRow,
    PunchRow,
    TimeSheetEntryRow,
)
from connectors.database.session import Database, wait_in_line
from connectors.errors import NotFound, Rejected
from connectors.payslip_record import describe_payslip, read_payslip
from connectors.vendors.employee_record import read_contract, read_employee
from connectors.vendors.memory_people import refuse_overlap


class HousePeople:
    def __init__(self, database: Database) -> None:
        self._database = database

    def find_employees(self, country: str | None, frequency: str, first: date, last: date) -> Sequence[str]:
        row = EmploymentContractRow
        holding = select(row.id).where(row.employee == EmployeeRow.id, *_touching(row, first, last))
        paid_so = holding.where(row.frequency == frequency).exists()
        query = select(EmployeeRow.id).where(or_(paid_so, EmployeeRow.is_active & ~holding.exists()))
        if country is not None:
            query = query.where(EmployeeRow.country == country)
        with explain_failures(), self._database.read() as session:
            return sorted(session.scalars(query))

    def employees(self, ids: Iterable[str]) -> Mapping[str, Employee]:
        found = self._read(ids, lambda chunk: select(*EmployeeRow.__table__.c).where(EmployeeRow.id.in_(chunk)))
        return {row.id: read_employee(row) for row in found}

    def contracts(self, employees: Iterable[str], first: date, last: date) -> Sequence[EmploymentContract]:
        row = EmploymentContractRow
        query = select(*row.__table__.c).where(*_touching(row, first, last)).order_by(row.employee, row.first)
        found = self._read(employees, lambda chunk: query.where(row.employee.in_(chunk)))
        return [read_contract(each) for each in found]

    def time_entries(self, employees: Iterable[str], first: date, last: date) -> Sequence[TimeSheetEntry]:
        row = TimeSheetEntryRow
        query = select(row.id, row.employee, row.on, row.hours).where(row.on >= first, row.on <= last)
        query = query.order_by(row.employee, row.on, row.id)
        found = self._read(employees, lambda chunk: query.where(row.employee.in_(chunk)))
        return [TimeSheetEntry(str(one.id), one.employee, one.on, one.hours) for one in found]

    def punches(self, employees: Iterable[str], since: datetime, until: datetime) -> Sequence[PunchRecord]:
        row = PunchRow
        query = select(row.employee, row.at, row.kind).where(row.at >= since, row.at < until)
        query = query.order_by(row.employee, row.at, row.id)
        found = self._read(employees, lambda chunk: query.where(row.employee.in_(chunk)))
        return [PunchRecord(one.employee, one.at, one.kind) for one in found]

    def absences(self, employees: Iterable[str], first: date, last: date) -> Sequence[Absence]:
        row = AbsenceRow
        query = select(*row.__table__.c).where(*_touching(row, first, last)).order_by(row.employee, row.first, row.id)
        found = self._read(employees, lambda chunk: query.where(row.employee.in_(chunk)))
        return [
            Absence(str(one.id), one.employee, one.first, one.last, one.kind, one.unpaid_fraction, one.half_day_on)
            for one in found
        ]

    def one_off_items(self, employees: Iterable[str], first: date, last: date) -> Sequence[OneOffItem]:
        row = OneOffItemRow
        query = select(*row.__table__.c).where(row.last >= first, row.last <= last)
        query = query.order_by(row.employee, row.last, row.id)
        return [_read_item(one) for one in self._read(employees, lambda chunk: query.where(row.employee.in_(chunk)))]

    def payslips(self, employees: Iterable[str], first: date, last: date) -> Sequence[Payslip]:
        query = _payslip_query(first, last)
        found = self._read(employees, lambda chunk: query.where(PayslipRow.employee.in_(chunk)))
        return [_read_slip(one) for one in found]

    def save_payslip(self, payslip: Payslip, idempotency_key: str) -> str:
        with explain_failures():
            try:
                with self._database.write() as session:
                    return _find_saved(session, payslip, idempotency_key) or _save(session, payslip, idempotency_key)
            except IntegrityError:
                # Another process saved the same key between our look and our insert; its slip is the one.
                with self._database.read() as session:
                    saved = _find_saved(session, payslip, idempotency_key)
                if saved is None:
                    raise
                return saved

    def check(self) -> str:
        with explain_failures(), self._database.read() as session:
            people = session.scalar(select(func.count()).select_from(EmployeeRow))
            slips = session.scalar(select(func.count()).select_from(PayslipRow))
        return f"Our own database holds {people} employees and {slips} payslips."

    def _read(self, ids: Iterable[str], query: Any) -> Iterator[Row[Any]]:
        with explain_failures(), self._database.read() as session:
            for chunk in in_chunks(sorted(set(ids))):
                yield from session.execute(query(chunk))


def _touching(row: Any, first: date, last: date) -> tuple[Any, ...]:
    return row.first <= last, or_(row.last.is_(None), row.last >= first)


def _payslip_query(first: date, last: date) -> Select[Any]:
    row = PayslipRow
    query = select(row.id, row.idempotency_key, row.employee, row.state, row.record)
    return query.where(*_touching(row, first, last)).order_by(row.employee, row.first, row.id)


def _read_item(row: Row[Any]) -> OneOffItem:
    return OneOffItem(
        str(row.id),
        row.employee,
        OneOffKind(row.kind) if row.kind in set(OneOffKind) else row.kind,
        row.amount,
        row.currency,
        row.first,
        row.last,
        row.reason,
        row.counts_for_overtime,
    )


def _read_slip(row: Row[Any]) -> Payslip:
    return read_payslip({**row.record, "state": row.state}, str(row.id), row.idempotency_key)


def _find_saved(session: Session, payslip: Payslip, key: str) -> str | None:
    row = session.scalar(select(PayslipRow).where(PayslipRow.idempotency_key == key))
    if row is None:
        return None
    if row.record | {"state": ""} != describe_payslip(payslip) | {"state": ""}:
        raise Rejected(f"Another slip was already saved with the key {key!r}.")
    return str(row.id)


def _save(session: Session, payslip: Payslip, key: str) -> str:
    # One employee's slips are saved one after the other, so that two runs cannot both find the days free.
    wait_in_line(session, f"payslips of {payslip.employee}")
    if session.get(EmployeeRow, payslip.employee) is None:
        raise NotFound(f"There is no employee {payslip.employee!r}.")
    overlapping = _payslip_query(payslip.first, payslip.last).where(
        PayslipRow.employee == payslip.employee, PayslipRow.state != PayslipState.CANCELLED.value
    )
    other = session.execute(overlapping).first()
    if other is not None:
        raise refuse_overlap(payslip, _read_slip(other))
    row = PayslipRow(
        idempotency_key=key,
        employee=payslip.employee,
        first=payslip.first,
        last=payslip.last,
        state=payslip.state.value,
        record=describe_payslip(payslip),
    )
    session.add(row)
    session.flush()
    return str(row.id)
