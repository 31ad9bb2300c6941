"""One request and its answer: bounded in time and size, without redirects, cookies or the machine's proxies."""

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import requests

from connectors.errors import Unavailable
from connectors.http.answer import HttpAnswer
from connectors.http.gate import Gate, NotConnected
from connectors.http.reach import Allowed, check_url

_CHUNK_BYTES = 64 * 1024
Authenticate = Callable[[requests.PreparedRequest], requests.PreparedRequest]


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds. `call` bounds a whole call with all its tries and waits; `read` the silence between two bytes."""

    connect: float = 5.0
    read: float = 15.0
    call: float = 60.0


DEFAULT_TIMEOUTS = Timeouts()


@dataclass(frozen=True, slots=True)
class Broken:
    """No whole answer came. `is_untouched`: the request surely did not arrive; `may_pass`: another try can help."""

    reason: str
    may_pass: bool = True
    is_untouched: bool = False


class Exchange:
    """Reasons name the host only: paths can hold secrets. Safe to share between threads."""

    def __init__(
        self,
        allowed: Allowed,
        timeouts: Timeouts = DEFAULT_TIMEOUTS,
        answer_bytes: int = 64 * 1024,
        connections: int = 4,
        certificate_authority: str = "",
    ) -> None:
        self._timeouts = timeouts
        self._answer_bytes = answer_bytes
        self._gate = Gate(allowed, timeouts.connect, connections, certificate_authority)
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._session.mount("http://", self._gate)
        self._session.mount("https://", self._gate)

    def prepare(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        authenticate: Authenticate | None = None,
    ) -> requests.PreparedRequest:
        """Raises Rejected when the address is none, and what `authenticate` raises."""
        check_url(url)
        request = requests.Request(
            method,
            url,
            params=params,
            data=body,
            headers={"User-Agent": "Twinoffice", **(headers or {})},
            auth=authenticate,
        )
        return self._session.prepare_request(request)

    def send(self, prepared: requests.PreparedRequest) -> HttpAnswer:
        """The answer, whatever its status, its body cut at `answer_bytes`.

        Raises:
            Unavailable: nothing answers, or only a part came, or not in time.
            Rejected: the address must not be called.
        """
        outcome = self.attempt(prepared, self._timeouts.call)
        if isinstance(outcome, Broken):
            raise Unavailable(outcome.reason)
        return outcome

    def attempt(self, prepared: requests.PreparedRequest, seconds: float) -> HttpAnswer | Broken:
        """As `send` within so many seconds, for those who want to know what became of the request."""
        host = urlsplit(prepared.url or "").hostname or ""
        deadline = monotonic() + seconds
        try:
            with self._gate.hanging_up_after(seconds):
                return self._receive(prepared, host, deadline)
        except NotConnected as error:
            return Broken(error.reason, is_untouched=True)
        except requests.exceptions.SSLError as error:
            return _explain_tls(host, error)
        except requests.RequestException as error:
            if isinstance(error, requests.Timeout) or monotonic() >= deadline:
                return Broken(f"{host} did not answer within {min(seconds, self._timeouts.read):.3g} seconds.")
            return Broken(f"{host} broke off before its answer was complete; check that it is running.")
        except ValueError:
            return Broken(f"What we send to {host}, or what it answers, is no HTTP; look into its log.", may_pass=False)

    def close(self) -> None:
        """Give the pooled connections back."""
        self._session.close()

    def _receive(self, prepared: requests.PreparedRequest, host: str, deadline: float) -> HttpAnswer:
        timeout = (self._timeouts.connect, min(self._timeouts.read, max(deadline - monotonic(), 0.001)))
        # Not by the session: that would read the whole answer of a redirect, and where it leads, before we see it.
        with self._gate.send(prepared, stream=True, timeout=timeout, proxies={}) as response:
            received = bytearray()
            for chunk in response.iter_content(_CHUNK_BYTES):
                received += chunk
                if len(received) > self._answer_bytes:
                    break
                if monotonic() > deadline:
                    raise requests.Timeout
            is_cut = len(received) > self._answer_bytes
            body = bytes(received[: self._answer_bytes])
            return HttpAnswer(response.status_code, response.headers, body, host, prepared.url or "", is_cut)


def _explain_tls(host: str, error: requests.exceptions.SSLError) -> Broken:
    # requests wraps what urllib3 wraps what ssl raised.
    reason = getattr(error.args[0], "reason", None) if error.args else None
    cause = reason.args[0] if reason is not None and reason.args else None
    if isinstance(cause, ssl.SSLCertVerificationError):
        return Broken(
            f"The certificate of {host} is not valid for it ({cause.verify_message}); "
            "correct it there, or name the authority that signed it.",
            may_pass=False,
            is_untouched=True,
        )
    return Broken(f"The encrypted connection to {host} broke off; check that this port speaks TLS.")
