"""Arrears: what earlier periods would be paid by what is known now, less what their slips and corrections paid."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from automations.rules.payroll.away_pay import HOLIDAY_PAY, PAID_ABSENCE, pay_absences, pay_holidays
from automations.rules.payroll.base_pay import BASE_PAY, COMPONENT, ContractDays, paid_parts, pay_days, rate_of
from automations.rules.payroll.country import CountryRules, OvertimeMethod
from automations.rules.payroll.figures import read_day, read_figure
from automations.rules.payroll.hour_pay import HOURLY_PAY, ON_TOP, ONE, OVERTIME_PAY, pay_at_rate, pay_hours
from automations.rules.payroll.overtime import WorkWeek, pay_us_week
from automations.rules.payroll.payslips import SlipProblem, SlipReason
from automations.rules.payroll.periods import Period
from automations.rules.payroll.slip_checks import check_terms
from automations.rules.payroll.slip_facts import PaySettings, SlipFacts
from automations.rules.payroll.us_weeks import OVERTIME_PREMIUM, premiums
from automations.rules.payroll.worked_time import worked_time
from connectors.contracts.people import PAYABLE_STATES, LineKind, Payslip, PayslipLine, TimeSource
from connectors.money import ZERO, round_money

ARREARS, DUE_LESS_PAID = "arrears", "due_less_paid"
BY_DAYS = (BASE_PAY, COMPONENT, PAID_ABSENCE)
BY_HOURS = (HOURLY_PAY, OVERTIME_PAY, ON_TOP, HOLIDAY_PAY, OVERTIME_PREMIUM)
Component = tuple[str, str]


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

    Left alone, with a warning: a period whose terms nobody can pay by any more, and hours that are not those that were
    paid. Left alone are days that were counted by punches.
    """
    lines: list[PayslipLine] = []
    problems: list[SlipProblem] = []
    warnings: list[SlipProblem] = []
    for slip in facts.earlier:
        if slip.state not in PAYABLE_STATES or slip.last >= facts.period.first or slip.currency != currency:
            continue
        then = replace(facts, period=Period(slip.first, slip.last))
        faults = check_terms(then, rules)
        problems += [one for one in faults if one.reason is SlipReason.NO_ACTIVE_CONTRACT]
        warnings += [one for one in faults if one.reason is not SlipReason.NO_ACTIVE_CONTRACT]
        contracts = then.contracts_in(then.period)
        if settings.unmarked_is_absent and any(one.time_source is TimeSource.PUNCHES for one in contracts):
            continue
        if not faults and all(one.currency == currency for one in contracts):
            parts = paid_parts(then, rules, settings)
            lines += _of_slip(then, slip, parts, rules, settings)
            warnings += _changed_hours(then, slip, parts, rules, settings)
    return Arrears(lines, problems, warnings)


def _of_slip(
    then: SlipFacts, slip: Payslip, parts: Sequence[ContractDays], rules: CountryRules, settings: PaySettings
) -> Iterator[PayslipLine]:
    due = _due(then, slip, parts, rules, settings)
    paid = _paid(slip)
    corrected = _corrected(then.known_slips, slip.first)
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


def _due(
    then: SlipFacts, slip: Payslip, parts: Sequence[ContractDays], rules: CountryRules, settings: PaySettings
) -> Mapping[Component, Decimal]:
    """Days are counted anew; hours stay those that were paid, at the rate that holds for them by now."""
    due: defaultdict[Component, Decimal] = defaultdict(lambda: ZERO)
    for line in (*pay_days(parts), *pay_absences(then, parts, rules, settings)):
        due[line.code, line.label] += line.amount
    for line in slip.lines:
        if line.code == OVERTIME_PREMIUM:
            due[line.code, line.label] += _premium_due(then, line)
        elif line.code in BY_HOURS:
            due[line.code, line.label] += _hours_due(then, parts, line)
    return due


def _hours_due(then: SlipFacts, parts: Sequence[ContractDays], line: PayslipLine) -> Decimal:
    day = read_day(line.figures, "from") or then.period.first
    rate = next((rate_of(part, then) for part in parts if day in part.part), None)
    if rate is None or line.quantity is None:
        return line.amount
    return pay_at_rate(line.quantity, rate, read_figure(line.figures, "multiplier") or ONE)


def _premium_due(then: SlipFacts, line: PayslipLine) -> Decimal:
    """Of a week by one hourly rate; that of several contracts or of a salary stays as it was paid."""
    first, last = read_day(line.figures, "from"), read_day(line.figures, "to")
    hours, threshold = read_figure(line.figures, "hours"), read_figure(line.figures, "threshold")
    if first is None or last is None or hours is None or threshold is None:
        return line.amount
    holding = [contract for day in Period(first, last) if (contract := then.contract_on(day)) is not None]
    rate = holding[0].hour_rate if holding else None
    if rate is None or any(contract != holding[0] for contract in holding):
        return line.amount
    bonus = read_figure(line.figures, "bonus") or ZERO
    return pay_us_week(WorkWeek(hours, hours * rate, bonus), threshold).premium


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


def _changed_hours(
    then: SlipFacts, slip: Payslip, parts: Sequence[ContractDays], rules: CountryRules, settings: PaySettings
) -> Iterator[SlipProblem]:
    """Where time records give other hours than those that were paid; nothing where no record is kept for so long."""
    worked = worked_time(then, settings)
    if not worked.total(then.period):
        return
    lines = [*pay_hours(then, parts, worked.hours, rules, settings), *pay_holidays(then, parts, worked.hours, rules)]
    if rules.overtime is OvertimeMethod.REGULAR_RATE:
        lines += premiums(then, worked.hours, rules, {})
    now, paid = _quantities(lines), _quantities(slip.lines)
    for component in sorted(now.keys() | paid.keys()):
        if now.get(component) != paid.get(component):
            yield SlipProblem(
                SlipReason.EARLIER_SLIP_DIFFERS,
                f"{now.get(component, ZERO).normalize():f} h",
                f"{paid.get(component, ZERO).normalize():f} h",
                where=f"{slip.first} – {slip.last} {'/'.join(component).rstrip('/')}",
            )


def _quantities(lines: Sequence[PayslipLine]) -> Mapping[Component, Decimal]:
    hours: defaultdict[Component, Decimal] = defaultdict(lambda: ZERO)
    for line in lines:
        if line.code in BY_HOURS and line.quantity:
            hours[line.code, line.label] += line.quantity
    return hours
