"""What the hours of an earlier slip are worth by now, and which of them nobody pays without a look."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from automations.rules.payroll.away_pay import HOLIDAY_PAY, pay_holidays
from automations.rules.payroll.base_pay import ContractDays, rate_of
from automations.rules.payroll.country import CountryRules, OvertimeMethod
from automations.rules.payroll.figures import read_day, read_figure, show_rate
from automations.rules.payroll.hour_pay import HOURLY_PAY, ON_TOP, ONE, OVERTIME_PAY, pay_at_rate, pay_hours
from automations.rules.payroll.hours import WorkedTime
from automations.rules.payroll.overtime import pay_us_week
from automations.rules.payroll.payslips import SlipProblem, SlipReason
from automations.rules.payroll.periods import Period
from automations.rules.payroll.slip_checks import check_time
from automations.rules.payroll.slip_facts import PaySettings, SlipFacts, week_start
from automations.rules.payroll.us_weeks import OVERTIME_PREMIUM, premiums, week_of_work
from automations.rules.payroll.worked_time import worked_time
from connectors.contracts.people import Payslip, PayslipLine, TimeSource
from connectors.money import ZERO

BY_HOURS = (HOURLY_PAY, OVERTIME_PAY, ON_TOP, HOLIDAY_PAY, OVERTIME_PREMIUM)


@dataclass(frozen=True, slots=True)
class HoursDue:
    """Amounts by component; those of `unknown` components nobody can tell, so that they stay as they were paid."""

    amounts: Mapping[str, Decimal]
    unknown: frozenset[str] = frozenset()
    warnings: Sequence[SlipProblem] = ()


@dataclass(slots=True)
class _Sums:
    """Of one component."""

    amount: Decimal = field(default=ZERO)
    hours: Decimal = field(default=ZERO)


def component_of(line: PayslipLine) -> str:
    return f"{line.code}/{line.label}" if line.label else line.code


def time_of_slips(facts: SlipFacts, slips: Sequence[Payslip], settings: PaySettings) -> WorkedTime:
    """What was worked in all of their days and the week before, counted once."""
    if not slips:
        return WorkedTime({})
    days = Period(min(slip.first for slip in slips), max(slip.last for slip in slips))
    return worked_time(facts.in_period(days), settings)


def hours_due(
    then: SlipFacts,
    slip: Payslip,
    parts: Sequence[ContractDays],
    worked: WorkedTime,
    rules: CountryRules,
    settings: PaySettings,
) -> HoursDue:
    """By the time records where they give the hours that were paid, and where they are time sheets without a doubt.

    A clock may have forgotten: its hours stay those that were paid, at the rate that holds by now, with a warning. So
    do hours of which no record is kept any more.
    """
    worked = _within(worked, Period(week_start(slip.first), slip.last))
    paid = _summed(slip.lines)
    if not worked.total(then.period):
        amounts = _at_rates_of_now(then, slip, parts, rules)
        unknown = frozenset(amounts.keys() ^ paid.keys())
        return HoursDue(amounts, unknown, [_rates_differ(slip, one, parts, then) for one in sorted(unknown)])
    now = _summed(_lines_of_now(then, slip, parts, worked, rules, settings))
    nothing = _Sums()
    changed = [one for one in now.keys() | paid.keys() if now.get(one, nothing).hours != paid.get(one, nothing).hours]
    amounts = {name: sums.amount for name, sums in now.items()}
    if not changed or _is_by_sheets(then, worked):
        return HoursDue(amounts)
    kept = _at_rates_of_now(then, slip, parts, rules)
    amounts = {name: amount for name, amount in amounts.items() if name not in changed}
    amounts |= {name: kept[name] for name in changed if name in kept}
    warnings = [
        _differs(slip, one, _hours(now.get(one, nothing)), _hours(paid.get(one, nothing))) for one in sorted(changed)
    ]
    return HoursDue(amounts, frozenset(changed) & (paid.keys() - kept.keys()), warnings)


def _lines_of_now(
    then: SlipFacts,
    slip: Payslip,
    parts: Sequence[ContractDays],
    worked: WorkedTime,
    rules: CountryRules,
    settings: PaySettings,
) -> list[PayslipLine]:
    """What the slip would say of hours; a bonus counts for its weeks as it did then."""
    lines = [*pay_hours(then, parts, worked.hours, rules, settings), *pay_holidays(then, parts, worked.hours, rules)]
    if rules.overtime is OvertimeMethod.REGULAR_RATE:
        bonuses = {
            Period(first, last): read_figure(line.figures, "bonus") or ZERO
            for line in slip.lines
            if line.code == OVERTIME_PREMIUM
            and (first := read_day(line.figures, "from")) is not None
            and (last := read_day(line.figures, "to")) is not None
            and first <= last
        }
        lines += premiums(then, worked.hours, rules, bonuses)
    return lines


def _is_by_sheets(then: SlipFacts, worked: WorkedTime) -> bool:
    """Whether people wrote all of these hours down themselves, and nothing in them is a case for a person."""
    contracts = then.contracts_in(Period(week_start(then.period.first), then.period.last))
    by_clock = any(one.time_source is TimeSource.PUNCHES for one in contracts)
    return not by_clock and next(iter(check_time(then, worked)), None) is None


def _within(worked: WorkedTime, days: Period) -> WorkedTime:
    hours = {day: worked.hours[day] for day in days if day in worked.hours}
    return WorkedTime(hours, tuple(one for one in worked.bad if one.on in days))


def _summed(lines: Iterable[PayslipLine]) -> dict[str, _Sums]:
    sums: defaultdict[str, _Sums] = defaultdict(_Sums)
    for line in lines:
        if line.code in BY_HOURS:
            of_component = sums[component_of(line)]
            of_component.amount += line.amount
            of_component.hours += line.quantity or ZERO
    return dict(sums)


def _at_rates_of_now(
    then: SlipFacts, slip: Payslip, parts: Sequence[ContractDays], rules: CountryRules
) -> dict[str, Decimal]:
    """The hours that were paid by what holds for them now; without those that two rates hold for."""
    due: defaultdict[str, Decimal] = defaultdict(lambda: ZERO)
    untold = set()
    for line in slip.lines:
        if line.code not in BY_HOURS:
            continue
        amount = _premium_due(then, line, rules) if line.code == OVERTIME_PREMIUM else _line_due(then, parts, line)
        if amount is None:
            untold.add(component_of(line))
        else:
            due[component_of(line)] += amount
    return {name: amount for name, amount in due.items() if name not in untold}


def _line_due(then: SlipFacts, parts: Sequence[ContractDays], line: PayslipLine) -> Decimal | None:
    """None where two rates hold in the days of a line."""
    rates = _rates(then, parts, line)
    if not rates or line.quantity is None:
        return line.amount
    if len(rates) > 1:
        return None
    return pay_at_rate(line.quantity, rates[0], read_figure(line.figures, "multiplier") or ONE)


def _rates(then: SlipFacts, parts: Sequence[ContractDays], line: PayslipLine) -> list[Decimal]:
    first = read_day(line.figures, "from") or then.period.first
    days = Period(first, max(first, read_day(line.figures, "to") or then.period.last))
    rates = [rate_of(part, then) for part in parts if part.part.common(days)]
    return list(dict.fromkeys(rate for rate in rates if rate is not None))


def _premium_due(then: SlipFacts, line: PayslipLine, rules: CountryRules) -> Decimal:
    """Of a week by one contract or by salaries; how the hours lay in a week of several rates the slip does not say."""
    first, last = read_day(line.figures, "from"), read_day(line.figures, "to")
    hours, threshold = read_figure(line.figures, "hours"), read_figure(line.figures, "threshold")
    if first is None or last is None or hours is None or threshold is None or last < first:
        return line.amount
    held = {day: contract for day in Period(first, last) if (contract := then.contract_on(day)) is not None}
    by_hour = any(contract.hour_rate is not None for contract in held.values())
    if not held or (by_hour and len({contract.id for contract in held.values()}) > 1):
        return line.amount
    bonus = read_figure(line.figures, "bonus") or ZERO
    work = week_of_work(then, Period(first, last), {next(iter(held)): hours}, rules, bonus)
    return line.amount if work is None else pay_us_week(work, threshold).premium


def _rates_differ(slip: Payslip, component: str, parts: Sequence[ContractDays], then: SlipFacts) -> SlipProblem:
    lines = [line for line in slip.lines if component_of(line) == component]
    rates = dict.fromkeys(show_rate(rate) for line in lines for rate in _rates(then, parts, line))
    paid = dict.fromkeys(show_rate(line.rate) for line in lines if line.rate is not None)
    return _differs(slip, component, " / ".join(rates), " / ".join(paid))


def _differs(slip: Payslip, component: str, now: str, paid: str) -> SlipProblem:
    where = f"{slip.first} – {slip.last} {component}"
    return SlipProblem(SlipReason.EARLIER_SLIP_DIFFERS, now, paid or None, where=where)


def _hours(sums: _Sums) -> str:
    return f"{sums.hours.normalize():f} h"
