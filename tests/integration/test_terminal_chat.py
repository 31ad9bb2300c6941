"""`twinoffice chat`: the chat API in a terminal, against the application on a loopback port."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from fastapi import FastAPI
from structlog.testing import capture_logs
from typer.testing import CliRunner

from bot.commands import app as commands
from tests.fixtures.web_office import serve_on_loopback


@pytest.fixture
def served(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What runs while a test types; the command finds it by its settings."""
    with capture_logs(), serve_on_loopback(app) as address:
        monkeypatch.setenv("TWINOFFICE_PORT", str(urlsplit(address).port))
        yield


@pytest.mark.usefixtures("served")
@pytest.mark.parametrize("typed", ["Hello\n", "Hello\n\nNever sent\n"], ids=["end of input", "empty line"])
def test_what_is_typed_is_answered_until_its_end(typed: str) -> None:
    result = CliRunner().invoke(commands, ["chat", "--language", "en"], input=typed)
    assert result.exit_code == 0, result.output
    assert "bot: echo: Hello" in result.output
    assert "Never sent" not in result.output
    assert "Aborted" not in result.output
