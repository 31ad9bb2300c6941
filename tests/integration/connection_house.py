"""A system that tests connect: it can be down, change its password, and counts what is written to it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.connections.desk import ConnectionDesk
from connectors.connections.draft import ConnectionDraft
from connectors.contracts.leads import Lead
from connectors.contracts.orders import Order
from connectors.database.session import Database
from connectors.errors import AuthFailed, NotFound
from connectors.registry import VENDORS, Connectors
from connectors.secrets import Secrets
from connectors.vendor import PreviewRow, Setting, SettingKind, Setup, Vendor
from tests.fixtures.fresh_databases import give_tables

ADMIN = "admin@example.com"
KEY = "k" * 32
URL = "https://erp.example.com"
PASSWORD = "correct horse"
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
LEAD = Lead("key-1", "Anna", "anna@example.com", "Twelve lamps")


@dataclass
class TrialSystem:
    """What stands at URL. `error` is what it answers with as long as it is set.

    `closed` counts the connectors that were given back.
    """

    password: str = PASSWORD
    error: Exception | None = None
    tried: list[str] = field(default_factory=list)
    written: list[str] = field(default_factory=list)
    closed: int = 0

    def vendor(self) -> Vendor:
        settings = (
            Setting("url", SettingKind.ADDRESS),
            Setting("password", SettingKind.SECRET),
            Setting("fields", SettingKind.MAPPING, is_required=False, choices=("number", "total")),
        )
        return Vendor("trial", ("orders", "leads"), lambda _contract, setup: TrialConnector(self, setup), settings)


class TrialConnector:
    """Reads orders, and creates leads."""

    def __init__(self, system: TrialSystem, setup: Setup) -> None:
        self._system = system
        self._setup = setup

    def check(self) -> str:
        self._system.tried.append(self._setup.connection)
        self._answer()
        return f"{self._setup.settings['url']} answers."

    def find_order(self, number: str) -> Order:
        self._answer()
        raise NotFound(f"There is no order {number}.")

    def create_lead(self, lead: Lead) -> str:
        self._answer()
        self._system.written.append(f"{self._setup.connection}: {lead.description}")
        return "L1"

    def preview(self, limit: int) -> Sequence[PreviewRow]:
        self._answer()
        fields = self._setup.settings.get("fields", {})
        rows = [{"no": f"S-{number}", "sum": f"{number}0.50"} for number in range(1, 9)]
        return [PreviewRow(row, {name: row.get(source) for name, source in fields.items()}) for row in rows[:limit]]

    def close(self) -> None:
        self._system.closed += 1

    def _answer(self) -> None:
        if self._system.error is not None:
            raise self._system.error
        if self._setup.settings["password"] != self._system.password:
            raise AuthFailed("The system does not know this password; enter the right one.")


@dataclass
class ConnectionHouse:
    """Connections on one database, with a clock that a test moves."""

    database: Database
    system: TrialSystem = field(default_factory=TrialSystem)
    now: datetime = NOON

    def __post_init__(self) -> None:
        give_tables(self.database)
        self.use_key(KEY)

    def use_key(self, key: str, *previous: str) -> None:
        """What a start with these keys in the settings makes."""
        self.vendors = {**VENDORS, "trial": self.system.vendor()}
        secrets = Secrets(key, previous)
        self.connectors = Connectors(self.database, secrets, now=lambda: self.now, vendors=self.vendors)
        self.desk = ConnectionDesk(self.connectors.workshop)

    def passes(self, **time: float) -> None:
        self.now += timedelta(**time)

    def add(self, name: str = "live", **changes: Any) -> str:
        return self.desk.add(draft(name, **changes), ADMIN)


def draft(name: str = "live", **changes: Any) -> ConnectionDraft:
    fields: dict[str, Any] = {
        "vendor": "trial",
        "contracts": ("orders", "leads"),
        "settings": {"url": URL, "password": PASSWORD},
    }
    return ConnectionDraft(name, **{**fields, **changes})
