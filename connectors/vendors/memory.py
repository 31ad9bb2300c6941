"""A system in the memory of this process, for tests and trials: it serves every contract and forgets everything."""

from collections.abc import Callable, Mapping
from typing import Any

from connectors.contracts.names import (
    CATALOGUE,
    CONTACTS,
    DOCUMENTS,
    INVENTORY,
    LEADS,
    MAIL,
    MAILBOX,
    ORDERS,
    PAYABLES,
    PEOPLE,
    PURCHASING,
    RETURNS,
    SALES_INVOICES,
    TICKETS,
)
from connectors.database.base import utc_now
from connectors.vendor import Setup, Vendor
from connectors.vendors.memory_contacts import MemoryContacts
from connectors.vendors.memory_documents import MemoryDocuments
from connectors.vendors.memory_inventory import MemoryInventory
from connectors.vendors.memory_mail import MemoryMailer
from connectors.vendors.memory_mailbox import MemoryMailbox
from connectors.vendors.memory_orders import MemoryOrders
from connectors.vendors.memory_payables import MemoryPayables
from connectors.vendors.memory_people import MemoryPeople
from connectors.vendors.memory_purchasing import MemoryPurchasing
from connectors.vendors.memory_sales import MemoryCatalogue, MemoryLeads, MemoryReturns, MemorySalesInvoices
from connectors.vendors.memory_tickets import MemoryTickets

_MAKERS: Mapping[str, Callable[[], Any]] = {
    ORDERS: MemoryOrders,
    CATALOGUE: MemoryCatalogue,
    RETURNS: lambda: MemoryReturns(utc_now().date()),
    SALES_INVOICES: MemorySalesInvoices,
    LEADS: MemoryLeads,
    PURCHASING: MemoryPurchasing,
    PAYABLES: MemoryPayables,
    INVENTORY: MemoryInventory,
    PEOPLE: MemoryPeople,
    CONTACTS: MemoryContacts,
    TICKETS: MemoryTickets,
    DOCUMENTS: MemoryDocuments,
    MAIL: MemoryMailer,
    MAILBOX: MemoryMailbox,
}


def _make(contract: str, _setup: Setup) -> Any:
    return _MAKERS[contract]()


VENDOR = Vendor("memory", tuple(_MAKERS), _make)
