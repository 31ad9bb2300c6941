"""What the product needs on a machine, examined one by one."""

import socket
import sqlite3
import sys
from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError

from bot.rasa import environment, model
from connectors.database.migrate import is_current, may_search_trigrams
from connectors.database.session import Database
from connectors.settings import Settings

# On Python 3.12 and newer the durable engine needs unixepoch('subsec').
SQLITE_FOR_PYTHON_312 = (3, 42)


@dataclass(frozen=True, slots=True)
class Finding:
    subject: str
    is_fine: bool
    text: str


def examine(settings: Settings) -> list[Finding]:
    """Every finding, good ones too; a bad one names the next step."""
    return [
        _python(),
        _rasa_environment(),
        _model(),
        _database(settings),
        _port(settings.host, settings.port, "TWINOFFICE_PORT"),
        _port(settings.private_host, settings.private_port, "TWINOFFICE_PRIVATE_PORT"),
    ]


def _python() -> Finding:
    is_fine = sys.version_info < (3, 12) or sqlite3.sqlite_version_info >= SQLITE_FOR_PYTHON_312
    text = f"{sys.version.split()[0]}, SQLite {sqlite3.sqlite_version}"
    return Finding("Python", is_fine, text if is_fine else f"{text}; use Python 3.11: uv sync --python 3.11")


def _rasa_environment() -> Finding:
    is_fine = environment.is_ready()
    return Finding("Rasa's environment", is_fine, "installed" if is_fine else "missing; get it with: make train")


def _model() -> Finding:
    is_fine = model.current_model().exists()
    return Finding("Model", is_fine, "trained" if is_fine else "not trained for the present data; do: make train")


def _database(settings: Settings) -> Finding:
    try:
        database = Database(settings.database)
        is_fine = is_current(database)
    except (SQLAlchemyError, ValueError) as error:
        return Finding("Database", False, f"cannot be opened: {error}")
    text = "up to date" if is_fine else "needs the present tables; do: uv run twinoffice migrate"
    if not is_fine and not may_search_trigrams(database):
        text += "; before that the owner of the database has to run: CREATE EXTENSION pg_trgm"
    return Finding("Database", is_fine, text)


def _port(host: str, port: int, setting: str) -> Finding:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        is_used = probe.connect_ex((host, port)) == 0
    text = f"something listens there already; stop it or set {setting}" if is_used else "free"
    return Finding(f"Port {port}", not is_used, text)
