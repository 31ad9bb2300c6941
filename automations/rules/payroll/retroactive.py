"""Arrears: what earlier periods would be paid by what is known now, less what their slips and corrections paid."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from automations.rules.payroll.away_pay import PAID_ABSENCE, pay_absences
from automations.rules.payroll.base_pay import BASE_PAY, COMPONENT, paid_parts, pay_days
from automations.rules.payroll.country import CountryRules
from automations.rules.payroll.earlier_hours import BY_HOURS, HoursDue, component_of, hours_due, time_of_slips
from automations.rules.payroll.hours import WorkedTime
from automations.rules.payroll.payslips import SlipProblem, SlipReason
from automations.rules.payroll.periods import Period
from automations.rules.payroll.slip_checks import check_terms
from automations.rules.payroll.slip_facts import PaySettings, SlipFacts
from connectors.contracts.people import PAYABLE_STATES, LineKind, Payslip, PayslipLine, TimeSource
from connectors.money import ZERO, round_money

ARREARS, DUE_LESS_PAID = "arrears", "due_less_paid"
BY_DAYS = (BASE_PAY, COMPONENT, PAID_ABSENCE)
Amounts = Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class ArrearsLine:
    """One component in one period: what is due by now, what was paid, what an earlier correction paid."""

    due: Decimal
    paid: Decimal
    already_corrected: Decimal = ZERO

    @property
    def arrear(self) -> Decimal:
        """Negative where too much was paid."""
        return round_money(self.due - self.paid - self.already_corrected)


@dataclass(frozen=True, slots=True)
class Arrears:
    """`problems` hold the slip: days were paid that no contract holds on. `warnings` are for a person to look at."""

    lines: Sequence[PayslipLine] = ()
    problems: Sequence[SlipProblem] = ()
    warnings: Sequence[SlipProblem] = ()


def find_arrears(facts: SlipFacts, rules: CountryRules, settings: PaySettings, currency: str) -> Arrears:
    """A line for each component of an earlier slip that is worth something else by now; negative where less.

    Left alone, with a warning: a period whose terms nobody can pay by any more, and hours that a clock gives otherwise
    than they were paid. Left alone are days that were counted by punches.
    """
    lines: list[PayslipLine] = []
    problems: list[SlipProblem] = []
    warnings: list[SlipProblem] = []
    slips = [slip for slip in facts.earlier if _is_compared(slip, facts.period, currency)]
    worked = time_of_slips(facts, slips, settings)
    for slip in slips:
        then = facts.in_period(Period(slip.first, slip.last))
        faults = check_terms(then, rules)
        problems += [one for one in faults if one.reason is SlipReason.NO_ACTIVE_CONTRACT]
        warnings += [one for one in faults if one.reason is not SlipReason.NO_ACTIVE_CONTRACT]
        contracts = then.contracts_in(then.period)
        if settings.unmarked_is_absent and any(one.time_source is TimeSource.PUNCHES for one in contracts):
            continue
        if not faults and all(one.currency == currency for one in contracts):
            of_slip = _of_slip(then, slip, worked, rules, settings)
            lines += of_slip.lines
            warnings += of_slip.warnings
    return Arrears(lines, problems, warnings)


def _is_compared(slip: Payslip, period: Period, currency: str) -> bool:
    is_before = slip.first <= slip.last < period.first
    return is_before and slip.state in PAYABLE_STATES and slip.currency == currency


def _of_slip(then: SlipFacts, slip: Payslip, worked: WorkedTime, rules: CountryRules, settings: PaySettings) -> Arrears:
    """Days are counted anew; so are hours as far as their records are to be relied on."""
    parts = paid_parts(then, rules, settings)
    hours = hours_due(then, slip, parts, worked, rules, settings)
    days = _summed([*pay_days(parts), *pay_absences(then, parts, rules, settings)])
    return Arrears([*_lines(slip, hours, days, _corrected(then.known_slips, slip.first))], warnings=hours.warnings)


def _lines(slip: Payslip, hours: HoursDue, days: Amounts, corrected: Amounts) -> Iterator[PayslipLine]:
    """A component that only a correction has paid is taken back where it is not due any more."""
    due = {**days, **hours.amounts}
    paid = _summed(slip.lines)
    for component in sorted((due.keys() | paid.keys() | corrected.keys()) - hours.unknown):
        line = ArrearsLine(due.get(component, ZERO), paid.get(component, ZERO), corrected.get(component, ZERO))
        if line.arrear:
            yield _line(component, slip, line)


def _line(component: str, slip: Payslip, line: ArrearsLine) -> PayslipLine:
    return PayslipLine(
        ARREARS,
        LineKind.EARNING,
        line.arrear,
        DUE_LESS_PAID,
        component,
        figures={
            "due": format(line.due, "f"),
            "paid": format(line.paid, "f"),
            "corrected": format(line.already_corrected, "f"),
            "from": slip.first.isoformat(),
            "to": slip.last.isoformat(),
        },
        for_period=slip.first,
    )


def _summed(lines: Sequence[PayslipLine]) -> Amounts:
    sums: defaultdict[str, Decimal] = defaultdict(lambda: ZERO)
    for line in lines:
        if line.code in BY_DAYS + BY_HOURS:
            sums[component_of(line)] += line.amount
    return sums


def _corrected(slips: Sequence[Payslip], first: date) -> Amounts:
    """What later slips corrected of the period that begins on this day, by the label of the arrears line."""
    corrected: defaultdict[str, Decimal] = defaultdict(lambda: ZERO)
    for slip in slips:
        for line in slip.lines if slip.state in PAYABLE_STATES else ():
            if line.code == ARREARS and line.for_period == first:
                corrected[line.label] += line.amount
    return corrected
