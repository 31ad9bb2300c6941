"""Tryton 8.2 as a vendor: what an admin fills in, and what is made of it."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from urllib.parse import quote

from connectors.http.client import HttpClient
from connectors.vendor import Setting, SettingKind, Setup, Vendor
from connectors.vendors.house_people import HousePeople
from connectors.vendors.tryton.catalogue import TrytonCatalogue
from connectors.vendors.tryton.contacts import TrytonContacts
from connectors.vendors.tryton.inventory import TrytonInventory
from connectors.vendors.tryton.orders import TrytonOrders
from connectors.vendors.tryton.people import TrytonPeople
from connectors.vendors.tryton.purchasing import TrytonPurchasing
from connectors.vendors.tryton.session import Account, TrytonSession

SETTINGS = (
    Setting("address", SettingKind.ADDRESS),
    Setting("database", SettingKind.TEXT, is_destination=True),
    Setting("user", SettingKind.TEXT),
    Setting("password", SettingKind.SECRET),
    Setting("company", SettingKind.TEXT, default="", is_required=False),
)

_MAKERS: Mapping[str, Callable[[TrytonSession, Setup], Any]] = {
    "catalogue": lambda session, _setup: TrytonCatalogue(session),
    "contacts": lambda session, _setup: TrytonContacts(session),
    "inventory": lambda session, _setup: TrytonInventory(session),
    "orders": lambda session, _setup: TrytonOrders(session),
    "people": lambda session, setup: TrytonPeople(session, HousePeople(setup.database)),
    "purchasing": lambda session, _setup: TrytonPurchasing(session),
}


def make(contract: str, setup: Setup) -> Any:
    """The connector that serves one contract, with a session of its own.

    Raises:
        Rejected: the address is none.
    """
    settings = setup.settings
    address = f"{str(settings['address']).rstrip('/')}/{quote(str(settings['database']), safe='')}"
    client = partial(
        HttpClient, address, connection=setup.connection, reach=setup.reach, secrets=(settings["password"],)
    )
    account = Account(settings["user"], settings["password"], settings.get("company") or "")
    session = TrytonSession(lambda authenticate: client(authenticate=authenticate), account)
    return _MAKERS[contract](session, setup)


VENDOR = Vendor("tryton", tuple(sorted(_MAKERS)), make, SETTINGS)
