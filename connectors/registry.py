"""The vendors, one line each, and the connected systems of this installation by contract."""

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from connectors.connections.given import GivenConnections
from connectors.connections.info import ConnectionInfo
from connectors.connections.stored import StoredConnections, Workshop
from connectors.contracts import names
from connectors.contracts.catalogue import Catalogue
from connectors.contracts.contacts import Contacts
from connectors.contracts.documents import DocumentSource
from connectors.contracts.inventory import Inventory
from connectors.contracts.leads import Leads
from connectors.contracts.mail import Mailer
from connectors.contracts.mailbox import Mailbox
from connectors.contracts.notices import Notices
from connectors.contracts.orders import Orders
from connectors.contracts.overrides import Overrides
from connectors.contracts.payables import Payables
from connectors.contracts.people import People
from connectors.contracts.purchasing import Purchasing
from connectors.contracts.returns import Returns
from connectors.contracts.sales_invoices import SalesInvoices
from connectors.contracts.tickets import Tickets
from connectors.database.base import utc_now
from connectors.database.session import Database
from connectors.secrets import Secrets
from connectors.vendor import Vendor
from connectors.vendors import folder, house, imap, memory, rest, sftp, smtp_mail, sql
from connectors.vendors.house_notices import HouseNotices
from connectors.vendors.house_overrides import HouseOverrides
from connectors.vendors.memory_notices import MemoryNotices
from connectors.vendors.memory_orders import MemoryOrders
from connectors.vendors.memory_overrides import MemoryOverrides
from connectors.vendors.memory_purchasing import MemoryPurchasing
from connectors.vendors.tryton import vendor as tryton

VENDORS: Mapping[str, Vendor] = {
    module.VENDOR.name: module.VENDOR
    for module in (
        house,
        memory,
        folder,
        sftp,
        imap,
        smtp_mail,
        sql,
        rest,
        tryton,
    )
}


def vendors_of(contract: str) -> list[str]:
    """The names of the vendors that serve a contract."""
    return [vendor.name for vendor in VENDORS.values() if contract in vendor.contracts]


class Connectors:
    """The connected systems of this installation, by contract.

    A connector is made when it is first asked for and kept until its connection changes, so that one in memory keeps
    what it was told. Of several connections for a contract that one serves which was chosen, else the oldest.

    Raises:
        NotFound: (any method) there is no such connection, or its vendor is unknown.
        Unavailable: (any method) our own database, which holds the connections, does not answer, or the connection is
            paused.
        AuthFailed: (any method) the secrets of the connection cannot be opened.
    """

    def __init__(
        self,
        database: Database,
        secrets: Secrets | None = None,
        data_dir: Path = Path("var"),
        now: Callable[[], datetime] = utc_now,
        vendors: Mapping[str, Vendor] = VENDORS,
    ) -> None:
        self.workshop = Workshop(vendors, database, secrets, data_dir, now)
        self._connections: StoredConnections | GivenConnections = StoredConnections(self.workshop)
        self._notices: Notices = HouseNotices(database)
        self._overrides: Overrides = HouseOverrides(database)

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
        connectors = cls.__new__(cls)
        connectors._notices = systems_by_contract.pop(names.NOTICES, None) or MemoryNotices()
        connectors._overrides = systems_by_contract.pop(names.OVERRIDES, None) or MemoryOverrides()
        systems: dict[str, tuple[str, Any]] = {
            names.ORDERS: (names.ORDERS, orders or MemoryOrders()),
            names.PURCHASING: (names.PURCHASING, purchasing or MemoryPurchasing()),
        }
        systems.update((contract, (contract, system)) for contract, system in systems_by_contract.items())
        systems.update((name, (names.DOCUMENTS, source)) for name, source in (documents or {}).items())
        connectors._connections = GivenConnections(VENDORS, systems)
        return connectors

    def paced(self, now: Callable[[], datetime], wait: Callable[[float], None]) -> "Connectors":
        """The same connections for work that has time: calls wait until the limit of their connection allows them."""
        paced = copy(self)
        paced._connections = self._connections.paced(now, wait)
        return paced

    def orders(self) -> Orders:
        """A sales system."""
        connector: Orders = self._connections.serving(names.ORDERS)
        return connector

    def purchasing(self) -> Purchasing:
        """A purchasing system."""
        connector: Purchasing = self._connections.serving(names.PURCHASING)
        return connector

    def catalogue(self) -> Catalogue:
        """A catalogue of what is on sale."""
        connector: Catalogue = self._connections.serving(names.CATALOGUE)
        return connector

    def returns(self) -> Returns:
        """A system that keeps returns."""
        connector: Returns = self._connections.serving(names.RETURNS)
        return connector

    def sales_invoices(self) -> SalesInvoices:
        """A system that bills customers."""
        connector: SalesInvoices = self._connections.serving(names.SALES_INVOICES)
        return connector

    def leads(self) -> Leads:
        """A system that keeps leads."""
        connector: Leads = self._connections.serving(names.LEADS)
        return connector

    def inventory(self) -> Inventory:
        """A stock-keeping system."""
        connector: Inventory = self._connections.serving(names.INVENTORY)
        return connector

    def payables(self) -> Payables:
        """A system from which suppliers are paid."""
        connector: Payables = self._connections.serving(names.PAYABLES)
        return connector

    def people(self) -> People:
        """A system that keeps employees, their time and their pay."""
        connector: People = self._connections.serving(names.PEOPLE)
        return connector

    def contacts(self) -> Contacts:
        """A system that knows the people and companies we deal with."""
        connector: Contacts = self._connections.serving(names.CONTACTS)
        return connector

    def tickets(self) -> Tickets:
        """A help desk."""
        connector: Tickets = self._connections.serving(names.TICKETS)
        return connector

    def documents(self, connection_name: str) -> DocumentSource:
        """The named place where supplier documents arrive."""
        connector: DocumentSource = self._connections.named(connection_name, names.DOCUMENTS)
        return connector

    def mail(self) -> Mailer:
        """A mail server that takes our mail."""
        connector: Mailer = self._connections.serving(names.MAIL)
        return connector

    def mailbox(self, connection_name: str) -> Mailbox:
        """The named account to which mail is written."""
        connector: Mailbox = self._connections.named(connection_name, names.MAILBOX)
        return connector

    def notices(self) -> Notices:
        """The outbox of our own front office; it needs no connection."""
        return self._notices

    def overrides(self) -> Overrides:
        """What people have let pass, kept in our own console; it needs no connection."""
        return self._overrides

    def list_connections(self) -> Sequence[ConnectionInfo]:
        """All connections, oldest first."""
        return self._connections.list_connections()

    def check(self, connection_name: str) -> str:
        """Try the connection, say in one sentence what was found, and record it in the history of its health."""
        return self._connections.check(connection_name)
