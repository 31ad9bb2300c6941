"""Commands for drafts of purchase orders."""

from typing import Annotated

import typer

from bot.commands.output import explained_errors, office_or_fail, print_json

draft_app = typer.Typer(no_args_is_help=True, help="Drafts of purchase orders that stock reorder made.")


def register(app: typer.Typer) -> None:
    app.add_typer(draft_app, name="draft")


@draft_app.command("list")
def list_drafts(
    limit: Annotated[int, typer.Option(help="How many at most.", min=1, max=10_000)] = 50,
    skip: Annotated[int, typer.Option(help="Leave out so many from the beginning.", min=0)] = 0,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
) -> None:
    """What is to be ordered, by item and site."""
    from bot.operations_api.drafts import describe_drafts

    with explained_errors():
        page = describe_drafts(office_or_fail().connectors.purchasing().open_requests(), skip, limit)
    if json:
        print_json(page.model_dump(mode="json"))
        return
    for one in page.drafts:
        typer.echo(f"{one.order_on}  {one.quantity:>8f} {one.uom}  {one.item} @ {one.site}  {one.supplier}")
    if not page.count:
        typer.echo("There are no drafts. Run: twinoffice job run stock-reorder")
    if page.following is not None:
        typer.echo(f"… and {page.count - page.following} more: --skip {page.following}")
