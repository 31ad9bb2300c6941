"""Connections: from a row in our own database to a connector that works."""

from decimal import Decimal
from pathlib import Path

import pytest

from connectors.contracts.leads import Lead
from connectors.contracts.returns import ReturnRequest
from connectors.database.models.work import Connection
from connectors.database.session import Database
from connectors.errors import NotFound, Unavailable
from connectors.registry import VENDORS, Connectors
from connectors.vendors.memory_documents import MemoryDocuments
from connectors.vendors.memory_sales import MemoryCatalogue

RETURN = ReturnRequest("key", "ORD-1", ("LAMP",), "broken", True, Decimal("129.95"), "EUR")


def _connect(database: Database, name: str, contract: str, vendor: str, **settings: str) -> None:
    with database.write() as session:
        session.add(Connection(name=name, contracts=[contract], vendor=vendor, settings=settings))


def test_a_connection_leads_to_its_vendor_with_its_settings(database: Database, tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    _connect(database, "shop", "orders", "house")
    _connect(database, "inbox", "documents", "folder", path=str(inbox))
    connectors = Connectors(database)
    assert connectors.check("shop") == "Our own database holds 0 customer orders."
    assert list(connectors.documents("inbox").list_documents()) == []
    assert str(inbox) in connectors.check("inbox")
    assert [(info.name, info.vendor) for info in connectors.list_connections()] == [
        ("shop", "house"),
        ("inbox", "folder"),
    ]


def test_one_connection_serves_several_contracts(database: Database) -> None:
    with database.write() as session:
        session.add(Connection(name="ours", contracts=["catalogue", "returns", "sales_invoices"], vendor="house"))
    connectors = Connectors(database)
    assert list(connectors.catalogue().list_products()) == []
    assert list(connectors.returns().returns_of("ORD-1")) == []
    assert list(connectors.sales_invoices().invoices_of("ORD-1")) == []
    assert connectors.check("ours").count(".") == 3


def test_of_two_connections_of_a_contract_the_older_one_serves(database: Database) -> None:
    _connect(database, "z-first", "documents", "memory")
    _connect(database, "a-first", "leads", "memory")
    _connect(database, "a-second", "leads", "house")
    lead = Lead("key", "Anna", "anna@example.com", "A lamp")
    connectors = Connectors(database)
    connectors.leads().create_lead(lead)
    assert connectors.check("a-second") == "Our own database holds 0 leads."


@pytest.mark.parametrize("contract", ["catalogue", "returns", "sales_invoices", "leads"])
def test_a_system_of_sales_that_is_not_connected_is_named(database: Database, contract: str) -> None:
    for connectors in (Connectors(database), Connectors.in_memory()):
        with pytest.raises(NotFound, match=f"no connection for {contract}.*house, memory"):
            getattr(connectors, contract)()


def test_a_missing_connection_is_named_with_what_there_is(database: Database) -> None:
    _connect(database, "shop", "orders", "house")
    connectors = Connectors(database)
    with pytest.raises(NotFound, match=r"no connection for purchasing.*house, memory"):
        connectors.purchasing()
    with pytest.raises(NotFound, match=r"no documents connection named 'shop'.*none yet"):
        connectors.documents("shop")
    with pytest.raises(NotFound, match=r"'inbox'.*'shop'"):
        connectors.check("inbox")


def test_an_unknown_vendor_is_named_with_the_known_ones(database: Database) -> None:
    _connect(database, "shop", "orders", "sap")
    with pytest.raises(NotFound, match=r"'sap'.*house, memory"):
        Connectors(database).orders()


def test_changed_settings_count_from_the_next_use(database: Database, tmp_path: Path) -> None:
    _connect(database, "inbox", "documents", "folder", path=str(tmp_path / "missing"))
    connectors = Connectors(database)
    with pytest.raises(Unavailable):
        connectors.check("inbox")
    with database.write() as session:
        session.query(Connection).one().settings = {"path": str(tmp_path)}
    assert str(tmp_path) in connectors.check("inbox")


def test_a_connection_in_memory_keeps_what_it_was_told_also_when_its_limits_change(database: Database) -> None:
    _connect(database, "trial", "returns", "memory")
    connectors = Connectors(database)
    case = connectors.returns().request_return(RETURN)
    with database.write() as session:
        session.query(Connection).one().calls_per_minute = 60
    assert connectors.returns().find_return(case.number) == case


@pytest.mark.parametrize(
    ("vendor", "contracts"),
    [
        ("house", VENDORS["house"].contracts),
        ("memory", VENDORS["memory"].contracts),
        ("folder", ("documents",)),
    ],
)
def test_every_connection_can_be_tried(
    database: Database, tmp_path: Path, vendor: str, contracts: tuple[str, ...]
) -> None:
    for contract in contracts:
        _connect(database, contract, contract, vendor, path=str(tmp_path))
        assert Connectors(database).check(contract).endswith(".")


def test_without_a_database_the_given_systems_are_used() -> None:
    source = MemoryDocuments()
    connectors = Connectors.in_memory(documents={"inbox": source})
    assert connectors.documents("inbox") is source
    catalogue = MemoryCatalogue()
    assert Connectors.in_memory(catalogue=catalogue).catalogue() is catalogue
    with pytest.raises(NotFound, match="'other'"):
        connectors.documents("other")
