"""What stops a slip before anything is computed: terms, accounts, slips of the same days, time that cannot be right."""

from collections.abc import Iterator
from itertools import pairwise

from schwifty import IBAN
from schwifty.exceptions import SchwiftyException

from automations.rules.payroll.country import CountryRules
from automations.rules.payroll.czech import ContractKind
from automations.rules.payroll.czech_lines import SOCIAL
from automations.rules.payroll.figures import read_figure
from automations.rules.payroll.hours import WorkedTime
from automations.rules.payroll.payslips import SlipProblem, SlipReason
from automations.rules.payroll.periods import Frequency, Period, merge_days, month_of
from automations.rules.payroll.slip_facts import SlipFacts, full_period, holds_in, week_start
from connectors.contracts.people import (
    PAYABLE_STATES,
    Employee,
    EmploymentContract,
    OneOffKind,
    PayslipState,
    TimeSource,
)

LARGEST_AMOUNT = 10**10
# A bonus is earned within a year; a longer one has a day that somebody mistyped.
LONGEST_ONE_OFF_DAYS = 366
# Czech law counts in crowns; what another currency is worth on which day is not known here.
CROWN = "CZK"


def check_terms(facts: SlipFacts, rules: CountryRules) -> list[SlipProblem]:
    """Why there is nothing to compute by; empty where one contract holds on each paid day."""
    period = facts.period
    contracts = facts.contracts_in(period)
    if not contracts:
        return [SlipProblem(SlipReason.NO_ACTIVE_CONTRACT, where=_days(period))]
    problems = [
        SlipProblem(SlipReason.OVERLAPPING_CONTRACTS, earlier.id, later.id, where=later.first.isoformat())
        for earlier, later in pairwise(contracts)
        if earlier.last is None or earlier.last >= later.first
    ]
    problems += [
        SlipProblem(SlipReason.BAD_TERMS, fault, where=contract.id)
        for contract in facts.contracts_in(Period(week_start(period.first), period.last))
        for fault in _faults(contract, period, rules)
    ]
    if len({contract.currency for contract in contracts}) > 1:
        currencies = ", ".join(sorted({contract.currency for contract in contracts}))
        problems.append(SlipProblem(SlipReason.BAD_TERMS, f"currencies {currencies}", where=_days(period)))
    kinds = sorted({contract.kind for contract in contracts})
    if rules.czech is not None and len(kinds) > 1:
        problems.append(SlipProblem(SlipReason.BAD_TERMS, f"CZ: {', '.join(kinds)}", where=_days(period)))
    problems += [
        SlipProblem(SlipReason.BAD_TERMS, fault, where=facts.employee.id) for fault in facts.employee.tax_facts.faults
    ]
    return problems


def check_slips(facts: SlipFacts, rules: CountryRules) -> Iterator[SlipProblem]:
    """Earlier slips that cannot be counted with, such as another system's."""
    for slip in facts.known_slips:
        is_of_year = slip.first.year == facts.period.first.year and slip.state in PAYABLE_STATES
        if slip.last < slip.first:
            yield SlipProblem(SlipReason.EARLIER_SLIP_DIFFERS, f"{slip.first} – {slip.last}", where=slip.id)
        elif rules.czech is not None and is_of_year:
            for line in slip.lines:
                if line.code == SOCIAL and read_figure(line.figures, "base") is None:
                    yield SlipProblem(
                        SlipReason.EARLIER_SLIP_DIFFERS, line.code, "base", where=f"{slip.first} – {slip.last}"
                    )


def check_account(employee: Employee) -> SlipReason | None:
    """Why nothing can be transferred to somebody whose account has an IBAN."""
    iban = (employee.iban or "").strip()
    if not iban:
        return SlipReason.NO_BANK_ACCOUNT
    return None if is_iban(iban) else SlipReason.BAD_IBAN


def is_iban(text: str) -> bool:
    try:
        IBAN(text)
    except SchwiftyException:
        return False
    return True


