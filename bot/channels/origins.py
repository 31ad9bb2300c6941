"""Web sites as browsers name them in their requests: scheme, host and port."""

from urllib.parse import urlsplit

_USUAL_PORTS = {"http": 80, "https": 443}


def origin_of(address: str) -> str:
    """`https://Shop.example:443/cart` is `https://shop.example`; what is no address stays as it is, to be refused."""
    try:
        parts = urlsplit(address.strip())
        host, port = (parts.hostname or "").encode("idna").decode(), parts.port
    except ValueError:
        return address
    if not host or parts.scheme not in _USUAL_PORTS or "@" in parts.netloc:
        return address
    return f"{parts.scheme}://{host}" + ("" if port in (None, _USUAL_PORTS[parts.scheme]) else f":{port}")
