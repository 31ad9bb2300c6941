"""Commands for the audit log: searching it and taking it along."""

import sys
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from bot.commands.output import errors, explained_errors, fail, office_or_fail, print_json, settings_or_fail

if TYPE_CHECKING:
    from connectors.database.audit_search import AuditFilter
    from connectors.database.models.people import AuditEntry

audit_app = typer.Typer(no_args_is_help=True, help="Who or what changed which thing.")

Actor = Annotated[str, typer.Option(help="who or what did it")]
Action = Annotated[str, typer.Option(help="such as schedule.change")]
ObjectType = Annotated[str, typer.Option(help="such as schedule, run, user")]
ObjectId = Annotated[str, typer.Option(help="id of the object")]
Since = Annotated[str, typer.Option(help="from this day or moment on, such as 2026-11-22 or 2026-11-22T08:00")]
Until = Annotated[str, typer.Option(help="before this day or moment")]
Text = Annotated[str, typer.Option(help="stands anywhere in the entry")]
Json = Annotated[bool, typer.Option("--json", help="JSON on standard output.")]


def register(app: typer.Typer) -> None:
    app.add_typer(audit_app, name="audit")


@audit_app.command("search")
def search(
    actor: Actor = "",
    action: Action = "",
    object_type: ObjectType = "",
    object_id: ObjectId = "",
    since: Since = "",
    until: Until = "",
    text: Text = "",
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 50,
    older_than: Annotated[int | None, typer.Option(help="go on after this entry of the page before")] = None,
    json: Json = False,
) -> None:
    """The newest entries that fit."""
    from bot.audit_export import describe_entry
    from connectors.database.audit_search import search_audit

    wanted = _filter(actor, action, object_type, object_id, since, until, text)
    with explained_errors(), office_or_fail().database.read() as session:
        page = search_audit(session, wanted, older_than=older_than, limit=limit)
    if json:
        print_json({"entries": [describe_entry(one) for one in page.entries], "older_than": page.older_than})
        return
    for entry in page.entries:
        typer.echo(_line(entry))
    if page.older_than is not None:
        errors.print(f"There may be more: --older-than {page.older_than}")


@audit_app.command("export")
def export(
    actor: Actor = "",
    action: Action = "",
    object_type: ObjectType = "",
    object_id: ObjectId = "",
    since: Since = "",
    until: Until = "",
    text: Text = "",
    json: Json = False,
) -> None:
    """All entries that fit, newest first, on standard output: CSV, or with --json JSON lines."""
    from bot.audit_export import ExportFormat, export_entries, record_export
    from connectors.database.audit_search import every_entry

    wanted = _filter(actor, action, object_type, object_id, since, until, text)
    form = ExportFormat.JSONL if json else ExportFormat.CSV
    database = office_or_fail().database
    with explained_errors():
        with database.write() as session:
            record_export(session, "command line", form, wanted)
        for piece in export_entries(every_entry(database, wanted), form):
            sys.stdout.write(piece)


def _filter(
    actor: str, action: str, object_type: str, object_id: str, since: str, until: str, text: str
) -> "AuditFilter":
    from connectors.database.audit_search import AuditFilter

    return AuditFilter(actor, action, object_type, object_id, _moment(since), _moment(until), text)


def _moment(written: str) -> datetime | None:
    """A day or a moment; without an offset it is the company's time."""
    if not written:
        return None
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        fail(f"{written!r} is no day; write it like 2026-11-22 or 2026-11-22T08:00.", 2)
    return moment if moment.tzinfo else moment.replace(tzinfo=settings_or_fail().zone)


def _line(entry: "AuditEntry") -> str:
    changed = ", ".join(
        f"{name}: {(entry.before or {}).get(name, '–')} → {(entry.after or {}).get(name, '–')}"
        for name in {**(entry.before or {}), **(entry.after or {})}
    )
    line = (
        f"{entry.at:%Y-%m-%d %H:%M:%S}  {entry.actor}  {entry.action}  {entry.object_type} {entry.object_id}  {changed}"
    )
    # Customers' words stand in some entries; a terminal obeys control characters.
    return "".join(character if character.isprintable() else "�" for character in line)
