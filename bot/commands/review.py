"""Commands for the review of messages: what a person should look at, and saying what customers meant."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from bot.commands.output import explained_errors, fail, office_or_fail, print_json

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from connectors.database.models.understanding import UnderstoodTurn

review_app = typer.Typer(no_args_is_help=True, help="Messages that were not understood for certain.")

ACTOR = "command line"
Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
TurnId = Annotated[int, typer.Argument(help="id from `review list`", min=0, max=2**31 - 1)]


def register(app: typer.Typer) -> None:
    app.add_typer(review_app, name="review")


@review_app.command("list")
def list_turns(
    language: Annotated[str, typer.Option(help="such as: cs")] = "",
    reason: Annotated[str, typer.Option(help="why it is to be looked at")] = "",
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 50,
    json: Json = False,
) -> None:
    """Open messages, newest first."""
    from bot.learning.review import TurnFilter, read_open_turns
    from bot.operations_api.review import describe_turn

    wanted = TurnFilter(language or None, reason or None)
    with explained_errors(), office_or_fail().database.read() as session:
        turns = read_open_turns(session, wanted, None, limit).turns
    if json:
        print_json([describe_turn(turn) for turn in turns])
        return
    for turn in turns:
        text = "".join(sign if sign.isprintable() else " " for sign in turn.text)
        typer.echo(f"{turn.id:6}  {turn.language}  {turn.intent} {turn.confidence:.0%}  {text}")


@review_app.command("label")
def label(turn_id: TurnId, intent: str, json: Json = False) -> None:
    """Say what the customer wanted; the next training learns it."""
    from bot.learning.review import label_turn, teachable_intents
    from connectors.database.base import utc_now
    from connectors.settings import DATA_FOLDER

    intents = teachable_intents(DATA_FOLDER)
    if intent not in intents:
        fail(f"There is no intent {intent!r}; there are: {', '.join(intents)}.", 2)
    _decide(lambda session: label_turn(session, turn_id, intent, ACTOR, utc_now()), json)


@review_app.command("dismiss")
def dismiss(turn_id: TurnId, json: Json = False) -> None:
    """Say that there is nothing to learn from this message."""
    from bot.learning.review import dismiss_turn
    from connectors.database.base import utc_now

    _decide(lambda session: dismiss_turn(session, turn_id, ACTOR, utc_now()), json)


@review_app.command("reopen")
def reopen(turn_id: TurnId, json: Json = False) -> None:
    """Take a decision back."""
    from bot.learning.review import reopen_turn

    _decide(lambda session: reopen_turn(session, turn_id, ACTOR), json)


def _decide(decide: "Callable[[Session], UnderstoodTurn]", json: bool) -> None:
    from bot.learning.review import ReviewError
    from bot.operations_api.review import describe_turn

    try:
        with explained_errors(), office_or_fail().database.write() as session:
            turn = decide(session)
    except ReviewError:
        fail("There is no such message, or somebody has decided about it meanwhile; `twinoffice review list`.", 2)
    if json:
        print_json(describe_turn(turn))
    else:
        typer.echo(f"{turn.id}: {turn.review_state}{f' {turn.label}' if turn.label else ''}")
