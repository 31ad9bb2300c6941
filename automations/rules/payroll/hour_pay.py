"""What hours are paid: hourly wages, overtime by kind of day, and the premium of a US work week; no hour twice."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from automations.rules.payroll.base_pay import PaidPart, days_rate
from automations.rules.payroll.country import CountryRules, DayKind, OvertimeMethod
from automations.rules.payroll.hours import shown_hours
from automations.rules.payroll.overtime import (
    DayHours,
    OvertimeEntry,
    WorkWeek,
    pay_overtime,
    pay_us_week,
    split_hours,
)
from automations.rules.payroll.periods import ONE_DAY, Period
from automations.rules.payroll.slip_facts import PaySettings, SlipFacts, week_start
from automations.rules.rounding import split_amount
from connectors.contracts.people import EmploymentContract, LineKind, OneOffItem, OneOffKind, PayslipLine
from connectors.money import ZERO, round_money

HOURLY_PAY, OVERTIME_PAY, OVERTIME_PREMIUM = "hourly_pay", "overtime_pay", "overtime_premium"
HOURS_AT_RATE, MULTIPLIED_HOURS, REGULAR_RATE = "hours_at_rate", "multiplied_hours", "regular_rate"
WEEK = timedelta(days=6)
ONE = Decimal(1)
WEEKS_A_YEAR = Decimal(52)
PERIODS_A_YEAR = {
    "monthly": 12,
    "half_monthly": 24,
    "four_weekly": 13,
    "fortnightly": 26,
    "weekly": 52,
    "daily": 260,
}
RATE_DECIMALS = 4


@dataclass(frozen=True, slots=True)
class SplitHours:
    """A contract's hours in a period: regular ones, and overtime by kind of day."""

    regular: Decimal
    overtime: Mapping[DayKind, Decimal]


def pay_hours(
    facts: SlipFacts, parts: Sequence[PaidPart], hours: Mapping[date, Decimal], rules: CountryRules, limits: PaySettings
) -> Iterator[PayslipLine]:
    """Lines for what was worked: straight time, then overtime as the country has it."""
    for part in parts:
        split = _split(facts, part, hours, rules, limits)
        rate = part.contract.hour_rate or days_rate(part, facts.employee.weekly_days_off)
        if part.contract.hour_rate is not None:
            yield _straight(part, shown_hours(split.regular), part.contract.hour_rate)
        if rate is not None:
            yield from _overtime(part, split, rate, rules)
    if rules.overtime is OvertimeMethod.REGULAR_RATE and parts:
        yield from _premiums(facts, parts, hours, rules)


def bonuses(items: Sequence[OneOffItem]) -> list[OneOffItem]:
    return [item for item in items if item.kind is OneOffKind.BONUS]


def _split(
    facts: SlipFacts, part: PaidPart, hours: Mapping[date, Decimal], rules: CountryRules, limits: PaySettings
) -> SplitHours:
    """Days off first, then the limits of day and week; days of the week before the part count for its limit."""
    contract = part.contract
    if rules.overtime is OvertimeMethod.REGULAR_RATE or not contract.earns_overtime:
        return SplitHours(sum((worked for day, worked in hours.items() if day in part.part), ZERO), {})
    overtime: dict[DayKind, Decimal] = {}
    workdays = []
    for day, worked in hours.items():
        kind = facts.day_kind(day)
        if kind is DayKind.WORKDAY:
            workdays.append(DayHours(day, worked))
        elif day in part.part:
            overtime[kind] = overtime.get(kind, ZERO) + worked
    limited = split_hours(workdays, limits.daily_limit, limits.weekly_limit or contract.weekly_hours)
    within = [day for day in limited if day.on in part.part]
    if over := sum((day.overtime for day in within), ZERO):
        overtime[DayKind.WORKDAY] = over
    return SplitHours(sum((day.regular for day in within), ZERO), overtime)


def _straight(part: PaidPart, hours: Decimal, rate: Decimal) -> PayslipLine:
    return PayslipLine(
        HOURLY_PAY,
        LineKind.EARNING,
        round_money(hours * rate),
        HOURS_AT_RATE,
        figures={"hours": _show(hours), "rate": _show_rate(rate), **_days(part.part)},
        quantity=hours,
        rate=rate,
    )


