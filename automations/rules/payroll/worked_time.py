"""One employee's hours in a period, each day by the source of the contract that holds on it."""

from datetime import date
from decimal import Decimal

from automations.rules.payroll.hours import BadTime, ClockRules, WorkedTime, hours_of_punches, hours_of_sheets
from automations.rules.payroll.periods import Period
from automations.rules.payroll.slip_facts import PaySettings, SlipFacts, part_of, week_start
from connectors.contracts.people import EmploymentContract, TimeSource


def worked_time(facts: SlipFacts, settings: PaySettings) -> WorkedTime:
    """Hours by day from the Monday of the period's first week on."""
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
        clock = ClockRules(
            week_start(facts.period.first),
            settings.punch_rounding_minutes,
            settings.punch_pairing,
            settings.punch_counting,
        )
        return hours_of_punches(facts.punches, facts.zone, days, facts.now, clock)
    if contract.time_source is TimeSource.SHEETS:
        return hours_of_sheets(facts.time_entries, days, facts.now.astimezone(facts.zone).date())
    return WorkedTime({})
