"""How commands speak: results on standard output, everything else on standard error, errors with a next step."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import typer
from rich.console import Console

from bot.rasa.environment import SetupError
from connectors.errors import ConnectorError
from connectors.settings import Settings, SettingsError, load_settings

errors = Console(stderr=True, highlight=False)


def fail(message: str, code: int = 1) -> NoReturn:
    """End the command with a sentence for a person."""
    errors.print(f"[red]{message}[/red]")
    raise typer.Exit(code)


def settings_or_fail() -> Settings:
    try:
        return load_settings()
    except SettingsError as error:
        fail(str(error), 2)


@contextmanager
def explained_errors() -> Iterator[None]:
    """Turn the errors that a user can do something about into sentences."""
    try:
        yield
    except (SetupError, SettingsError) as error:
        fail(str(error), 2)
    except ConnectorError as error:
        fail(error.reason)


def print_json(document: Any) -> None:
    typer.echo(json.dumps(document, ensure_ascii=False, indent=2, default=str))
