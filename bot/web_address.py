"""Where a request comes from, as every limit per network address counts it."""

from ipaddress import IPv6Network, ip_address

from fastapi import Request

OF_A_VISITOR = 64


def address_of(request: Request) -> str:
    """Where a request comes from; behind a trusted proxy what that says. Of IPv6 it is the visitor's whole network.

    One customer of a provider has 2^64 addresses there, and would have as many limits.
    """
    host = request.client.host if request.client else ""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if address.version == 4:
        return host
    return str(address.ipv4_mapped or IPv6Network((int(address), OF_A_VISITOR), strict=False))
