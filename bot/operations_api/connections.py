"""Connections to other systems: which there are, trying one out, and how much each may be asked."""

from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from bot.operations_api.fields import Body, Name
from bot.operations_api.guard import Admin, OfficeOf, Operator, Viewer
from bot.web_errors import problem
from connectors.connection_limits import HIGHEST_LIMITS, set_limits
from connectors.errors import ConnectorError, Unavailable

router = APIRouter(prefix="/connections", tags=["connections"])


class ConnectionFacts(BaseModel):
    """A connection; its settings are not shown, for they may hold secrets."""

    model_config = ConfigDict(from_attributes=True)

    name: str
    contract: str
    vendor: str
    max_concurrent_runs: int | None = Field(description="null: no limit")
    calls_per_minute: int | None = Field(description="null: no limit")


class Connections(BaseModel):
    connections: list[ConnectionFacts]


class ConnectionLimits(Body):
    """What is left out stays as it is; null ends a limit."""

    max_concurrent_runs: int | None = Field(None, ge=1, le=HIGHEST_LIMITS["max_concurrent_runs"])
    calls_per_minute: int | None = Field(None, ge=1, le=HIGHEST_LIMITS["calls_per_minute"])


class ConnectionCheck(BaseModel):
    name: str
    is_good: bool
    sentence: str = Field(description="what was found, or why it does not work and what to do")


@router.get("")
def list_connections(_caller: Viewer, office: OfficeOf) -> Connections:
    """All connections, oldest first."""
    with _explained():
        found = office.connectors.list_connections()
    return Connections(connections=[ConnectionFacts.model_validate(one) for one in found])


@router.patch("/{name}")
def limit_connection(caller: Admin, office: OfficeOf, name: Name, limits: ConnectionLimits) -> ConnectionFacts:
    """Set how many runs may use a connection at the same time, and how often it is called in a minute."""
    with office.database.write() as session:
        connection = set_limits(session, name, limits.model_dump(exclude_unset=True), caller.actor)
        if connection is None:
            raise problem(404, "unknown_connection", f"There is no connection {name!r}.")
        return ConnectionFacts.model_validate(connection)


@router.post("/{name}/test")
def try_connection(_caller: Operator, office: OfficeOf, name: Name) -> ConnectionCheck:
    """Try a connection now and say what was found; a failing one is answered with 200 and `is_good` false."""
    with _explained():
        known = {one.name for one in office.connectors.list_connections()}
    if name not in known:
        raise problem(404, "unknown_connection", f"There is no connection {name!r}.")
    try:
        return ConnectionCheck(name=name, is_good=True, sentence=office.connectors.check(name))
    except ConnectorError as error:
        return ConnectionCheck(name=name, is_good=False, sentence=error.reason)


@contextmanager
def _explained() -> Iterator[None]:
    """The list of connections is our own database's."""
    try:
        yield
    except Unavailable as error:
        raise problem(503, "database_unavailable", error.reason, retry_after=5) from error
