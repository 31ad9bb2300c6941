"""What contracts pay for days: salaries and regular components, whole or for the part of a period that is paid."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from automations.rules.payroll.country import CountryRules
from automations.rules.payroll.payment_days import (
    Attendance,
    DayMark,
    Leave,
    PaymentDays,
    PaymentTerms,
    Source,
    count_payment_days,
)
from automations.rules.payroll.periods import Frequency, Period
from automations.rules.payroll.slip_facts import SlipFacts, full_period, part_of
from connectors.contracts.people import EmploymentContract, LineKind, PayslipLine, TimeSource
from connectors.money import ZERO, round_money

BASE_PAY, COMPONENT = "base_pay", "component"
PRORATION, FULL_AMOUNT = "proration", "full_amount"


@dataclass(frozen=True, slots=True)
class PaidPart:
    """The days of a period on which one contract holds, and how many of them are paid."""

    contract: EmploymentContract
    part: Period
    days: PaymentDays
    is_last: bool


def paid_parts(
    facts: SlipFacts, period: Period, rules: CountryRules, worked: Mapping[date, Decimal] | None = None
) -> list[PaidPart]:
    """The contracts of a period, each with its own days. `worked`: hours by day, where days without are not paid."""
    contracts = facts.contracts_in(period)
    days_off = None
    parts = []
    for contract in contracts:
        part = part_of(contract, period)
        whole = full_period(period, Frequency(contract.frequency)) or period
        days_off = facts.days_off(whole, rules) if days_off is None else days_off
        counts_marks = worked is not None and contract.time_source is TimeSource.PUNCHES
        terms = PaymentTerms(
            whole,
            days_off,
            joined=part.first,
            left=part.last,
            source=Source.ATTENDANCE if counts_marks else Source.LEAVE,
            unmarked_is_absent=counts_marks,
        )
        marks = _marks(facts, part, worked) if counts_marks and worked is not None else ()
        days = count_payment_days(terms, [] if counts_marks else _leaves(facts, part), marks)
        parts.append(PaidPart(contract, part, days, contract is contracts[-1]))
    return parts


def pay_days(parts: list[PaidPart]) -> Iterator[PayslipLine]:
    """A line for each salary and each component; what does not depend on days is paid once a period."""
    for part in parts:
        if part.contract.salary is not None:
            yield _prorated(part, BASE_PAY, "", part.contract.salary)
        for component in part.contract.components:
            if component.depends_on_days:
                yield _prorated(part, COMPONENT, component.name, component.amount)
            elif part.is_last:
                yield _whole(part, component.name, component.amount)


def days_rate(part: PaidPart, weekly_days_off: tuple[int, ...]) -> Decimal | None:
    """What an hour of a salary is worth in this period: the salary by its working hours. Never rounded."""
    contract = part.contract
    if contract.salary is None or not part.days.working_days:
        return None
    daily_hours = contract.weekly_hours / (7 - len(set(weekly_days_off)))
    return contract.salary / (part.days.working_days * daily_hours)


def _prorated(part: PaidPart, code: str, label: str, amount: Decimal) -> PayslipLine:
    days = part.days
    return PayslipLine(
        code,
        LineKind.EARNING,
        days.share_of(amount),
        PRORATION,
        label,
        figures={
            "full": _show(amount),
            "paid_days": _show(days.payment_days),
            "working_days": _show(days.working_days),
            "unpaid_days": _show(days.unpaid_days + days.absent_days),
            "from": part.part.first.isoformat(),
            "to": part.part.last.isoformat(),
        },
        quantity=days.payment_days,
    )


def _whole(part: PaidPart, label: str, amount: Decimal) -> PayslipLine:
    figures = {"full": _show(amount), "from": part.part.first.isoformat(), "to": part.part.last.isoformat()}
    return PayslipLine(COMPONENT, LineKind.EARNING, round_money(amount), FULL_AMOUNT, label, figures=figures)


def _leaves(facts: SlipFacts, part: Period) -> list[Leave]:
    leaves = []
    for absence in facts.absences:
        common = part.common(Period(absence.first, absence.last))
        if common is not None and absence.unpaid_fraction:
            leaves.append(Leave(common, absence.unpaid_fraction, half_day_on=absence.half_day_on))
    return leaves


def _marks(facts: SlipFacts, part: Period, worked: Mapping[date, Decimal]) -> list[Attendance]:
    """Days that were worked are present, days of an absence on leave; the others are absent."""
    marks = [Attendance(day, DayMark.PRESENT) for day in part if worked.get(day, ZERO)]
    present = {mark.on for mark in marks}
    for absence in facts.absences:
        away = part.common(Period(absence.first, absence.last))
        marks += [
            Attendance(day, DayMark.ON_LEAVE, absence.unpaid_fraction) for day in away or () if day not in present
        ]
    return marks


def _show(value: Decimal) -> str:
    return format(value, "f")
