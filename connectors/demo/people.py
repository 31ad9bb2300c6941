"""The demo's employees in two countries, with their time, what went wrong with it, and their last payslips."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from connectors.contracts.people import (
    SATURDAY,
    Employee,
    EmploymentContract,
    LineKind,
    PayComponent,
    PayDeduction,
    Payslip,
    PayslipLine,
    PayslipState,
    TimeSource,
)
from connectors.database.models.payroll import (
    AbsenceRow,
    OneOffItemRow,
    PayslipRow,
    PunchRow,
    TimeSheetEntryRow,
)
from connectors.demo.records import Record, load_records
from connectors.money import ZERO
from connectors.payslip_record import describe_payslip, read_line
from connectors.vendors.employee_record import contract_row, employee_row, read_tax_facts

ONE_DAY = timedelta(days=1)
MANAGER = "agent@example.com"
# The Americans are paid for fortnights that are counted from this Monday.
ANCHOR = date(2026, 1, 5)
FORTNIGHT = 14


@dataclass(frozen=True, slots=True)
class DemoCountry:
    currency: str
    frequency: str
    language: str
    time_zone: str


COUNTRIES = {
    "CZ": DemoCountry("CZK", "monthly", "cs", "Europe/Prague"),
    "US": DemoCountry("USD", "fortnightly", "en", "America/New_York"),
}


@dataclass(frozen=True, slots=True)
class DemoPeriods:
    """The last period that is over, and the one before it."""

    first: date
    last: date
    first_before: date

    @property
    def last_before(self) -> date:
        return self.first - ONE_DAY


def add_people(session: Session, today: date) -> None:
    for record in load_records("people.json"):
        country = COUNTRIES[record["country"]]
        periods = _months(today) if country.frequency == "monthly" else _fortnights(today)
        session.add(employee_row(_employee(record, country)))
        session.flush()
        session.add_all(contract_row(_contract(record, one, country)) for one in record["contracts"])
        session.add_all(_time_of(record, periods, ZoneInfo(country.time_zone)))
        if "paid_before" in record:
            session.add(_slip(record, country, periods))


def _employee(record: Record, country: DemoCountry) -> Employee:
    return Employee(
        id=record["id"],
        name=record["name"],
        email=f"{record['id'].lower()}@example.com",
        country=record["country"],
        language=country.language,
        time_zone=country.time_zone,
        holiday_calendar=record["country"],
        manager_email=MANAGER,
        iban=record.get("iban"),
        tax_facts=read_tax_facts(record.get("tax_facts", {})),
    )


def _contract(record: Record, terms: Record, country: DemoCountry) -> EmploymentContract:
    return EmploymentContract(
        id=f"{record['id']}-1",
        employee=record["id"],
        first=date(2024, 1, 1),
        last=None,
        kind=terms.get("kind", "employment"),
        currency=country.currency,
        frequency=country.frequency,
        weekly_hours=Decimal(terms.get("weekly_hours", "40")),
        salary=_exact(terms.get("salary")),
        hour_rate=_exact(terms.get("hour_rate")),
        time_source=TimeSource(terms.get("time_source", "none")),
        earns_overtime=terms.get("earns_overtime", True),
        components=tuple(
            PayComponent(name, Decimal(amount), days) for name, amount, days in terms.get("components", ())
        ),
        deductions=tuple(PayDeduction(name, Decimal(amount)) for name, amount in terms.get("deductions", ())),
    )


def _time_of(record: Record, periods: DemoPeriods, zone: ZoneInfo) -> Iterator[Any]:
    employee = record["id"]
    for start, end in _shifts(record, periods, zone):
        yield PunchRow(employee=employee, at=start, kind="in")
        forgot = "forgotten_day" in record and start.date() == _working_day(periods, record["forgotten_day"])
        if not forgot:
            yield PunchRow(employee=employee, at=end, kind="out")
    for sheet in record.get("sheets", ()):
        yield TimeSheetEntryRow(employee=employee, on=_day(periods, sheet["day"]), hours=Decimal(sheet["hours"]))
    for absence in record.get("absences", ()):
        yield AbsenceRow(
            employee=employee,
            first=_day(periods, absence["from_day"]),
            last=_day(periods, absence["to_day"]),
            kind=absence["kind"],
            unpaid_fraction=Decimal(absence["unpaid_fraction"]),
        )
    for item in record.get("one_offs", ()):
        yield OneOffItemRow(
            employee=employee,
            kind=item["kind"],
            amount=Decimal(item["amount"]),
            currency=COUNTRIES[record["country"]].currency,
            first=periods.first,
            last=periods.last,
            reason=item["reason"],
            counts_for_overtime=True,
        )


def _shifts(record: Record, periods: DemoPeriods, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
    """Begin and end of each shift; a night on which clocks change is worked by the clock on the wall."""
    plan = record.get("shifts")
    if plan is None:
        return
    day = periods.first - timedelta(days=7)
    while day <= periods.last:
        if day.weekday() in plan["weekdays"]:
            yield _shift(day, plan, zone)
        day += ONE_DAY
    for extra in record.get("extra_shifts", ()):
        yield _shift(_saturday(_day(periods, extra["day"])), extra, zone)


def _shift(day: date, plan: Record, zone: ZoneInfo) -> tuple[datetime, datetime]:
    start = datetime.combine(day, time.fromisoformat(plan["from"]), zone)
    return start, start + timedelta(hours=plan["hours"])


def _slip(record: Record, country: DemoCountry, periods: DemoPeriods) -> PayslipRow:
    first, last = periods.first_before, periods.last_before
    lines = [_dated(read_line(line), first, last) for line in record["paid_before"]["lines"]]
    gross, deductions = (_sum(lines, kind) for kind in (LineKind.EARNING, LineKind.DEDUCTION))
    slip = Payslip(
        record["id"],
        first,
        last,
        country.currency,
        tuple(lines),
        gross,
        deductions,
        gross - deductions,
        PayslipState.PAID,
        tuple(record["paid_before"]["notes"]),
    )
    return PayslipRow(
        idempotency_key=f"demo:{record['id']}:{first}",
        employee=record["id"],
        first=first,
        last=last,
        state=slip.state.value,
        record=describe_payslip(slip),
    )


def _dated(line: PayslipLine, first: date, last: date) -> PayslipLine:
    days = {"from": first.isoformat(), "to": last.isoformat()}
    figures = {name: days.get(name, value) for name, value in line.figures.items()}
    return PayslipLine(
        line.code, line.kind, line.amount, line.rule, line.label, figures, line.rounding, "", line.quantity, line.rate
    )


def _sum(lines: Sequence[PayslipLine], kind: LineKind) -> Decimal:
    return sum((line.amount for line in lines if line.kind is kind), ZERO)


def _months(today: date) -> DemoPeriods:
    last = today.replace(day=1) - ONE_DAY
    first = last.replace(day=1)
    return DemoPeriods(first, last, (first - ONE_DAY).replace(day=1))


def _fortnights(today: date) -> DemoPeriods:
    first = ANCHOR + ((today - ANCHOR).days // FORTNIGHT - 1) * FORTNIGHT * ONE_DAY
    return DemoPeriods(first, first + (FORTNIGHT - 1) * ONE_DAY, first - FORTNIGHT * ONE_DAY)


def _day(periods: DemoPeriods, number: int) -> date:
    """The day of that number of the period, counted from 1."""
    return periods.first + (number - 1) * ONE_DAY


def _working_day(periods: DemoPeriods, number: int) -> date:
    """The first weekday from that day on."""
    day = _day(periods, number)
    while day.weekday() >= SATURDAY:
        day += ONE_DAY
    return day


def _saturday(day: date) -> date:
    return day + (SATURDAY - day.weekday()) % 7 * ONE_DAY


def _exact(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
