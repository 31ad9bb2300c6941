"""Commands that say how a system is connected: adding and changing a connection, and its mapping.

Secrets come from standard input or a file: arguments stand in the shell's history and in the list of processes.
"""

import getpass
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.commands.connections import ACTOR, Json, Name, connection_app, find_connection, tell
from bot.commands.output import explained_errors, fail, office_or_fail, print_json

if TYPE_CHECKING:
    from connectors.connections.draft import ConnectionDraft
    from connectors.connections.info import ConnectionInfo
    from connectors.vendor import Vendor

FROM_FILE = "@"

Contracts = Annotated[list[str] | None, typer.Option("--contract", help="what it is used for; several times")]
Settings = Annotated[
    list[str] | None, typer.Option("--set", help="setting=value, or setting=@file to read the value from a file")
]
SecretNames = Annotated[
    list[str] | None,
    typer.Option("--secret", help="a secret setting; its value is a line of standard input, and is not shown"),
]
Cleared = Annotated[list[str] | None, typer.Option("--clear", help="a secret setting that is to lose its value")]
Networks = Annotated[str | None, typer.Option(help="private networks that it may call, like 10.1.0.0/16,10.2.0.0/16")]
ReadOnly = Annotated[bool | None, typer.Option("--read-only/--writing", help="Make writing impossible, or allow it.")]


def register() -> None:
    connection_app.command("add")(add_connection)
    connection_app.command("change")(change_connection)
    connection_app.command("preview")(preview_connection)


def add_connection(
    name: Name,
    vendor: Annotated[str, typer.Option(help="from `connection vendors`")],
    contracts: Contracts = None,
    settings: Settings = None,
    secrets: SecretNames = None,
    network: Networks = None,
    read_only: ReadOnly = False,
    json: Json = False,
) -> None:
    """Try a system and, if it works, save its connection. --contract may be left out where a vendor offers only one."""
    from connectors.connections.draft import ConnectionDraft
    from connectors.registry import VENDORS

    known = VENDORS.get(vendor)
    only = known.contracts if known is not None and len(known.contracts) == 1 else ()
    given = _read_settings(known, settings, secrets)
    draft = ConnectionDraft(name.strip(), vendor, tuple(contracts or only), given, network or "", bool(read_only))
    office = office_or_fail()
    with _explained(known):
        sentence = office.connections.add(draft, ACTOR)
    tell(office, name.strip(), sentence, json)


def change_connection(
    name: Name,
    contracts: Contracts = None,
    settings: Settings = None,
    secrets: SecretNames = None,
    cleared: Cleared = None,
    network: Networks = None,
    read_only: ReadOnly = None,
    json: Json = False,
) -> None:
    """Change what is named, try the connection, and save it if it works; everything else of it stays."""
    office = office_or_fail()
    with explained_errors():
        info = find_connection(office, name)
    vendor = office.connectors.workshop.vendors.get(info.vendor)
    draft = _draft_of(info, _read_settings(vendor, settings, secrets))
    draft = replace(
        draft,
        contracts=tuple(contracts or draft.contracts),
        networks=draft.networks if network is None else network,
        is_read_only=draft.is_read_only if read_only is None else read_only,
        cleared=frozenset(cleared or ()),
    )
    with _explained(vendor):
        sentence = office.connections.change(draft, info.version, ACTOR)
    tell(office, name, sentence, json)


def preview_connection(name: Name, settings: Settings = None, json: Json = False) -> None:
    """Real rows of the other system, and what the mapping makes of them; --set tries another mapping."""
    office = office_or_fail()
    with explained_errors():
        info = find_connection(office, name)
    vendor = office.connectors.workshop.vendors.get(info.vendor)
    draft = _draft_of(info, _read_settings(vendor, settings, None))
    with _explained(vendor):
        rows = office.connections.preview(office.connections.check(draft))
    if json:
        print_json([{"source": dict(r.source), "mapped": dict(r.mapped), "problem": r.problem} for r in rows])
        return
    for row in rows:
        typer.echo("  ".join(f"{name}={value}" for name, value in row.source.items()))
        typer.echo("  -> " + (row.problem or "  ".join(f"{name}={value}" for name, value in row.mapped.items())))


def _draft_of(info: "ConnectionInfo", given: Mapping[str, str]) -> "ConnectionDraft":
    """The saved connection with the settings that were given."""
    from connectors.connections.draft import ConnectionDraft

    return ConnectionDraft(
        info.name,
        info.vendor,
        info.contracts,
        {**info.settings, **given},
        ", ".join(info.networks),
        info.is_read_only,
    )


def _read_settings(
    vendor: "Vendor | None", settings: Sequence[str] | None, secrets: Sequence[str] | None
) -> dict[str, str]:
    given = {}
    hidden = {setting.name for setting in vendor.settings if setting.kind == "secret"} if vendor else set()
    for pair in settings or ():
        name, equals, value = pair.partition("=")
        if not equals:
            fail(f"--set takes setting=value, not {name!r} alone.", 2)
        if name in hidden and not value.startswith(FROM_FILE):
            fail(f"{name} is a secret, and arguments can be read by others: use --secret {name}, or {name}=@file.", 2)
        given[name] = _read_file(value.removeprefix(FROM_FILE)) if value.startswith(FROM_FILE) else value
    for name in secrets or ():
        given[name] = read_secret(name)
    return given


def read_secret(name: str) -> str:
    """A line; at a terminal it is asked for, and does not appear."""
    if sys.stdin.isatty():
        return getpass.getpass(f"{name}: ")
    return sys.stdin.readline().rstrip("\r\n")


def _read_file(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        fail(f"{path} cannot be read: {error}", 2)


@contextmanager
def _explained(vendor: Any) -> Iterator[None]:
    """What is wrong with a draft, in the console's words."""
    from connectors.connections.desk import ConnectionChangedError
    from connectors.connections.draft import DraftError

    try:
        with explained_errors():
            yield
    except DraftError as error:
        fail(" ".join(_sentence(vendor, field, problem) for field, problem in error.problems.items()), 2)
    except ConnectionChangedError:
        fail("Somebody else changed this connection meanwhile; look at it and try again.")


def _sentence(vendor: Any, field: str, problem: str) -> str:
    from bot.console.connection_words import ConnectionWords
    from bot.pages.catalogue import Catalogue
    from connectors.settings import DATA_FOLDER

    texts = Catalogue(DATA_FOLDER).texts["en"]
    if vendor is None:
        return f"{texts['connections.error.vendor']} `twinoffice connection vendors` lists them."
    words = ConnectionWords(texts.get, str)
    return f"{field.removeprefix('s.')}: {words.problem(vendor, field, problem)}"
