"""Payroll on sources that fail, ask for patience or hold broken rows: one row never stops everybody else."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from automations.payroll.ledger import MOST_FAILURES
from connectors.contracts.people import Employee, TimeSource
from connectors.database.models.work import ItemState
from connectors.errors import RateLimited, Unavailable
from connectors.vendors.employee_record import contract_row, employee_row, read_contract, read_employee, read_tax_facts
from connectors.vendors.memory_people import MemoryPeople
from tests.unit.payroll_office import JANA, PayOffice, codes, salary


class Failing(MemoryPeople):
    """Breaks after so many good answers, or whenever it is asked about somebody."""

    def __init__(self, office: PayOffice, error: Exception, good_answers: int, breaks_on: str = "") -> None:
        super().__init__()
        self.__dict__.update(office.people.__dict__)
        self.error, self.left, self.breaks_on, self.asked = error, good_answers, breaks_on, 0

    def employees(self, ids: Iterable[str]) -> Mapping[str, Employee]:
        wanted = list(ids)
        self.asked += 1
        if self.left <= 0 or self.breaks_on in wanted:
            raise self.error
        self.left -= 1
        return super().employees(wanted)


@pytest.fixture
def office() -> PayOffice:
    office = PayOffice()
    for number in range(64):
        name = f"E{number:03}"
        office.people.add_employee(replace(JANA, id=name, name=name), salary("30000", name))
    return office


def names(office: PayOffice) -> list[str]:
    return sorted(office.people.staff)


def test_a_source_that_asks_for_patience_is_not_asked_again_in_smaller_pieces(office: PayOffice) -> None:
    source = Failing(office, RateLimited("Too many questions.", 30), good_answers=0)
    with pytest.raises(RateLimited):
        office.start(people=source, month="2026-10").decide(names(office))
    assert source.asked == 1


def test_a_source_that_goes_down_in_the_middle_is_not_asked_about_everybody_left(office: PayOffice) -> None:
    class HalfWay(Failing):
        def employees(self, ids: Iterable[str]) -> Mapping[str, Employee]:
            wanted = list(ids)
            self.asked += 1
            if any(one > "E031" for one in wanted):
                raise self.error
            return MemoryPeople.employees(self, wanted)

    source = HalfWay(office, Unavailable("down"), good_answers=0)
    with pytest.raises(Unavailable):
        office.start(people=source, month="2026-10").decide(names(office))
    assert source.asked <= 2 * MOST_FAILURES + 2


def test_a_few_people_side_by_side_who_cannot_be_read_are_failures_of_their_own(office: PayOffice) -> None:
    """Halving down to five neighbours of a large batch is many questions, and no reason to give up on everybody."""

    class Department(Failing):
        def employees(self, ids: Iterable[str]) -> Mapping[str, Employee]:
            wanted = list(ids)
            if any(one <= "E004" for one in wanted):
                raise self.error
            return MemoryPeople.employees(self, wanted)

    everybody = [*names(office), *(f"X{number:03}" for number in range(436))]
    source = Department(office, Unavailable("timed out"), good_answers=0)
    outcomes = office.start(people=source, month="2026-10").decide(everybody)
    assert [one.key for one in outcomes if one.state is ItemState.FAILED] == [f"E{number:03}" for number in range(5)]
    assert sum(one.outcome == "prepared" for one in outcomes) == 59


def test_who_could_not_be_read_has_failed_and_is_retried_while_the_unknown_are_an_exception(office: PayOffice) -> None:
    source = Failing(office, Unavailable("timed out"), good_answers=10**6, breaks_on="E007")
    outcomes = {one.key: one for one in office.start(people=source, month="2026-10").decide([*names(office), "E999"])}
    assert (outcomes["E007"].state, codes(outcomes["E007"])) == (ItemState.FAILED, {"SOURCE_DID_NOT_ANSWER"})
    assert (outcomes["E999"].state, codes(outcomes["E999"])) == (ItemState.EXCEPTION, {"EMPLOYEE_UNKNOWN"})
    assert sum(one.outcome == "prepared" for one in outcomes.values()) == 63


# --- Rows ---


@pytest.mark.parametrize(
    "record",
    [
        {"disability": [True]},
        {"disability": "severe"},
        {"children": "two"},
        {"children": -1},
        {"is_student": "yes"},
        {"favourite_colour": "blue"},
        None,
        ["children"],
    ],
)
def test_a_tax_fact_that_nobody_can_read_is_named_and_holds_one_slip(record: Any) -> None:
    tax_facts = read_tax_facts(record)
    assert len(tax_facts.faults) == 1
    office = PayOffice()
    office.people.add_employee(replace(JANA, tax_facts=tax_facts), salary())
    office.people.add_employee(replace(JANA, id="CZ-2"), salary(employee="CZ-2"))
    outcomes = office.run(month="2026-10")
    assert codes(outcomes["CZ-1"]) == {"BAD_TERMS"}
    assert outcomes["CZ-2"].outcome == "prepared"


def test_what_a_record_does_not_say_is_as_usual() -> None:
    assert read_tax_facts({"children": 2, "disability": [0, 1, 0]}).disability == (False, True, False)
    assert read_tax_facts({}).faults == ()


@pytest.mark.parametrize(
    "broken",
    [
        {"multipliers": {"workday": "1,25"}},
        {"time_source": "clock"},
        {"components": [["Phone", "fifty", True]]},
        {"components": [["Phone"]]},
        {"deductions": [["Meals", None]]},
        {"deductions": ["Meals"]},
        {"multipliers": None},
        {"multipliers": []},
        {"components": None},
        {"components": {}},
        {"deductions": None},
    ],
)
def test_a_contract_that_nobody_can_read_holds_one_slip(broken: dict[str, Any]) -> None:
    row = contract_row(salary())
    columns = {column.name: getattr(row, column.name) for column in row.__table__.columns}
    office = PayOffice()
    office.people.add_employee(JANA, read_contract(SimpleNamespace(**(columns | broken))))
    assert codes(office.run(month="2026-10")["CZ-1"]) == {"BAD_TERMS"}


@pytest.mark.parametrize("days_off", [None, "sunday", [7], ["sunday"], [[6]]])
def test_days_off_that_nobody_can_read_hold_one_slip(days_off: Any) -> None:
    row = employee_row(JANA)
    columns = {column.name: getattr(row, column.name) for column in row.__table__.columns}
    office = PayOffice()
    office.people.add_employee(read_employee(SimpleNamespace(**(columns | {"weekly_days_off": days_off}))), salary())
    assert codes(office.run(month="2026-10")["CZ-1"]) == {"BAD_TERMS"}


def test_a_contract_comes_back_as_it_was_written() -> None:
    contract = salary(time_source=TimeSource.PUNCHES, multipliers={"workday": Decimal("1.5")})
    assert read_contract(contract_row(contract)) == contract
