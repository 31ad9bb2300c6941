"""What each status means: the connector error, and whether asking again may help."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from connectors.errors import AuthFailed, ConnectorError, NotFound, RateLimited, Rejected, Unavailable
from connectors.http.answer import HttpAnswer
from connectors.http.exchange import Broken
from connectors.http.quoting import quote_answer

# How long whoever asks for patience without a number is left alone.
DEFAULT_PATIENCE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Meaning:
    """`may_pass`: the same request can succeed later. `is_untouched`: this one was surely not carried out."""

    error: type[ConnectorError]
    may_pass: bool
    is_untouched: bool
    says: str


_REFUSED = Meaning(Rejected, False, True, "refuses the request")
_ELSEWHERE = Meaning(Rejected, False, True, "sends us to another address; enter that one, redirects are not followed")
_BROKEN = Meaning(Unavailable, True, False, "has a fault of its own; look into its log")

STATUSES: Mapping[int, Meaning] = {
    400: _REFUSED,
    401: Meaning(AuthFailed, False, True, "does not accept the credentials; correct them in the connection"),
    402: _REFUSED,
    403: Meaning(AuthFailed, False, True, "does not let these credentials do this; give them the right there"),
    404: Meaning(NotFound, False, True, "has no such record or address"),
    405: Meaning(Rejected, False, True, "does not offer this; check the address"),
    407: Meaning(AuthFailed, False, True, "is behind a proxy that wants credentials"),
    408: Meaning(Unavailable, True, False, "waited too long for our request"),
    409: Meaning(Rejected, False, True, "says that this contradicts what it has"),
    410: Meaning(NotFound, False, True, "has this record no longer"),
    413: Meaning(Rejected, False, True, "finds the request too large"),
    421: _BROKEN,
    425: Meaning(Unavailable, True, True, "is not ready for this yet"),
    429: Meaning(RateLimited, True, True, "wants us to ask less often"),
    500: _BROKEN,
    501: Meaning(Rejected, False, True, "does not offer this; check the address"),
    502: Meaning(Unavailable, True, False, "is behind a gateway that does not reach it"),
    503: Meaning(Unavailable, True, False, "is out of service for now"),
    504: Meaning(Unavailable, True, False, "is behind a gateway that gave up waiting for it"),
    505: Meaning(Rejected, False, True, "does not offer this; check the address"),
}
_BY_HUNDRED: Mapping[int, Meaning] = {3: _ELSEWHERE, 4: _REFUSED, 5: _BROKEN}


@dataclass(frozen=True, slots=True)
class Failure:
    """One try that failed. `patience_seconds` is what the system asked for, if it did."""

    error: ConnectorError
    may_pass: bool
    is_untouched: bool
    patience_seconds: float | None = None


def judge_answer(answer: HttpAnswer, now: datetime, secrets: Sequence[str] = ()) -> Failure | None:
    """What an answer means; None for success. `secrets` are never quoted from it."""
    if answer.is_cut:
        size = len(answer.body) / 1024 / 1024
        return _final(Rejected(f"{answer.host} answers with more than {size:g} MB; ask for smaller pages."))
    if 200 <= answer.status < 300:
        return None
    meaning = STATUSES.get(answer.status) or _BY_HUNDRED.get(answer.status // 100, _BROKEN)
    reason = f"{answer.host} {meaning.says} (status {answer.status})."
    if meaning.error in (Rejected, NotFound) and (quote := quote_answer(answer, secrets)):
        reason += f" It says: {quote}"
    patience = read_retry_after(answer.headers.get("Retry-After", ""), now)
    if meaning.error is RateLimited:
        patience = DEFAULT_PATIENCE_SECONDS if patience is None else patience
        error: ConnectorError = RateLimited(reason, patience)
    else:
        error = meaning.error(reason)
    return Failure(error, meaning.may_pass, meaning.is_untouched, patience)


def judge_broken(broken: Broken) -> Failure:
    """What it means that no whole answer came."""
    return Failure(Unavailable(broken.reason), broken.may_pass, broken.is_untouched)


def read_retry_after(written: str, now: datetime) -> float | None:
    """The seconds to wait: Retry-After is seconds or a date (RFC 9110); None where it is neither."""
    if written.isascii() and written.isdigit() and len(written) < 10:
        return float(written)
    try:
        moment = parsedate_to_datetime(written)
    except (ValueError, OverflowError):
        return None
    return max((moment.replace(tzinfo=moment.tzinfo or UTC) - now).total_seconds(), 0.0)


def _final(error: ConnectorError) -> Failure:
    return Failure(error, may_pass=False, is_untouched=False)
