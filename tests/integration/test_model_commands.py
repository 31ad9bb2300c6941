"""`twinoffice train --compare` and `twinoffice models`: the exit code tells the verdict, JSON is one document."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from typer.testing import CliRunner, Result

import bot.office
from bot.commands import app
from connectors.database.session import Database
from connectors.settings import Settings
from tests.fixtures.trainer import Script, ScriptedTrainer
from tests.integration.learning_house import LearningHouse

pytestmark = pytest.mark.integration


def knows_half(_text: str) -> str:
    """Takes every message for an order's, which is sometimes right."""
    return "order_status"


def knows_nothing(_text: str) -> str:
    return "nlu_fallback"


@pytest.fixture
def trainer() -> ScriptedTrainer:
    return ScriptedTrainer(knows_half)


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trainer: ScriptedTrainer) -> Iterator[Database]:
    """An installation of its own, whose trainer is a script; the validation set is the real one."""
    base = trainer.makes(tmp_path / "base.tar.gz", knows_half)
    monkeypatch.setitem(Settings.model_config, "env_file", None)
    monkeypatch.setenv("TWINOFFICE_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("TWINOFFICE_MODEL_FILE", str(base))
    monkeypatch.setattr(bot.office, "RasaTrainer", lambda _folder: trainer)
    assert call("migrate").exit_code == 0
    database = Database(f"sqlite:///{tmp_path / 'var' / 'twinoffice.sqlite'}")
    yield database
    database.close()
    structlog.reset_defaults()


@pytest.fixture
def approved(database: Database, tmp_path: Path) -> LearningHouse:
    """Somebody labelled a message."""
    house = LearningHouse(database, tmp_path / "elsewhere")
    house.approves("my box never came", "order_status")
    return house


def call(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def sentence(result: Result) -> str:
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return " ".join(result.stderr.split())


@pytest.mark.usefixtures("approved")
@pytest.mark.parametrize(
    ("next_model", "exit_code", "verdict", "state"),
    [(knows_half, 0, "not_worse", "candidate"), (knows_nothing, 1, "worse", "rejected")],
)
def test_the_exit_code_of_a_comparison_tells_its_verdict(
    trainer: ScriptedTrainer, next_model: Script, exit_code: int, verdict: str, state: str
) -> None:
    trainer.next_model = next_model
    result = call("train", "--compare", "--json")
    assert result.exit_code == exit_code, sentence(result)
    document = json.loads(result.stdout)
    assert (document["state"], document["report"]["verdict"]) == (state, verdict)
    assert set(document["report"]["sets"]["validation"]) == {"cs", "en", "fa", "hu", "is", "ru"}


@pytest.mark.usefixtures("approved")
def test_a_comparison_is_a_table_that_names_what_is_worse(trainer: ScriptedTrainer) -> None:
    trainer.next_model = knows_nothing
    lines = call("train", "--compare").stdout.splitlines()
    assert lines[0] == "validation messages, before → after"
    assert any(line.startswith("  cs ") and "understood rightly" in line for line in lines)
    assert any(line.startswith("worse: cs, validation, accuracy: ") for line in lines)
    assert lines[-1] == "verdict: worse"


@pytest.mark.usefixtures("approved")
def test_a_serving_model_that_cannot_be_asked_is_left_to_a_person(trainer: ScriptedTrainer) -> None:
    trainer.scripts.clear()
    result = call("train", "--compare", "--promote")
    assert result.exit_code == 3
    assert result.stdout.splitlines()[-1].startswith("verdict: unreadable")
    (newest, *_rest) = json.loads(call("models", "list", "--json").stdout)
    assert newest["state"] == "candidate"


def test_what_is_not_worse_is_promoted_where_that_was_asked_for_and_rolled_back(approved: LearningHouse) -> None:
    assert call("train", "--compare", "--promote").exit_code == 0
    promoted = approved.active()
    assert promoted is not None
    assert promoted.startswith("base-")
    assert call("train", "--compare").exit_code == 0
    assert "nothing new" in sentence(call("train", "--compare"))
    assert "active" in call("models", "list").stdout
    assert call("models", "rollback", "--reason", "customers complain").exit_code == 0
    assert approved.active() == "base.tar.gz"


@pytest.mark.usefixtures("database")
def test_the_first_model_has_none_before_it() -> None:
    result = call("models", "rollback", "--reason", "to see")
    assert result.exit_code == 2
    assert "no earlier model" in sentence(result)


@pytest.mark.usefixtures("database")
def test_an_unknown_model_is_not_promoted() -> None:
    result = call("models", "promote", "no-such", "--reason", "to see")
    assert result.exit_code == 2
    assert call("models", "promote", "no-such").exit_code == 2  # a reason is wanted


@pytest.mark.usefixtures("approved")
def test_a_training_that_fails_says_why(trainer: ScriptedTrainer) -> None:
    trainer.breaks = True
    result = call("train", "--compare")
    assert result.exit_code == 2
    assert "Not trained: Training failed" in sentence(result)


@pytest.mark.usefixtures("database")
def test_with_a_rasa_elsewhere_the_served_model_has_to_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TWINOFFICE_MODEL_FILE")
    monkeypatch.setenv("TWINOFFICE_RASA_URL", "http://127.0.0.1:1")
    result = call("train", "--compare")
    assert result.exit_code == 2
    assert "TWINOFFICE_MODEL_FILE" in sentence(result)
