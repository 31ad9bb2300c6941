"""Rasa's trained model: one per state of config, data and learned examples, told apart by hashes."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bot.rasa.environment import LOCK_FILE, SetupError, has_ended, rasa_child
from connectors.settings import PROJECT_ROOT

MODELS = PROJECT_ROOT / "models"
SUFFIX = ".tar.gz"
# The other files of data/shared are read when the product starts, not learnt from.
_DATA = (
    "config.yml",
    *("data/shared/domain/*.yml", "data/shared/rules/*.yml", "data/shared/stories/*.yml"),
    *("data/*/nlu/*.yml", "data/*/concepts.yml", "data/*/mood.yml", "data/*/products.yml"),
)
_CODE = "bot/understanding/*.py"


@dataclass(frozen=True, slots=True)
class TrainingOrder:
    """Train the config and data below `root`, with the examples in the folder `learned`, into the file `model`.

    A gentle training leaves the processors to everybody else.
    """

    model: Path
    root: Path = PROJECT_ROOT
    learned: Path | None = None
    is_gentle: bool = False


def current_model() -> Path:
    """Where the model of the present config and data is, or will be."""
    return MODELS / f"{data_hash()}{SUFFIX}"


def ensure_model(log_file: Path) -> Path:
    """Train when config, data or components changed; takes a minute or two.

    Raises:
        SetupError: training failed; the text carries the last lines of its log.
    """
    model = current_model()
    if not model.exists():
        train(TrainingOrder(model), log_file)
    return model


def train(order: TrainingOrder, log_file: Path, look: Callable[[], None] = lambda: None) -> None:
    """Train a model into a file that appears only when it is complete.

    `look` is called twice a second while it goes on; what it raises ends the training.

    Raises:
        SetupError: training failed; the text carries the last lines of its log.
    """
    unfinished = order.model.with_name(f"unfinished-{order.model.name}")
    target = (str(order.model.parent), unfinished.name.removesuffix(SUFFIX), *map(str, filter(None, [order.learned])))
    order.model.parent.mkdir(parents=True, exist_ok=True)
    log_file.parent.mkdir(parents=True, exist_ok=True)
    try:
        with (
            log_file.open("wb") as log,
            rasa_child(
                "bot.rasa.launch", "train", *target, log=log, folder=order.root, is_gentle=order.is_gentle
            ) as process,
        ):
            while not has_ended(process):
                look()
        if process.returncode != 0 or not unfinished.exists():
            last_lines = "\n".join(log_file.read_text(errors="replace").splitlines()[-15:])
            raise SetupError(f"Training failed; the whole log is in {log_file}\n{last_lines}")
        unfinished.replace(order.model)
    finally:
        unfinished.unlink(missing_ok=True)


def data_hash(root: Path = PROJECT_ROOT) -> str:
    """Names the state of everything that a model is made from, except what was learnt from customers."""
    digest = hashlib.sha256(LOCK_FILE.read_bytes())
    for place, pattern in (*((root, pattern) for pattern in _DATA), (PROJECT_ROOT, _CODE)):
        for path in sorted(place.glob(pattern)):
            digest.update(str(path.relative_to(place)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def learned_hash(folder: Path) -> str:
    """Names the state of the learned examples."""
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.yml")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]
