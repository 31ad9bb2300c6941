"""The page of the connections to other systems, and trying one out."""

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.responses import Response

from bot.console.frame import ConsoleFrame, Frame
from connectors.errors import ConnectorError
from connectors.registry import ConnectionInfo

router = APIRouter()


@dataclass(frozen=True, slots=True)
class ConnectionCheck:
    """What trying a connection found, in one sentence."""

    name: str
    is_good: bool
    sentence: str


@router.get("/connections")
def show_connections(frame: ConsoleFrame) -> Response:
    return _page(frame)


@router.post("/connections/{name:path}/test")
def try_connection(frame: ConsoleFrame, request: Request, name: str) -> Response:
    """Try the connection now; htmx gets the result alone, a browser without it the whole page."""
    result = _try(frame, name)
    if "HX-Request" in request.headers:
        return frame.page("test_result.html", result=result)
    return _page(frame, result)


def _try(frame: Frame, name: str) -> ConnectionCheck:
    try:
        return ConnectionCheck(name, True, frame.office.connectors.check(name))
    except ConnectorError as error:
        return ConnectionCheck(name, False, error.reason)


def _page(frame: Frame, result: ConnectionCheck | None = None) -> Response:
    connections: Sequence[ConnectionInfo] = ()
    failure = ""
    try:
        connections = frame.office.connectors.list_connections()
    except ConnectorError as error:
        failure = error.reason
    return frame.page("connections.html", tab="connections", connections=connections, failure=failure, result=result)
