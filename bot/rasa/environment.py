"""Rasa's own Python 3.10 environment, made from its lock file and remade when the lock changes."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from connectors.settings import PROJECT_ROOT

LOCK_FILE = PROJECT_ROOT / "bot" / "rasa" / "requirements.lock"
ENVIRONMENT = PROJECT_ROOT / ".venv-rasa"
RASA_PYTHON = ENVIRONMENT / "bin" / "python"
_MARKER = ENVIRONMENT / "lock.sha256"

NO_PYTHON_310 = """Rasa 3.6 needs Python 3.10, and none was found. Get one with one of:
  uv python install 3.10        (where the network allows)
  pyenv install 3.10
  apt-get install python3.10    (where your distribution has it)"""


class SetupError(Exception):
    """Something that must be there first is missing; the text names the command that gets it."""


def is_ready() -> bool:
    return _MARKER.exists() and _MARKER.read_text() == _lock_hash()


def ensure_environment() -> None:
    """Create or update the environment; uv shows the progress on standard error.

    Raises:
        SetupError: uv or Python 3.10 is missing, or the installation failed.
    """
    if is_ready():
        return
    uv = _find_uv()
    python = _find_python_310(uv)
    _run(uv, "venv", "--no-project", "--clear", "--python", python, str(ENVIRONMENT))
    _run(uv, "pip", "sync", "--python", str(RASA_PYTHON), str(LOCK_FILE))
    _MARKER.write_text(_lock_hash())


def environment_variables() -> dict[str, str]:
    """What Rasa needs in its environment to stay quiet, private and importable."""
    return {
        "PYTHONPATH": str(PROJECT_ROOT),
        "RASA_TELEMETRY_ENABLED": "false",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        # Our matrices are small: more threads wait for each other, in training and beside other processes.
        "OPENBLAS_NUM_THREADS": "1",
        "MPLCONFIGDIR": str(ENVIRONMENT),
        "PATH": os.environ.get("PATH", ""),
        "HOME": os.environ.get("HOME", str(ENVIRONMENT)),
        "LANG": "C.UTF-8",
    }


@contextmanager
def rasa_child(
    module: str, *arguments: str, log: IO[bytes], folder: Path = PROJECT_ROOT, is_gentle: bool = False
) -> "Iterator[subprocess.Popen[bytes]]":
    """One of our programs inside Rasa's environment; it ends with the block, and with us however we end."""
    options = ["--ends-with-parent", *(["--gently"] if is_gentle else [])]
    process = subprocess.Popen(  # noqa: S603
        [str(RASA_PYTHON), "-m", module, *options, *arguments],
        cwd=folder,
        env=environment_variables(),
        stdin=subprocess.PIPE,
        stdout=log,
        stderr=log,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        if process.stdin:
            process.stdin.close()


def has_ended(process: "subprocess.Popen[bytes]", within_seconds: float = 0.5) -> bool:
    try:
        process.wait(within_seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


def _lock_hash() -> str:
    return hashlib.sha256(LOCK_FILE.read_bytes()).hexdigest()


def _find_uv() -> str:
    beside_us = Path(sys.executable).parent / "uv"
    for candidate in (shutil.which("uv"), PROJECT_ROOT / ".tools" / "bin" / "uv", beside_us):
        if candidate and Path(candidate).exists():
            return str(candidate)
    raise SetupError("uv is missing. Get it with: python3 -m pip install uv")


def _find_python_310(uv: str) -> str:
    found = subprocess.run(  # noqa: S603
        [uv, "python", "find", "3.10"], capture_output=True, text=True, check=False, cwd="/"
    )
    if found.returncode == 0:
        return found.stdout.strip()
    # pyenv's shims hide the versions that are not the chosen one.
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    for python in sorted(pyenv.glob("versions/3.10.*/bin/python")):
        return str(python)
    installed = subprocess.run([uv, "python", "install", "3.10"], check=False)  # noqa: S603
    if installed.returncode == 0:
        return "3.10"
    raise SetupError(NO_PYTHON_310)


def _run(*command: str) -> None:
    if subprocess.run(command, check=False).returncode != 0:  # noqa: S603
        raise SetupError(f"Setting up Rasa's environment failed at: {' '.join(command)}")
