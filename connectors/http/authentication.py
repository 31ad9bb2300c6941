"""How a request says who we are: by name and password, a token, a key, or OAuth 2 client credentials."""

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from urllib.parse import unquote_plus, urlencode, urlsplit, urlunsplit

from requests import PreparedRequest
from requests.auth import HTTPBasicAuth

from connectors.database.base import utc_now
from connectors.errors import AuthFailed, Rejected
from connectors.http.client import HttpClient

_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
# A token is renewed so long before it ends, because the request that carries it takes time, too.
MARGIN = timedelta(seconds=30)
# How long a token holds when the system does not say.
DEFAULT_LIFE = timedelta(minutes=5)
# At DEBUG it writes whole addresses, and a key may stand in them.
logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)


@dataclass(frozen=True, slots=True)
class Basic:
    """Name and password (RFC 7617), both in UTF-8."""

    user: str
    password: str = field(repr=False)

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        signed: PreparedRequest = HTTPBasicAuth(self.user.encode(), self.password.encode())(request)
        return signed


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key in a header; `prefix` stands before it, as in `Authorization: Bearer …` (RFC 6750)."""

    key: str = field(repr=False)
    header: str = "Authorization"
    prefix: str = "Bearer "

    def __post_init__(self) -> None:
        if not _HEADER_NAME.fullmatch(self.header):
            raise Rejected(f"{self.header!r} is no name of a header; write it like X-API-Key.")
        if not (self.prefix + self.key).isascii() or not self.key.isprintable():
            raise Rejected("The key holds characters that no header can carry; copy it anew, without line breaks.")

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        request.headers[self.header] = self.prefix + self.key
        return request


@dataclass(frozen=True, slots=True)
class QueryKey:
    """A key as a parameter of each address, for systems that take it nowhere else."""

    key: str = field(repr=False)
    parameter: str

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        parts = urlsplit(request.url or "")
        # The address of a next page may bring the key along.
        others = [
            one for one in parts.query.split("&") if one and unquote_plus(one.partition("=")[0]) != self.parameter
        ]
        request.url = urlunsplit(parts._replace(query="&".join([*others, urlencode({self.parameter: self.key})])))
        return request


class ClientCredentials:
    """A token that is fetched with the id and the secret of a client (RFC 6749, 4.4) and renewed before it ends."""

    def __init__(self, http: HttpClient, scope: str = "", now: Callable[[], datetime] = utc_now) -> None:
        """`http` calls the address that gives out tokens, and says who we are as `Basic` does."""
        self._http = http
        self._scope = scope
        self._now = now
        self._lock = Lock()
        self._token: str | None = None
        self._ends_at: datetime | None = None

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Raises what keeps a token from being fetched: a connector error."""
        return ApiKey(self._current_token())(request)

    def renew(self) -> None:
        """Forget the token; the next request fetches another."""
        with self._lock:
            self._token = None

    def _current_token(self) -> str:
        with self._lock:
            if self._token is None or self._ends_at is None or self._now() >= self._ends_at - MARGIN:
                self._token, life = self._fetch()
                self._ends_at = self._now() + max(life, 2 * MARGIN)
            return self._token

    def _fetch(self) -> tuple[str, timedelta]:
        wish = {"grant_type": "client_credentials"} | ({"scope": self._scope} if self._scope else {})
        try:
            answer = self._http.post_form("", wish)
        except AuthFailed as error:
            raise AuthFailed(f"We get no token: {error.reason} Check the client's id, secret and scope.") from error
        document = answer.json()
        token = document.get("access_token") if isinstance(document, dict) else None
        if not isinstance(token, str) or not token:
            raise Rejected(f"{answer.host} answers without a token; check the address that gives out tokens.")
        seconds = document.get("expires_in")
        is_stated = isinstance(seconds, int) and not isinstance(seconds, bool) and 0 < seconds < 10**9
        return token, timedelta(seconds=int(seconds)) if is_stated else DEFAULT_LIFE
