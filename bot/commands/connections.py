"""Commands for connections to other systems: what there is, how it fares, and who is served by it."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.commands.output import explained_errors, fail, office_or_fail, print_json

if TYPE_CHECKING:
    from bot.office import Office
    from connectors.connections.info import ConnectionInfo

connection_app = typer.Typer(no_args_is_help=True, help="Connections to other systems.")

ACTOR = "command line"
FIELDS = (
    "name",
    "vendor",
    "contracts",
    "health",
    "health_since",
    "is_paused",
    "is_read_only",
    "networks",
    "chosen_for",
    "max_concurrent_runs",
    "calls_per_minute",
)

Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
Name = Annotated[str, typer.Argument(help="name of the connection")]


def register(app: typer.Typer) -> None:
    app.add_typer(connection_app, name="connection")


@connection_app.command("list")
def list_connections(json: Json = False) -> None:
    """All connections, oldest first."""
    with explained_errors():
        found = office_or_fail().connectors.list_connections()
    if json:
        print_json([describe(connection) for connection in found])
        return
    for one in found:
        marks = "".join(mark for is_so, mark in ((one.is_paused, " paused"), (one.is_read_only, " read-only")) if is_so)
        typer.echo(f"{one.name:24} {one.vendor:10} {one.health:8}{marks} {', '.join(one.contracts)}")


@connection_app.command("vendors")
def list_vendors(json: Json = False) -> None:
    """What can be connected, with the settings that each asks for."""
    from connectors.registry import VENDORS

    vendors = [
        {
            "name": vendor.name,
            "contracts": list(vendor.contracts),
            "settings": [
                {"name": setting.name, "kind": setting.kind.value, "required": setting.is_required}
                | ({"default": setting.default} if setting.default not in (None, "") else {})
                | ({"choices": list(setting.choices)} if setting.choices else {})
                for setting in vendor.settings
            ],
        }
        for vendor in VENDORS.values()
    ]
    if json:
        print_json(vendors)
        return
    for known in VENDORS.values():
        typer.echo(f"{known.name}: {', '.join(known.contracts)}")
        for setting in known.settings:
            typer.echo(f"  {setting.name} ({setting.kind}{'' if setting.is_required else ', optional'})")


@connection_app.command("test")
def try_connection(name: Name, json: Json = False) -> None:
    """Try a connection and say what was found; exit code 1 if it does not work."""
    with explained_errors():
        sentence = office_or_fail().connectors.check(name)
    print_json({"name": name, "is_good": True, "sentence": sentence}) if json else typer.echo(sentence)


@connection_app.command("pause")
def pause_connection(name: Name, json: Json = False) -> None:
    """Let it serve nobody until it is resumed."""
    office = office_or_fail()
    with explained_errors():
        office.connections.pause(name, ACTOR)
    tell(office, name, "", json)


@connection_app.command("resume")
def resume_connection(name: Name, json: Json = False) -> None:
    """Try it and, if it works, let it serve again."""
    office = office_or_fail()
    with explained_errors():
        sentence = office.connections.resume(name, ACTOR)
    tell(office, name, sentence, json)


@connection_app.command("remove")
def remove_connection(
    name: Name, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False, json: Json = False
) -> None:
    """Forget a connection with its secrets and its history; in the other system nothing changes."""
    office = office_or_fail()
    with explained_errors():
        facts = describe(find_connection(office, name))
        if not yes:
            typer.confirm(f"Jobs that use it fail from now on. Remove the connection {name!r}?", abort=True)
        office.connections.remove(name, ACTOR)
    if json:
        print_json(facts)


@connection_app.command("choose")
def choose_connection(
    contract: Annotated[str, typer.Argument(help="what is to be served, like orders")], name: Name, json: Json = False
) -> None:
    """Let this one of several connections serve a contract."""
    office = office_or_fail()
    with explained_errors():
        office.connections.choose({contract: name}, ACTOR)
    tell(office, name, "", json)


@connection_app.command("history")
def show_history(
    name: Name,
    limit: Annotated[int, typer.Option(min=1, max=500, help="how many at most")] = 20,
    json: Json = False,
) -> None:
    """How a connection fared, newest first: stretches of time in which it worked or failed."""
    from connectors.connections.health import read_stretches

    office = office_or_fail()
    with explained_errors(), office.database.read() as session:
        found = read_stretches(session, find_connection(office, name).id, limit)
    names = ("health", "kind", "began_at", "last_seen_at", "times", "took_ms", "sentence")
    if json:
        print_json([{field: getattr(one, field) for field in names} for one in found])
        return
    for one in found:
        typer.echo(f"{one.began_at:%Y-%m-%d %H:%M:%S}  {one.health:8} {one.times:5}  {one.sentence}")


@connection_app.command("limit")
def limit_connection(
    name: Name,
    runs: Annotated[int | None, typer.Option(min=0, help="at the same time; 0 ends the limit")] = None,
    calls_per_minute: Annotated[int | None, typer.Option(min=0, help="0 ends the limit")] = None,
    json: Json = False,
) -> None:
    """Set how much a connection may be asked; what is left out stays as it is."""
    from connectors.connection_limits import LimitError, set_limits

    given = {"max_concurrent_runs": runs, "calls_per_minute": calls_per_minute}
    limits = {limit: value or None for limit, value in given.items() if value is not None}
    try:
        with explained_errors(), office_or_fail().database.write() as session:
            connection = set_limits(session, name, limits, ACTOR)
    except LimitError as error:
        fail(str(error), 2)
    if connection is None:
        fail(f"There is no connection {name!r}; `twinoffice connection list` shows them.", 2)
    now = {limit: getattr(connection, limit) for limit in given}
    if json:
        print_json({"name": name} | now)
        return
    for limit, value in now.items():
        typer.echo(f"{limit}: {'no limit' if value is None else value}")


def find_connection(office: "Office", name: str) -> "ConnectionInfo":
    found = {info.name: info for info in office.connectors.list_connections()}
    if name not in found:
        fail(f"There is no connection {name!r}; `twinoffice connection list` shows them.", 2)
    return found[name]


def describe(info: "ConnectionInfo") -> dict[str, Any]:
    return {field: getattr(info, field) for field in FIELDS}


def tell(office: "Office", name: str, sentence: str, json: bool) -> None:
    if json:
        with explained_errors():
            print_json(describe(find_connection(office, name)) | {"sentence": sentence})
    elif sentence:
        typer.echo(sentence)
