"""Connections to other systems: which there are, and trying one out."""

from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import APIRouter
from pydantic import BaseModel, Field

from bot.operations_api.fields import Name
from bot.operations_api.guard import OfficeOf, Operator, Viewer
from bot.web_errors import problem
from connectors.errors import ConnectorError, Unavailable

router = APIRouter(prefix="/connections", tags=["connections"])


class ConnectionFacts(BaseModel):
    """A connection; its settings are not shown, for they may hold secrets."""

    name: str
    contract: str
    vendor: str


class Connections(BaseModel):
    connections: list[ConnectionFacts]


class ConnectionCheck(BaseModel):
    name: str
    is_good: bool
    sentence: str = Field(description="what was found, or why it does not work and what to do")


@router.get("")
def list_connections(_caller: Viewer, office: OfficeOf) -> Connections:
    """All connections, oldest first."""
    with _explained():
        found = office.connectors.list_connections()
    return Connections(
        connections=[ConnectionFacts(name=one.name, contract=one.contract, vendor=one.vendor) for one in found]
    )


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
