"""Connections to objects that somebody made, without any database."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from connectors.connections.info import ConnectionInfo, find_connection, require_serving
from connectors.vendor import Vendor


class GivenConnections:
    """Systems by connection name, each with the contract that it serves."""

    def __init__(self, vendors: Mapping[str, Vendor], systems: Mapping[str, tuple[str, Any]]) -> None:
        self._vendors = vendors
        self._systems = dict(systems)

    def list_connections(self) -> Sequence[ConnectionInfo]:
        return tuple(ConnectionInfo(name, "memory", (contract,)) for name, (contract, _) in self._systems.items())

    def serving(self, contract: str) -> Any:
        return self._systems[require_serving(contract, self.list_connections(), self._vendors).name][1]

    def named(self, name: str, contract: str) -> Any:
        return self._systems[find_connection(name, self.list_connections(), contract).name][1]

    def check(self, name: str) -> str:
        sentence: str = self._systems[find_connection(name, self.list_connections()).name][1].check()
        return sentence

    def paced(self, _now: Callable[[], datetime], _wait: Callable[[float], None]) -> "GivenConnections":
        return self
