"""How commands speak: results on standard output, everything else on standard error, errors with a next step."""

import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

import structlog
import typer
from rich.console import Console

from bot.rasa.environment import SetupError
from connectors.database.failures import explain_failures
from connectors.errors import ConnectorError
from connectors.settings import Settings, SettingsError, load_settings

if TYPE_CHECKING:
    from bot.office import Office
    from connectors.database.session import Database

errors = Console(stderr=True, highlight=False)


def configure_logging(level: int) -> None:
    """Log lines on standard error; traces without local variables, because these hold what customers wrote."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
            ),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_arguments: structlog.PrintLogger(sys.stderr),
    )
    logging.basicConfig(level=logging.WARNING)


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
        with explain_failures():
            yield
    except (SetupError, SettingsError) as error:
        fail(str(error), 2)
    except ConnectorError as error:
        fail(error.reason)


def require_tables(database: "Database") -> None:
    """End the command where the database was not prepared."""
    from connectors.database.migrate import is_current

    with explained_errors():
        if not is_current(database):
            fail("The database is not set up. Do: uv run twinoffice migrate (or `make run` for the demo)", 2)


def office_or_fail() -> "Office":
    """The parts of the product for one command; nothing of them is started."""
    from bot.office import build_office

    settings = settings_or_fail()
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    office = build_office(settings)
    require_tables(office.database)
    return office


def print_json(document: Any) -> None:
    typer.echo(json.dumps(document, ensure_ascii=False, indent=2, default=str))
