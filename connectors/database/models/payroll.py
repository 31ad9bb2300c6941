"""Tables of the company's own people, their time and their pay, for a company that keeps them with us."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from connectors.database.base import Base, utc_now


class EmployeeRow(Base):
    __tablename__ = "employees"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    email: Mapped[str] = mapped_column(String(320))
    country: Mapped[str] = mapped_column(String(2), index=True)
    language: Mapped[str] = mapped_column(String(8))
    time_zone: Mapped[str] = mapped_column(String(64))
    holiday_calendar: Mapped[str] = mapped_column(String(10))
    weekly_days_off: Mapped[list[Any]]
    manager_id: Mapped[str | None] = mapped_column(String(40))
    manager_email: Mapped[str | None] = mapped_column(String(320))
    iban: Mapped[str | None] = mapped_column(String(40))
    bic: Mapped[str | None] = mapped_column(String(20))
    tax_facts: Mapped[dict[str, Any]]
    is_active: Mapped[bool] = mapped_column(default=True)


class EmploymentContractRow(Base):
    """`components`, `deductions` and `multipliers` are JSON with amounts as text."""

    __tablename__ = "employment_contracts"
    __table_args__ = (Index("ix_employment_contracts_employee", "employee", "first"),)

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    employee: Mapped[str] = mapped_column(ForeignKey("employees.id"))
    first: Mapped[date]
    last: Mapped[date | None]
    kind: Mapped[str] = mapped_column(String(20))
    currency: Mapped[str] = mapped_column(String(3))
    frequency: Mapped[str] = mapped_column(String(20))
    weekly_hours: Mapped[Decimal]
    salary: Mapped[Decimal | None]
    hour_rate: Mapped[Decimal | None]
    time_source: Mapped[str] = mapped_column(String(10))
    earns_overtime: Mapped[bool]
    multipliers: Mapped[dict[str, Any]]
    components: Mapped[list[Any]]
    deductions: Mapped[list[Any]]


class TimeSheetEntryRow(Base):
    __tablename__ = "time_sheet_entries"
    __table_args__ = (Index("ix_time_sheet_entries_employee", "employee", "on"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    employee: Mapped[str] = mapped_column(ForeignKey("employees.id"))
    on: Mapped[date]
    hours: Mapped[Decimal]


class PunchRow(Base):
    __tablename__ = "punches"
    __table_args__ = (Index("ix_punches_employee", "employee", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    employee: Mapped[str] = mapped_column(ForeignKey("employees.id"))
    at: Mapped[datetime]
    kind: Mapped[str | None] = mapped_column(String(3))


class AbsenceRow(Base):
    __tablename__ = "absences"
    __table_args__ = (Index("ix_absences_employee", "employee", "first"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    employee: Mapped[str] = mapped_column(ForeignKey("employees.id"))
    first: Mapped[date]
    last: Mapped[date]
    kind: Mapped[str] = mapped_column(String(40))
    unpaid_fraction: Mapped[Decimal]
    half_day_on: Mapped[date | None]


class OneOffItemRow(Base):
    __tablename__ = "one_off_items"
    __table_args__ = (Index("ix_one_off_items_employee", "employee", "last"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    employee: Mapped[str] = mapped_column(ForeignKey("employees.id"))
    kind: Mapped[str] = mapped_column(String(20))
    amount: Mapped[Decimal]
    currency: Mapped[str] = mapped_column(String(3))
    first: Mapped[date]
    last: Mapped[date]
    reason: Mapped[str] = mapped_column(String(300))
    counts_for_overtime: Mapped[bool]


class PayslipRow(Base):
    """A kept slip; `record` is the whole of it, the columns beside it are what is looked up and may change."""

    __tablename__ = "payslips"
    __table_args__ = (Index("ix_payslips_employee", "employee", "first"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    idempotency_key: Mapped[str] = mapped_column(String(200), unique=True)
    employee: Mapped[str] = mapped_column(ForeignKey("employees.id"))
    first: Mapped[date]
    last: Mapped[date]
    state: Mapped[str] = mapped_column(String(20))
    record: Mapped[dict[str, Any]]
    saved_at: Mapped[datetime] = mapped_column(default=utc_now)
