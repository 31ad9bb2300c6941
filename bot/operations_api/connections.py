"""Connections to other systems: which there are and how they fare, trying, adding, changing and removing them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, StringConstraints

from bot.office import Office
from bot.operations_api.fields import Body, Limit, Name
from bot.operations_api.guard import Admin, OfficeOf, Operator, Viewer
from bot.web_errors import problem
from connectors.connection_limits import HIGHEST_LIMITS, set_limits
from connectors.connections.desk import ConnectionChangedError
from connectors.connections.draft import ConnectionDraft, DraftError
from connectors.connections.health import read_stretches
from connectors.connections.info import ConnectionInfo
from connectors.errors import ConnectorError, Unavailable
from connectors.registry import VENDORS

router = APIRouter(prefix="/connections", tags=["connections"])

Word = Annotated[str, StringConstraints(max_length=100, pattern=r"^[^\x00]*$")]
SettingText = Annotated[str, StringConstraints(max_length=20_000, pattern=r"^[^\x00]*$")]
SettingValue = SettingText | StrictBool | StrictInt | dict[Word, Word] | None


class ConnectionFacts(BaseModel):
    """A connection; its settings are not shown, for they may hold secrets."""

    model_config = ConfigDict(from_attributes=True)

    name: str
    vendor: str
    contracts: list[str]
    health: str = Field(description="unknown, good or failing")
    health_since: datetime | None
    is_paused: bool
    is_read_only: bool
    version: int = Field(description="is to be sent with a change")
    networks: list[str] = Field(description="private networks that it may call")
    chosen_for: list[str] = Field(description="contracts for which it was chosen among several")
    max_concurrent_runs: int | None = Field(description="null: no limit")
    calls_per_minute: int | None = Field(description="null: no limit")


class Connections(BaseModel):
    connections: list[ConnectionFacts]


class ConnectionLimits(Body):
    """What is left out stays as it is; null ends a limit."""

    max_concurrent_runs: int | None = Field(None, ge=1, le=HIGHEST_LIMITS["max_concurrent_runs"])
    calls_per_minute: int | None = Field(None, ge=1, le=HIGHEST_LIMITS["calls_per_minute"])


class ConnectionChange(Body):
    """A connection as it is to be, whole: what is safe must not become unsafe because a field was left out.

    A secret that is left out stays, unless the address or the way to it changes.
    """

    contracts: list[Word] = Field(max_length=50)
    settings: dict[Word, SettingValue] = Field(
        default_factory=dict, max_length=100, repr=False, description="by name, as GET /connections/vendors lists them"
    )
    networks: list[Word] = Field(max_length=50, description="private networks, like 10.1.0.0/16")
    is_read_only: bool
    version: int = Field(description="of the connection that was read; another one by now is answered with 409")
    cleared: list[Word] = Field(default_factory=list, max_length=50, description="secrets that it is to lose")


class NewConnection(Body):
    name: Word
    vendor: Word
    contracts: list[Word] = Field(max_length=50)
    settings: dict[Word, SettingValue] = Field(default_factory=dict, max_length=100, repr=False)
    networks: list[Word] = Field(default_factory=list, max_length=50)
    is_read_only: bool = False


class ConnectionCheck(BaseModel):
    name: str
    is_good: bool
    sentence: str = Field(description="what was found, or why it does not work and what to do")


class SettingFacts(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    name: str
    kind: str
    is_required: bool
    default: Any
    choices: list[str]
    minimum: int | None
    maximum: int | None
    unit: str


class VendorFacts(BaseModel):
    """A kind of system that can be connected."""

    model_config = ConfigDict(from_attributes=True)

    name: str
    contracts: list[str]
    settings: list[SettingFacts]


class Vendors(BaseModel):
    vendors: list[VendorFacts]


class Stretch(BaseModel):
    """A time in which the connection worked or failed."""

    model_config = ConfigDict(from_attributes=True)

    health: str
    kind: str = Field(description="the error: unavailable, auth_failed, not_found or rejected; empty while it works")
    sentence: str
    began_at: datetime
    last_seen_at: datetime
    times: int
    took_ms: int | None


class HealthHistory(BaseModel):
    stretches: list[Stretch]


class Row(BaseModel):
    """A row as the other system has it, and what the mapping makes of it."""

    source: dict[str, str]
    mapped: dict[str, str]
    problem: str


class Preview(BaseModel):
    rows: list[Row]


class Choice(Body):
    contract: Word


@router.get("")
def list_connections(_caller: Viewer, office: OfficeOf) -> Connections:
    """All connections, oldest first."""
    return Connections(connections=[ConnectionFacts.model_validate(one) for one in _list(office)])


@router.get("/vendors")
def list_vendors(_caller: Viewer) -> Vendors:
    """What can be connected, with the settings that each asks for."""
    return Vendors(vendors=[VendorFacts.model_validate(vendor) for vendor in VENDORS.values()])


@router.post("", status_code=201)
def add_connection(caller: Admin, office: OfficeOf, wanted: NewConnection) -> ConnectionFacts:
    """Try a system and save its connection; one that does not work is refused with 422 and not saved."""
    draft = _draft(wanted.name, wanted.vendor, wanted)
    with _explained():
        office.connections.add(draft, caller.actor)
    return _describe(office, wanted.name)


@router.put("/{name}")
def change_connection(caller: Admin, office: OfficeOf, name: Name, wanted: ConnectionChange) -> ConnectionFacts:
    """Try a changed connection and save it; what does not work is refused with 422, and nothing is changed."""
    draft = replace(_draft(name, _find(office, name).vendor, wanted), cleared=frozenset(wanted.cleared))
    with _explained():
        office.connections.change(draft, wanted.version, caller.actor)
    return _describe(office, name)


@router.patch("/{name}")
def limit_connection(caller: Admin, office: OfficeOf, name: Name, limits: ConnectionLimits) -> ConnectionFacts:
    """Set how many runs may use a connection at the same time, and how often it is called in a minute."""
    with office.database.write() as session:
        connection = set_limits(session, name, limits.model_dump(exclude_unset=True), caller.actor)
    if connection is None:
        raise problem(404, "unknown_connection", f"There is no connection {name!r}.")
    return _describe(office, name)


@router.delete("/{name}", status_code=204)
def remove_connection(caller: Admin, office: OfficeOf, name: Name) -> None:
    """Forget a connection with its secrets and its history."""
    _find(office, name)
    with _explained():
        office.connections.remove(name, caller.actor)


@router.post("/{name}/test")
def try_connection(_caller: Operator, office: OfficeOf, name: Name) -> ConnectionCheck:
    """Try a connection now and say what was found; a failing one is answered with 200 and `is_good` false."""
    _find(office, name)
    try:
        return ConnectionCheck(name=name, is_good=True, sentence=office.connectors.check(name))
    except ConnectorError as error:
        return ConnectionCheck(name=name, is_good=False, sentence=error.reason)


@router.post("/{name}/preview")
def preview_connection(_caller: Operator, office: OfficeOf, name: Name) -> Preview:
    """Real rows of the other system, and what the saved mapping makes of them."""
    info = _find(office, name)
    draft = ConnectionDraft(name, info.vendor, info.contracts, info.settings, ", ".join(info.networks))
    with _explained():
        rows = office.connections.preview(office.connections.check(draft))
    return Preview(
        rows=[Row(source=_texts(row.source), mapped=_texts(row.mapped), problem=row.problem) for row in rows]
    )


@router.post("/{name}/pause")
def pause_connection(caller: Admin, office: OfficeOf, name: Name) -> ConnectionFacts:
    """Let a connection serve nobody until it is resumed."""
    _find(office, name)
    with _explained():
        office.connections.pause(name, caller.actor)
    return _describe(office, name)


@router.post("/{name}/resume")
def resume_connection(caller: Admin, office: OfficeOf, name: Name) -> ConnectionFacts:
    """Try a connection and let it serve again; what does not work is refused with 422 and stays paused."""
    _find(office, name)
    with _explained():
        office.connections.resume(name, caller.actor)
    return _describe(office, name)


@router.post("/{name}/choose")
def choose_connection(caller: Admin, office: OfficeOf, name: Name, choice: Choice) -> ConnectionFacts:
    """Let this one of several connections serve a contract."""
    _find(office, name)
    with _explained():
        office.connections.choose({choice.contract: name}, caller.actor)
    return _describe(office, name)


@router.get("/{name}/health")
def show_health(_caller: Viewer, office: OfficeOf, name: Name, limit: Limit = 50) -> HealthHistory:
    """How a connection fared, newest first."""
    info = _find(office, name)
    with office.database.read() as session:
        found = read_stretches(session, info.id, limit)
    return HealthHistory(stretches=[Stretch.model_validate(one) for one in found])


def _draft(name: str, vendor: str, wanted: NewConnection | ConnectionChange) -> ConnectionDraft:
    return ConnectionDraft(
        name, vendor, tuple(wanted.contracts), wanted.settings, ", ".join(wanted.networks), wanted.is_read_only
    )


def _texts(values: Any) -> dict[str, str]:
    return {str(name): "" if value is None else str(value) for name, value in values.items()}


def _list(office: Office) -> Sequence[ConnectionInfo]:
    """The list of connections is our own database's."""
    try:
        return office.connectors.list_connections()
    except Unavailable as error:
        raise problem(503, "database_unavailable", error.reason, retry_after=5) from error


def _find(office: Office, name: str) -> ConnectionInfo:
    for info in _list(office):
        if info.name == name:
            return info
    raise problem(404, "unknown_connection", f"There is no connection {name!r}.")


def _describe(office: Office, name: str) -> ConnectionFacts:
    return ConnectionFacts.model_validate(_find(office, name))


@contextmanager
def _explained() -> Iterator[None]:
    """A draft may be wrong, and another system may say no."""
    try:
        yield
    except DraftError as error:
        raise problem(422, "bad_connection", f"This connection cannot be right: {error}.") from error
    except ConnectionChangedError as error:
        raise problem(
            409, "connection_changed", "Somebody else changed this connection meanwhile. Read it again."
        ) from error
    except ConnectorError as error:
        raise problem(422, "connection_fails", error.reason) from error
