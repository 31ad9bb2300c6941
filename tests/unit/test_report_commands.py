"""The commands that try other limits on invoices and take reports along."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from typer.testing import CliRunner, Result

from bot.commands import app
from connectors.settings import Settings


@pytest.fixture(autouse=True)
def _own_installation(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setitem(Settings.model_config, "env_file", None)
    monkeypatch.setenv("TWINOFFICE_DATA_DIR", str(tmp_path / "var"))
    assert call("migrate").exit_code == 0
    yield
    structlog.reset_defaults()


def call(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def refuses(*words: str) -> str:
    result = call(*words)
    assert result.exit_code == 2, result.stdout
    return " ".join(result.stderr.split())


def test_limits_are_options_by_the_names_of_the_parameters() -> None:
    answer = call("invoices", "what-if", "--price-tolerance-percent", "2", "--level=2-way", "--last", "50", "--json")
    assert answer.exit_code == 0, answer.stderr
    assert json.loads(answer.stdout)["tried"] == 0
    entries = json.loads(call("audit", "search", "--action", "limits.try", "--json").stdout)["entries"]
    assert entries[0]["actor"] == "command line"
    assert (entries[0]["after"]["price_tolerance_percent"], entries[0]["after"]["level"]) == ("2", "2-way")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--price-tolerance-percent"], "needs a value"),
        (["2"], "belongs to no option"),
        (["--prize", "2"], "'prize' is not a parameter"),
        (["--price-tolerance-percent", "-2"], "must be at least 0 %"),
        (["--since", "yesterday"], "'yesterday' is no day"),
    ],
)
def test_a_wrong_call_says_what_is_wrong(words: list[str], sentence: str) -> None:
    assert sentence in refuses("invoices", "what-if", *words)


def test_a_report_goes_to_standard_output_or_to_a_file(tmp_path: Path) -> None:
    assert "All documents" in call("report", "invoices").stdout
    assert "Všechny doklady" in call("report", "invoices", "--language", "cs").stdout
    assert json.loads(call("report", "invoices", "--format", "json").stdout)["report"] == "invoices"
    out = tmp_path / "invoices.pdf"
    assert call("report", "invoices", "--format", "pdf", "--out", str(out), "--language", "fa").exit_code == 0
    assert out.read_bytes().startswith(b"%PDF-")
    assert "invoices" in call("report", "list").stdout.split()


def test_a_language_that_nobody_speaks_here_is_refused() -> None:
    assert "There is no language 'xx'" in refuses("report", "invoices", "--language", "xx")
