"""A small company in memory for the tests of payroll: one employee by country, and what the job makes of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from automations.engine.job import ItemOutcome, JobContext, JobWork
from automations.engine.parameters import check_parameters
from automations.jobs.payroll_preparation import JOB
from automations.payroll.countries import country_rules
from automations.rules.calendars import holiday_name
from automations.rules.payroll.country import CountryRules
from automations.rules.payroll.periods import Period
from automations.rules.payroll.slip_facts import SlipFacts
from connectors.contracts.people import Employee, EmploymentContract, PunchRecord, TaxFacts, TimeSource
from connectors.registry import Connectors
from connectors.vendors.memory_people import MemoryPeople

NOW = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)
OCTOBER = Period(date(2026, 10, 1), date(2026, 10, 31))
PRAGUE, NEW_YORK = ZoneInfo("Europe/Prague"), ZoneInfo("America/New_York")
JANA = Employee(
    "CZ-1",
    "Jana Malá",
    "jana@example.com",
    "CZ",
    "cs",
    "Europe/Prague",
    "CZ",
    manager_email="petr@example.com",
    iban="CZ6508000000192000145399",
    tax_facts=TaxFacts(has_signed_declaration=True, claims_taxpayer_relief=True),
)
SAM = Employee("US-1", "Sam Rivera", "sam@example.com", "US", "en", "America/New_York", "US")
# Shifts in October: day, hour of the beginning and minutes, at most one a day.
SHIFTS = st.lists(
    st.tuples(st.integers(1, 30), st.integers(0, 23), st.integers(1, 15 * 60)),
    max_size=12,
    unique_by=lambda one: one[0],
)


def salary(amount: str = "44000", employee: str = "CZ-1", **changes: Any) -> EmploymentContract:
    usual: dict[str, Any] = {
        "id": f"{employee}-a",
        "employee": employee,
        "first": date(2024, 1, 1),
        "last": None,
        "kind": "employment",
        "currency": "CZK",
        "frequency": "monthly",
        "weekly_hours": Decimal(40),
        "salary": Decimal(amount),
    }
    return EmploymentContract(**(usual | changes))


def by_hour(rate: str = "200", employee: str = "CZ-1", **changes: Any) -> EmploymentContract:
    usual: dict[str, Any] = {"salary": None, "hour_rate": Decimal(rate), "time_source": TimeSource.PUNCHES}
    return salary("0", employee, **(usual | changes))


def by_hour_in_us(rate: str = "10", frequency: str = "weekly", **changes: Any) -> EmploymentContract:
    return by_hour(rate, "US-1", **({"currency": "USD", "frequency": frequency} | changes))


def shift(employee: Employee, start: tuple[int, int, int], hours: float) -> list[PunchRecord]:
    """In at a local month, day and hour of 2026, out so many real hours later."""
    begin = datetime(2026, *start, tzinfo=ZoneInfo(employee.time_zone)).astimezone(UTC)
    return [PunchRecord(employee.id, begin, "in"), PunchRecord(employee.id, begin + timedelta(hours=hours), "out")]


def punches_of(days: list[tuple[int, int, int]]) -> list[PunchRecord]:
    return [punch for day, hour, minutes in days for punch in shift(JANA, (10, day, hour), minutes / 60)]


def facts(employee: Employee = JANA, period: Period = OCTOBER, **known: Any) -> SlipFacts:
    holidays = {day for day in Period(date(2026, 7, 1), date(2026, 12, 1)) if holiday_name(employee.country, day)}
    return SlipFacts(employee, period, ZoneInfo(employee.time_zone), NOW, holidays=frozenset(holidays), **known)


def rules(country: str = "CZ", year: int = 2026, month: int = 10) -> CountryRules:
    return country_rules(country, year, month)


@dataclass
class PayOffice:
    """People in memory, and the job run over them in batches of two, as the engine does it."""

    people: MemoryPeople = field(default_factory=MemoryPeople)

    def start(self, *, now: datetime = NOW, people: Any = None, **parameters: Any) -> JobWork:
        connectors = Connectors.in_memory(people=people or self.people)
        return JOB.start(JobContext("run", False, check_parameters(JOB, parameters), connectors, lambda: now))

    def run(self, *, approve: bool = True, **parameters: Any) -> dict[str, ItemOutcome]:
        work = self.start(**parameters)
        keys = list(work.plan())
        outcomes: list[ItemOutcome] = []
        for start in range(0, len(keys), 2):
            batch = work.decide(keys[start : start + 2])
            outcomes += batch
            if approve:
                work.apply([outcome for outcome in batch if outcome.effect])
        return {outcome.key: outcome for outcome in outcomes}


def codes(outcome: ItemOutcome) -> set[str]:
    return {reason.code for reason in outcome.reasons}


def amounts(outcome: ItemOutcome) -> dict[str, str]:
    """Code (and label) of each line with its amount."""
    lines: Sequence[Any] = outcome.detail["slip"]["lines"]
    return {"/".join(filter(None, (line["code"], line.get("label")))): line["amount"] for line in lines}
