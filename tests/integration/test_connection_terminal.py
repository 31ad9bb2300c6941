"""A system is connected at a terminal: secrets stand in no argument, and can be taken away again."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from typer.testing import CliRunner, Result

from bot.commands import app
from bot.commands.connection_drafts import read_secret
from connectors.connections.settings import open_secrets
from connectors.registry import VENDORS
from connectors.vendor import Setting, SettingKind, Vendor
from tests.integration.api_house import ApiHouse
from tests.integration.connection_house import PASSWORD, URL, TrialConnector, TrialSystem

pytestmark = pytest.mark.integration

WORDS = ("--vendor", "trial", "--contract", "orders", "--set", f"url={URL}")
KEY = "-----BEGIN KEY-----\nabc\n-----END KEY-----\n"


@pytest.fixture(autouse=True)
def system(monkeypatch: pytest.MonkeyPatch) -> TrialSystem:
    system = TrialSystem()
    settings = (*system.vendor().settings, Setting("key", SettingKind.SECRET, is_required=False, is_long=True))
    trial = Vendor("trial", ("orders",), lambda _contract, setup: TrialConnector(system, setup), settings)
    monkeypatch.setitem(cast(dict[str, Vendor], VENDORS), "trial", trial)
    return system


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ApiHouse]:
    house = ApiHouse(tmp_path)
    for module in ("connections", "connection_drafts"):
        monkeypatch.setattr(f"bot.commands.{module}.office_or_fail", lambda: house.office)
    yield house
    house.close()


def call(*words: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(app, ["connection", *words], input=typed)


def secrets_of(house: ApiHouse) -> dict[str, Any]:
    row = house.office.connections.find("erp")
    assert row is not None
    return open_secrets(house.office.connectors.workshop.secrets, row.secrets)


def test_a_secret_is_refused_as_an_argument_and_not_repeated(house: ApiHouse) -> None:
    refused = call("add", "erp", *WORDS, "--set", "password=hunter2")
    assert refused.exit_code == 2
    assert "--secret password" in " ".join(refused.stderr.split())
    assert "hunter2" not in refused.output
    assert house.office.connections.find("erp") is None


def test_a_key_of_several_lines_comes_from_a_file_and_can_be_taken_away(house: ApiHouse, tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text(KEY)
    made = call("add", "erp", *WORDS, "--secret", "password", "--set", f"key=@{tmp_path}/key.pem", typed=PASSWORD)
    assert made.exit_code == 0, made.output
    assert secrets_of(house) == {"password": PASSWORD, "key": KEY}
    assert call("change", "erp", "--clear", "key").exit_code == 0
    assert secrets_of(house) == {"password": PASSWORD}


def test_at_a_terminal_a_secret_is_asked_for_and_does_not_appear(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", _Terminal())
    monkeypatch.setattr("getpass.getpass", {"password: ": PASSWORD}.__getitem__)
    assert read_secret("password") == PASSWORD


def test_a_program_takes_a_secret_away(house: ApiHouse) -> None:
    program = house.program()
    settings = {"url": URL, "password": PASSWORD, "key": KEY}
    body: dict[str, Any] = {"contracts": ["orders"], "settings": settings, "networks": [], "is_read_only": False}
    made = program.does("/connections", {"name": "erp", "vendor": "trial", **body}, status=201)
    changed = {**body, "settings": {"url": URL}, "version": made["version"], "cleared": ["key"]}
    assert program.does("/connections/erp", changed, method="PUT")["version"] == 2
    assert secrets_of(house) == {"password": PASSWORD}
    assert PASSWORD not in json.dumps(changed)


class _Terminal:
    def isatty(self) -> bool:
        return True
