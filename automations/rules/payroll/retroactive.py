"""Arrears: what earlier periods would be paid by what is known now, less what their slips and corrections paid."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from automations.rules.payroll.arrears import ArrearsLine
from automations.rules.payroll.base_pay import BASE_PAY, COMPONENT, paid_parts, pay_days
from automations.rules.payroll.country import CountryRules
from automations.rules.payroll.hour_pay import HOURLY_PAY, OVERTIME_PAY
from automations.rules.payroll.overtime import OvertimeEntry, pay_overtime
from automations.rules.payroll.periods import Period
from automations.rules.payroll.slip_checks import check_terms
from automations.rules.payroll.slip_facts import PaySettings, SlipFacts
from connectors.contracts.people import PAYABLE_STATES, LineKind, Payslip, PayslipLine, TimeSource
from connectors.money import ZERO, round_money

ARREARS, DUE_LESS_PAID = "arrears", "due_less_paid"
BY_DAYS, BY_HOURS = (BASE_PAY, COMPONENT), (HOURLY_PAY, OVERTIME_PAY)
Component = tuple[str, str]


def arrears_lines(facts: SlipFacts, rules: CountryRules, settings: PaySettings, currency: str) -> Iterator[PayslipLine]:
    """A line for each component of an earlier slip that is worth something else by now; negative where less.

    An earlier period whose terms nobody can pay by any more, or whose days were counted by punches, is left alone.
    """
    for slip in facts.earlier:
        period = Period(slip.first, slip.last)
        is_over = slip.state in PAYABLE_STATES and slip.last < facts.period.first
        if not is_over or slip.currency != currency or check_terms(replace(facts, period=period), rules):
            continue
        contracts = facts.contracts_in(period)
        if settings.unmarked_is_absent and any(one.time_source is TimeSource.PUNCHES for one in contracts):
            continue
        if all(one.currency == currency for one in contracts):
            yield from _of_slip(facts, slip, period, rules)


def _of_slip(facts: SlipFacts, slip: Payslip, period: Period, rules: CountryRules) -> Iterator[PayslipLine]:
    due = _due(facts, slip, period, rules)
    paid = _paid(slip)
    corrected = _corrected(facts.earlier, slip.first)
    for component in sorted(due.keys() | paid.keys()):
        line = ArrearsLine(
            due.get(component, ZERO), paid.get(component, ZERO), corrected.get("/".join(component).rstrip("/"), ZERO)
        )
        if line.arrear:
            yield _line(component, slip, line)


def _line(component: Component, slip: Payslip, line: ArrearsLine) -> PayslipLine:
    return PayslipLine(
        ARREARS,
        LineKind.EARNING,
        line.arrear,
        DUE_LESS_PAID,
        "/".join(component).rstrip("/"),
        figures={
            "due": format(line.due, "f"),
            "paid": format(line.paid, "f"),
            "corrected": format(line.already_corrected, "f"),
            "from": slip.first.isoformat(),
            "to": slip.last.isoformat(),
        },
        for_period=slip.first,
    )


def _due(facts: SlipFacts, slip: Payslip, period: Period, rules: CountryRules) -> Mapping[Component, Decimal]:
    """Days are counted anew; hours stay those that were paid, at the rate that holds for them by now."""
    due: defaultdict[Component, Decimal] = defaultdict(lambda: ZERO)
    for line in pay_days(paid_parts(facts, period, rules)):
        due[line.code, line.label] += line.amount
    for line in slip.lines:
        if line.code in BY_HOURS:
            due[line.code, line.label] += _hours_due(facts, line)
    return due


def _hours_due(facts: SlipFacts, line: PayslipLine) -> Decimal:
    contract = facts.contract_on(date.fromisoformat(line.figures["from"]))
    if contract is None or contract.hour_rate is None or line.quantity is None:
        return line.amount
    if line.code == HOURLY_PAY:
        return round_money(line.quantity * contract.hour_rate)
    multiplier = Decimal(line.figures["multiplier"])
    return pay_overtime([OvertimeEntry(line.label, line.quantity)], contract.hour_rate, {line.label: multiplier})


def _paid(slip: Payslip) -> Mapping[Component, Decimal]:
    paid: defaultdict[Component, Decimal] = defaultdict(lambda: ZERO)
    for line in slip.lines:
        if line.code in BY_DAYS + BY_HOURS:
            paid[line.code, line.label] += line.amount
    return paid


def _corrected(slips: Sequence[Payslip], first: date) -> Mapping[str, Decimal]:
    """What later slips corrected of the period that begins on this day, by the label of the arrears line."""
    corrected: defaultdict[str, Decimal] = defaultdict(lambda: ZERO)
    for slip in slips:
        for line in slip.lines if slip.state in PAYABLE_STATES else ():
            if line.code == ARREARS and line.for_period == first:
                corrected[line.label] += line.amount
    return corrected
