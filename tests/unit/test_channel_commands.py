"""The commands for channels, as somebody at a terminal uses them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from typer.testing import CliRunner, Result

from bot.commands import app
from connectors.settings import Settings
from tests.fixtures.telegram_server import TOKEN, TelegramServer


@pytest.fixture(autouse=True)
def _own_installation(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setitem(Settings.model_config, "env_file", None)
    monkeypatch.setenv("TWINOFFICE_DATA_DIR", str(tmp_path / "var"))
    assert call("migrate").exit_code == 0
    yield
    structlog.reset_defaults()


def call(*words: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(app, list(words), input=typed)


def shows(part: str) -> Any:
    result = call("channel", "show", part, "--json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def sets(part: str, document: Any) -> Any:
    result = call("channel", "set", part, "--json", typed=json.dumps(document))
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def refuses(part: str, document: str) -> str:
    result = call("channel", "set", part, typed=document)
    assert result.exit_code == 2, result.stdout
    return " ".join(result.stderr.split())


def test_what_a_document_names_is_changed_and_the_rest_stays() -> None:
    sets("web", {"has_rating": False, "allowed_origins": ["https://shop.example"]})
    assert sets("web", {"largest_file": 5_000_000})["has_rating"] is False
    assert shows("web")["allowed_origins"] == ["https://shop.example"]
    assert "largest_file: 5000000" in call("channel", "show", "web").stdout


def test_what_cannot_be_is_refused_with_its_field() -> None:
    assert "largest_file" in refuses("web", '{"largest_file": 1}')
    assert "favourite" in refuses("web", '{"favourite": 1}')
    assert "contrast" in refuses("web", '{"theme": {"accent": "#ffffff", "on_accent": "#eeeeee"}}')
    assert "one JSON object" in refuses("web", "[1]")
    assert "one JSON object" in refuses("web", "{")


def test_hours_are_set_and_shown() -> None:
    week = {"monday": "09:00-12:00, 13:00-18:00", "sunday": "22:00-02:00"}
    assert sets("hours", week) == week
    assert "overlap" in refuses("hours", '{"monday": "09:00-12:00, 11:00-18:00"}')
    assert "is no day" in refuses("hours", '{"moonday": "09:00-12:00"}')
    assert "are no hours" in refuses("hours", '{"monday": "nine to five"}')
    assert shows("hours") == week


def test_a_token_comes_from_standard_input_is_tried_and_never_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    with TelegramServer().running() as telegram:
        monkeypatch.setenv("TWINOFFICE_TELEGRAM_API_BASE_URL", telegram.base_url)
        assert call("channel", "test", "telegram").exit_code == 1
        now = sets("telegram", {"bot_token": TOKEN})
        assert (now["bot_name"], now["source"]) == ("shop_test_bot", "entered")
        assert TOKEN not in json.dumps(now)
        assert "@shop_test_bot" in call("channel", "test", "telegram").stdout
        said = refuses("telegram", json.dumps({"bot_token": TOKEN[:-1] + "x"}))
        assert "refuses the token" in said
        assert TOKEN[:-1] not in refuses("telegram", json.dumps({"bot_token": [TOKEN], "mode": 1}))
        assert "no setting" in refuses("telegram", '{"token": "x"}')


def test_everything_is_one_document() -> None:
    assert set(json.loads(call("channel", "show").stdout)) == {"web", "telegram", "hours"}
    assert call("channel", "test", "web").exit_code == 2
