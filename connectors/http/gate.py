"""The pool of connections: each goes to the very address that was checked, and a request can be hung up on."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Event, Lock, Thread, get_ident
from time import monotonic
from typing import Any

import certifi
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import EmptyPoolError

from connectors.errors import Rejected, Unavailable
from connectors.http.reach import Allowed, check_address

# Whoever had no connection yet when the time was over is hung up on so much later.
RINGS_AGAIN_SECONDS = 0.25


class NotConnected(Unavailable):
    """Nothing was sent, because there is no connection to send it through."""


@dataclass(slots=True)
class _Use:
    """Until when (monotonic) a thread may be busy, and the connection that is its own meanwhile."""

    ends_at: float
    connection: Any = None


class Gate(HTTPAdapter):
    """Checks the address that it connects to, so that a name cannot change its meaning in between."""

    def __init__(self, allowed: Allowed, connect_seconds: float, connections: int, certificate_authority: str) -> None:
        self._allowed = allowed
        self._connect_seconds = connect_seconds
        self._connections = connections
        self._certificate_authority = certificate_authority
        self._uses: dict[int, _Use] = {}
        self._lock = Lock()
        super().__init__(max_retries=0)

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        gate = self

        class Plain(HTTPConnection):
            def _new_conn(self) -> socket.socket:
                return gate.connect(self, is_encrypted=False)

        class Encrypted(HTTPSConnection):
            def _new_conn(self) -> socket.socket:
                return gate.connect(self, is_encrypted=True)

        class Noted(HTTPConnectionPool):
            def _get_conn(self, timeout: float | None = None) -> Any:
                connection = super()._get_conn(gate.seconds_left)
                gate.note(connection)
                return connection

            def _put_conn(self, conn: Any) -> None:
                gate.note(None)
                super()._put_conn(conn)

        class PlainPool(Noted):
            ConnectionCls = Plain

        class EncryptedPool(Noted, HTTPSConnectionPool):
            ConnectionCls = Encrypted

        context = _trusting(self._certificate_authority)
        self.poolmanager = PoolManager(1, maxsize=self._connections, block=True, ssl_context=context)
        self.poolmanager.pool_classes_by_scheme = {"http": PlainPool, "https": EncryptedPool}

    def note(self, connection: Any) -> None:
        """The connection of this thread; what is in the pool is nobody's, and not to be hung up on."""
        with self._lock:
            self._uses[get_ident()].connection = connection

    def connect(self, connection: HTTPConnection, *, is_encrypted: bool) -> socket.socket:
        host, port = connection.host, connection.port or 0
        addresses = _addresses_of(host.strip("[]"), port)
        for address in addresses:
            check_address(address, self._allowed, is_encrypted=is_encrypted)
        ends_at = monotonic() + min(self._connect_seconds, self.seconds_left)
        for tried, address in enumerate(addresses):
            # Each gets its share of the time, so that a silent one does not hide the next.
            seconds = (ends_at - monotonic()) / (len(addresses) - tried)
            with suppress(OSError):
                opened = socket.create_connection((address, port), max(seconds, 0.001))
                for option in connection.socket_options or ():
                    opened.setsockopt(*option)
                return opened
        raise NotConnected(f"Nothing answers at {host}, port {port}; check the address and that the system is running.")

    @property
    def seconds_left(self) -> float:
        """For what this thread is doing."""
        return max(self._uses[get_ident()].ends_at - monotonic(), 0.001)

    @contextmanager
    def hanging_up_after(self, seconds: float) -> Iterator[None]:
        """Whoever answers drop by drop never lets a read time out: after so long, the connection is shut down."""
        thread, use, is_over = get_ident(), _Use(monotonic() + seconds), Event()
        self._uses[thread] = use
        Thread(target=self._hang_up_in_time, args=(use, seconds, is_over), daemon=True).start()
        try:
            yield
        except EmptyPoolError as error:
            host = error.pool.host
            raise NotConnected(f"{host} is still busy with what it was asked before; try again later.") from error
        finally:
            is_over.set()
            del self._uses[thread]

    def _hang_up_in_time(self, use: _Use, seconds: float, is_over: Event) -> None:
        while not is_over.wait(seconds):
            seconds = RINGS_AGAIN_SECONDS
            # It may be on its way still, or have ended by itself meanwhile.
            with self._lock, suppress(OSError, AttributeError):
                use.connection.sock.shutdown(socket.SHUT_RDWR)


def _addresses_of(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NotConnected(f"The name {host} leads nowhere; check how it is written.") from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _trusting(certificate_authority: str) -> ssl.SSLContext:
    """The usual authorities, and the one of the company if it has its own."""
    context = ssl.create_default_context(cafile=certifi.where())
    if certificate_authority:
        try:
            context.load_verify_locations(cadata=certificate_authority)
        except (ssl.SSLError, ValueError) as error:
            raise Rejected(
                "The certificate of the authority cannot be read; paste the PEM text, BEGIN and END lines included."
            ) from error
    return context
