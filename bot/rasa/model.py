"""Rasa's trained model: one per state of config and data, told apart by a hash."""

import hashlib
import subprocess
from pathlib import Path

from bot.rasa.environment import LOCK_FILE, RASA_PYTHON, SetupError, environment_variables
from connectors.settings import PROJECT_ROOT

MODELS = PROJECT_ROOT / "models"
_INPUTS = ("config.yml", "data/shared/**/*.yml", "data/*/nlu/*.yml", "bot/understanding/*.py")


def current_model() -> Path:
    """Where the model of the present config and data is, or will be."""
    return MODELS / f"{_input_hash()}.tar.gz"


def ensure_model(log_file: Path) -> Path:
    """Train when config, data or components changed; takes about half a minute.

    Raises:
        SetupError: training failed; the text carries the last lines of its log.
    """
    model = current_model()
    if not model.exists():
        train(model, log_file)
    return model


def train(model: Path, log_file: Path) -> None:
    """Train a model into a file that appears only when it is complete."""
    name = f"unfinished-{model.name.removesuffix('.tar.gz')}"
    command = [str(RASA_PYTHON), "-m", "bot.rasa.launch", "train", str(model.parent), name]
    model.parent.mkdir(parents=True, exist_ok=True)
    log_file.parent.mkdir(parents=True, exist_ok=True)
    with log_file.open("wb") as log:
        done = subprocess.run(  # noqa: S603
            command, cwd=PROJECT_ROOT, env=environment_variables(), stdout=log, stderr=log, check=False
        )
    finished = model.parent / f"{name}.tar.gz"
    if done.returncode != 0 or not finished.exists():
        last_lines = "\n".join(log_file.read_text(errors="replace").splitlines()[-15:])
        raise SetupError(f"Training failed; the whole log is in {log_file}\n{last_lines}")
    finished.replace(model)


def _input_hash() -> str:
    digest = hashlib.sha256(LOCK_FILE.read_bytes())
    for pattern in _INPUTS:
        for path in sorted(PROJECT_ROOT.glob(pattern)):
            digest.update(str(path.relative_to(PROJECT_ROOT)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]
