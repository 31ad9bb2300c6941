"""Our own database as a connected system: it serves every contract that somebody else's system may serve as well."""

from collections.abc import Callable, Mapping
from typing import Any

from connectors.contracts.names import (
    CATALOGUE,
    CONTACTS,
    INVENTORY,
    LEADS,
    ORDERS,
    PAYABLES,
    PEOPLE,
    PURCHASING,
    RETURNS,
    SALES_INVOICES,
    TICKETS,
)
from connectors.database.session import Database
from connectors.vendor import Setup, Vendor
from connectors.vendors.house_contacts import HouseContacts
from connectors.vendors.house_inventory import HouseInventory
from connectors.vendors.house_orders import HouseOrders
from connectors.vendors.house_payables import HousePayables
from connectors.vendors.house_people import HousePeople
from connectors.vendors.house_purchasing import HousePurchasing
from connectors.vendors.house_sales import HouseCatalogue, HouseLeads, HouseReturns, HouseSalesInvoices
from connectors.vendors.house_tickets import HouseTickets

_MAKERS: Mapping[str, Callable[[Database], Any]] = {
    ORDERS: HouseOrders,
    CATALOGUE: HouseCatalogue,
    RETURNS: HouseReturns,
    SALES_INVOICES: HouseSalesInvoices,
    LEADS: HouseLeads,
    PURCHASING: HousePurchasing,
    PAYABLES: HousePayables,
    INVENTORY: HouseInventory,
    PEOPLE: HousePeople,
    CONTACTS: HouseContacts,
    TICKETS: HouseTickets,
}


def _make(contract: str, setup: Setup) -> Any:
    return _MAKERS[contract](setup.database)


VENDOR = Vendor("house", tuple(_MAKERS), _make)
