"""The one HTTP client of all connectors: asks, waits, asks again, and ends in an answer or a connector error."""

import json
import random
import time
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol, runtime_checkable
from urllib.parse import quote, unquote, urlencode, urlsplit

import structlog
from requests import PreparedRequest

from connectors.database.base import utc_now
from connectors.errors import AuthFailed, ConnectorError, RateLimited, Rejected, Unavailable
from connectors.http.answer import HttpAnswer
from connectors.http.circuit import Circuit, TooSoon, share_circuit
from connectors.http.exchange import DEFAULT_TIMEOUTS, Authenticate, Broken, Exchange, Timeouts
from connectors.http.metrics import OPEN_CIRCUIT, REQUESTS, RETRIES, SECONDS
from connectors.http.outcomes import Failure, judge_answer, judge_broken
from connectors.http.quoting import secrets_in
from connectors.http.reach import Allowed, Reach, check_url
from connectors.http.recording import Sender

__all__ = ["Authenticate", "HttpAnswer", "HttpClient", "Limits", "Renewable", "Timeouts"]

FIRST_PAUSE_SECONDS = 0.5
# What is left for another try when our own limit of rate held it up.
SHORTEST_TRY_SECONDS = 1.0
# However long a system asks us to stay away, for example because a clock was set: it is asked again after an hour.
LONGEST_REST_SECONDS = 3600.0
# Methods that do the same when they are sent twice (RFC 9110, 9.2.2).
_IDEMPOTENT = frozenset({"GET", "HEAD", "PUT", "DELETE"})
NAMELESS = "trial"
_DEFAULT_PORTS = {"http": 80, "https": 443}
# Until when the call must end on whose way somebody signs in: what signing in needs is part of that call.
_ON_THE_WAY: ContextVar[datetime | None] = ContextVar("on_the_way", default=None)

log = structlog.get_logger(__name__)


@runtime_checkable
class Renewable(Protocol):
    """An `authenticate` that can get itself new credentials (a token, a session) when the old ones are refused."""

    def renew(self) -> None:
        """Called once after a 401 or 403; the request is then authenticated and sent again."""
        ...


@dataclass(frozen=True, slots=True)
class Limits:
    """`tries` in all; an answer beyond `answer_bytes` is Rejected; no single wait is longer than `wait_seconds`.

    After `failures_to_open` calls in a row that failed, the connection is left alone for `open_seconds`.
    """

    answer_bytes: int = 16 * 1024 * 1024
    tries: int = 4
    wait_seconds: float = 20.0
    connections: int = 4
    requests_per_minute: int | None = None
    failures_to_open: int = 5
    open_seconds: float = 30.0


@dataclass(frozen=True, slots=True)
class _Call:
    """What is to be sent. `is_read`: it changes nothing, and its answer must be JSON."""

    method: str
    url: str
    params: Mapping[str, Any] | None = None
    body: bytes | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    is_read: bool = False
    is_repeatable: bool = False


