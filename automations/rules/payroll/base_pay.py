"""What contracts pay for days: salaries and regular components, whole or for the part of a period that is paid."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from automations.rules.payroll.country import CountryRules
from automations.rules.payroll.figures import show, show_days
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
from automations.rules.payroll.punches import DayStatus, judge_hours
from automations.rules.payroll.slip_facts import PaySettings, SlipFacts, full_period, is_settled_here, part_of
from connectors.contracts.people import Absence, EmploymentContract, LineKind, PayslipLine, TimeSource
from connectors.money import ZERO, round_money

BASE_PAY, COMPONENT = "base_pay", "component"
PRORATION, FULL_AMOUNT = "proration", "full_amount"


@dataclass(frozen=True, slots=True)
class ContractDays:
    """The days of a period on which one contract holds, and how many of them are paid.

    `is_settled`: what the contract pays once a pay period is paid now.
    """

    contract: EmploymentContract
    part: Period
    days: PaymentDays
    is_settled: bool


def paid_parts(
    facts: SlipFacts, rules: CountryRules, settings: PaySettings, worked: Mapping[date, Decimal] | None = None
) -> list[ContractDays]:
    """The contracts of the period, each with its own days. `worked`: hours by day, where days without are not paid."""
    period = facts.period
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
            half_day_paid_fraction=settings.half_day_paid_fraction,
            unmarked_is_absent=counts_marks,
        )
        marks = [*_marks(facts, part, worked, settings)] if counts_marks and worked is not None else []
        days = count_payment_days(terms, [] if counts_marks else _leaves(facts, part), marks)
        parts.append(ContractDays(contract, part, days, is_settled_here(contract, period, facts)))
    return parts


def pay_days(parts: Sequence[ContractDays]) -> Iterator[PayslipLine]:
    """A line for each salary and each component; what does not depend on days is paid once a pay period."""
    for part in parts:
        if part.contract.salary is not None:
            yield _prorated(part, BASE_PAY, "", part.contract.salary)
        for component in part.contract.components:
            if component.depends_on_days:
                yield _prorated(part, COMPONENT, component.name, component.amount)
            elif part.is_settled:
                yield _whole(part, component.name, component.amount)


def daily_hours(contract: EmploymentContract, facts: SlipFacts) -> Decimal:
    """Of a usual working day."""
    return contract.weekly_hours / facts.working_weekdays


def rate_of(part: ContractDays, facts: SlipFacts) -> Decimal | None:
    """What an hour is worth: the contract's rate, or its salary by the working hours of this pay period.

    Never rounded; None for a salary of days without a working day.
    """
    contract = part.contract
    if contract.hour_rate is not None:
        return contract.hour_rate
    if contract.salary is None or not part.days.working_days:
        return None
    return contract.salary / (part.days.working_days * daily_hours(contract, facts))


def _prorated(part: ContractDays, code: str, label: str, amount: Decimal) -> PayslipLine:
    days = part.days
    return PayslipLine(
        code,
        LineKind.EARNING,
        days.share_of(amount),
        PRORATION,
        label,
        figures={
            "full": show(amount),
            "paid_days": show(days.payment_days),
            "working_days": show(days.working_days),
            "unpaid_days": show(days.unpaid_days + days.absent_days),
            **show_days(part.part),
        },
        quantity=days.payment_days,
    )


def _whole(part: ContractDays, label: str, amount: Decimal) -> PayslipLine:
    figures = {"full": show(amount), **show_days(part.part)}
    return PayslipLine(COMPONENT, LineKind.EARNING, round_money(amount), FULL_AMOUNT, label, figures=figures)


def _leaves(facts: SlipFacts, part: Period) -> list[Leave]:
    leaves = []
    for absence in facts.absences:
        common = part.common(Period(absence.first, absence.last))
        if common is not None and absence.unpaid_fraction:
            leaves.append(Leave(common, absence.unpaid_fraction, half_day_on=absence.half_day_on))
    return leaves


def _marks(
    facts: SlipFacts, part: Period, worked: Mapping[date, Decimal], settings: PaySettings
) -> Iterator[Attendance]:
    """Days that were worked are judged by their hours, days of an absence are on leave; the others are absent."""
    away = {day: absence for absence in facts.absences for day in _away(absence, part)}
    for day in part:
        hours = worked.get(day, ZERO)
        if day in away:
            yield _mark_away(day, away[day], bool(hours), settings)
        elif hours:
            yield Attendance(day, _MARKS[judge_hours(hours, settings.half_day_below, settings.absent_below)])


_MARKS = {
    DayStatus.PRESENT: DayMark.PRESENT,
    DayStatus.HALF_DAY: DayMark.HALF_DAY,
    DayStatus.ABSENT: DayMark.ABSENT,
}


def _mark_away(day: date, absence: Absence, has_worked: bool, settings: PaySettings) -> Attendance:
    """Of a day that somebody is away for half of, the other half is worked, or not paid."""
    if day != absence.half_day_on:
        return Attendance(day, DayMark.ON_LEAVE, absence.unpaid_fraction)
    if has_worked:
        return Attendance(day, DayMark.HALF_DAY, absence.unpaid_fraction)
    paid = (1 - settings.half_day_paid_fraction) * (1 - absence.unpaid_fraction)
    return Attendance(day, DayMark.ON_LEAVE, 1 - paid)


def _away(absence: Absence, part: Period) -> Iterator[date]:
    yield from part.common(Period(absence.first, absence.last)) or ()
