"""Which addresses may be called: public ones, and of the private networks only those that were allowed."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

import requests

from connectors.errors import Rejected

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
# All that is given out of IPv6; the rest is private, or carries an IPv4 address inside (RFC 4291, 6052, 8215).
_GIVEN_OUT = ipaddress.ip_network("2000::/3")
# Not for everybody, though they lie among public ones, whatever this release of Python knows of them (RFC 6890, 9637).
_RESERVED = tuple(
    ipaddress.ip_network(network)
    for network in ("192.0.0.0/24", "192.88.99.0/24", "2001::/23", "2001:db8::/32", "3fff::/20")
)
_NO_ADDRESS = "This is no web address; write it like https://example.com/hook."


class Reach(StrEnum):
    """How far requests may go: public addresses only, this machine too, or every private network."""

    PUBLIC = "public"
    LOOPBACK = "loopback"
    PRIVATE = "private"


@dataclass(frozen=True, slots=True)
class Allowed:
    """What may be called. `networks` ("10.1.0.0/16") are private ones allowed beside `reach`.

    `setting` is what a refusal tells people to change.
    """

    reach: Reach = Reach.PUBLIC
    networks: Sequence[str] = ()
    setting: str = "the allowed networks"


def check_url(url: str) -> str:
    """The host of an address that can be called; raises Rejected for what is none."""
    try:
        prepared = requests.Request("POST", url).prepare()
        parts = urlsplit(prepared.url or "")
        host, _port = parts.hostname, parts.port
    except (requests.RequestException, ValueError) as error:
        raise Rejected(_NO_ADDRESS) from error
    if parts.scheme not in ("http", "https") or not host:
        raise Rejected(_NO_ADDRESS)
    if parts.username or parts.password:
        raise Rejected("The address must not hold a name or a password.")
    return host


def check_address(written: str, allowed: Allowed, *, is_encrypted: bool) -> None:
    """Raises Rejected for a private address that is not allowed, and for plain HTTP to a public one."""
    address = _innermost(ipaddress.ip_address(written.partition("%")[0]))
    if _is_public(address):
        if not is_encrypted:
            raise Rejected("Requests leave the house encrypted only; write the address with https://.")
        return
    if not _is_allowed(address, allowed):
        raise Rejected(
            f"The address {written} belongs to a private network. If it is meant, allow it with {allowed.setting}."
        )


def _is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    is_given_out = address.version == 4 or address in _GIVEN_OUT
    is_reserved = any(address in network for network in _RESERVED)
    return address.is_global and is_given_out and not address.is_multicast and not is_reserved


def _is_allowed(address: ipaddress.IPv4Address | ipaddress.IPv6Address, allowed: Allowed) -> bool:
    if address.is_multicast or address.is_unspecified:
        return False
    if allowed.reach is Reach.PRIVATE or (allowed.reach is Reach.LOOPBACK and address.is_loopback):
        return True
    return any(address in ipaddress.ip_network(network, strict=False) for network in allowed.networks)


def _innermost(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """The IPv4 address that an IPv6 address carries, where it does."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else None) or address
