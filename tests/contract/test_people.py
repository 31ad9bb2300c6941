"""What every system that keeps people and their pay must do, run over every vendor of the registry."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import event, update

from connectors.contracts.people import (
    Absence,
    Employee,
    EmploymentContract,
    LineKind,
    OneOffItem,
    OneOffKind,
    PayComponent,
    PayDeduction,
    Payslip,
    PayslipLine,
    PayslipState,
    People,
    PunchRecord,
    TaxFacts,
    TimeSheetEntry,
    TimeSource,
)
from connectors.database.models.payroll import AbsenceRow, OneOffItemRow, PayslipRow, PunchRow, TimeSheetEntryRow
from connectors.database.session import Database
from connectors.errors import NotFound, Rejected, Unavailable
from connectors.registry import vendors_of
from connectors.vendors.employee_record import contract_row, employee_row
from connectors.vendors.house_people import HousePeople
from connectors.vendors.memory_people import MemoryPeople
from tests.contract.with_a_server import tested_with_a_server

FIRST, LAST = date(2026, 10, 1), date(2026, 10, 31)
JANA = Employee(
    id="E1",
    name="Jana Malá",
    email="jana@example.com",
    country="CZ",
    language="cs",
    time_zone="Europe/Prague",
    holiday_calendar="CZ",
    manager_id="E9",
    manager_email="petr@example.com",
    iban="CZ6508000000192000145399",
    tax_facts=TaxFacts(has_signed_declaration=True, children=2, disability=(True, False, False)),
)
SAM = Employee("E2", "Sam", "sam@example.com", "US", "en", "America/New_York", "US", weekly_days_off=(6,))
GONE = replace(JANA, id="E3", is_active=False)
NEW = replace(JANA, id="E4")
SALARY = EmploymentContract(
    "C1",
    "E1",
    date(2024, 1, 1),
    None,
    "employment",
    "CZK",
    "monthly",
    Decimal("37.5"),
    salary=Decimal("48000.00"),
    multipliers={"workday": Decimal("1.3")},
    components=(PayComponent("Language", Decimal(1500), depends_on_days=False),),
    deductions=(PayDeduction("Meals", Decimal("640.50")),),
)
HOURLY = EmploymentContract(
    "C2",
    "E2",
    date(2026, 10, 5),
    date(2026, 10, 20),
    "employment",
    "USD",
    "weekly",
    Decimal(40),
    hour_rate=Decimal("21.125"),
    time_source=TimeSource.PUNCHES,
)
SHEET = TimeSheetEntry("1", "E2", FIRST, Decimal("7.75"))
PUNCHES = tuple(
    PunchRecord("E2", datetime(2026, 10, 6, hour, 0, tzinfo=UTC), kind) for hour, kind in ((12, "in"), (20, "out"))
)
AWAY = Absence("1", "E1", date(2026, 9, 28), FIRST, "sick", Decimal("0.4"), half_day_on=FIRST)
BONUS = OneOffItem("1", "E2", OneOffKind.BONUS, Decimal("9.20"), "USD", FIRST, LAST, "On time")
LINE = PayslipLine(
    "base_pay",
    LineKind.EARNING,
    Decimal("45818.18"),
    "proration",
    figures={"full": "48000", "days": "21"},
    quantity=Decimal(21),
    for_period=date(2026, 9, 1),
    law="262/2006 § 109",
)
SLIP = Payslip(
    "E1", FIRST, LAST, "CZK", (LINE,), Decimal("45818.18"), Decimal(0), Decimal("45818.18"), notes=("PRE_TAX",)
)


def _memory(_database: Database) -> People:
    people = MemoryPeople()
    people.add_employee(JANA, SALARY)
    people.add_employee(SAM, HOURLY)
    people.add_employee(GONE)
    people.add_employee(NEW)
    people.sheets, people.clocked, people.away, people.extras = [SHEET], list(PUNCHES), [AWAY], [BONUS]
    return people


def _house(database: Database) -> People:
    with database.write() as session:
        session.add_all(employee_row(one) for one in (JANA, SAM, GONE, NEW))
        session.flush()
        session.add_all(contract_row(one) for one in (SALARY, HOURLY))
        session.add(TimeSheetEntryRow(employee="E2", on=SHEET.on, hours=SHEET.hours))
        session.add_all(PunchRow(employee=one.employee, at=one.at, kind=one.kind) for one in PUNCHES)
        session.add(
            AbsenceRow(
                employee="E1",
                first=AWAY.first,
                last=AWAY.last,
                kind=AWAY.kind,
                unpaid_fraction=AWAY.unpaid_fraction,
                half_day_on=AWAY.half_day_on,
            )
        )
        session.add(
            OneOffItemRow(
                employee="E2",
                kind=str(BONUS.kind),
                amount=BONUS.amount,
                currency=BONUS.currency,
                first=BONUS.first,
                last=BONUS.last,
                reason=BONUS.reason,
                counts_for_overtime=True,
            )
        )
    return HousePeople(database)


FILLED: dict[str, Callable[[Database], People]] = {"house": _house, "memory": _memory}


def test_every_vendor_of_the_registry_is_tested_here() -> None:
    assert set(vendors_of("people")) - tested_with_a_server("people") == set(FILLED)


@pytest.fixture(params=sorted(FILLED))
def people(request: pytest.FixtureRequest, database: Database) -> People:
    return FILLED[request.param](database)


def test_a_pay_group_has_its_contracts_and_those_who_are_here_without_one(people: People) -> None:
    assert list(people.find_employees(None, "monthly", FIRST, LAST)) == ["E1", "E4"]
    assert list(people.find_employees(None, "weekly", FIRST, LAST)) == ["E2", "E4"]
    assert list(people.find_employees("US", "weekly", FIRST, LAST)) == ["E2"]


def test_a_contract_counts_on_its_last_day_and_not_on_the_next(people: People) -> None:
    assert list(people.find_employees("US", "weekly", HOURLY.last or LAST, LAST)) == ["E2"]
    after = date(2026, 10, 21)
    assert list(people.find_employees("US", "monthly", after, LAST)) == ["E2"]  # here, and without a contract
    assert list(people.contracts(["E1", "E2"], after, LAST)) == [SALARY]


def test_everything_comes_back_as_it_was_kept(people: People) -> None:
    assert people.employees(["E1", "E2", "E7"]) == {"E1": JANA, "E2": SAM}
    assert list(people.contracts(["E2", "E1"], FIRST, LAST)) == [SALARY, HOURLY]
    assert list(people.time_entries(["E1", "E2"], FIRST, LAST)) == [SHEET]
    assert list(people.absences(["E1", "E2"], FIRST, LAST)) == [AWAY]
    assert list(people.one_off_items(["E1", "E2"], FIRST, LAST)) == [BONUS]


def test_punches_are_those_from_the_first_moment_on_and_before_the_last(people: People) -> None:
    into, out = PUNCHES
    assert list(people.punches(["E2"], into.at, out.at)) == [into]
    assert list(people.punches(["E2"], into.at, out.at + timedelta(seconds=1))) == [into, out]


def test_what_lies_outside_the_days_or_belongs_to_others_is_left_out(people: People) -> None:
    november = (date(2026, 11, 1), date(2026, 11, 30))
    assert not people.time_entries(["E2"], *november)
    assert not people.absences(["E1"], date(2026, 10, 2), LAST)
    assert not people.one_off_items(["E2"], FIRST, date(2026, 10, 30))
    assert not people.time_entries(["E1"], FIRST, LAST)


def test_nothing_is_found_when_nothing_is_asked_for(people: People) -> None:
    assert people.employees([]) == {}
    assert list(people.payslips([], FIRST, LAST)) == []
    assert list(people.punches([], PUNCHES[0].at, PUNCHES[1].at)) == []


def test_a_saved_slip_comes_back_with_its_id_and_key(people: People) -> None:
    slip_id = people.save_payslip(SLIP, "payroll:E1")
    assert list(people.payslips(["E1", "E2"], LAST, LAST)) == [replace(SLIP, id=slip_id, idempotency_key="payroll:E1")]
    assert not people.payslips(["E1"], date(2026, 11, 1), date(2026, 11, 30))


def test_saving_again_with_the_same_key_changes_nothing(people: People) -> None:
    first = people.save_payslip(SLIP, "payroll:E1")
    assert people.save_payslip(SLIP, "payroll:E1") == first
    assert len(people.payslips(["E1"], FIRST, LAST)) == 1


def test_another_slip_under_a_used_key_is_rejected(people: People) -> None:
    people.save_payslip(SLIP, "payroll:E1")
    with pytest.raises(Rejected, match="payroll:E1"):
        people.save_payslip(replace(SLIP, net=Decimal(1)), "payroll:E1")


@pytest.mark.parametrize("days", [(FIRST, FIRST), (LAST, date(2026, 11, 7)), (date(2026, 9, 1), date(2026, 12, 1))])
def test_a_day_is_paid_once_whatever_the_dates_of_the_slip(people: People, days: tuple[date, date]) -> None:
    people.save_payslip(SLIP, "payroll:E1:october")
    with pytest.raises(Rejected, match="overlap"):
        people.save_payslip(replace(SLIP, first=days[0], last=days[1]), "payroll:E1:other")
    assert len(people.payslips(["E1"], date(2026, 9, 1), date(2026, 12, 1))) == 1


def test_the_day_after_and_another_employee_are_free(people: People) -> None:
    people.save_payslip(SLIP, "a")
    people.save_payslip(replace(SLIP, employee="E4"), "b")
    people.save_payslip(replace(SLIP, first=date(2026, 11, 1), last=date(2026, 11, 30)), "c")
    assert len(people.payslips(["E1", "E4"], FIRST, date(2026, 11, 30))) == 3


def test_a_slip_of_nobody_is_refused(people: People) -> None:
    with pytest.raises(NotFound, match="E7"):
        people.save_payslip(replace(SLIP, employee="E7"), "payroll:E7")


def test_the_days_of_a_cancelled_slip_are_free_again(database: Database) -> None:
    people = _house(database)
    people.save_payslip(SLIP, "first")
    with database.write() as session:
        session.execute(update(PayslipRow).values(state=PayslipState.CANCELLED.value))
    people.save_payslip(SLIP, "second")
    assert [slip.state for slip in people.payslips(["E1"], FIRST, LAST)] == ["cancelled", "approved"]


def test_a_slip_that_was_paid_meanwhile_is_the_same_slip(database: Database) -> None:
    people = _house(database)
    slip_id = people.save_payslip(SLIP, "first")
    with database.write() as session:
        session.execute(update(PayslipRow).values(state=PayslipState.PAID.value))
    assert people.save_payslip(SLIP, "first") == slip_id


def test_thousands_of_employees_cost_our_own_database_a_few_queries(database: Database) -> None:
    people = _house(database)
    statements: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *seen: statements.append(seen[2]))
    ids = [f"X{number}" for number in range(2500)] + ["E2"]
    assert len(people.punches(ids, PUNCHES[0].at, PUNCHES[1].at)) == 1
    assert len([statement for statement in statements if statement.startswith("SELECT")]) == 3


def test_our_own_people_are_unavailable_while_the_database_is_missing(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'no such folder' / 'x.sqlite'}")
    with pytest.raises(Unavailable, match="own database"):
        HousePeople(database).employees(["E1"])
    database.close()
