"""Employees and their contracts as rows of our own tables, both ways."""

from collections.abc import Mapping
from decimal import Decimal
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
        weekly_days_off=tuple(row.weekly_days_off),
        manager_id=row.manager_id,
        manager_email=row.manager_email,
        iban=row.iban,
        bic=row.bic,
        tax_facts=read_tax_facts(row.tax_facts),
        is_active=row.is_active,
    )


def read_tax_facts(record: Mapping[str, Any]) -> TaxFacts:
    """What a record does not say is as TaxFacts has it."""
    known = dict(record)
    if "disability" in known:
        first, second, third = known["disability"]
        known["disability"] = (bool(first), bool(second), bool(third))
    return TaxFacts(**known)


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
        time_source=contract.time_source.value,
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
        time_source=TimeSource(row.time_source),
        earns_overtime=row.earns_overtime,
        multipliers={name: Decimal(value) for name, value in row.multipliers.items()},
        components=tuple(PayComponent(name, Decimal(amount), days) for name, amount, days in row.components),
        deductions=tuple(PayDeduction(name, Decimal(amount)) for name, amount in row.deductions),
    )
