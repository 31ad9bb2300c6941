"""Setting up Rasa's environment: what is missing is named with the command that gets it."""

import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from bot.rasa import environment


@pytest.fixture
def bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No uv, no Python 3.10, nothing installed yet."""
    monkeypatch.setattr(environment, "PROJECT_ROOT", tmp_path)
    monkeypatch.setattr(environment, "_MARKER", tmp_path / "lock.sha256")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    monkeypatch.setattr(subprocess, "run", lambda *_args, **_options: SimpleNamespace(returncode=1, stdout=""))
    return tmp_path


def place_uv(machine: Path) -> None:
    (machine / ".tools" / "bin").mkdir(parents=True)
    (machine / ".tools" / "bin" / "uv").touch()


@pytest.mark.usefixtures("bare_machine")
def test_a_missing_uv_is_named_with_the_command_that_gets_it() -> None:
    with pytest.raises(environment.SetupError, match="python3 -m pip install uv"):
        environment.ensure_environment()


def test_a_missing_python_is_named_with_the_commands_that_get_it(bare_machine: Path) -> None:
    place_uv(bare_machine)
    with pytest.raises(environment.SetupError, match=r"uv python install 3\.10[\s\S]*pyenv install 3\.10"):
        environment.ensure_environment()


def test_a_python_that_pyenv_hides_behind_its_shims_is_found(bare_machine: Path) -> None:
    place_uv(bare_machine)
    python = bare_machine / "pyenv" / "versions" / "3.10.13" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.touch()
    with pytest.raises(environment.SetupError, match=str(python)):
        environment.ensure_environment()


def test_an_environment_of_another_lock_file_is_made_anew(bare_machine: Path) -> None:
    (bare_machine / "lock.sha256").write_text("an older lock")
    assert not environment.is_ready()
    (bare_machine / "lock.sha256").write_text(environment._lock_hash())
    assert environment.is_ready()
