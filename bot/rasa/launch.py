"""The two ways Rasa's command line is called; runs in Rasa's own Python 3.10 environment.

python -m bot.rasa.launch serve [--ends-with-parent]    settings come from the environment, see serve_arguments
python -m bot.rasa.launch train FOLDER NAME             writes FOLDER/NAME.tar.gz
"""

import ctypes
import os
import signal
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

from bot.rasa.secret import rasa_secret

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parent.parent
ENDS_WITH_PARENT = "--ends-with-parent"
PR_SET_PDEATHSIG = 1  # linux/prctl.h


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


def train_arguments(folder: str, name: str) -> list[str]:
    nlu = sorted(str(path.relative_to(PROJECT)) for path in PROJECT.glob("data/*/nlu"))
    return [
        *("train", "--quiet", "--force"),
        *("--config", "config.yml", "--domain", "data/shared/domain", "--data", "data/shared", *nlu),
        *("--out", folder, "--fixed-model-name", name),
    ]


def _end_with_parent() -> None:
    """The parent holds the other end of our standard input: when it is gone, however it died, so are we."""
    sys.stdin.buffer.read()
    os._exit(0)


def _be_killed_with_parent() -> None:
    """Ask Linux to do it: a frozen process notices nothing by itself."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _prepare_to_serve(options: list[str]) -> list[str]:
    if ENDS_WITH_PARENT in options:
        _be_killed_with_parent()
        threading.Thread(target=_end_with_parent, daemon=True).start()
    if "TWINOFFICE_RASA_SECRET" not in os.environ:
        # A Rasa in a container of its own is given the one secret there is; endpoints.yml reads the derived one.
        secret_key = os.environ.get("TWINOFFICE_SECRET_KEY")
        if not secret_key:
            sys.exit("TWINOFFICE_SECRET_KEY is not set; give Rasa the same one as the web process.")
        os.environ["TWINOFFICE_RASA_SECRET"] = rasa_secret(secret_key)
    return serve_arguments(os.environ)


if __name__ == "__main__":
    task, *rest = sys.argv[1:]
    arguments = _prepare_to_serve(rest) if task == "serve" else train_arguments(*rest)
    # In place of our own: what a process was started with is readable by everybody, and this holds the secret.
    sys.argv = ["rasa", *arguments]
    from rasa.__main__ import main

    main()
