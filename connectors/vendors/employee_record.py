"""Employees and their contracts as rows of our own tables, both ways."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from connectors.contracts.people import (
    Employee,
    EmploymentContract,
    PayComponent,
    PayDeduction,
    TaxFacts,
    TimeSource,
)
from connectors.database.models.payroll import EmployeeRow, EmploymentContractRow

NOT_A_NUMBER = Decimal("NaN")
WEEK = tuple(range(7))


def employee_row(employee: Employee) -> EmployeeRow:
    facts = employee.tax_facts
    return EmployeeRow(
        id=employee.id,
        name=employee.name,
        email=employee.email,
        country=employee.country,
        language=employee.language,
        time_zone=employee.time_zone,
        holiday_calendar=employee.holiday_calendar,
        weekly_days_off=list(employee.weekly_days_off),
        manager_id=employee.manager_id,
        manager_email=employee.manager_email,
        iban=employee.iban,
        bic=employee.bic,
        tax_facts={
            "has_signed_declaration": facts.has_signed_declaration,
            "claims_taxpayer_relief": facts.claims_taxpayer_relief,
            "has_health_minimum": facts.has_health_minimum,
            "children": facts.children,
            "disability": list(facts.disability),
            "is_student": facts.is_student,
        },
        is_active=employee.is_active,
    )


def read_employee(row: Any) -> Employee:
    """From a row with the columns of `employees`."""
    return Employee(
        id=row.id,
        name=row.name,
        email=row.email,
        country=row.country,
        language=row.language,
        time_zone=row.time_zone,
        holiday_calendar=row.holiday_calendar,
        weekly_days_off=_read_days_off(row.weekly_days_off),
        manager_id=row.manager_id,
        manager_email=row.manager_email,
        iban=row.iban,
        bic=row.bic,
        tax_facts=read_tax_facts(row.tax_facts),
        is_active=row.is_active,
    )


def read_tax_facts(record: Any) -> TaxFacts:
    """What a record does not say is as TaxFacts has it; what nobody can read is named among its faults."""
    if not isinstance(record, Mapping):
        return TaxFacts(faults=(f"tax_facts {record!r}",))
    known = {name: value for name, value in record.items() if name in _TAX_FACTS and _TAX_FACTS[name](value)}
    faults = tuple(f"tax_facts {name} {value!r}" for name, value in record.items() if name not in known)
    if "disability" in known:
        known["disability"] = tuple(map(bool, known["disability"]))
    return TaxFacts(**known, faults=faults)


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _are_three_flags(value: Any) -> bool:
    return isinstance(value, list) and len(value) == len(TaxFacts().disability) and all(one in (0, 1) for one in value)


_TAX_FACTS: Mapping[str, Callable[[Any], bool]] = {
    "has_signed_declaration": _is_flag,
    "claims_taxpayer_relief": _is_flag,
    "has_health_minimum": _is_flag,
    "children": _is_count,
    "disability": _are_three_flags,
    "is_student": _is_flag,
}


def contract_row(contract: EmploymentContract) -> EmploymentContractRow:
    return EmploymentContractRow(
        id=contract.id,
        employee=contract.employee,
        first=contract.first,
        last=contract.last,
        kind=contract.kind,
        currency=contract.currency,
        frequency=contract.frequency,
        weekly_hours=contract.weekly_hours,
        salary=contract.salary,
        hour_rate=contract.hour_rate,
        time_source=str(contract.time_source),
        earns_overtime=contract.earns_overtime,
        multipliers={name: str(value) for name, value in contract.multipliers.items()},
        components=[[one.name, str(one.amount), one.depends_on_days] for one in contract.components],
        deductions=[[one.name, str(one.amount)] for one in contract.deductions],
    )


def read_contract(row: Any) -> EmploymentContract:
    """From a row with the columns of `employment_contracts`."""
    return EmploymentContract(
        id=row.id,
        employee=row.employee,
        first=row.first,
        last=row.last,
        kind=row.kind,
        currency=row.currency,
        frequency=row.frequency,
        weekly_hours=row.weekly_hours,
        salary=row.salary,
        hour_rate=row.hour_rate,
        time_source=TimeSource(row.time_source) if row.time_source in set(TimeSource) else row.time_source,
        earns_overtime=row.earns_overtime,
        multipliers=_read_multipliers(row.multipliers),
        components=tuple(_read_component(one) for one in _listed(row.components)),
        deductions=tuple(_read_deduction(one) for one in _listed(row.deductions)),
    )


def read_amount(text: Any) -> Decimal:
    """What somebody typed; NaN where it is no number, which is for the rule to complain about."""
    try:
        return Decimal(str(text))
    except InvalidOperation:
        return NOT_A_NUMBER


def _read_days_off(record: Any) -> tuple[int, ...]:
    """Where nobody can read them all days of the week, which nobody's master data may say."""
    if isinstance(record, list | tuple) and all(one in WEEK for one in record):
        return tuple(record)
    return WEEK


def _read_multipliers(record: Any) -> Mapping[str, Decimal]:
    if isinstance(record, Mapping):
        return {name: read_amount(value) for name, value in record.items()}
    return {str(record): NOT_A_NUMBER}


def _listed(record: Any) -> Sequence[Any]:
    """What is no list is one entry that nobody can read."""
    return record if isinstance(record, list | tuple) else [record]


def _read_component(record: Any) -> PayComponent:
    match record:
        case [str(name), amount, bool(depends_on_days)]:
            return PayComponent(name, read_amount(amount), depends_on_days)
    return PayComponent(str(record), NOT_A_NUMBER)


def _read_deduction(record: Any) -> PayDeduction:
    match record:
        case [str(name), amount]:
            return PayDeduction(name, read_amount(amount))
    return PayDeduction(str(record), NOT_A_NUMBER)
