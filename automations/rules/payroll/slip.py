"""A payslip out of all that is known about somebody: each line with its explanation, each doubt with its owner."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from automations.rules.payroll.away_pay import pay_absences, pay_holidays
from automations.rules.payroll.base_pay import ContractDays, paid_parts, pay_days
from automations.rules.payroll.country import CountryRules, OvertimeMethod
from automations.rules.payroll.czech import ContractKind
from automations.rules.payroll.czech_lines import bases_so_far, czech_lines, least_base_share, round_wage
from automations.rules.payroll.figures import show_days
from automations.rules.payroll.hour_pay import pay_hours
from automations.rules.payroll.hours import WorkedTime, shown_hours
from automations.rules.payroll.payslips import SlipProblem, SlipReason, net_pay
from automations.rules.payroll.periods import Period
from automations.rules.payroll.retroactive import find_arrears
from automations.rules.payroll.slip_checks import (
    check_one_offs,
    check_slips,
    check_standing,
    check_terms,
    check_time,
)
from automations.rules.payroll.slip_facts import PaySettings, SlipFacts
from automations.rules.payroll.us_weeks import bonus_premiums, bonus_shares, premiums
from automations.rules.payroll.variance import Variance, compare_slips
from automations.rules.payroll.worked_time import worked_time
from connectors.contracts.people import LineKind, OneOffItem, OneOffKind, Payslip, PayslipLine
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
    broken = [*check_terms(facts, rules), *check_slips(facts, rules)]
    if broken:
        return PreparedSlip(None, (*broken, *problems))
    currency = facts.contracts_in(facts.period)[0].currency
    worked = worked_time(facts, settings)
    hours = shown_hours(worked.total(facts.period))
    problems += [*check_time(facts, worked), *check_one_offs(facts, currency)]
    if any(problem.reason in _INCOMPUTABLE for problem in problems):
        return PreparedSlip(None, tuple(problems), hours=hours)
    arrears = find_arrears(facts, rules, settings, currency)
    slip = _assemble(facts, rules, settings, worked, arrears.lines)
    problems += [*net_pay([slip.gross], [slip.deductions]).problems, *arrears.problems]
    variance = compare_slips(slip, facts.known_slips)
    noted = _variance_problems(variance, settings)
    stops = settings.variance_is_exception
    warnings = (*arrears.warnings, *(() if stops else noted))
    return PreparedSlip(slip, (*problems, *(noted if stops else ())), warnings, variance, hours)


_INCOMPUTABLE = frozenset({SlipReason.PAY_CURRENCY_DIFFERS, SlipReason.BAD_TERMS, SlipReason.BAD_TIME_RECORD})


def _assemble(
    facts: SlipFacts, rules: CountryRules, settings: PaySettings, worked: WorkedTime, arrears: Sequence[PayslipLine]
) -> Payslip:
    parts = paid_parts(facts, rules, settings, worked.hours if settings.unmarked_is_absent else None)
    lines = [*pay_days(parts), *pay_hours(facts, parts, worked.hours, rules, settings)]
    lines += [*pay_absences(facts, parts, rules, settings), *pay_holidays(facts, parts, worked.hours, rules)]
    lines += _us_premiums(facts, worked, rules)
    lines += [*map(_bonus, facts.bonuses_to_pay), *arrears]
    if rules.rounds_wage_up_to_whole and (added := round_wage(_sum(lines, LineKind.EARNING), rules)):
        lines.append(added)
    gross = _sum(lines, LineKind.EARNING)
    contract = parts[-1].contract
    if rules.czech is not None and gross >= 0:
        so_far = bases_so_far(facts.history, facts.period)
        least = least_base_share(facts.period, [part.part for part in parts], facts.absences)
        lines += czech_lines(ContractKind(contract.kind), gross, facts.employee.tax_facts, so_far, rules, least)
    lines += _agreed_deductions(parts[-1], facts.items_to_pay)
    pay = net_pay(_amounts(lines, LineKind.EARNING), _amounts(lines, LineKind.DEDUCTION))
    return Payslip(
        facts.employee.id,
        facts.period.first,
        facts.period.last,
        contract.currency,
        tuple(lines),
        pay.gross,
        pay.deductions,
        pay.net,
        notes=() if rules.czech is not None else (TAXES_BY_PROVIDER,),
    )


def _us_premiums(facts: SlipFacts, worked: WorkedTime, rules: CountryRules) -> Iterator[PayslipLine]:
    if rules.overtime is OvertimeMethod.REGULAR_RATE:
        yield from premiums(facts, worked.hours, rules, bonus_shares(facts.one_offs))
        yield from bonus_premiums(facts, rules)


def _bonus(item: OneOffItem) -> PayslipLine:
    return PayslipLine(
        BONUS,
        LineKind.EARNING,
        round_money(item.amount),
        AS_ENTERED,
        item.reason,
        show_days(Period(item.first, item.last)),
    )


def _agreed_deductions(last: ContractDays, items: Sequence[OneOffItem]) -> Iterator[PayslipLine]:
    """What the contract takes off each pay period, and what somebody entered for this one."""
    contract = last.contract
    for one in contract.deductions if last.is_settled else ():
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
                ONE_OFF_DEDUCTION,
                LineKind.DEDUCTION,
                round_money(item.amount),
                AS_ENTERED,
                item.reason,
                show_days(Period(item.first, item.last)),
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


def _amounts(lines: Sequence[PayslipLine], kind: LineKind) -> list[Decimal]:
    return [line.amount for line in lines if line.kind is kind]


def _sum(lines: Sequence[PayslipLine], kind: LineKind) -> Decimal:
    return sum(_amounts(lines, kind), ZERO)
