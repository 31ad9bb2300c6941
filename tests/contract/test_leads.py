"""What every system that keeps sales leads must do, run over every vendor of the registry."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import select

from connectors.contracts.leads import Lead, Leads
from connectors.database.models.sales import LeadRow
from connectors.database.session import Database
from connectors.errors import Unavailable
from connectors.registry import vendors_of
from connectors.vendors.house_sales import HouseLeads
from connectors.vendors.memory_sales import MemoryLeads
from tests.contract.with_a_server import tested_with_a_server

LEAD = Lead(
    idempotency_key="conversation.1:7",
    name="Лев Соколов",
    email="lev@example.com",
    description="Forty oak trays with our logo",
    sku="OAK-TRAY",
    quantity=Decimal("40"),
    company="Hotel Praha",
    language="ru",
)


@dataclass(frozen=True, slots=True)
class SalesDesk:
    """A system, and what its sales people see there."""

    leads: Leads
    seen: Callable[[], dict[str, Lead]]


def _house(database: Database) -> SalesDesk:
    def seen() -> dict[str, Lead]:
        with database.read() as session:
            return {row.number: _read(row) for row in session.scalars(select(LeadRow))}

    return SalesDesk(HouseLeads(database), seen)


def _read(row: LeadRow) -> Lead:
    return Lead(
        idempotency_key=row.idempotency_key,
        name=row.name,
        email=row.email,
        description=row.description,
        sku=row.sku,
        quantity=row.quantity,
        company=row.company,
        language=row.language,
    )


def _memory(_database: Database) -> SalesDesk:
    leads = MemoryLeads()
    return SalesDesk(leads, lambda: dict(leads.leads))


FILLED: dict[str, Callable[[Database], SalesDesk]] = {"house": _house, "memory": _memory}


def test_every_vendor_of_the_registry_is_tested_here() -> None:
    assert set(vendors_of("leads")) - tested_with_a_server("leads") == set(FILLED)


@pytest.fixture(params=sorted(FILLED))
def desk(request: pytest.FixtureRequest, database: Database) -> SalesDesk:
    return FILLED[request.param](database)


def test_sales_people_see_what_was_asked_for_under_its_number(desk: SalesDesk) -> None:
    plain = Lead("conversation.1:8", "Emma", "emma@example.com", "Something for a garden table")
    assert [desk.leads.create_lead(LEAD), desk.leads.create_lead(plain)] == ["LEAD-000001", "LEAD-000002"]
    assert desk.seen() == {"LEAD-000001": LEAD, "LEAD-000002": plain}


def test_asking_twice_with_one_key_makes_one_lead(desk: SalesDesk) -> None:
    first = desk.leads.create_lead(LEAD)
    assert desk.leads.create_lead(replace(LEAD, name="Lev")) == first
    assert desk.seen() == {first: LEAD}


def test_of_one_key_asked_for_at_once_one_lead_is_made(desk: SalesDesk) -> None:
    start = Barrier(4)

    def ask(key: str) -> str:
        start.wait()
        return desk.leads.create_lead(replace(LEAD, idempotency_key=key))

    with ThreadPoolExecutor(4) as threads:
        numbers = list(threads.map(ask, ("one", "one", "two", "two")))
    assert numbers[0] == numbers[1]
    assert numbers[2] == numbers[3]
    assert set(numbers) == set(desk.seen())
    assert len(desk.seen()) == 2


def test_our_own_leads_are_unavailable_while_the_database_has_no_tables(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'empty.sqlite'}")
    with pytest.raises(Unavailable, match="own database"):
        HouseLeads(database).create_lead(LEAD)
    database.close()
