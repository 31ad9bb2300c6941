"""Which implementation serves which contract: one line per vendor, and the connections made from them."""

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from sqlalchemy import select

from connectors.contracts.catalogue import Catalogue
from connectors.contracts.documents import DocumentSource
from connectors.contracts.inventory import Inventory
from connectors.contracts.leads import Leads
from connectors.contracts.notices import Notices
from connectors.contracts.orders import Orders
from connectors.contracts.overrides import Overrides
from connectors.contracts.payables import Payables
from connectors.contracts.people import People
from connectors.contracts.purchasing import Purchasing
from connectors.contracts.returns import Returns
from connectors.contracts.sales_invoices import SalesInvoices
from connectors.database.base import utc_now
from connectors.database.failures import explain_failures
from connectors.database.models.work import Connection
from connectors.database.session import Database
from connectors.errors import NotFound
from connectors.pacing import Pace, PacedConnector
from connectors.vendors.folder_documents import FolderDocuments
from connectors.vendors.house_inventory import HouseInventory
from connectors.vendors.house_notices import HouseNotices
from connectors.vendors.house_orders import HouseOrders
from connectors.vendors.house_overrides import HouseOverrides
from connectors.vendors.house_payables import HousePayables
from connectors.vendors.house_people import HousePeople
from connectors.vendors.house_purchasing import HousePurchasing
from connectors.vendors.house_sales import HouseCatalogue, HouseLeads, HouseReturns, HouseSalesInvoices
from connectors.vendors.memory_documents import MemoryDocuments
from connectors.vendors.memory_inventory import MemoryInventory
from connectors.vendors.memory_notices import MemoryNotices
from connectors.vendors.memory_orders import MemoryOrders
from connectors.vendors.memory_overrides import MemoryOverrides
from connectors.vendors.memory_payables import MemoryPayables
from connectors.vendors.memory_people import MemoryPeople
from connectors.vendors.memory_purchasing import MemoryPurchasing
from connectors.vendors.memory_sales import MemoryCatalogue, MemoryLeads, MemoryReturns, MemorySalesInvoices

ORDERS, PURCHASING, DOCUMENTS = "orders", "purchasing", "documents"
NOTICES, OVERRIDES = "notices", "overrides"
PEOPLE = "people"
INVENTORY = "inventory"
PAYABLES = "payables"
CATALOGUE, RETURNS, SALES_INVOICES, LEADS = "catalogue", "returns", "sales_invoices", "leads"

# Makes a connector from our own database and the settings of its connection; every connector also has `check()`.
Factory = Callable[[Database, Mapping[str, Any]], Any]

VENDORS: Mapping[tuple[str, str], Factory] = {
    (ORDERS, "house"): lambda database, _settings: HouseOrders(database),
    (ORDERS, "memory"): lambda _database, _settings: MemoryOrders(),
    (PURCHASING, "house"): lambda database, _settings: HousePurchasing(database),
    (PURCHASING, "memory"): lambda _database, _settings: MemoryPurchasing(),
    (CATALOGUE, "house"): lambda database, _settings: HouseCatalogue(database),
    (CATALOGUE, "memory"): lambda _database, _settings: MemoryCatalogue(),
    (RETURNS, "house"): lambda database, _settings: HouseReturns(database),
    (RETURNS, "memory"): lambda _database, _settings: MemoryReturns(utc_now().date()),
    (SALES_INVOICES, "house"): lambda database, _settings: HouseSalesInvoices(database),
    (SALES_INVOICES, "memory"): lambda _database, _settings: MemorySalesInvoices(),
    (LEADS, "house"): lambda database, _settings: HouseLeads(database),
    (LEADS, "memory"): lambda _database, _settings: MemoryLeads(),
    (INVENTORY, "house"): lambda database, _settings: HouseInventory(database),
    (INVENTORY, "memory"): lambda _database, _settings: MemoryInventory(),
    (PAYABLES, "house"): lambda database, _settings: HousePayables(database),
    (PAYABLES, "memory"): lambda _database, _settings: MemoryPayables(),
    (PEOPLE, "house"): lambda database, _settings: HousePeople(database),
    (PEOPLE, "memory"): lambda _database, _settings: MemoryPeople(),
    (DOCUMENTS, "folder"): lambda _database, settings: FolderDocuments.from_settings(settings),
    (DOCUMENTS, "memory"): lambda _database, _settings: MemoryDocuments(),
}


@dataclass(frozen=True, slots=True)
class ConnectionInfo:
    """A configured connector. Settings are not shown: they may hold what nobody should read.

    Limits say how much it may be asked, not what it is: a connector is kept when they change.
    """

    name: str
    contract: str
    vendor: str
    settings: Mapping[str, Any] = field(default_factory=dict, repr=False)
    max_concurrent_runs: int | None = field(default=None, compare=False)
    calls_per_minute: int | None = field(default=None, compare=False)


