"""Commands for holds of invoices that two people let pass."""

from typing import Annotated

import typer

from bot.commands.output import explained_errors, fail, office_or_fail, print_json

override_app = typer.Typer(no_args_is_help=True, help="Holds of invoices that two people let pass.")

CHANNEL = "command line"
Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
Person = Annotated[str, typer.Option("--as", help="e-mail address of the person who acts")]


def register(app: typer.Typer) -> None:
    app.add_typer(override_app, name="override")


@override_app.command("list")
def list_all(
    decided: Annotated[bool, typer.Option("--decided", help="those that were decided")] = False,
    older_than: Annotated[int | None, typer.Option(min=1, help="go on behind this id; at most 200 are listed")] = None,
    json: Json = False,
) -> None:
    """What waits for a second person."""
    from automations.invoices.override_desk import list_overrides
    from bot.operations_api.overrides import OverrideFacts

    with explained_errors(), office_or_fail().database.read() as session:
        found = [
            OverrideFacts.model_validate(one)
            for one in list_overrides(session, is_open=not decided, older_than=older_than)
        ]
    if json:
        print_json([one.model_dump(mode="json") for one in found])
        return
    for one in found:
        typer.echo(f"{one.id:6}  {one.state:9}  {one.code:20} {one.found} / {one.expected}  {one.title}: {one.reason}")


@override_app.command("request")
def request(
    item_id: Annotated[int, typer.Argument(help="id from `exceptions list` or `runs items`")],
    hold: Annotated[int, typer.Argument(help="its place among the item's reasons, from 1")],
    person: Person,
    reason: Annotated[str, typer.Option(help="why it may pass; whoever decides reads it")],
) -> None:
    """Ask that one hold of a held invoice may pass."""
    from automations.engine.approver_groups import find_active_user
    from automations.invoices.override_desk import OverrideError, request_override
    from connectors.database.base import utc_now
    from connectors.database.models.work import RunItem

    try:
        with explained_errors(), office_or_fail().database.write() as session:
            item, user = session.get(RunItem, item_id), find_active_user(session, person)
            if item is None or user is None:
                missing = f"item {item_id}" if item is None else f"active account {person!r}"
                fail(f"There is no {missing}.", 2)
            made = request_override(session, item, hold, reason, user.email, utc_now())
            typer.echo(f"{made.id}: {made.code} of {made.title} waits for somebody else of the group finance.")
    except OverrideError as error:
        fail(str(error), 2)


@override_app.command("approve")
def approve(override_id: int, person: Person, reason: str = "") -> None:
    """Let it pass, as this approver; the next run does."""
    _decide(override_id, person, reason, is_approved=True)


@override_app.command("reject")
def reject(
    override_id: int, person: Person, reason: Annotated[str, typer.Option(help="why; whoever asked reads it")]
) -> None:
    """Keep the hold, as this approver."""
    _decide(override_id, person, reason, is_approved=False)


@override_app.command("withdraw")
def withdraw(
    override_id: int, person: Person, reason: Annotated[str, typer.Option(help="why; the audit log keeps it")]
) -> None:
    """Take back what was asked for or approved; what is posted stays posted."""
    from automations.invoices.override_desk import OverrideError, withdraw_override
    from connectors.database.base import utc_now

    try:
        with explained_errors(), office_or_fail().database.write() as session:
            taken = withdraw_override(session, override_id, reason=reason, actor=person, now=utc_now(), channel=CHANNEL)
            typer.echo(f"{taken.code} of {taken.title} is {taken.state}.")
    except (LookupError, OverrideError) as error:
        fail(str(error), 2)


def _decide(override_id: int, person: str, reason: str, *, is_approved: bool) -> None:
    from automations.invoices.override_desk import OverrideError, decide_override
    from connectors.database.base import utc_now

    try:
        with explained_errors(), office_or_fail().database.write() as session:
            decided = decide_override(
                session,
                override_id,
                is_approved=is_approved,
                reason=reason,
                actor=person,
                now=utc_now(),
                channel=CHANNEL,
            )
            typer.echo(f"{decided.code} of {decided.title} is {decided.state}.")
    except (LookupError, OverrideError) as error:
        fail(str(error), 2)
