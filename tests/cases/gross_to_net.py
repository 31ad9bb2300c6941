"""The task gross_to_net of the worked cases: a month's pay by the law of a country and year."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from automations.payroll.countries import country_rules
from automations.payroll.czech_law import czech_law
from automations.rules.payroll.czech import ContractKind, CzechEmployee, CzechPay, pay_czech
from automations.rules.payroll.czech_lines import round_wage
from automations.rules.payroll.payment_days import PaymentDays, PaymentTerms, count_payment_days
from automations.rules.payroll.periods import month_of
from connectors.money import ZERO

WEEKDAYS = 5


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    if given["country"] != "CZ":
        raise ValueError(f"the law of {given['country']} is not known")
    year, month = int(given["year"]), int(given["month"])
    salary, absent = _number(given["salary"]), _number(given.get("unpaid_absence_hours", 0))
    gross = _reduce(salary, date(year, month, 1), _number(given.get("weekly_hours", 40)), absent) if absent else salary
    first, second, third = (bool(degree) for degree in given.get("disability", (False, False, False)))
    employee = CzechEmployee(
        contract=ContractKind(given.get("contract", "employment")),
        gross=gross,
        has_signed_declaration=bool(given.get("declaration_signed", False)),
        has_health_minimum=bool(given.get("health_minimum_base", True)),
        claims_taxpayer_relief=bool(given.get("taxpayer_relief", False)),
        children=int(given.get("children", 0)),
        disability=(first, second, third),
        is_student=bool(given.get("student", False)),
    )
    return _told(pay_czech(employee, czech_law(year, month)))


def _reduce(salary: Decimal, month: date, weekly_hours: Decimal, absent: Decimal) -> Decimal:
    """The part of a month's salary for its working hours, to whole crowns."""
    period = month_of(month)
    weekends = {day for day in period if day.weekday() >= WEEKDAYS}
    hours = count_payment_days(PaymentTerms(period, weekends)).working_days * weekly_hours / WEEKDAYS
    paid = PaymentDays(hours, absent, ZERO, max(hours - absent, ZERO), sources_differ=False).share_of(salary)
    added = round_wage(paid, country_rules("CZ", month.year, month.month))
    return paid + (added.amount if added else ZERO)


def _told(pay: CzechPay) -> dict[str, Any]:
    premiums, tax = pay.premiums, pay.tax
    return {
        "gross": pay.gross,
        "employer_premiums": premiums.employer,
        "tax_base": tax.base,
        "health_base": premiums.health_base,
        "social_base": premiums.social_base,
        "health_insurance": premiums.health,
        "social_insurance": premiums.social,
        "tax_before_reliefs": tax.before_reliefs,
        "taxpayer_reliefs": tax.taxpayer_reliefs,
        "tax_after_reliefs": tax.after_reliefs,
        "child_relief": tax.child_relief,
        "tax_advance": tax.advance,
        "tax_bonus": tax.bonus,
        "net": pay.net,
    }


def _number(value: Any) -> Decimal:
    return Decimal(str(value))
