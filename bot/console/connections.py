"""The page of the connections to other systems: trying one out, how much each may be asked, and which one serves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.responses import Response

from bot.console.form_fields import whole_number
from bot.console.frame import UNPROCESSABLE, ConsoleFrame, Frame, PostedForm, see_other
from connectors.connection_limits import HIGHEST_LIMITS, LimitError, set_limits
from connectors.connections.info import ConnectionInfo, serving
from connectors.contracts.names import CONTRACTS, READ_BY_NAME
from connectors.errors import ConnectorError, NotFound

CONNECTIONS = "/console/connections"
CHOICE_PREFIX = "choice."

router = APIRouter()


@dataclass(frozen=True, slots=True)
class ConnectionCheck:
    """What trying a connection found, in one sentence."""

    name: str
    is_good: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class ServedContract:
    """A contract that several connections offer, and the one of them that serves it."""

    contract: str
    serves: str
    offered: Sequence[str]


def path_of(name: str) -> str:
    """The address of a connection's page."""
    return f"{CONNECTIONS}/{quote(name, safe='')}"


@router.get("/connections")
def show_connections(frame: ConsoleFrame) -> Response:
    return _page(frame)


@router.post("/connections/choices")
def choose_connections(frame: ConsoleFrame, form: PostedForm) -> Response:
    """Which connection serves each contract that several offer; what nobody touched stays as it came about."""
    try:
        served = {one.contract: one.serves for one in served_by_choice(frame.office.connectors.list_connections())}
        wanted = {
            field.removeprefix(CHOICE_PREFIX): name for field, name in form.items() if field.startswith(CHOICE_PREFIX)
        }
        changed = {contract: name for contract, name in wanted.items() if served.get(contract) != name}
        frame.office.connections.choose(changed, frame.visitor.user.email)
    except NotFound:
        return frame.missing()
    return see_other(f"{CONNECTIONS}?done=chosen")


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
    return see_other(f"{CONNECTIONS}?done=saved") if connection else frame.missing()


def _limit_in(form: Mapping[str, str], name: str) -> int | None:
    written = form.get(name, "").strip()
    if not written:
        return None
    # What is no number is as much out of range as nought is.
    return whole_number(written) or 0


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
        choices=served_by_choice(connections),
        failure=failure,
        result=result,
        refused=refused,
        form=form or {},
        highest=HIGHEST_LIMITS,
        done=frame.request.query_params.get("done", ""),
    )


def served_by_choice(connections: Sequence[ConnectionInfo]) -> list[ServedContract]:
    """Documents are read from each of their connections by its name; there is nothing to choose."""
    found = []
    for contract in CONTRACTS:
        offered = [info.name for info in connections if contract in info.contracts]
        serves = serving(contract, connections)
        if serves is not None and len(offered) > 1 and contract not in READ_BY_NAME:
            found.append(ServedContract(contract, serves.name, offered))
    return found