def check_standing(facts: SlipFacts, rules: CountryRules) -> Iterator[SlipProblem]:
    """What stops payment whatever the amount: no account, days that another slip pays."""
    if rules.pays_by_iban and (account := check_account(facts.employee)):
        yield SlipProblem(account)
    paid = [
        common
        for slip in facts.earlier
        if slip.state is not PayslipState.CANCELLED
        and slip.first <= slip.last
        and (common := facts.period.common(Period(slip.first, slip.last)))
    ]
    if overlap := merge_days(paid):
        yield SlipProblem(SlipReason.PERIOD_OVERLAP, where=_days(overlap))


def check_one_offs(facts: SlipFacts, currency: str) -> Iterator[SlipProblem]:
    for item in facts.one_offs:
        if item.currency != currency:
            yield SlipProblem(SlipReason.PAY_CURRENCY_DIFFERS, item.currency, currency, where=item.reason)
        if not item.amount.is_finite() or not 0 <= item.amount < LARGEST_AMOUNT:
            yield SlipProblem(SlipReason.BAD_TERMS, str(item.amount), where=item.reason)
        if not 0 <= (item.last - item.first).days <= LONGEST_ONE_OFF_DAYS:
            yield SlipProblem(SlipReason.BAD_TERMS, f"{item.first} – {item.last}", where=item.reason)
        if item.kind not in set(OneOffKind):
            yield SlipProblem(SlipReason.BAD_TERMS, item.kind, where=item.reason)


def check_time(facts: SlipFacts, worked: WorkedTime) -> Iterator[SlipProblem]:
    """Missing punches and impossible records, and hours on a day that somebody was away all day.

    Those of the days before the period as well: by them the limit and the premium of its first week are counted.
    """
    for bad in worked.bad:
        reason = SlipReason.MISSING_PUNCH if bad.is_missing else SlipReason.BAD_TIME_RECORD
        yield SlipProblem(reason, bad.found, where=bad.on.isoformat())
    for absence in facts.absences:
        share = absence.unpaid_fraction
        if not share.is_finite() or not 0 <= share <= 1 or absence.last < absence.first:
            yield SlipProblem(SlipReason.BAD_TIME_RECORD, f"{absence.kind} {share}", where=absence.id)
            continue
        for day in facts.period.common(Period(absence.first, absence.last)) or ():
            if day in worked.hours and day != absence.half_day_on:
                found = f"{worked.hours[day].normalize():f} h"
                yield SlipProblem(SlipReason.ATTENDANCE_MISMATCH, found, absence.kind, where=day.isoformat())


def _faults(contract: EmploymentContract, period: Period, rules: CountryRules) -> Iterator[str]:
    """What in a contract nobody can pay by."""
    amounts = [contract.weekly_hours, *contract.multipliers.values()]
    amounts += [amount for amount in (contract.salary, contract.hour_rate) if amount is not None]
    amounts += [one.amount for one in contract.components]
    amounts += [one.amount for one in contract.deductions]
    yield from (str(amount) for amount in amounts if not amount.is_finite() or not 0 <= amount < LARGEST_AMOUNT)
    if (contract.salary is None) == (contract.hour_rate is None):
        yield "salary / hour_rate"
    if contract.weekly_hours == 0:
        yield "weekly_hours 0"
    if contract.time_source not in set(TimeSource):
        yield f"time_source {contract.time_source}"
    if contract.frequency not in set(Frequency):
        yield f"frequency {contract.frequency}"
    elif _pays_by_period(contract) and holds_in(contract, period) and _is_part_only(contract, period):
        yield f"{contract.frequency}: {_days(period)}"
    if rules.czech is not None:
        yield from _czech_faults(contract, period)


def _pays_by_period(contract: EmploymentContract) -> bool:
    """Whether any amount of it is one for a whole pay period."""
    return contract.salary is not None or bool(contract.components or contract.deductions)


def _is_part_only(contract: EmploymentContract, period: Period) -> bool:
    """Whether these days lie in no single pay period, so that nobody knows what part of a salary they are."""
    return full_period(period, Frequency(contract.frequency)) is None


def _czech_faults(contract: EmploymentContract, period: Period) -> Iterator[str]:
    if contract.kind not in set(ContractKind):
        yield f"kind {contract.kind}"
    if contract.currency != CROWN:
        yield f"CZ: {contract.currency}"
    if period != month_of(period.first):
        yield f"CZ: {_days(period)}"


def _days(period: Period) -> str:
    return f"{period.first} – {period.last}"
