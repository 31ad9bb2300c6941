"""The made-up staff in two countries: contracts, punches and absences, with what goes wrong in real ones."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from zoneinfo import ZoneInfo

from schwifty import IBAN

from connectors.contracts.people import (
    Absence,
    Employee,
    EmploymentContract,
    OneOffItem,
    OneOffKind,
    PunchRecord,
    TaxFacts,
    TimeSource,
)
from connectors.demo.year.goods import words
from connectors.demo.year.shape import DAYS, YearShape
from connectors.money import round_money

SHARE_ABROAD, SHARE_HOURLY = 0.3, 0.5
SHARE_WITHOUT_BANK, SHARE_WITHOUT_CONTRACT, SHARE_OVERLAPPING = 0.02, 0.01, 0.01
SHARE_OF_MISSED_PUNCHES, SHARE_ON_LEAVE = 0.0008, 0.08
TEAM = 12  # one manager each
SHIFT = (time(8), time(12), time(12, 30), time(16, 30))
COUNTRIES = {
    "CZ": ("cs", "Europe/Prague", "CZK", "monthly", Decimal(39_000), Decimal(210)),
    "US": ("en", "America/New_York", "USD", "fortnightly", Decimal(2_400), Decimal(24)),
}
CZECH_OVERTIME = {"workday": Decimal("1.25"), "rest_day": Decimal("1.35"), "holiday": Decimal(2)}


@dataclass(frozen=True, slots=True)
class Person:
    employee: Employee
    contracts: tuple[EmploymentContract, ...]
    absences: tuple[Absence, ...]
    one_offs: tuple[OneOffItem, ...]

    @property
    def punches_in(self) -> bool:
        return any(contract.time_source is TimeSource.PUNCHES for contract in self.contracts)


def make_staff(shape: YearShape) -> Iterator[Person]:
    for number in range(shape.employees):
        yield _person(shape, number)


def make_punches(shape: YearShape, person: Person, first: date, last: date) -> Iterator[PunchRecord]:
    """Four a working day for whoever is paid by the hour; now and then one is forgotten or somebody stays longer."""
    if not person.punches_in:
        return
    zone = ZoneInfo(person.employee.time_zone)
    away = {day for absence in person.absences for day in _days(absence.first, absence.last)}
    for day in _days(first, last):
        if day.weekday() in person.employee.weekly_days_off or day in away:
            continue
        random = shape.chance("punches", person.employee.id, day)
        longer = timedelta(minutes=random.choice((0, 0, 0, 0, 30, 60, 120)))
        for position, at in enumerate(SHIFT):
            if random.random() < SHARE_OF_MISSED_PUNCHES:
                continue
            moment = datetime.combine(day, at) + timedelta(minutes=random.randint(-4, 4))
            moment += longer if position == len(SHIFT) - 1 else timedelta(0)
            yield PunchRecord(person.employee.id, moment.replace(tzinfo=zone), "out" if position % 2 else "in")


def _person(shape: YearShape, number: int) -> Person:
    random = shape.chance("person", number)
    country = "US" if random.random() < SHARE_ABROAD else "CZ"
    employee = _employee(number, country, random)
    return Person(
        employee,
        tuple(_contracts(shape, employee, random)),
        tuple(_absences(shape, employee, random)),
        tuple(_one_offs(shape, employee, random)),
    )


def _employee(number: int, country: str, random: Random) -> Employee:
    first_names, last_names = words()["first_names"], words()["last_names"]
    language, zone, *_others = COUNTRIES[country]
    manager = number - number % TEAM
    has_bank = random.random() > SHARE_WITHOUT_BANK
    return Employee(
        id=_id(number),
        name=f"{first_names[number % len(first_names)]} {last_names[number * 7 % len(last_names)]}",
        email=_address(number),
        country=country,
        language=language,
        time_zone=zone,
        holiday_calendar=country,
        manager_id=None if manager == number else _id(manager),
        manager_email=None if manager == number else _address(manager),
        iban=_iban(number) if has_bank else None,
        tax_facts=_tax_facts(country, random),
    )


def _id(number: int) -> str:
    return f"Y{number:06d}"


def _address(number: int) -> str:
    return f"employee{number:06d}@lumen-oak.example"


def _iban(number: int) -> str:
    """A number of the made-up kind at a Czech bank, with right check digits."""
    return str(IBAN.generate("CZ", bank_code="0800", account_code=f"{2_000_000_000 + number * 11:010d}"))


def _tax_facts(country: str, random: Random) -> TaxFacts:
    if country != "CZ":
        return TaxFacts()
    has_signed = random.random() < 0.9
    return TaxFacts(has_signed, claims_taxpayer_relief=has_signed, children=random.choice((0, 0, 0, 1, 1, 2, 3)))


def _contracts(shape: YearShape, employee: Employee, random: Random) -> Iterator[EmploymentContract]:
    if random.random() < SHARE_WITHOUT_CONTRACT:
        return
    _language, _zone, currency, frequency, salary, hour_rate = COUNTRIES[employee.country]
    is_hourly = random.random() < SHARE_HOURLY
    level = Decimal(random.randint(80, 180)) / 100
    joined = shape.first_day - timedelta(days=random.randint(-200, 2000))

    def contract(number: int, first: date, raise_by: Decimal = Decimal(1)) -> EmploymentContract:
        return EmploymentContract(
            id=f"{employee.id}-{number}",
            employee=employee.id,
            first=first,
            last=None,
            kind="employment",
            currency=currency,
            frequency=frequency,
            weekly_hours=Decimal(40),
            salary=None if is_hourly else round_money(salary * level * raise_by),
            hour_rate=round_money(hour_rate * level * raise_by) if is_hourly else None,
            time_source=TimeSource.PUNCHES if is_hourly else TimeSource.NONE,
            earns_overtime=is_hourly,
            multipliers=CZECH_OVERTIME if employee.country == "CZ" else {},
        )

    yield contract(1, joined)
    if random.random() < SHARE_OVERLAPPING:
        yield contract(2, shape.last_day - timedelta(days=60), Decimal("1.05"))


def _absences(shape: YearShape, employee: Employee, random: Random) -> Iterator[Absence]:
    """Now and then a week away in the year."""
    for week in range(DAYS // 7):
        if random.random() < SHARE_ON_LEAVE:
            first = shape.first_day + timedelta(days=7 * week)
            is_unpaid = random.random() < 0.1
            yield Absence(
                id=f"{employee.id}-{week}",
                employee=employee.id,
                first=first,
                last=first + timedelta(days=random.randint(0, 4)),
                kind="unpaid_leave" if is_unpaid else "holiday",
                unpaid_fraction=Decimal(1) if is_unpaid else Decimal(0),
            )


def _one_offs(shape: YearShape, employee: Employee, random: Random) -> Iterator[OneOffItem]:
    if random.random() < 0.2:
        yield OneOffItem(
            id=f"{employee.id}-bonus",
            employee=employee.id,
            kind=OneOffKind.BONUS,
            amount=Decimal(random.randint(2, 20)) * (1000 if employee.country == "CZ" else 50),
            currency=COUNTRIES[employee.country][2],
            first=shape.last_day.replace(day=1),
            last=shape.last_day,
            reason="For bringing in a new customer",
        )


def _days(first: date, last: date) -> Iterator[date]:
    for offset in range((last - first).days + 1):
        yield first + timedelta(days=offset)
