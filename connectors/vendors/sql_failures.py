"""What the errors of a database mean to whoever asked a query of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from connectors.errors import AuthFailed, ConnectorError, Rejected, Unavailable

_TOO_LONG = (Unavailable, "The query {query} took longer than this connection allows; make it cheaper or allow more.")
# Codes of the SQL standard and of PostgreSQL, by their beginning; the longest that fits counts.
_BY_STATE: dict[str, tuple[type[ConnectorError], str]] = {
    "08": (Unavailable, "The database cannot be reached; check that it runs."),
    "25006": (Rejected, "The query {query} would change something; this connection only reads."),
    "28": (AuthFailed, "The database refuses the user or the password; correct them."),
    "40": (Unavailable, "The database gave the query {query} up because of others; it is worth trying again."),
    "42501": (AuthFailed, "The database user may not read what the query {query} asks for; grant it SELECT there."),
    "53": (Unavailable, "The database has no room for another connection now."),
    "57014": _TOO_LONG,
    "57": (Unavailable, "The database is starting, stopping or was told to end the query {query}."),
}
_SAYS_WHO_ARE_YOU = ("authentication failed", "no password supplied", "access denied")
_NO_SUCH_PLACE = ("does not exist", "unknown database")
_SQLITE_STATES: dict[str, tuple[type[ConnectorError], str]] = {
    "SQLITE_ERROR": (Rejected, "The query {query} is wrong: {said}"),
    "SQLITE_INTERRUPT": _TOO_LONG,
    "SQLITE_READONLY": (Rejected, "The query {query} would change something; this connection only reads."),
}


@contextmanager
def explain_query(query: str, secret: str = "") -> Iterator[None]:
    """Turn errors of SQLAlchemy into connector errors; `secret` is kept out of their reasons."""
    try:
        yield
    except PoolTimeoutError as error:
        raise Unavailable("All connections to the database are in use; try again in a moment.") from error
    except DBAPIError as error:
        raise _explained(error, query, secret) from error
    except SQLAlchemyError as error:
        raise Rejected(f"The query {query} cannot be run: {_without(str(error), secret)}") from error


def _explained(error: DBAPIError, query: str, secret: str) -> ConnectorError:
    cause = error.orig
    said = _without(str(cause).strip().splitlines()[0] if str(cause).strip() else type(cause).__name__, secret)
    kind, reason = _outcome(error, cause, said)
    return kind(reason.format(query=query, said=said))


def _outcome(error: DBAPIError, cause: Any, said: str) -> tuple[type[ConnectorError], str]:
    state = getattr(cause, "sqlstate", None) or ""
    for length in (5, 2):
        if len(state) >= length and state[:length] in _BY_STATE:
            return _BY_STATE[state[:length]]
    if known := _SQLITE_STATES.get(getattr(cause, "sqlite_errorname", "")):
        return known
    if state or not isinstance(error, OperationalError | InterfaceError):
        return Rejected, "The query {query} is wrong: {said}"
    # Before a connection stands there is no code, only words.
    words = said.lower()
    if any(one in words for one in _SAYS_WHO_ARE_YOU):
        return _BY_STATE["28"]
    if any(one in words for one in _NO_SUCH_PLACE):
        return AuthFailed, "The database or its user is not known there; correct the address or the user. ({said})"
    return Unavailable, "The database does not answer; check that it runs and that its address is right. ({said})"


def _without(words: str, secret: str) -> str:
    return words.replace(secret, "***") if secret else words
