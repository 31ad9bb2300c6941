"""Any database that SQLAlchemy reaches: an admin writes the queries, and they are only ever read."""

from collections.abc import Mapping
from typing import Any

from connectors.contracts.names import CATALOGUE, CONTACTS, INVENTORY, ORDERS, TICKETS
from connectors.vendor import Setting, SettingKind, Setup, Vendor
from connectors.vendors.sql_contract import SqlContract
from connectors.vendors.sql_desk import SqlContacts, SqlTickets
from connectors.vendors.sql_engine import open_reading
from connectors.vendors.sql_inventory import SqlInventory
from connectors.vendors.sql_queries import parse_queries
from connectors.vendors.sql_sales import SqlCatalogue, SqlOrders
from connectors.vendors.sql_source import SqlSource

_MAKERS: Mapping[str, type[SqlContract]] = {
    ORDERS: SqlOrders,
    CATALOGUE: SqlCatalogue,
    CONTACTS: SqlContacts,
    INVENTORY: SqlInventory,
    TICKETS: SqlTickets,
}

_SETTINGS = (
    Setting("address", SettingKind.TEXT, is_destination=True),
    Setting("user", SettingKind.TEXT, "", is_required=False),
    Setting("password", SettingKind.SECRET, "", is_required=False),
    Setting("tls", SettingKind.CHOICE, "encrypted", choices=("verified", "encrypted", "plain"), is_destination=True),
    Setting("queries", SettingKind.LONG_TEXT),
    Setting("timeout_seconds", SettingKind.NUMBER, 30, minimum=1, maximum=600, unit="s"),
    Setting("max_rows", SettingKind.NUMBER, 100_000, minimum=1, maximum=10_000_000),
)
_DEFAULTS = {setting.name: setting.default for setting in _SETTINGS}


def make(contract: str, setup: Setup) -> Any:
    """Raises Rejected when the address or a query of this contract cannot be used."""
    settings = {**_DEFAULTS, **setup.settings}
    served = _MAKERS[contract]
    written = parse_queries(str(settings["queries"]))
    source = SqlSource(
        open_reading(settings, setup.reach),
        served.QUERIES,
        written,
        int(settings["max_rows"]),
        secret=str(settings["password"] or ""),
    )
    return served(source)


VENDOR = Vendor("sql", tuple(_MAKERS), make, _SETTINGS)
