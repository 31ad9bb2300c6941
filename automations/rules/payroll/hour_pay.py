"""What hours are paid: hourly wages, overtime and what is paid on top by kind of day; no hour twice."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from automations.rules.payroll.base_pay import ContractDays, rate_of
from automations.rules.payroll.country import CountryRules, DayKind, OvertimeMethod
from automations.rules.payroll.figures import show, show_days, show_rate
from automations.rules.payroll.hours import shown_hours
from automations.rules.payroll.overtime import DayHours, OvertimeEntry, SplitDay, pay_overtime, split_hours
from automations.rules.payroll.slip_facts import PaySettings, SlipFacts
from connectors.contracts.people import SATURDAY, SUNDAY, EmploymentContract, LineKind, PayslipLine
from connectors.money import ZERO

HOURLY_PAY, OVERTIME_PAY, ON_TOP = "hourly_pay", "overtime_pay", "on_top"
HOURS_AT_RATE, MULTIPLIED_HOURS = "hours_at_rate", "multiplied_hours"
WEEKEND = "weekend"
ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class MultipliedHours:
    """A kind of hours and what an hour of it costs, as a multiple of the rate."""

    code: str
    label: str
    multiplier: Decimal
    law: str


@dataclass(frozen=True, slots=True)
class SplitHours:
    """A contract's hours in a period: those at its rate, and the others by what they cost."""

    at_rate: Decimal
    multiplied: Mapping[MultipliedHours, Decimal] = field(default_factory=dict)


def pay_hours(
    facts: SlipFacts,
    parts: Sequence[ContractDays],
    hours: Mapping[date, Decimal],
    rules: CountryRules,
    settings: PaySettings,
) -> Iterator[PayslipLine]:
    """Lines for what was worked; the premium of a US work week is not among them."""
    for part in parts:
        split = _split(facts, part, hours, rules, settings)
        rate = rate_of(part, facts)
        if rate is None:
            continue
        at_rate = shown_hours(split.at_rate)
        if part.contract.hour_rate is not None or at_rate:
            yield _line(part, at_rate, rate)
        for kind, worked in split.multiplied.items():
            if shown := shown_hours(worked):
                yield _line(part, shown, rate, kind)


def pay_at_rate(hours: Decimal, rate: Decimal, multiplier: Decimal = ONE) -> Decimal:
    """Rounded once."""
    return pay_overtime([OvertimeEntry("", hours)], rate, {"": multiplier})


def _split(
    facts: SlipFacts, part: ContractDays, hours: Mapping[date, Decimal], rules: CountryRules, settings: PaySettings
) -> SplitHours:
    """Hours of days off first, then the limits of day and week; days of the week before the part count for its limit.

    A salary pays the hours of the contract; what a part-timer works beyond them, and not yet beyond the law's week, is
    paid at its rate.
    """
    contract = part.contract
    if rules.overtime is OvertimeMethod.REGULAR_RATE or not contract.earns_overtime:
        worked = sum((worked for day, worked in hours.items() if day in part.part), ZERO)
        return SplitHours(worked if contract.hour_rate is not None else ZERO)
    limit = _weekly_limit(contract, rules, settings)
    is_part_time = contract.weekly_hours < limit
    planned = [DayHours(day, worked) for day, worked in hours.items() if is_part_time or _is_planned(facts, day, rules)]
    limited = [day for day in split_hours(planned, settings.daily_limit, limit) if day.on in part.part]
    known = {day.on for day in planned}
    off = [SplitDay(day, ZERO, worked) for day, worked in hours.items() if day in part.part and day not in known]
    at_rate = sum((day.regular for day in limited if facts.day_kind(day.on) is not DayKind.HOLIDAY), ZERO)
    if contract.hour_rate is None:
        at_rate = _beyond_contract(contract, part, planned, limited) if is_part_time else ZERO
    return SplitHours(at_rate, _multiplied(facts, contract, [*limited, *off], rules))


def _weekly_limit(contract: EmploymentContract, rules: CountryRules, settings: PaySettings) -> Decimal:
    if settings.weekly_limit is not None:
        return settings.weekly_limit
    return max(contract.weekly_hours, rules.statutory_weekly_hours or ZERO)


