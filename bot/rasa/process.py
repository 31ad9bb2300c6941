"""Our Rasa process: started, watched, restarted when it dies."""

import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import structlog

from bot.rasa.client import RasaClient
from bot.rasa.environment import RASA_PYTHON, ensure_environment, environment_variables
from bot.rasa.model import ensure_model
from bot.rasa.secret import rasa_secret
from connectors.errors import Unavailable
from connectors.settings import PROJECT_ROOT, Settings

RESTART_SECONDS = 1.0
STOP_SECONDS = 5.0
START_SECONDS = 120.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class RasaLaunch:
    """What a Rasa process is started with. `host` is a loopback or private address, never a public one."""

    model: Path
    host: str
    port: int
    secret: str
    private_base_url: str
    tracker_url: str
    log_file: Path

    def command(self) -> list[str]:
        return [str(RASA_PYTHON), "-m", "bot.rasa.launch", "serve", "--ends-with-parent"]

    def environment(self) -> dict[str, str]:
        return environment_variables() | {
            "TWINOFFICE_RASA_HOST": self.host,
            "TWINOFFICE_RASA_PORT": str(self.port),
            "TWINOFFICE_RASA_MODEL": str(self.model),
            "TWINOFFICE_RASA_SECRET": self.secret,
            "TWINOFFICE_PRIVATE_BASE_URL": self.private_base_url,
            "TWINOFFICE_RASA_TRACKER_URL": self.tracker_url,
        }


def launch_from(settings: Settings, model: Path) -> RasaLaunch:
    return RasaLaunch(
        model=model,
        host="127.0.0.1",
        port=settings.rasa_port,
        secret=rasa_secret(settings.secret),
        private_base_url=settings.private_base_url,
        tracker_url=f"sqlite:///{settings.data_dir / 'rasa_tracker.sqlite'}",
        log_file=settings.data_dir / "logs" / "rasa.log",
    )


class RasaProcess:
    """Keeps one Rasa alive from start() to stop(). `model_now` says which model a new start serves."""

    def __init__(self, launch: RasaLaunch, model_now: Callable[[], Path] | None = None) -> None:
        self._launch = launch
        self._model_now = model_now
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped = threading.Event()
        # Held from asking whether we are stopped until the process is there, or a stop between them misses it.
        self._starting = threading.Lock()
        self._watcher = threading.Thread(target=self._watch, name="rasa-watcher", daemon=True)

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def start(self) -> None:
        self._launch.log_file.parent.mkdir(parents=True, exist_ok=True)
        self._spawn()
        self._watcher.start()

    def stop(self) -> None:
        with self._starting:
            self._stopped.set()
            process = self._process
        if process is None:
            return
        if process.stdin:
            process.stdin.close()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _spawn_unless_stopped(self) -> None:
        with self._starting:
            if not self._stopped.is_set():
                self._spawn()

    def _spawn(self) -> None:
        if self._model_now is not None:
            self._launch = replace(self._launch, model=self._model_now())
        with self._launch.log_file.open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603
                self._launch.command(),
                cwd=PROJECT_ROOT,
                env=self._launch.environment(),
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def _watch(self) -> None:
        while self._process is not None:
            code = self._process.wait()
            if self._stopped.is_set():
                return
            if self._process.stdin:
                self._process.stdin.close()
            log.error("rasa ended, starting it again", exit_code=code, log=str(self._launch.log_file))
            if self._stopped.wait(RESTART_SECONDS):
                return
            self._spawn_unless_stopped()


@contextmanager
def temporary_rasa(settings: Settings) -> Iterator[RasaClient]:
    """A Rasa for one command, on a free port, with the current model (trained first where needed).

    Raises:
        SetupError: the environment or the model cannot be made.
        Unavailable: it did not start in time.
    """
    ensure_environment()
    model = ensure_model(settings.data_dir / "logs" / "training.log")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        launch = replace(launch_from(settings, model), port=port, tracker_url=f"sqlite:///{folder}/tracker.sqlite")
        process = RasaProcess(launch)
        process.start()
        try:
            client = RasaClient(f"http://127.0.0.1:{port}", launch.secret)
            _wait_until_ready(client)
            yield client
        finally:
            process.stop()


def _wait_until_ready(client: RasaClient) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not client.is_ready():
        if time.monotonic() > deadline:
            raise Unavailable(f"Rasa did not start within {START_SECONDS:.0f} s; its log is in the logs folder")
        time.sleep(0.2)
