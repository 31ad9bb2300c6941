"""Commands for saved views: the filters that a person keeps for the lists of the console."""

from typing import TYPE_CHECKING, Annotated

import typer

from bot.commands.output import explained_errors, fail, office_or_fail, print_json

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from connectors.database.models.people import User

view_app = typer.Typer(no_args_is_help=True, help="Filters that people keep under a name.")

ACTOR = "command line"
FIELDS = ("id", "page", "name", "query", "is_shared", "is_default")
Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
Person = Annotated[str, typer.Option("--as", help="address of the person whose views they are")]
Page = Annotated[str, typer.Argument(help="runs, items or exceptions")]


def register(app: typer.Typer) -> None:
    app.add_typer(view_app, name="view")


@view_app.command("list")
def list_views(page: Page, person: Person, json: Json = False) -> None:
    """A person's own views of a list and those that others share, by name."""
    from bot.console.saved_views import read_views

    _require_list(page)
    with explained_errors(), office_or_fail().database.read() as session:
        found = read_views(session, page, _find(session, person))
    if json:
        print_json([{field: getattr(view, field) for field in FIELDS} for view in found])
        return
    for view in found:
        typer.echo(f"{view.id}  {view.name:24} {view.query}{' (shared)' if view.is_shared else ''}")


@view_app.command("save")
def save_view(
    page: Page,
    name: str,
    query: Annotated[str, typer.Argument(help="as in the address of the list: state=failed&job=invoice-matching")],
    person: Person,
    shared: Annotated[bool, typer.Option("--shared", help="The whole team sees it.")] = False,
    default: Annotated[bool, typer.Option("--default", help="The list opens with it.")] = False,
) -> None:
    """Keep a filter under a name; a view of this name gets the new filter."""
    from bot.console.saved_views import MAX_NAME, clean_filter, keep_view

    _require_list(page)
    name, address = name.strip(), clean_filter(page, query)
    if not 0 < len(name) <= MAX_NAME or not address:
        fail(f"A view has a name of 1 to {MAX_NAME} characters and a query that filters the list {page}.", 2)
    with explained_errors(), office_or_fail().database.write() as session:
        user = _find(session, person)
        view = keep_view(session, user, page, name, address, is_shared=shared, is_default=default, actor=ACTOR)
    if view is None:
        fail("There are as many views as one person may keep; remove one first.", 2)
    typer.echo(view.id)


@view_app.command("remove")
def delete_view(view_id: Annotated[str, typer.Argument(help="id from `view list`")], person: Person) -> None:
    """Remove a view of this person."""
    from bot.console.saved_views import remove_view

    with explained_errors(), office_or_fail().database.write() as session:
        if remove_view(session, _find(session, person), view_id, ACTOR) is None:
            fail(f"{person} has no saved view {view_id!r}; `twinoffice view list` shows them.", 2)


def _require_list(page: str) -> None:
    from bot.console.saved_views import LIST_PATHS

    if page not in LIST_PATHS:
        fail(f"There is no list {page!r}; there are: {', '.join(LIST_PATHS)}.", 2)


def _find(session: "Session", email: str) -> "User":
    from automations.engine.approver_groups import find_active_user

    user = find_active_user(session, email)
    if user is None:
        fail(f"There is no active account of {email!r}.", 2)
    return user
