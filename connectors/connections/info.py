"""What is configured: the connections as the registry and the pages see them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from connectors.database.models.work import Connection, ConnectionChoice, ConnectionHealth
from connectors.errors import NotFound
from connectors.vendor import Vendor


@dataclass(frozen=True, slots=True)
class ConnectionInfo:
    """A configured connector. Settings are not shown, and of secrets only the sealed text is here.

    `chosen_for` are the contracts for which an admin chose this connection among several.
    """

    name: str
    vendor: str
    contracts: tuple[str, ...]
    settings: Mapping[str, Any] = field(default_factory=dict, repr=False)
    secrets: str = field(default="", repr=False)
    networks: tuple[str, ...] = ()
    is_read_only: bool = False
    is_paused: bool = False
    health: ConnectionHealth = ConnectionHealth.UNKNOWN
    health_since: datetime | None = None
    chosen_for: tuple[str, ...] = ()
    max_concurrent_runs: int | None = None
    calls_per_minute: int | None = None
    id: str = ""
    version: int = 1

    @property
    def making(self) -> tuple[Any, ...]:
        """All that a connector is made from: a new one is needed when any of it changes."""
        return (self.vendor, dict(self.settings), self.secrets, self.networks)


def read_connections(session: Session) -> Sequence[ConnectionInfo]:
    """All connections, oldest first."""
    chosen: dict[str, list[str]] = {}
    for choice in session.scalars(select(ConnectionChoice).order_by(ConnectionChoice.contract)):
        chosen.setdefault(choice.connection_id, []).append(choice.contract)
    rows = session.scalars(select(Connection).order_by(Connection.created_at, Connection.name))
    return tuple(info_of(row, chosen.get(row.id, ())) for row in rows)


def info_of(row: Connection, chosen_for: Iterable[str] = ()) -> ConnectionInfo:
    return ConnectionInfo(
        name=row.name,
        vendor=row.vendor,
        contracts=tuple(row.contracts),
        settings=dict(row.settings),
        secrets=row.secrets,
        networks=tuple(row.networks),
        is_read_only=row.is_read_only,
        is_paused=row.is_paused,
        health=ConnectionHealth(row.health),
        health_since=row.health_since,
        chosen_for=tuple(chosen_for),
        max_concurrent_runs=row.max_concurrent_runs,
        calls_per_minute=row.calls_per_minute,
        id=row.id,
        version=row.version,
    )


def serving(contract: str, connections: Iterable[ConnectionInfo]) -> ConnectionInfo | None:
    """The connection that serves a contract: the one chosen for it, else the oldest; paused ones are not passed over.

    Another system than the one that is meant would answer for it otherwise.
    """
    offered = [info for info in connections if contract in info.contracts]
    return next((info for info in offered if contract in info.chosen_for), offered[0] if offered else None)


def require_serving(
    contract: str, connections: Iterable[ConnectionInfo], vendors: Mapping[str, Vendor]
) -> ConnectionInfo:
    """Raises NotFound when nothing is connected for the contract."""
    found = serving(contract, connections)
    if found is None:
        raise NotFound(f"There is no connection for {contract}. Add one; known vendors: {offer(contract, vendors)}.")
    return found


def find_connection(name: str, connections: Sequence[ConnectionInfo], contract: str | None = None) -> ConnectionInfo:
    """Raises NotFound, naming what there is."""
    offered = [info for info in connections if contract is None or contract in info.contracts]
    for info in offered:
        if info.name == name:
            return info
    known = ", ".join(repr(info.name) for info in offered) or "none yet"
    raise NotFound(f"There is no {contract + ' ' if contract else ''}connection named {name!r}. There are: {known}.")


def offer(contract: str, vendors: Mapping[str, Vendor]) -> str:
    """The names of the vendors that serve a contract, in a row."""
    return ", ".join(vendor.name for vendor in vendors.values() if contract in vendor.contracts) or "none"
