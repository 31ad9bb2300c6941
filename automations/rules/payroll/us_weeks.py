"""The overtime premium of US work weeks: each week alone, settled in the period in which it ends (29 CFR 778)."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

from automations.rules.local_time import ONE_DAY
from automations.rules.payroll.country import CountryRules
from automations.rules.payroll.figures import read_day, read_figure, show, show_days, show_rate
from automations.rules.payroll.hours import shown_hours
from automations.rules.payroll.overtime import HALF, WorkWeek, pay_us_week
from automations.rules.payroll.periods import Period
from automations.rules.payroll.slip_facts import SlipFacts, week_start
from automations.rules.rounding import split_amount
from connectors.contracts.people import (
    PAYABLE_STATES,
    EmploymentContract,
    LineKind,
    OneOffItem,
    OneOffKind,
    PayslipLine,
)
from connectors.money import ZERO, round_money

OVERTIME_PREMIUM, BONUS_PREMIUM = "overtime_premium", "bonus_premium"
REGULAR_RATE, SETTLED_WEEK = "regular_rate", "settled_week"
TO_SUNDAY = timedelta(days=6)
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


def premiums(
    facts: SlipFacts, hours: Mapping[date, Decimal], rules: CountryRules, bonus_of_week: Mapping[Period, Decimal]
) -> Iterator[PayslipLine]:
    """A line for each work week with overtime that is settled in this period.

    29 CFR 778.104 (each week alone) and 778.106 (paid with the period in which the week ends).
    """
    threshold = rules.weekly_threshold_hours or ZERO
    for week in _settled_weeks(facts):
        work = week_of_work(facts, week, hours, rules, bonus_of_week.get(week, ZERO))
        if work is None or work.hours <= threshold:
            continue
        pay = pay_us_week(work, threshold)
        yield PayslipLine(
            OVERTIME_PREMIUM,
            LineKind.EARNING,
            pay.premium,
            REGULAR_RATE,
            figures={
                "hours": show(work.hours),
                "straight_pay": show(round_money(work.straight_pay)),
                "bonus": show(work.bonus),
                "regular_rate": show_rate(pay.regular_rate),
                "overtime_hours": show(pay.overtime_hours),
                "threshold": show(threshold),
                **show_days(week),
            },
            law=rules.law("weekly_threshold_hours"),
            quantity=pay.overtime_hours,
            rate=pay.regular_rate,
        )


def bonus_premiums(facts: SlipFacts, rules: CountryRules) -> Iterator[PayslipLine]:
    """What a bonus of this period adds to the overtime of weeks that were settled before (29 CFR 778.209 (a))."""
    settled = _settled_before(facts)
    shares = bonus_shares(facts.bonuses_to_pay)
    for week in sorted(shares.keys() & settled.keys()):
        hours, overtime = read_figure(settled[week].figures, "hours"), settled[week].quantity
        if not hours or not overtime:
            continue
        yield PayslipLine(
            BONUS_PREMIUM,
            LineKind.EARNING,
            round_money(HALF * shares[week] / hours * overtime),
            SETTLED_WEEK,
            figures={
                "bonus": show(shares[week]),
                "hours": show(hours),
                "overtime_hours": show(overtime),
                **show_days(week),
            },
            law=rules.law("bonus_in_regular_rate"),
            quantity=overtime,
        )


def bonus_shares(items: Sequence[OneOffItem]) -> Mapping[Period, Decimal]:
    """Each bonus that counts for overtime in equal parts over all weeks of its own days (29 CFR 778.209 (b))."""
    shares: dict[Period, Decimal] = {}
    for item in items:
        if item.kind is not OneOffKind.BONUS or not item.counts_for_overtime or item.last < item.first:
            continue
        weeks = [_week(day) for day in Period(week_start(item.first), item.last) if day == week_start(day)]
        for week, part in zip(weeks, split_amount(item.amount, [ONE] * len(weeks)), strict=True):
            shares[week] = shares.get(week, ZERO) + part
    return shares


def week_of_work(
    facts: SlipFacts, week: Period, hours: Mapping[date, Decimal], rules: CountryRules, bonus: Decimal
) -> WorkWeek | None:
    """The hours of a week with their straight pay; None where nobody may have overtime in it."""
    held: dict[str, EmploymentContract] = {}
    of_contract: dict[str, Decimal] = {}
    for day in week:
        contract = facts.contract_on(day)
        if contract is not None and contract.earns_overtime:
            held[contract.id] = contract
            of_contract[contract.id] = of_contract.get(contract.id, ZERO) + hours.get(day, ZERO)
    worked = {name: shown_hours(amount) for name, amount in of_contract.items()}
    if not any(worked.values()):
        return None
    straight = sum((_straight_pay(facts, held[name], week, amount, rules) for name, amount in worked.items()), ZERO)
    return WorkWeek(sum(worked.values(), ZERO), straight, bonus)


def _straight_pay(
    facts: SlipFacts, contract: EmploymentContract, week: Period, hours: Decimal, rules: CountryRules
) -> Decimal:
    """Of hours at their rate, or the part of a week's salary for the working days on which the contract holds.

    29 CFR 778.113 (b) for a salary of other periods.
    """
    if contract.hour_rate is not None:
        return contract.hour_rate * hours
    weekly = (contract.salary or ZERO) * PERIODS_A_YEAR[contract.frequency] / WEEKS_A_YEAR
    off = facts.days_off(week, rules)
    working = [day for day in week if day not in off]
    if not working:
        return weekly
    return weekly * sum(facts.contract_on(day) == contract for day in working) / len(working)


def _settled_weeks(facts: SlipFacts) -> Iterator[Period]:
    """Weeks whose last day under contract lies in the period, unless an earlier slip has settled them."""
    settled = _settled_before(facts)
    monday = week_start(facts.period.first)
    while monday <= facts.period.last:
        week = _week(monday)
        held = [day for day in week if facts.contract_on(day) is not None]
        if held and held[-1] in facts.period and week not in settled:
            yield week
        monday = week.last + ONE_DAY


def _settled_before(facts: SlipFacts) -> Mapping[Period, PayslipLine]:
    """The weeks with overtime of earlier slips."""
    settled = {}
    for slip in facts.known_slips:
        is_before = slip.state in PAYABLE_STATES and slip.last < facts.period.first
        for line in slip.lines if is_before else ():
            monday = read_day(line.figures, "from")
            if line.code == OVERTIME_PREMIUM and monday is not None:
                settled[_week(monday)] = line
    return settled


def _week(monday: date) -> Period:
    return Period(monday, monday + TO_SUNDAY)
