"""Commands for the channels: how widget, Telegram bot and business hours are set up, changing it, and trying the bot.

What is to be changed is a JSON document on standard input: a token in an argument would stand in the shell's history.
"""

import json
import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from bot.commands.output import explained_errors, fail, office_or_fail, print_json

if TYPE_CHECKING:
    from automations.rules.business_calendar import Stretch
    from bot.office import Office

channel_app = typer.Typer(no_args_is_help=True, help="Where customers reach us: chat widget, Telegram, hours.")

ACTOR = "command line"
LONGEST_DOCUMENT = 1024 * 1024


class Part(StrEnum):
    WEB = "web"
    TELEGRAM = "telegram"
    HOURS = "hours"


Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]


def register(app: typer.Typer) -> None:
    app.add_typer(channel_app, name="channel")


@channel_app.command("show")
def show(
    part: Annotated[Part | None, typer.Argument(help="web, telegram or hours; none: all")] = None, json: Json = False
) -> None:
    """How the channels are set up, as JSON documents; `channel set` takes them."""
    office = office_or_fail()
    with explained_errors():
        found = {name.value: _read(office, name) for name in Part if part in (None, name)}
    if json or part is None:
        print_json(found if part is None else found[part.value])
        return
    for name, value in found[part.value].items():
        typer.echo(f"{name}: {value}")


@channel_app.command("set")
def change(part: Part, json: Json = False) -> None:
    """Change what a JSON document on standard input names, such as {"largest_file": 5242880}; the rest stays.

    telegram takes is_on, mode, bot_token and forgets_token; hours take {"monday": "09:00-12:00, 13:00-18:00"}, all
    days that are left out are closed.
    """
    document = _document()
    office = office_or_fail()
    with explained_errors():
        _SETTERS[part](office, document)
        now = _read(office, part)
    if json:
        print_json(now)


@channel_app.command("test")
def try_out(
    part: Annotated[Part, typer.Argument(help="telegram")] = Part.TELEGRAM,
    json: Json = False,
) -> None:
    """Ask Telegram whether the bot's token works; exit code 1 if not."""
    from bot.channels.telegram_setup import TelegramDesk, TelegramSetupError

    if part is not Part.TELEGRAM:
        fail("Only telegram can be tried.", 2)
    office = office_or_fail()
    try:
        with explained_errors():
            bot = TelegramDesk(office.setups, office.settings).try_out()
    except TelegramSetupError as error:
        fail(str(error))
    print_json({"is_good": True, "username": bot.username}) if json else typer.echo(f"Telegram knows @{bot.username}.")


def _read(office: "Office", part: Part) -> dict[str, Any]:
    from dataclasses import asdict

    from bot.channels.telegram_setup import TelegramDesk
    from bot.services.opening_hours import read_week, told

    if part is Part.WEB:
        return office.setups.read_web()[0].model_dump(mode="json")
    if part is Part.TELEGRAM:
        return asdict(TelegramDesk(office.setups, office.settings).facts())
    with office.database.read() as session:
        return dict(told(read_week(session)))


def _set_web(office: "Office", document: dict[str, Any]) -> None:
    from pydantic import ValidationError

    from bot.channels.setup import ChangedMeanwhileError

    setup, version = office.setups.read_web()
    try:
        office.setups.change_web(setup.with_changes(document), version, ACTOR)
    except ValidationError as error:
        fail("; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()), 2)
    except ChangedMeanwhileError:
        _changed()


def _set_telegram(office: "Office", document: dict[str, Any]) -> None:
    from pydantic import TypeAdapter, ValidationError

    from bot.channels.setup import ChangedMeanwhileError
    from bot.channels.telegram_setup import TelegramChange, TelegramDesk, TelegramSetupError

    setup, version = office.setups.read_telegram()
    if unknown := document.keys() - {"is_on", "mode", "bot_token", "forgets_token"}:
        fail(f"Telegram has no setting {sorted(unknown)[0]!r}.", 2)
    wanted = {"is_on": setup.is_on, "mode": setup.mode, **document, "version": version}
    try:
        change = TypeAdapter(TelegramChange).validate_python(wanted)
        TelegramDesk(office.setups, office.settings).change(change, ACTOR)
    except ValidationError as error:
        # Pydantic's own sentence would repeat what was typed, the token among it.
        fail("; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()), 2)
    except TelegramSetupError as error:
        fail(str(error), 2)
    except ChangedMeanwhileError:
        _changed()


def _set_hours(office: "Office", document: dict[str, Any]) -> None:
    from bot.services.opening_hours import HoursChangedError, HoursError, change_week, edition_of, read_week

    week = [stretch for day, text in document.items() for stretch in _stretches(day, text)]
    try:
        with office.database.write() as session:
            change_week(session, week, edition_of(read_week(session)), ACTOR)
    except HoursError as error:
        fail(str(error), 2)
    except HoursChangedError:
        _changed()


def _stretches(day: str, text: object) -> list["Stretch"]:
    from automations.rules.business_calendar import Stretch
    from bot.services.opening_hours import NAMES, clock

    if day not in NAMES or not isinstance(text, str):
        fail(f'{day!r} is no day with its hours; write {{"monday": "09:00-18:00"}}.', 2)
    try:
        ends = [one.strip().split("-") for one in text.split(",") if one.strip()]
        return [Stretch(NAMES.index(day), clock(a.strip()), clock(b.strip())) for a, b in ends]
    except ValueError:
        fail(f"{text!r} are no hours; write them like 09:00-12:00, 13:00-18:00.", 2)


def _document() -> dict[str, Any]:
    try:
        document = json.loads(sys.stdin.read(LONGEST_DOCUMENT))
    except ValueError:
        document = None
    if not isinstance(document, dict):
        fail("Standard input must be one JSON object.", 2)
    return document


def _changed() -> NoReturn:
    fail("Somebody else changed this meanwhile; try again.")


_SETTERS = {Part.WEB: _set_web, Part.TELEGRAM: _set_telegram, Part.HOURS: _set_hours}