def _is_planned(facts: SlipFacts, day: date, rules: CountryRules) -> bool:
    """Whether somebody usually works on this day; a holiday is such a day where the law counts it as worked."""
    if day.weekday() in facts.employee.weekly_days_off:
        return False
    return rules.holidays_are_working_days or facts.day_kind(day) is DayKind.WORKDAY


def _beyond_contract(
    contract: EmploymentContract, part: ContractDays, planned: Sequence[DayHours], limited: Sequence[SplitDay]
) -> Decimal:
    by_contract = [day for day in split_hours(planned, None, contract.weekly_hours) if day.on in part.part]
    beyond = sum((day.overtime for day in by_contract), ZERO) - sum((day.overtime for day in limited), ZERO)
    return max(beyond, ZERO)


def _multiplied(
    facts: SlipFacts, contract: EmploymentContract, days: Sequence[SplitDay], rules: CountryRules
) -> Mapping[MultipliedHours, Decimal]:
    """Overtime, work on holidays, and what is paid on top of the usual hours of a weekend."""
    found: dict[MultipliedHours, Decimal] = {}
    for day in days:
        kind, is_weekend = facts.day_kind(day.on), day.on.weekday() in (SATURDAY, SUNDAY)
        if day.overtime:
            key = _overtime_kind(contract, kind, is_weekend, rules)
            found[key] = found.get(key, ZERO) + day.overtime
        if day.regular and kind is DayKind.HOLIDAY:
            key = _holiday_kind(contract, rules)
            found[key] = found.get(key, ZERO) + day.regular
        if day.regular and is_weekend and rules.weekend_premium:
            key = MultipliedHours(ON_TOP, WEEKEND, rules.weekend_premium, rules.law("weekend_premium"))
            found[key] = found.get(key, ZERO) + day.regular
    return found


def _overtime_kind(
    contract: EmploymentContract, kind: DayKind, is_weekend: bool, rules: CountryRules
) -> MultipliedHours:
    """The contract's multiplier, or the law's where it is more: each reason to pay more comes on top of the others."""
    least = rules.multipliers.get(kind.value, ONE)
    laws = [rules.law(f"multipliers.{kind.value}")]
    if kind is DayKind.HOLIDAY:
        least += rules.multipliers.get(DayKind.WORKDAY.value, ONE) - ONE
        laws.append(rules.law(f"multipliers.{DayKind.WORKDAY.value}"))
    if is_weekend and rules.weekend_premium:
        least += rules.weekend_premium
        laws.append(rules.law("weekend_premium"))
    agreed = contract.multipliers.get(kind.value, ZERO)
    return MultipliedHours(OVERTIME_PAY, kind.value, max(agreed, least), "; ".join(filter(None, laws)))


def _holiday_kind(contract: EmploymentContract, rules: CountryRules) -> MultipliedHours:
    """The usual hours of a holiday; a salary has paid them once already."""
    name = DayKind.HOLIDAY.value
    multiplier = max(contract.multipliers.get(name, ZERO), rules.multipliers.get(name, ONE))
    law = rules.law(f"multipliers.{name}")
    if contract.hour_rate is None:
        return MultipliedHours(ON_TOP, name, multiplier - ONE, law)
    return MultipliedHours(OVERTIME_PAY, name, multiplier, law)


def _line(part: ContractDays, hours: Decimal, rate: Decimal, kind: MultipliedHours | None = None) -> PayslipLine:
    figures = {"hours": show(hours), "rate": show_rate(rate), **show_days(part.part)}
    if kind is None:
        code, rule, label, law, amount = HOURLY_PAY, HOURS_AT_RATE, "", "", pay_at_rate(hours, rate)
    else:
        code, rule, label, law = kind.code, MULTIPLIED_HOURS, kind.label, kind.law
        amount = pay_at_rate(hours, rate, kind.multiplier)
        figures["multiplier"] = show(kind.multiplier)
    return PayslipLine(code, LineKind.EARNING, amount, rule, label, figures=figures, law=law, quantity=hours, rate=rate)
