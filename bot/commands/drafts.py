"""Commands for drafts of purchase orders."""

from typing import Annotated

import typer

from bot.commands.output import explained_errors, office_or_fail, print_json

draft_app = typer.Typer(no_args_is_help=True, help="Drafts of purchase orders that stock reorder made.")


def register(app: typer.Typer) -> None:
    app.add_typer(draft_app, name="draft")


@draft_app.command("list")
def list_drafts(
    json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
) -> None:
    """What is to be ordered, by item and site."""
    from bot.operations_api.drafts import describe_drafts

    with explained_errors():
        drafts = describe_drafts(list(office_or_fail().connectors.purchasing().open_requests()))
    if json:
        print_json([draft.model_dump(mode="json") for draft in drafts])
        return
    for one in drafts:
        typer.echo(f"{one.order_on}  {one.quantity:>8f} {one.uom}  {one.item} @ {one.site}  {one.supplier}")
    if not drafts:
        typer.echo("There are no drafts. Run: twinoffice job run stock-reorder")
