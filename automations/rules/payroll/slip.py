"""A payslip out of all that is known about somebody: each line with its explanation, each doubt with its owner."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from automations.rules.payroll.base_pay import paid_parts, pay_days
from automations.rules.payroll.country import CountryRules
from automations.rules.payroll.czech import ContractKind
from automations.rules.payroll.czech_lines import bases_so_far, czech_lines, round_wage
from automations.rules.payroll.hour_pay import bonuses, pay_hours
from automations.rules.payroll.hours import BadTime, WorkedTime, hours_of_punches, hours_of_sheets, shown_hours
from automations.rules.payroll.payslips import SlipProblem, SlipReason
from automations.rules.payroll.periods import Period
from automations.rules.payroll.retroactive import arrears_lines
from automations.rules.payroll.slip_checks import check_one_offs, check_standing, check_terms, check_time
from automations.rules.payroll.slip_facts import PaySettings, SlipFacts, part_of, week_start
from automations.rules.payroll.variance import Variance, compare_slips
from connectors.contracts.people import (
    EmploymentContract,
    LineKind,
    OneOffItem,
    OneOffKind,
    Payslip,
    PayslipLine,
    TimeSource,
)
from connectors.money import ZERO, round_money

TAXES_BY_PROVIDER = "TAXES_BY_PROVIDER"
BONUS, ONE_OFF_DEDUCTION, CONTRACT_DEDUCTION = "bonus", "one_off_deduction", "contract_deduction"
AS_ENTERED, BY_CONTRACT = "as_entered", "by_contract"


@dataclass(frozen=True, slots=True)
class PreparedSlip:
    """What came of it. With `problems` the slip is a proposal that nobody is paid by; None where there is none.

    `warnings` deserve a look and stop nothing. `hours` are those of the period, with two decimals.
    """

    slip: Payslip | None
    problems: tuple[SlipProblem, ...] = ()
    warnings: tuple[SlipProblem, ...] = ()
    variance: Variance | None = None
    hours: Decimal = field(default=ZERO)

    @property
    def is_ready(self) -> bool:
        return self.slip is not None and not self.problems


def prepare_slip(facts: SlipFacts, rules: CountryRules, settings: PaySettings) -> PreparedSlip:
    """Every cause against a slip is named, not only the first; one person's troubles are theirs alone."""
    problems = list(check_standing(facts, rules))
    broken = check_terms(facts, rules)
    if broken:
        return PreparedSlip(None, (*broken, *problems))
    currency = facts.contracts_in(facts.period)[0].currency
    worked = _worked(facts, settings)
    problems += [*check_time(facts, worked), *check_one_offs(facts, currency)]
    if any(problem.reason in _INCOMPUTABLE for problem in problems):
        return PreparedSlip(None, tuple(problems), hours=shown_hours(worked.total(facts.period)))
    slip = _assemble(facts, rules, settings, worked, currency)
    if slip.net < 0:
        problems.append(SlipProblem(SlipReason.NEGATIVE_NET, f"{slip.net:f}", limit="0"))
    variance = compare_slips(slip, facts.earlier)
    noted = _variance_problems(variance, settings)
    stops = settings.variance_is_exception
    return PreparedSlip(
        slip,
        (*problems, *(noted if stops else ())),
        () if stops else noted,
        variance,
        shown_hours(worked.total(facts.period)),
    )


_INCOMPUTABLE = frozenset({SlipReason.PAY_CURRENCY_DIFFERS, SlipReason.BAD_TERMS, SlipReason.BAD_TIME_RECORD})


def _worked(facts: SlipFacts, settings: PaySettings) -> WorkedTime:
    """Hours by day from the Monday of the period's first week on, each day by the source of its contract."""
    since = Period(week_start(facts.period.first), facts.period.last)
    hours: dict[date, Decimal] = {}
    bad: list[BadTime] = []
    for contract in facts.contracts_in(since):
        found = _hours_under(facts, contract, part_of(contract, since), settings)
        hours |= found.hours
        bad += found.bad
    return WorkedTime(hours, tuple(bad))


def _hours_under(facts: SlipFacts, contract: EmploymentContract, days: Period, settings: PaySettings) -> WorkedTime:
    if contract.time_source is TimeSource.PUNCHES:
        return hours_of_punches(facts.punches, facts.zone, days, facts.now, settings.punch_rounding_minutes)
    if contract.time_source is TimeSource.SHEETS:
        return hours_of_sheets(facts.time_entries, days, facts.now.astimezone(facts.zone).date())
    return WorkedTime({})


def _assemble(
    facts: SlipFacts, rules: CountryRules, settings: PaySettings, worked: WorkedTime, currency: str
) -> Payslip:
    parts = paid_parts(facts, facts.period, rules, worked.hours if settings.unmarked_is_absent else None)
    lines = [*pay_days(parts), *pay_hours(facts, parts, worked.hours, rules, settings)]
    lines += [*map(_bonus, bonuses(facts.one_offs)), *arrears_lines(facts, rules, settings, currency)]
    contract = parts[-1].contract
    if rules.rounds_wage_up_to_whole and (added := round_wage(_sum(lines, LineKind.EARNING), rules)):
        lines.append(added)
    gross = _sum(lines, LineKind.EARNING)
    if rules.czech is not None and gross >= 0:
        so_far = bases_so_far(facts.slips_of_year, facts.period)
        lines += czech_lines(ContractKind(contract.kind), gross, facts.employee.tax_facts, so_far, rules)
    lines += _agreed_deductions(contract, facts.one_offs)
    deductions = _sum(lines, LineKind.DEDUCTION)
    return Payslip(
        facts.employee.id,
        facts.period.first,
        facts.period.last,
        currency,
        tuple(lines),
        gross,
        deductions,
        gross - deductions,
        notes=() if rules.czech is not None else (TAXES_BY_PROVIDER,),
    )


def _bonus(item: OneOffItem) -> PayslipLine:
    return PayslipLine(BONUS, LineKind.EARNING, round_money(item.amount), AS_ENTERED, item.reason, _days(item))


def _agreed_deductions(contract: EmploymentContract, items: Sequence[OneOffItem]) -> Iterator[PayslipLine]:
    """What the contract takes off each period, and what somebody entered for this one."""
    for one in contract.deductions:
        yield PayslipLine(
            CONTRACT_DEDUCTION,
            LineKind.DEDUCTION,
            round_money(one.amount),
            BY_CONTRACT,
            one.name,
            {"contract": contract.id},
        )
    for item in items:
        if item.kind is OneOffKind.DEDUCTION:
            yield PayslipLine(
                ONE_OFF_DEDUCTION, LineKind.DEDUCTION, round_money(item.amount), AS_ENTERED, item.reason, _days(item)
            )


def _variance_problems(variance: Variance | None, settings: PaySettings) -> tuple[SlipProblem, ...]:
    if variance is None or not variance.exceeds(settings.variance_percent):
        return ()
    where = ", ".join(f"{one.code} {one.difference:+f}" for one in variance.changes[:3])
    return (
        SlipProblem(
            SlipReason.VARIANCE_OVER,
            f"{variance.gross:f}",
            f"{variance.gross_before:f}",
            f"{settings.variance_percent:f}",
            where,
        ),
    )


def _sum(lines: Sequence[PayslipLine], kind: LineKind) -> Decimal:
    return sum((line.amount for line in lines if line.kind is kind), ZERO)


def _days(item: OneOffItem) -> dict[str, str]:
    return {"from": item.first.isoformat(), "to": item.last.isoformat()}
