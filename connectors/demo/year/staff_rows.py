"""The made-up staff as rows of people: contracts, punches of the last months, absences and single payments."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import timedelta

from sqlalchemy.orm import Session

from connectors.database.models.payroll import AbsenceRow, OneOffItemRow, PunchRow
from connectors.demo.year.rows import Row, write_rows
from connectors.demo.year.shape import YearShape
from connectors.demo.year.staff import Person, make_punches, make_staff
from connectors.vendors.employee_record import contract_row, employee_row

DAYS_OF_PUNCHES = 92


def write_staff(session: Session, shape: YearShape, days_of_punches: int = DAYS_OF_PUNCHES) -> int:
    """Returns the number of people."""
    people = list(make_staff(shape))
    session.add_all(employee_row(person.employee) for person in people)
    session.flush()
    session.add_all(contract_row(contract) for person in people for contract in person.contracts)
    session.flush()
    write_rows(session, PunchRow, _punches(shape, people, days_of_punches))
    write_rows(session, AbsenceRow, (_without_id(asdict(each)) for person in people for each in person.absences))
    items = (_without_id(asdict(each)) for person in people for each in person.one_offs)
    write_rows(session, OneOffItemRow, items)
    return len(people)


def _punches(shape: YearShape, people: Sequence[Person], days: int) -> Iterator[Row]:
    first = shape.last_day - timedelta(days=days)
    # Today's punches are still to come.
    last = shape.last_day - timedelta(days=1)
    for person in people:
        for punch in make_punches(shape, person, first, last):
            yield asdict(punch)


def _without_id(record: Row) -> Row:
    """The database numbers these itself."""
    return {name: value for name, value in record.items() if name != "id"}
