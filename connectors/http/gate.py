"""The pool of connections: each goes to the very address that was checked, and a request can be hung up on."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Lock, Timer, get_ident
from typing import Any

import certifi
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection

from connectors.errors import Rejected, Unavailable
from connectors.http.reach import Allowed, check_address


class NotConnected(Unavailable):
    """Nothing was sent, because there is no connection to send it through."""


class Gate(HTTPAdapter):
    """Checks the address that it connects to, so that a name cannot change its meaning in between."""

    def __init__(self, allowed: Allowed, connect_seconds: float, connections: int, certificate_authority: str) -> None:
        self._allowed = allowed
        self._connect_seconds = connect_seconds
        self._connections = connections
        self._certificate_authority = certificate_authority
        self._in_use: dict[int, HTTPConnection] = {}
        self._lock = Lock()
        super().__init__(max_retries=0)

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        gate = self

        class Plain(HTTPConnection):
            def _new_conn(self) -> socket.socket:
                return gate.connect(self, is_encrypted=False)

            def request(self, *arguments: Any, **options: Any) -> None:
                gate.note(self)
                super().request(*arguments, **options)

        class Encrypted(HTTPSConnection):
            def _new_conn(self) -> socket.socket:
                return gate.connect(self, is_encrypted=True)

            def request(self, *arguments: Any, **options: Any) -> None:
                gate.note(self)
                super().request(*arguments, **options)

        class PlainPool(HTTPConnectionPool):
            ConnectionCls = Plain

        class EncryptedPool(HTTPSConnectionPool):
            ConnectionCls = Encrypted

        context = _trusting(self._certificate_authority)
        self.poolmanager = PoolManager(1, maxsize=self._connections, block=True, ssl_context=context)
        self.poolmanager.pool_classes_by_scheme = {"http": PlainPool, "https": EncryptedPool}

    def connect(self, connection: HTTPConnection, *, is_encrypted: bool) -> socket.socket:
        self.note(connection)
        host, port = connection.host, connection.port or 0
        addresses = _addresses_of(host.strip("[]"), port)
        for address in addresses:
            check_address(address, self._allowed, is_encrypted=is_encrypted)
        for address in addresses:
            with suppress(OSError):
                return socket.create_connection((address, port), self._connect_seconds)
        raise NotConnected(f"Nothing answers at {host}, port {port}; check the address and that the system is running.")

    def note(self, connection: HTTPConnection) -> None:
        """This thread uses the connection now."""
        with self._lock:
            self._in_use[get_ident()] = connection

    @contextmanager
    def hanging_up_after(self, seconds: float) -> Iterator[None]:
        """Whoever answers drop by drop never lets a read time out: after so long, the connection is shut down."""
        thread = get_ident()
        alarm = Timer(max(seconds, 0.001), self._hang_up, (thread,))
        alarm.daemon = True
        alarm.start()
        try:
            yield
        finally:
            alarm.cancel()
            with self._lock:
                self._in_use.pop(thread, None)

    def _hang_up(self, thread: int) -> None:
        with self._lock:
            connection = self._in_use.get(thread)
            # It may have ended by itself meanwhile.
            with suppress(OSError, AttributeError):
                connection.sock.shutdown(socket.SHUT_RDWR)  # type: ignore[union-attr]


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