class HttpClient:
    """Calls one system below `base_url`. Safe to share between threads.

    A path is relative to `base_url`, the empty one is `base_url` itself; an absolute address must have its scheme, host
    and port, else Rejected. Reads, calls with an idempotency key, PUT and DELETE are tried again; other writes only
    where the request surely was not carried out (nothing listens, 429).

    Raises (every method):
        Unavailable, RateLimited, AuthFailed, NotFound, Rejected: as the table in connectors/http/outcomes.py says.
    """

    def __init__(
        self,
        base_url: str,
        *,
        connection: str = "",
        reach: Reach | Allowed = Reach.PUBLIC,
        authenticate: Authenticate | None = None,
        secrets: Sequence[str] = (),
        timeouts: Timeouts = DEFAULT_TIMEOUTS,
        limits: Limits = Limits(),
        certificate_authority: str = "",
        through: Callable[[Exchange], Sender] = lambda exchange: exchange,
        now: Callable[[], datetime] = utc_now,
        wait: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """`connection` names it in metrics and logs; no reason quotes one of its `secrets`, whatever is repeated to us.
        `certificate_authority` is PEM text trusted besides the usual; `through` puts something around what sends.

        Raises:
            Rejected: `base_url` is no web address.
        """
        self._host = check_url(base_url)
        self._base_url = base_url.strip()
        # A draft that is tried has no name yet; whatever is typed in must not become a label of the metrics.
        self._connection = connection or NAMELESS
        self._authenticate, self._secrets = authenticate, tuple(secrets)
        self._timeouts, self._limits = timeouts, limits
        self._now, self._wait, self._chance = now, wait, chance
        allowed = reach if isinstance(reach, Allowed) else Allowed(reach)
        exchange = Exchange(allowed, timeouts, limits.answer_bytes, limits.connections, certificate_authority)
        self._exchange = through(exchange)
        self._circuit = share_circuit((connection or id(self), self._base_url, limits, now), self._make_circuit)

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> HttpAnswer:
        """`params` with the value None are left out."""
        return self._carry_out(_Call("GET", self._address_of(path), params, is_read=True, is_repeatable=True))

    def post_json(
        self, path: str, document: Any, *, idempotency_key: str | None = None, is_read: bool = False
    ) -> HttpAnswer:
        """`idempotency_key` goes with the request as the header Idempotency-Key: the other system knows keys.

        `is_read` says that the call changes nothing (a query sent by POST, as JSON-RPC does).
        """
        return self._send_document("POST", path, document, idempotency_key, is_read)

    def send_json(self, method: str, path: str, document: Any, *, idempotency_key: str | None = None) -> HttpAnswer:
        """PUT, PATCH or DELETE."""
        return self._send_document(method, path, document, idempotency_key, is_read=False)

    def post_form(self, path: str, fields: Mapping[str, str]) -> HttpAnswer:
        """A query sent as a form, as those who give out tokens want it; it changes nothing."""
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        body = urlencode(fields).encode()
        return self._carry_out(
            _Call("POST", self._address_of(path), None, body, headers, is_read=True, is_repeatable=True)
        )

    def close(self) -> None:
        """Give the pooled connections back."""
        self._exchange.close()

    def _send_document(self, method: str, path: str, document: Any, key: str | None, is_read: bool) -> HttpAnswer:
        headers = {"Content-Type": "application/json"} | ({"Idempotency-Key": _header_text(key)} if key else {})
        body = None if document is None else json.dumps(document, ensure_ascii=False).encode()
        is_repeatable = is_read or key is not None or method in _IDEMPOTENT
        return self._carry_out(
            _Call(method, self._address_of(path), None, body, headers, is_read=is_read, is_repeatable=is_repeatable)
        )

    def _address_of(self, path: str) -> str:
        is_absolute = path.startswith(("http://", "https://"))
        below = f"{self._base_url.rstrip('/')}/{path.lstrip('/')}" if path else self._base_url
        address = path if is_absolute else below
        # Credentials go to the system they belong to, whatever address an answer names.
        if _origin(address) != _origin(self._base_url):
            raise Rejected(f"{self._host} sends us to another system, which is not asked; check the paging.")
        if not is_absolute and {".", ".."} & {unquote(part) for part in urlsplit(below).path.split("/")}:
            raise Rejected(f"The path {path[:100]!r} leads out of the connection's address; write it without dots.")
        return address

    def _carry_out(self, call: _Call) -> HttpAnswer:
        if _ON_THE_WAY.get() is not None:
            return self._try_until_done(call)
        self._circuit.admit(self._host)
        try:
            answer = self._try_until_done(call)
        except TooSoon:
            raise
        except Unavailable:
            self._circuit.note_failure()
            raise
        except ConnectorError as error:
            self._circuit.note_success()
            if isinstance(error, RateLimited):
                self._circuit.rest(min(error.retry_after, LONGEST_REST_SECONDS))
            raise
        else:
            self._circuit.note_success()
        finally:
            OPEN_CIRCUIT.labels(self._connection).set(self._circuit.is_open)
        return answer

    def _try_until_done(self, call: _Call) -> HttpAnswer:
        ends_at = _ON_THE_WAY.get()
        # The time of the call begins afterwards: at one request a minute nothing would be left of it.
        self._wait_for_slot(self._timeouts.call if ends_at is None else self._seconds_to(ends_at))
        deadline = ends_at or self._now() + timedelta(seconds=self._timeouts.call)
        is_renewed, attempt = False, 0
        while True:
            attempt += 1
            outcome = self._try_once(call, deadline)
            if isinstance(outcome, HttpAnswer):
                return outcome
            if not is_renewed and self._renews(outcome):
                is_renewed = True
            else:
                self._wait(self._pause_before_next(call, outcome, attempt, deadline))
                RETRIES.labels(self._connection).inc()
                log.info("connector_retry", connection=self._connection, attempt=attempt, reason=outcome.error.reason)
            try:
                self._wait_for_slot(self._seconds_to(deadline) - SHORTEST_TRY_SECONDS)
            except TooSoon:
                raise outcome.error from None

    def _try_once(self, call: _Call, deadline: datetime) -> HttpAnswer | Failure:
        started = time.perf_counter()
        outcome = self._exchange_once(call, deadline)
        SECONDS.labels(self._connection).observe(time.perf_counter() - started)
        name = "ok" if isinstance(outcome, HttpAnswer) else type(outcome.error).__name__
        REQUESTS.labels(self._connection, name).inc()
        return outcome

    def _exchange_once(self, call: _Call, deadline: datetime) -> HttpAnswer | Failure:
        prepared = self._prepare(call, headers := {"Accept": "application/json", **call.headers}, deadline)
        answer = self._exchange.attempt(prepared, max(self._seconds_to(deadline), 0.001))
        if isinstance(answer, Broken):
            return judge_broken(answer)
        failure = judge_answer(answer, self._now(), (*self._secrets, *secrets_in(prepared, headers)))
        if failure is None and call.is_read:
            failure = _judge_document(answer)
        return failure or answer

    def _prepare(self, call: _Call, headers: Mapping[str, str], deadline: datetime) -> PreparedRequest:
        before = _ON_THE_WAY.set(deadline)
        try:
            return self._exchange.prepare(
                call.method,
                call.url,
                params=call.params,
                body=call.body,
                headers=headers,
                authenticate=self._authenticate,
            )
        finally:
            _ON_THE_WAY.reset(before)

    def _renews(self, failure: Failure) -> bool:
        if isinstance(failure.error, AuthFailed) and isinstance(self._authenticate, Renewable):
            self._authenticate.renew()
            return True
        return False

    def _pause_before_next(self, call: _Call, failure: Failure, attempt: int, deadline: datetime) -> float:
        """The seconds until the next try; raises what the failure is when there is none."""
        is_worth_it = failure.may_pass and (call.is_repeatable or failure.is_untouched)
        if not is_worth_it or attempt >= self._limits.tries:
            raise failure.error
        half = FIRST_PAUSE_SECONDS * 2.0 ** (attempt - 1) / 2
        # Some of it is chance, so that many clients do not come back at the same moment.
        pause = max(failure.patience_seconds or 0.0, half) + half * self._chance()
        if pause > self._limits.wait_seconds or pause >= self._seconds_to(deadline):
            raise failure.error
        return pause

    def _wait_for_slot(self, at_most_seconds: float) -> None:
        if seconds := self._circuit.take_slot(self._host, at_most_seconds):
            self._wait(seconds)

    def _seconds_to(self, deadline: datetime) -> float:
        return (deadline - self._now()).total_seconds()

    def _make_circuit(self) -> Circuit:
        limits = self._limits
        return Circuit(limits.failures_to_open, limits.open_seconds, limits.requests_per_minute, self._now)


def _judge_document(answer: HttpAnswer) -> Failure | None:
    """A page of maintenance or half a document in place of the whole one can be over at the next try."""
    try:
        answer.json()
    except Unavailable as error:
        return judge_broken(Broken(error.reason))
    return None


def _header_text(key: str) -> str:
    return key if key.isascii() and key.isprintable() else quote(key)


def _origin(address: str) -> tuple[str, str | None, int | None]:
    try:
        parts = urlsplit(address)
        return parts.scheme, parts.hostname, parts.port or _DEFAULT_PORTS.get(parts.scheme)
    except ValueError as error:
        raise Rejected("A link or a path leads to no web address; check the paths of the connection.") from error
