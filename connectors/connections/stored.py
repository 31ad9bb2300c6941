"""Connections of our own database: from a row to a connector that works, guarded and watched."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Any

from connectors.connections.faults import explain_faults
from connectors.connections.guard import GuardedConnector
from connectors.connections.health import Try, hurry_check, record_try
from connectors.connections.info import ConnectionInfo, find_connection, offer, read_connections, require_serving
from connectors.connections.settings import open_secrets, with_defaults
from connectors.contracts.names import CONTRACTS, READ_OF_ALL
from connectors.database.failures import explain_failures
from connectors.database.models.work import Connection
from connectors.database.session import Database
from connectors.errors import AuthFailed, ConnectorError, NotFound, Rejected, Unavailable
from connectors.http.reach import Allowed, Reach
from connectors.pacing import Pace
from connectors.secrets import Secrets
from connectors.vendor import Setup, Vendor

# Whoever calls a system that is away hears so with each call; one request for a check in this time is enough.
HURRY_AT_MOST_EVERY = timedelta(seconds=30)
# No further contract is tried then; with the last one's calls it stays below CHECK_TAKES_AT_MOST.
LONGEST_CHECK_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Workshop:
    """What connectors are made with; `secrets` is None where nothing sealed is to be opened."""

    vendors: Mapping[str, Vendor]
    database: Database
    secrets: Secrets | None = field(repr=False)
    data_dir: Path
    now: Callable[[], datetime]

    def make(self, info: ConnectionInfo, contract: str, secrets: Mapping[str, str] | None = None) -> Any:
        """A connector for one contract of a connection; with opened `secrets` it is one to try a draft with.

        Such a one has no name of a connection, and so nothing in common with the connectors that serve.

        Raises:
            NotFound: the vendor is unknown, or does not serve the contract.
            AuthFailed: the secrets cannot be opened.
            Rejected: a setting is missing or wrong.
        """
        vendor = self.vendors.get(info.vendor)
        if vendor is None or contract not in vendor.contracts:
            raise NotFound(
                f"Connection {info.name!r} asks for the unknown vendor {info.vendor!r} of {contract}. "
                f"Known are: {offer(contract, self.vendors)}."
            )
        opened = open_secrets(self.secrets, info.secrets) if secrets is None else secrets
        setup = Setup(
            info.name if secrets is None else "",
            self.database,
            with_defaults(vendor, {**info.settings, **opened}),
            Allowed(Reach.PUBLIC, info.networks, "the private networks of this connection"),
            self.data_dir,
        )
        return vendor.make(contract, setup)

    @contextmanager
    def lend(self, info: ConnectionInfo, contract: str, secrets: Mapping[str, str]) -> Iterator[Any]:
        """A connector to try a draft with; it is closed afterwards. What it stumbles over is Rejected."""
        with explain_faults(info.name):
            connector = self.make(info, contract, secrets)
            try:
                yield connector
            finally:
                close(connector)


class StoredConnections:
    """A connector is made when it is first asked for and kept until its connection changes."""

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop
        self._made: dict[tuple[str, str], tuple[tuple[Any, ...], Any]] = {}
        self._hurried: dict[str, datetime] = {}
        self._lock = Lock()
        self._pace: Pace | None = None

    def paced(self, now: Callable[[], datetime], wait: Callable[[float], None]) -> "StoredConnections":
        paced = copy(self)
        paced._pace = Pace(self._workshop.database, now, wait)
        return paced

    def list_connections(self) -> Sequence[ConnectionInfo]:
        with explain_failures(), self._workshop.database.read() as session:
            found = read_connections(session)
        self._let_go({info.name for info in found})
        return found

    def serving(self, contract: str) -> Any:
        return self._guarded(require_serving(contract, self.list_connections(), self._workshop.vendors), contract)

    def named(self, name: str, contract: str) -> Any:
        return self._guarded(find_connection(name, self.list_connections(), contract), contract)

    def check(self, name: str) -> str:
        """Try all contracts of a connection, paused or not, and record what was found."""
        info = find_connection(name, self.list_connections())
        began, at = monotonic(), self._workshop.now()
        error = None
        try:
            sentence = self._check(info)
        except ConnectorError as failure:
            sentence, error = failure.reason, failure
        found = Try(sentence, at, timedelta(seconds=monotonic() - began), error)
        if error is None or self._is_elsewhere(info):
            # Where our own database is away, what the system said counts more than that nobody could write it down.
            with suppress(Unavailable), explain_failures(), self._workshop.database.write() as session:
                record_try(session, info.id, found)
        if error is not None:
            raise error
        return sentence

    def _check(self, info: ConnectionInfo) -> str:
        if not info.contracts:
            raise Rejected(f"The connection {info.name!r} serves no contract; choose one.")
        began = monotonic()
        sentences = []
        for contract in info.contracts:
            if monotonic() - began > LONGEST_CHECK_SECONDS:
                raise Unavailable(
                    f"The system is so slow that {contract} was not tried; ask those who run it what keeps it busy."
                )
            with explain_faults(info.name):
                sentences.append(self._find_or_make(info, contract).check())
        return " ".join(dict.fromkeys(sentences))

    def _guarded(self, info: ConnectionInfo, contract: str) -> Any:
        if info.is_paused:
            raise _paused(info.name)
        contracted, pace, limit = CONTRACTS.get(contract), self._pace, info.calls_per_minute
        return GuardedConnector(
            self._find_or_make(info, contract),
            contracted.reads if contracted else READ_OF_ALL,
            lambda: self._require_writable(info.name),
            None if pace is None or limit is None else lambda: pace.take_turn(info.name, limit),
            lambda: self._hurry_check(info),
        )

    def _require_writable(self, name: str) -> None:
        """As it is at this moment: work that goes on for hours may have begun before somebody forbade it."""
        info = find_connection(name, self.list_connections())
        if info.is_paused:
            raise _paused(name)
        if info.is_read_only:
            raise Rejected(
                f"The connection {name!r} is read-only, and nothing was written. Allow writing on /console/connections."
            )

    def _find_or_make(self, info: ConnectionInfo, contract: str) -> Any:
        with self._lock:
            made = self._made.get((info.name, contract))
            if made is not None and made[0] == info.making:
                return made[1]
            connector = self._workshop.make(info, contract)
            self._made[info.name, contract] = (info.making, connector)
        if made is not None:
            close(made[1])
        return connector

    def _let_go(self, names: set[str]) -> None:
        """Close what belongs to connections that are no more."""
        with self._lock:
            gone = [self._made.pop(key)[1] for key in list(self._made) if key[0] not in names]
        for connector in gone:
            close(connector)

    def _is_elsewhere(self, info: ConnectionInfo) -> bool:
        """Whether this is another system: when our own database fails, nothing can be written down in it."""
        vendor = self._workshop.vendors.get(info.vendor)
        return vendor is not None and bool(vendor.settings)

    def _hurry_check(self, info: ConnectionInfo) -> None:
        if not self._is_elsewhere(info):
            return
        now = self._workshop.now()
        last = self._hurried.get(info.name)
        if last is not None and now - last < HURRY_AT_MOST_EVERY:
            return
        self._hurried[info.name] = now
        with suppress(Unavailable), explain_failures(), self._workshop.database.write() as session:
            hurry_check(session, info.id, now)


def close(connector: Any) -> None:
    """Give back what a connector holds open, if it holds anything; whoever still calls it opens it anew."""
    end = getattr(connector, "close", None)
    if end is not None:
        end()


def names_of_secrets(workshop: Workshop, row: Connection) -> frozenset[str]:
    """Which secrets of a connection are kept, and can be opened."""
    try:
        return frozenset(open_secrets(workshop.secrets, row.secrets))
    except AuthFailed:
        return frozenset()


def _paused(name: str) -> Unavailable:
    return Unavailable(f"The connection {name!r} is paused. Resume it on /console/connections.")
