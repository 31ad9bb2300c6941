"""The suite of every people system over a real Tryton that keeps the time sheets, and what is Tryton's own."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete

from connectors.contracts.people import People
from connectors.database.base import Base
from connectors.database.models.payroll import TimeSheetEntryRow
from connectors.database.session import Database
from connectors.vendors.tryton.people import TrytonPeople
from tests.contract.test_people import (  # noqa: F401 - the suite of the contract
    FIRST,
    JANA,
    LAST,
    SAM,
    _house,
    test_a_contract_counts_on_its_last_day_and_not_on_the_next,
    test_a_day_is_paid_once_whatever_the_dates_of_the_slip,
    test_a_pay_group_has_its_contracts_and_those_who_are_here_without_one,
    test_a_saved_slip_comes_back_with_its_id_and_key,
    test_a_slip_of_nobody_is_refused,
    test_another_slip_under_a_used_key_is_rejected,
    test_everything_comes_back_as_it_was_kept,
    test_nothing_is_found_when_nothing_is_asked_for,
    test_punches_are_those_from_the_first_moment_on_and_before_the_last,
    test_saving_again_with_the_same_key_changes_nothing,
    test_the_day_after_and_another_employee_are_free,
    test_what_lies_outside_the_days_or_belongs_to_others_is_left_out,
)
from tests.fixtures.tryton_books import TrytonBooks
from tests.fixtures.tryton_server import TrytonServer

pytestmark = pytest.mark.integration

NOW = datetime(2026, 12, 1, 8, tzinfo=UTC)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """Our own database is the lesser part here; one kind of it is enough."""
    opened = Database(f"sqlite:///{tmp_path / 'twinoffice.sqlite'}")
    Base.metadata.create_all(opened.engine)
    yield opened
    opened.close()


@pytest.fixture
def books(tryton: TrytonServer) -> TrytonBooks:
    return TrytonBooks(tryton.session())


@pytest.fixture
def people(tryton: TrytonServer, books: TrytonBooks, database: Database) -> People:
    """Terms and pay of the suite in our own database, its time sheet in Tryton alone."""
    kept = _house(database)
    with database.write() as session:
        session.execute(delete(TimeSheetEntryRow))
    books.employee(JANA.id, JANA.name)
    sam = books.employee(SAM.id, SAM.name)
    books.worked(sam, FIRST, timedelta(hours=7, minutes=45))
    return TrytonPeople(tryton.session(), kept, lambda: NOW)


def test_whoever_is_known_to_tryton_alone_is_not_forgotten(people: People, books: TrytonBooks) -> None:
    books.employee("E7", "Nora Neu", "nora@example.com")
    assert list(people.find_employees(None, "monthly", FIRST, LAST)) == ["E1", "E4", "E7"]
    assert list(people.find_employees("DE", "monthly", FIRST, LAST)) == ["E7"]
    nora = people.employees(["E7"])["E7"]
    assert (nora.name, nora.email, nora.country) == ("Nora Neu", "nora@example.com", "DE")
    assert list(people.contracts(["E7"], FIRST, LAST)) == []


def test_who_left_before_these_days_is_not_asked_for(people: People, books: TrytonBooks) -> None:
    gone = books.employee("E8", "Gustav Gone")
    books.session.write("model.company.employee.write", [gone], {"end_date": date(2026, 9, 30)})
    assert "E8" not in people.find_employees(None, "monthly", FIRST, LAST)
    assert "E8" in people.find_employees(None, "monthly", date(2026, 9, 1), LAST)
    assert not people.employees(["E8"])["E8"].is_active


def test_hours_of_a_day_are_its_lines_one_by_one(people: People, books: TrytonBooks) -> None:
    sam = books.find("company.employee", **{"party.code": SAM.id})
    books.worked(sam, LAST, timedelta(minutes=20))
    assert [(one.on, str(one.hours)) for one in people.time_entries([SAM.id], FIRST, LAST)] == [
        (FIRST, "7.75"),
        (LAST, "0.333333"),
    ]
