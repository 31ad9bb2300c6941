"""Connections to mail servers: where an admin typed the address, only to those that may be called."""

import ipaddress
import socket
from contextlib import suppress

from connectors.errors import Rejected, Unavailable
from connectors.http.reach import Allowed, Reach, check_address

ANYWHERE = Allowed(Reach.PRIVATE)


def connect(host: str, port: int, seconds: float, allowed: Allowed, *, is_encrypted: bool) -> socket.socket:
    """A connection to the very address that was checked; each try takes at most so many seconds.

    Raises:
        Unavailable: the name leads nowhere, or nothing answers there.
        Rejected: the address is a private one that is not allowed, or a public one that would be called in plain text.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unavailable(f"The name {host} leads nowhere; check how it is written.") from error
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    for address in addresses:
        check_address(address, allowed, is_encrypted=True)
        if not is_encrypted and ipaddress.ip_address(address.partition("%")[0]).is_global:
            raise Rejected("Mail and passwords leave the house encrypted only; choose tls or starttls.")
    for address in addresses:
        with suppress(OSError):
            return socket.create_connection((address, port), seconds)
    raise Unavailable(f"Nothing answers at {host}:{port}; check the address and that the server runs.")
