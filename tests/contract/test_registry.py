"""Connections: from a row in our own database to a connector that works."""

from pathlib import Path

import pytest

from connectors.database.models.work import Connection
from connectors.database.session import Database
from connectors.errors import NotFound, Unavailable
from connectors.registry import VENDORS, Connectors
from connectors.vendors.folder_documents import FolderDocuments
from connectors.vendors.house_orders import HouseOrders
from connectors.vendors.house_sales import HouseCatalogue, HouseLeads, HouseReturns, HouseSalesInvoices
from connectors.vendors.memory_documents import MemoryDocuments
from connectors.vendors.memory_sales import MemoryCatalogue


def _connect(database: Database, name: str, contract: str, vendor: str, **settings: str) -> None:
    with database.write() as session:
        session.add(Connection(name=name, contract=contract, vendor=vendor, settings=settings))


def test_a_connection_leads_to_its_vendor_with_its_settings(database: Database, tmp_path: Path) -> None:
    _connect(database, "shop", "orders", "house")
    _connect(database, "inbox", "documents", "folder", path=str(tmp_path))
    connectors = Connectors(database)
    assert isinstance(connectors.orders(), HouseOrders)
    assert isinstance(connectors.documents("inbox"), FolderDocuments)
    assert str(tmp_path) in connectors.check("inbox")
    assert [(info.name, info.vendor) for info in connectors.list_connections()] == [
        ("shop", "house"),
        ("inbox", "folder"),
    ]


def test_each_contract_of_sales_has_its_own_connection(database: Database) -> None:
    for contract in ("catalogue", "returns", "sales_invoices", "leads"):
        _connect(database, f"our-{contract}", contract, "house")
    connectors = Connectors(database)
    assert isinstance(connectors.catalogue(), HouseCatalogue)
    assert isinstance(connectors.returns(), HouseReturns)
    assert isinstance(connectors.sales_invoices(), HouseSalesInvoices)
    assert isinstance(connectors.leads(), HouseLeads)


def test_of_two_connections_of_a_contract_the_older_one_serves(database: Database) -> None:
    _connect(database, "z-first", "catalogue", "memory")
    _connect(database, "a-second", "catalogue", "house")
    assert isinstance(Connectors(database).catalogue(), MemoryCatalogue)


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


def test_a_connection_in_memory_keeps_what_it_was_told(database: Database) -> None:
    _connect(database, "trial", "documents", "memory")
    connectors = Connectors(database)
    trial = connectors.documents("trial")
    assert isinstance(trial, MemoryDocuments)
    trial.add("a.xml", b"<a/>")
    assert connectors.documents("trial") is trial


@pytest.mark.parametrize(("contract", "vendor"), sorted(VENDORS))
def test_every_connection_can_be_tried(database: Database, tmp_path: Path, contract: str, vendor: str) -> None:
    _connect(database, "it", contract, vendor, path=str(tmp_path))
    assert Connectors(database).check("it").endswith(".")


def test_without_a_database_the_given_systems_are_used() -> None:
    source = MemoryDocuments()
    connectors = Connectors.in_memory(documents={"inbox": source})
    assert connectors.documents("inbox") is source
    catalogue = MemoryCatalogue()
    assert Connectors.in_memory(catalogue=catalogue).catalogue() is catalogue
    with pytest.raises(NotFound, match="'other'"):
        connectors.documents("other")
