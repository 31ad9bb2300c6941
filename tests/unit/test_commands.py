"""The command line: results on standard output, sentences on standard error, and an exit code that tells."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from sqlalchemy import select
from typer.testing import CliRunner, Result

from bot.commands import app
from connectors.database.migrate import is_current
from connectors.database.models.people import User
from connectors.database.models.work import Connection
from connectors.database.session import Database
from connectors.settings import MINIMUM_SECRET_LENGTH, PROJECT_ROOT, Settings

PASSWORD = "a long enough password"


@pytest.fixture(autouse=True)
def _own_installation(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setitem(Settings.model_config, "env_file", None)
    monkeypatch.setenv("TWINOFFICE_DATA_DIR", str(tmp_path / "var"))
    yield
    structlog.reset_defaults()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    assert call("migrate").exit_code == 0
    database = Database(f"sqlite:///{tmp_path / 'var' / 'twinoffice.sqlite'}")
    yield database
    database.close()


def call(*words: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(app, list(words), input=typed)


def call_process(*words: str) -> "subprocess.CompletedProcess[str]":
    """The engine can be started once in a process, so a command that starts it gets one of its own."""
    command = [sys.executable, "-m", "bot.cli", *words]
    return subprocess.run(command, cwd=PROJECT_ROOT, capture_output=True, text=True, check=False, timeout=120)


def sentence(result: Result) -> str:
    """What stands on standard error, as one line."""
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return " ".join(result.stderr.split())


@pytest.mark.parametrize("command", [["migrate"], ["demo", "seed"], ["job", "runs"], ["train"], ["web"], ["doctor"]])
def test_a_wrong_setting_ends_every_command_with_its_name(monkeypatch: pytest.MonkeyPatch, command: list[str]) -> None:
    monkeypatch.setenv("TWINOFFICE_PORT", "eight thousand")
    result = call(*command)
    assert result.exit_code == 2
    assert "TWINOFFICE_PORT" in sentence(result)
    assert result.stdout == ""


@pytest.mark.parametrize(
    "command",
    [["no-such"], ["job"], ["job", "no-such"], ["job", "show"], ["user", "add"], ["nlu", "parse"], ["migrate", "x"]],
)
def test_a_wrong_call_has_exit_code_two(command: list[str]) -> None:
    assert call(*command).exit_code == 2


@pytest.mark.parametrize(
    "command",
    [["job", "runs"], ["job", "run", "invoice-matching"], ["connection", "list"], ["connection", "test", "x"]],
)
def test_a_database_that_was_not_prepared_is_named_with_the_next_step(command: list[str]) -> None:
    result = call(*command)
    assert result.exit_code == 2
    assert "twinoffice migrate" in sentence(result)


def test_a_user_in_a_database_that_was_not_prepared_is_not_created() -> None:
    result = call("user", "add", "jana@example.com", "--name", "Jana", "--password", PASSWORD)
    assert result.exit_code == 2
    assert "twinoffice migrate" in sentence(result)


@pytest.mark.parametrize("command", [["job", "runs"], ["migrate"], ["connection", "list"]])
def test_a_database_that_does_not_answer_is_explained(monkeypatch: pytest.MonkeyPatch, command: list[str]) -> None:
    monkeypatch.setenv("TWINOFFICE_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    monkeypatch.setenv("TWINOFFICE_SECRET_KEY", "k" * MINIMUM_SECRET_LENGTH)
    result = call(*command)
    assert result.exit_code == 1
    assert "Our own database did not answer" in sentence(result)


def test_migrate_prepares_the_database(database: Database) -> None:
    assert is_current(database)
    assert call("migrate").exit_code == 0


def test_jobs_are_listed_without_any_database(tmp_path: Path) -> None:
    result = call("job", "list")
    assert result.exit_code == 0
    listed = [line.split()[0] for line in result.stdout.splitlines()]
    assert listed == sorted(listed)
    assert {"customer-notices", "invoice-matching", "late-orders", "overdue-reminders"} <= set(listed)
    assert not (tmp_path / "var" / "twinoffice.sqlite").exists()


def test_jobs_as_json_are_one_document() -> None:
    document = json.loads(call("job", "list", "--json").stdout)
    assert {"name": "invoice-matching", "title": "Invoice matching"} in document["jobs"]
    assert document["broken"] == []


def test_a_job_is_shown_with_its_parameters() -> None:
    document = json.loads(call("job", "show", "invoice-matching", "--json").stdout)
    assert document["name"] == "invoice-matching"
    assert {"name", "type", "default", "unit", "help"} == set(document["parameters"][0])
    assert "Parameters:" in call("job", "show", "invoice-matching").stdout


def test_an_unknown_job_is_named() -> None:
    result = call("job", "show", "no-such")
    assert result.exit_code == 2
    assert "no-such" in sentence(result)


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["no-such"], "no-such"),
        (["invoice-matching", "--param", "novalue"], "key=value"),
        (["invoice-matching", "--param", "no_such_parameter=1"], "no_such_parameter"),
    ],
)
def test_a_wrong_run_is_named_and_nothing_runs(words: list[str], named: str) -> None:
    done = call_process("job", "run", *words)
    assert done.returncode == 2
    assert named in done.stderr
    assert json.loads(call("job", "runs", "--json").stdout) == []


def test_a_run_with_exceptions_says_so_with_its_exit_code_and_one_document() -> None:
    assert call("demo", "seed").exit_code == 0
    done = call_process("job", "run", "invoice-matching", "--dry-run", "--json")
    assert done.returncode == 3, done.stderr
    document = json.loads(done.stdout)
    assert (document["state"], document["is_dry_run"]) == ("succeeded_with_exceptions", True)
    assert {"key", "title", "state", "outcome", "reasons"} == set(document["items"][0])
    assert [run["id"] for run in json.loads(call("job", "runs", "--json").stdout)] == [document["id"]]


def test_connections_are_listed_and_an_unknown_one_is_named(database: Database) -> None:
    with database.write() as session:
        session.add(Connection(name="shop", contracts=["orders"], vendor="house"))
    document = json.loads(call("connection", "list", "--json").stdout)
    (shop,) = document
    assert (shop["name"], shop["vendor"], shop["contracts"], shop["health"]) == ("shop", "house", ["orders"], "unknown")
    assert (shop["max_concurrent_runs"], shop["calls_per_minute"]) == (None, None)
    tested = call("connection", "test", "shop")
    assert (tested.exit_code, tested.stdout) == (0, "Our own database holds 0 customer orders.\n")
    unknown = call("connection", "test", "nowhere")
    assert unknown.exit_code == 1
    assert "'shop'" in sentence(unknown)


def test_a_staff_account_is_created_once(database: Database) -> None:
    words = ("user", "add", "jana@example.com", "--name", "Jana", "--role", "admin", "--password", PASSWORD)
    assert call(*words).exit_code == 0
    again = call(*words)
    assert again.exit_code == 2
    assert "already" in sentence(again)
    with database.read() as session:
        assert [(user.email, user.role) for user in session.scalars(select(User))] == [("jana@example.com", "admin")]


@pytest.mark.usefixtures("database")
def test_a_password_is_asked_for_and_not_shown() -> None:
    typed = f"{PASSWORD}\n{PASSWORD}\n"
    result = call("user", "add", "jana@example.com", "--name", "Jana", typed=typed)
    assert result.exit_code == 0
    assert PASSWORD not in result.output


@pytest.mark.parametrize(
    ("role", "password", "word"), [("king", PASSWORD, "agent, admin"), ("agent", "short", "12 to 200 characters")]
)
def test_a_wrong_account_is_not_created(database: Database, role: str, password: str, word: str) -> None:
    result = call("user", "add", "jana@example.com", "--name", "Jana", "--role", role, "--password", password)
    assert result.exit_code == 2
    assert word in sentence(result)
    with database.read() as session:
        assert session.scalars(select(User)).all() == []


def test_demo_accounts_do_not_come_into_a_real_installation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWINOFFICE_DEMO", "false")
    monkeypatch.setenv("TWINOFFICE_SECRET_KEY", "k" * MINIMUM_SECRET_LENGTH)
    result = call("demo", "seed")
    assert result.exit_code == 2
    assert "TWINOFFICE_DEMO" in sentence(result)


def test_a_web_process_of_its_own_needs_the_address_of_rasa() -> None:
    result = call("web")
    assert result.exit_code == 2
    assert "TWINOFFICE_RASA_URL" in sentence(result)


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (None, "cannot be read"),
        (b"text,intent\nhello,greet\n", "lang"),
        (b"text,lang,intent\nhello,en\n", "row 2"),
        (b"text,lang,intent\n\xff\xfe,en,greet\n", "cannot be read"),
    ],
)
def test_a_file_that_cannot_be_evaluated_is_named(tmp_path: Path, content: bytes | None, word: str) -> None:
    file = tmp_path / "rows.csv"
    if content is not None:
        file.write_bytes(content)
    result = call("nlu", "evaluate", str(file))
    assert result.exit_code == 2
    assert word in sentence(result)


def test_the_chat_needs_a_running_product(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWINOFFICE_PORT", "1")
    result = call("chat")
    assert result.exit_code == 1
    assert "make run" in sentence(result)


def test_log_lines_do_not_mix_with_results(capfd: pytest.CaptureFixture[str]) -> None:
    call("job", "list", "--json")
    structlog.get_logger().warning("something happened")
    captured = capfd.readouterr()
    assert "something happened" in captured.err
    assert captured.out == ""
