"""The page of the connections to other systems: trying one out, and how much each may be asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.responses import Response

from bot.console.frame import UNPROCESSABLE, ConsoleFrame, Frame, PostedForm, see_other
from connectors.connection_limits import HIGHEST_LIMITS, LimitError, set_limits
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


@router.post("/connections/{name:path}/limits")
def change_limits(frame: ConsoleFrame, name: str, form: PostedForm) -> Response:
    """An empty field means no limit."""
    try:
        limits = {limit: _limit_in(form, limit) for limit in HIGHEST_LIMITS}
        with frame.office.database.write() as session:
            connection = set_limits(session, name, limits, frame.visitor.user.email)
    except LimitError:
        return _page(frame, refused=name, form=form)
    return see_other("/console/connections?done=saved") if connection else frame.missing()


def _limit_in(form: Mapping[str, str], name: str) -> int | None:
    written = form.get(name, "").strip()
    if not written:
        return None
    # What is no number is as much out of range as nought is.
    return int(written) if written.isascii() and written.isdigit() and len(written) < 10 else 0


def _try(frame: Frame, name: str) -> ConnectionCheck:
    try:
        return ConnectionCheck(name, True, frame.office.connectors.check(name))
    except ConnectorError as error:
        return ConnectionCheck(name, False, error.reason)


def _page(
    frame: Frame,
    result: ConnectionCheck | None = None,
    refused: str | None = None,
    form: Mapping[str, str] | None = None,
) -> Response:
    """`refused` is the connection whose limits, in `form`, cannot be saved."""
    connections: Sequence[ConnectionInfo] = ()
    failure = ""
    try:
        connections = frame.office.connectors.list_connections()
    except ConnectorError as error:
        failure = error.reason
    return frame.page(
        "connections.html",
        200 if refused is None else UNPROCESSABLE,
        tab="connections",
        connections=connections,
        failure=failure,
        result=result,
        refused=refused,
        form=form or {},
        highest=HIGHEST_LIMITS,
        is_saved="done" in frame.request.query_params,
    )