class Connectors:
    """The connected systems of this installation, by contract.

    A connector is made when it is first asked for and kept until the settings of its connection change, so that one
    in memory keeps what it was told.

    Raises:
        NotFound: (any method) there is no such connection, or its vendor is unknown.
        Unavailable: (any method) our own database, which holds the connections, does not answer.
    """

    def __init__(self, database: Database) -> None:
        self._database: Database | None = database
        self._made: dict[str, tuple[ConnectionInfo, Any]] = {}
        self._pace: Pace | None = None

    @classmethod
    def in_memory(
        cls,
        orders: Orders | None = None,
        purchasing: Purchasing | None = None,
        documents: Mapping[str, DocumentSource] | None = None,
        **systems_by_contract: Any,
    ) -> Self:
        """Connections to these very objects, without any database; `documents` by connection name.

        Other contracts by their name: `catalogue=`, `returns=`, `sales_invoices=`, `leads=`, `notices=`, `people=`,
        `inventory=`.
        """
        systems: dict[str, tuple[str, Any]] = {
            NOTICES: (NOTICES, MemoryNotices()),
            OVERRIDES: (OVERRIDES, MemoryOverrides()),
            ORDERS: (ORDERS, orders or MemoryOrders()),
            PURCHASING: (PURCHASING, purchasing or MemoryPurchasing()),
        }
        systems.update((contract, (contract, system)) for contract, system in systems_by_contract.items())
        systems.update((name, (DOCUMENTS, source)) for name, source in (documents or {}).items())
        connectors = cls.__new__(cls)
        connectors._database = None
        connectors._pace = None
        connectors._made = {
            name: (ConnectionInfo(name, contract, "memory"), system) for name, (contract, system) in systems.items()
        }
        return connectors

    def paced(self, now: Callable[[], datetime], wait: Callable[[float], None]) -> "Connectors":
        """The same connections for work that has time: calls wait until the limit of their connection allows them."""
        paced = copy(self)
        paced._pace = None if self._database is None else Pace(self._database, now, wait)
        return paced

    def orders(self) -> Orders:
        """The oldest connection to a sales system."""
        connector: Orders = self._first(ORDERS)
        return connector

    def purchasing(self) -> Purchasing:
        """The oldest connection to a purchasing system."""
        connector: Purchasing = self._first(PURCHASING)
        return connector

    def catalogue(self) -> Catalogue:
        """The oldest connection to a catalogue."""
        connector: Catalogue = self._first(CATALOGUE)
        return connector

    def returns(self) -> Returns:
        """The oldest connection to a system that keeps returns."""
        connector: Returns = self._first(RETURNS)
        return connector

    def sales_invoices(self) -> SalesInvoices:
        """The oldest connection to a system that bills customers."""
        connector: SalesInvoices = self._first(SALES_INVOICES)
        return connector

    def leads(self) -> Leads:
        """The oldest connection to a system that keeps leads."""
        connector: Leads = self._first(LEADS)
        return connector

    def inventory(self) -> Inventory:
        """The oldest connection to a stock-keeping system."""
        connector: Inventory = self._first(INVENTORY)
        return connector

    def payables(self) -> Payables:
        """The oldest connection to a system from which suppliers are paid."""
        connector: Payables = self._first(PAYABLES)
        return connector

    def people(self) -> People:
        """The oldest connection to a system that keeps employees, their time and their pay."""
        connector: People = self._first(PEOPLE)
        return connector

    def notices(self) -> Notices:
        """The outbox of our own front office; it needs no connection."""
        if self._database is None:
            outbox: Notices = self._made[NOTICES][1]
            return outbox
        return HouseNotices(self._database)

    def overrides(self) -> Overrides:
        """What people have let pass, kept in our own console; it needs no connection."""
        if self._database is None:
            overrides: Overrides = self._made[OVERRIDES][1]
            return overrides
        return HouseOverrides(self._database)

    def documents(self, connection_name: str) -> DocumentSource:
        connector: DocumentSource = self._make(self._find(connection_name, DOCUMENTS))
        return connector

    def list_connections(self) -> Sequence[ConnectionInfo]:
        """All connections, oldest first."""
        if self._database is None:
            return tuple(info for info, _connector in self._made.values())
        with explain_failures(), self._database.read() as session:
            rows = session.scalars(select(Connection).order_by(Connection.created_at, Connection.name))
            return tuple(
                ConnectionInfo(
                    row.name,
                    row.contract,
                    row.vendor,
                    dict(row.settings),
                    row.max_concurrent_runs,
                    row.calls_per_minute,
                )
                for row in rows
            )

    def check(self, connection_name: str) -> str:
        """Try the connection and say in one sentence what was found."""
        sentence: str = self._make(self._find(connection_name)).check()
        return sentence

    def _first(self, contract: str) -> Any:
        for info in self.list_connections():
            if info.contract == contract:
                return self._make(info)
        vendors = ", ".join(vendor for offered, vendor in VENDORS if offered == contract)
        raise NotFound(f"There is no connection for {contract}. Add one; known vendors: {vendors}.")

    def _find(self, name: str, contract: str | None = None) -> ConnectionInfo:
        offered = [info for info in self.list_connections() if contract in (None, info.contract)]
        for info in offered:
            if info.name == name:
                return info
        known = ", ".join(repr(info.name) for info in offered) or "none yet"
        raise NotFound(
            f"There is no {contract + ' ' if contract else ''}connection named {name!r}. There are: {known}."
        )

    def _make(self, info: ConnectionInfo) -> Any:
        connector, pace, limit = self._find_or_make(info), self._pace, info.calls_per_minute
        if pace is None or limit is None:
            return connector
        return PacedConnector(connector, lambda: pace.take_turn(info.name, limit))

    def _find_or_make(self, info: ConnectionInfo) -> Any:
        made = self._made.get(info.name)
        if made is not None and (self._database is None or made[0] == info):
            return made[1]
        factory = VENDORS.get((info.contract, info.vendor))
        if factory is None or self._database is None:
            vendors = ", ".join(vendor for contract, vendor in VENDORS if contract == info.contract)
            raise NotFound(
                f"Connection {info.name!r} asks for the unknown vendor {info.vendor!r} of {info.contract}. "
                f"Known are: {vendors or 'none'}."
            )
        connector = factory(self._database, info.settings)
        self._made[info.name] = (info, connector)
        return connector
