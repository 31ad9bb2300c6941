"""Training and asking models in processes of Rasa's environment, beside the assistant that serves."""

import json
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bot.rasa import environment
from bot.rasa.environment import has_ended, rasa_child
from bot.rasa.model import TrainingOrder, train

# How long a training takes on two cores, for the progress bar; what it really takes is in each report.
USUAL_SECONDS = 120.0

Progress = Callable[[float], None]
"""Told at least every second how much is done, 0 to 1; it raises to stop the work."""


@dataclass(frozen=True, slots=True)
class Guess:
    """What a model makes of a text: an intent, and how sure it is, 0 to 1."""

    intent: str
    confidence: float


class UnreadableModelError(Exception):
    """This version of the program cannot ask that model; the text has the end of Rasa's log."""


class Trainer(Protocol):
    """Whatever trains models and asks them."""

    def is_available(self) -> bool:
        """Whether this machine can train."""
        ...

    def train(self, order: TrainingOrder, progress: Progress) -> None:
        """Raises SetupError when the training fails."""
        ...

    def guess(self, model: Path, texts: Sequence[str], progress: Progress) -> Sequence[Guess]:
        """One guess a text, in order.

        Raises:
            UnreadableModelError: the model cannot be loaded.
        """
        ...


class RasaTrainer:
    """Trains and asks with Rasa's own programs, at low priority."""

    def __init__(self, log_folder: Path) -> None:
        self._log_folder = log_folder

    def is_available(self) -> bool:
        return environment.is_ready()

    def train(self, order: TrainingOrder, progress: Progress) -> None:
        started = time.monotonic()
        train(
            order,
            self._log_folder / "training.log",
            lambda: progress(min(0.97, (time.monotonic() - started) / USUAL_SECONDS)),
        )

    def guess(self, model: Path, texts: Sequence[str], progress: Progress) -> Sequence[Guess]:
        log_file = self._log_folder / "comparison.log"
        log_file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as folder:
            asked, answers = Path(folder, "texts.json"), Path(folder, "guesses")
            asked.write_text(json.dumps(list(texts)), encoding="utf-8")
            answers.touch()
            with (
                log_file.open("wb") as log,
                rasa_child(
                    "bot.rasa.guesses", str(model), str(asked), str(answers), log=log, is_gentle=True
                ) as process,
            ):
                while not has_ended(process):
                    progress(answers.read_bytes().count(b"\n") / max(1, len(texts)))
            guesses = [Guess(*json.loads(line)) for line in answers.read_text(encoding="utf-8").splitlines()]
        if process.returncode != 0 or len(guesses) != len(texts):
            last_lines = "\n".join(log_file.read_text(errors="replace").splitlines()[-3:])
            raise UnreadableModelError(f"{model.name} cannot be asked; the log is in {log_file}\n{last_lines}")
        return guesses
