"""HTTP requests to addresses that an admin typed in: only where the policy allows, bounded in time and size."""

import ipaddress
import socket
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from threading import Timer
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection

from connectors.errors import Rejected, Unavailable

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 15.0
MAX_ANSWER_BYTES = 64 * 1024
_CHUNK_BYTES = 4096
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class Reach(StrEnum):
    """How far requests may go: public addresses only, this machine too, or every private network."""

    PUBLIC = "public"
    LOOPBACK = "loopback"
    PRIVATE = "private"


@dataclass(frozen=True, slots=True)
class Answer:
    """`body` is cut at MAX_ANSWER_BYTES."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


class OutwardHttp:
    """Sends what it is given and follows no redirect. Reasons name the host only: paths can hold secrets."""

    def __init__(self, reach: Reach, answer_seconds: float = ANSWER_SECONDS) -> None:
        self._reach = reach
        self._answer_seconds = answer_seconds

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """The answer, whatever its status.

        Raises:
            Unavailable: nothing answers, or not in time.
            Rejected: the address is none, or one that must not be called.
        """
        host = check_url(url)
        gate = _Gate(self._reach)
        # A receiver that sends its answer drop by drop never lets a read time out.
        alarm = Timer(CONNECT_SECONDS + self._answer_seconds, gate.hang_up)
        alarm.daemon = True
        alarm.start()
        try:
            with requests.Session() as session:
                session.trust_env = False
                session.mount("http://", gate)
                session.mount("https://", gate)
                return self._exchange(session, url, body, headers)
        except requests.Timeout as error:
            raise Unavailable(f"{host} did not answer within {self._answer_seconds:g} seconds.") from error
        except requests.exceptions.SSLError as error:
            raise Unavailable(f"The certificate of {host} is not valid for it; correct it there.") from error
        except requests.RequestException as error:
            raise Unavailable(f"{host} cannot be reached, or broke off; check that it is running.") from error
        finally:
            alarm.cancel()

    def _exchange(self, session: requests.Session, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        deadline = monotonic() + CONNECT_SECONDS + self._answer_seconds
        timeout = (CONNECT_SECONDS, self._answer_seconds)
        with session.post(
            url,
            body,
            headers={"User-Agent": "Twinoffice", **headers},
            timeout=timeout,
            allow_redirects=False,
            stream=True,
        ) as response:
            received = b""
            for chunk in response.iter_content(_CHUNK_BYTES):
                received += chunk
                if len(received) >= MAX_ANSWER_BYTES:
                    break
                if monotonic() > deadline:
                    raise requests.Timeout
            return Answer(response.status_code, response.headers, received[:MAX_ANSWER_BYTES])


def check_url(url: str) -> str:
    """The host of an address that can be called; raises Rejected for what is none."""
    try:
        prepared = requests.Request("POST", url).prepare()
        parts = urlsplit(prepared.url or "")
        host, _port = parts.hostname, parts.port
    except (requests.RequestException, ValueError) as error:
        raise Rejected("This is no web address; write it like https://example.com/hook.") from error
    if parts.scheme not in ("http", "https") or not host:
        raise Rejected("This is no web address; write it like https://example.com/hook.")
    if parts.username or parts.password:
        raise Rejected("The address must not hold a name or a password.")
    return host


class _Gate(HTTPAdapter):
    """Connects to the very address that was checked, so that a name cannot change its meaning in between."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._opened: list[HTTPConnection] = []
        super().__init__(max_retries=0)

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        gate = self

        class Plain(HTTPConnection):
            def _new_conn(self) -> socket.socket:
                return gate.connect(self, is_encrypted=False)

        class Encrypted(HTTPSConnection):
            def _new_conn(self) -> socket.socket:
                return gate.connect(self, is_encrypted=True)

        class PlainPool(HTTPConnectionPool):
            ConnectionCls = Plain

        class EncryptedPool(HTTPSConnectionPool):
            ConnectionCls = Encrypted

        self.poolmanager = PoolManager(1)
        self.poolmanager.pool_classes_by_scheme = {"http": PlainPool, "https": EncryptedPool}

    def connect(self, connection: HTTPConnection, *, is_encrypted: bool) -> socket.socket:
        self._opened.append(connection)
        host, port = connection.host, connection.port or 0
        try:
            found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise Unavailable(f"The name {host} leads nowhere; check how it is written.") from error
        addresses = [str(entry[4][0]) for entry in found]
        for address in addresses:
            check_address(address, self._reach, is_encrypted=is_encrypted)
        return socket.create_connection((addresses[0], port), CONNECT_SECONDS)

    def hang_up(self) -> None:
        for connection in self._opened:
            # It may have ended by itself meanwhile.
            with suppress(OSError, AttributeError):
                connection.sock.shutdown(socket.SHUT_RDWR)


def check_address(written: str, reach: Reach, *, is_encrypted: bool) -> None:
    """Raises Rejected for a private address that `reach` does not include, and for plain HTTP to a public one."""
    address = _innermost(ipaddress.ip_address(written.partition("%")[0]))
    if address.is_global and not address.is_multicast:
        if not is_encrypted:
            raise Rejected("Alerts leave the house encrypted only; write the address with https://.")
        return
    is_allowed = reach is Reach.PRIVATE and not (address.is_multicast or address.is_unspecified)
    if not (is_allowed or (reach is Reach.LOOPBACK and address.is_loopback)):
        raise Rejected(
            f"The address {written} belongs to a private network. If it is meant, allow it with TWINOFFICE_ALERT_REACH."
        )


def _innermost(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """The IPv4 address that an IPv6 address carries, where it does."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else None) or address
