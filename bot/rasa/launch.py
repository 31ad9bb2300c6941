"""The two ways Rasa's command line is called; runs in Rasa's own Python 3.10 environment.

python -m bot.rasa.launch serve                      settings come from the environment, see serve_arguments
python -m bot.rasa.launch train FOLDER NAME [DATA]   writes FOLDER/NAME.tar.gz from the config and data of the current
                                                     folder, and from the examples in the folder DATA
Both take the options of bot.rasa.child.
"""

import gc
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from bot.rasa.child import follow_options
from bot.rasa.secret import rasa_secret

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parent.parent


def serve_arguments(environment: Mapping[str, str]) -> list[str]:
    """TWINOFFICE_RASA_{HOST,PORT} say where to listen, TWINOFFICE_RASA_MODEL which file (or newest of a folder)."""
    return [
        *("run", "--enable-api"),
        *("--interface", environment.get("TWINOFFICE_RASA_HOST", "127.0.0.1")),
        *("--port", environment.get("TWINOFFICE_RASA_PORT", "5005")),
        *("--model", environment.get("TWINOFFICE_RASA_MODEL", str(PROJECT / "models"))),
        *("--endpoints", str(HERE / "endpoints.yml"), "--credentials", str(HERE / "credentials.yml")),
        *("--auth-token", environment["TWINOFFICE_RASA_SECRET"]),
    ]


def train_arguments(folder: str, name: str, *learned: str) -> list[str]:
    nlu = sorted(str(path) for path in Path().glob("data/*/nlu"))
    return [
        *("train", "--quiet", "--force", "--skip-validation"),
        *("--config", "config.yml", "--domain", "data/shared/domain", "--data", "data/shared", *nlu, *learned),
        *("--out", folder, "--fixed-model-name", name),
    ]


def _prepare_to_serve() -> list[str]:
    if "TWINOFFICE_RASA_SECRET" not in os.environ:
        # A Rasa in a container of its own is given the one secret there is; endpoints.yml reads the derived one.
        secret_key = os.environ.get("TWINOFFICE_SECRET_KEY")
        if not secret_key:
            sys.exit("TWINOFFICE_SECRET_KEY is not set; give Rasa the same one as the web process.")
        os.environ["TWINOFFICE_RASA_SECRET"] = rasa_secret(secret_key)
    return serve_arguments(os.environ)


if __name__ == "__main__":
    task, *rest = follow_options(sys.argv[1:])
    if task == "train":
        gc.disable()  # it would go through all examples again and again, and the process ends soon
    arguments = _prepare_to_serve() if task == "serve" else train_arguments(*rest)
    # In place of our own: what a process was started with is readable by everybody, and this holds the secret.
    sys.argv = ["rasa", *arguments]
    from rasa.__main__ import main

    main()