def _overtime(part: PaidPart, split: SplitHours, rate: Decimal, rules: CountryRules) -> Iterator[PayslipLine]:
    for kind, worked in split.overtime.items():
        hours = shown_hours(worked)
        multiplier = part.contract.multipliers.get(kind.value) or rules.multipliers.get(kind.value, ONE)
        if not hours:
            continue
        yield PayslipLine(
            OVERTIME_PAY,
            LineKind.EARNING,
            pay_overtime([OvertimeEntry(kind.value, hours)], rate, {kind.value: multiplier}),
            MULTIPLIED_HOURS,
            kind.value,
            figures={
                "hours": _show(hours),
                "rate": _show_rate(rate),
                "multiplier": _show(multiplier),
                **_days(part.part),
            },
            law=rules.law(f"multipliers.{kind.value}"),
            quantity=hours,
            rate=rate,
        )


def _premiums(
    facts: SlipFacts, parts: Sequence[PaidPart], hours: Mapping[date, Decimal], rules: CountryRules
) -> Iterator[PayslipLine]:
    """A line for each work week with overtime that is settled in this period: the one in which it ends.

    29 CFR 778.104 (each week alone) and 778.106 (paid with the period in which the week ends).
    """
    threshold = rules.weekly_threshold_hours or ZERO
    weeks = _settled_weeks(facts, parts)
    shares = _bonus_shares(facts, weeks)
    for week in weeks:
        work = _work_of(facts, week, hours, shares[week])
        if work is None or work.hours <= threshold:
            continue
        pay = pay_us_week(work, threshold)
        yield PayslipLine(
            OVERTIME_PREMIUM,
            LineKind.EARNING,
            pay.premium,
            REGULAR_RATE,
            figures={
                "hours": _show(work.hours),
                "straight_pay": _show(round_money(work.straight_pay)),
                "bonus": _show(work.bonus),
                "regular_rate": _show_rate(pay.regular_rate),
                "overtime_hours": _show(pay.overtime_hours),
                "threshold": _show(threshold),
                **_days(week),
            },
            law=rules.law("weekly_threshold_hours"),
            quantity=pay.overtime_hours,
            rate=pay.regular_rate,
        )


def _settled_weeks(facts: SlipFacts, parts: Sequence[PaidPart]) -> list[Period]:
    """Weeks that end in the period, and the last one of somebody whose work ends before its Sunday."""
    period = facts.period
    monday = week_start(period.first)
    weeks = []
    last_part = parts[-1].part.last
    leaves = last_part < period.last or parts[-1].contract.last == period.last
    while monday <= period.last:
        ends_here = monday + WEEK <= period.last or (leaves and monday <= last_part)
        if ends_here and monday + WEEK >= period.first:
            weeks.append(Period(monday, monday + WEEK))
        monday += WEEK + ONE_DAY
    return weeks


def _bonus_shares(facts: SlipFacts, weeks: Sequence[Period]) -> dict[Period, Decimal]:
    """Each bonus in equal parts over the settled weeks of its own days (29 CFR 778.209 (b))."""
    shares = dict.fromkeys(weeks, ZERO)
    for item in bonuses(facts.one_offs):
        own = Period(item.first, item.last)
        of_item = [week for week in weeks if own.common(week)] or weeks[-1:]
        if not item.counts_for_overtime or not of_item:
            continue
        parts = split_amount(item.amount, [ONE] * len(of_item))
        for week, part in zip(of_item, parts, strict=True):
            shares[week] += part
    return shares


def _work_of(facts: SlipFacts, week: Period, hours: Mapping[date, Decimal], bonus: Decimal) -> WorkWeek | None:
    """The hours of a week with their straight pay; None where nobody may have overtime in it."""
    by_contract: dict[str, Decimal] = {}
    contracts: dict[str, EmploymentContract] = {}
    for day in week:
        contract = facts.contract_on(day)
        if contract is not None and contract.earns_overtime and day in hours:
            contracts[contract.id] = contract
            by_contract[contract.id] = by_contract.get(contract.id, ZERO) + hours[day]
    if not contracts:
        return None
    worked = {name: shown_hours(amount) for name, amount in by_contract.items()}
    straight = sum((_straight_pay(contracts[name], amount) for name, amount in worked.items()), ZERO)
    return WorkWeek(sum(worked.values(), ZERO), straight, bonus)


def _straight_pay(contract: EmploymentContract, hours: Decimal) -> Decimal:
    """Of hours at their rate, or of a salary by the week (29 CFR 778.113 (b))."""
    if contract.hour_rate is not None:
        return contract.hour_rate * hours
    return (contract.salary or ZERO) * PERIODS_A_YEAR[contract.frequency] / WEEKS_A_YEAR


def _days(period: Period) -> dict[str, str]:
    return {"from": period.first.isoformat(), "to": period.last.isoformat()}


def _show(value: Decimal) -> str:
    return format(value, "f")


def _show_rate(rate: Decimal) -> str:
    """A rate is never rounded for counting; people read four decimals of it."""
    return format(round_money(rate, RATE_DECIMALS).normalize(), "f")
