"""The whole product as a process of its own: Rasa, web, engine, demo data, in a folder of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import requests

from connectors.database.session import Database
from tests.fixtures.signed import KEYS

ROOT = Path(__file__).parents[1]
START_SECONDS = 120.0


@dataclass
class Product:
    """A running `twinoffice run`; `url` is where customers and staff find it."""

    process: subprocess.Popen[bytes]
    url: str
    data_dir: Path
    rasa_port: int
    environment: dict[str, str] = field(repr=False)

    def readiness(self) -> dict[str, object]:
        try:
            answer: dict[str, object] = requests.get(f"{self.url}/readyz", timeout=5).json()
        except requests.RequestException:
            return {"status": "down"}
        return answer

    def wait_until(self, status: str, seconds: float = START_SECONDS) -> None:
        deadline = time.monotonic() + seconds
        while self.readiness()["status"] != status:
            if self.process.poll() is not None:
                raise AssertionError(f"the product ended with {self.process.returncode}: {self.output()}")
            if time.monotonic() > deadline:
                raise AssertionError(f"not {status} after {seconds} s: {self.readiness()} {self.output()}")
            time.sleep(0.1)

    def output(self) -> str:
        return (self.data_dir / "output.txt").read_text(errors="replace")[-3000:]

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(30)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def start_product(data_dir: Path, **settings: str) -> Product:
    """Start the product with its own ports and data; does not wait until it is ready."""
    data_dir.mkdir(parents=True, exist_ok=True)
    port, rasa_port = settings.get("TWINOFFICE_PORT", str(free_port())), free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": os.environ.get("HOME", "/tmp"),
        "TWINOFFICE_DATA_DIR": str(data_dir),
        "TWINOFFICE_PORT": port,
        "TWINOFFICE_PRIVATE_PORT": str(free_port()),
        "TWINOFFICE_RASA_PORT": str(rasa_port),
        # Whoever works on the dialogue trains once and tries often.
        "TWINOFFICE_MODEL_FILE": os.environ.get("TWINOFFICE_MODEL_FILE", ""),
        **settings,
    }
    with (data_dir / "output.txt").open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "bot.cli", "run"], cwd=ROOT, env=environment, stdout=output, stderr=output
        )
    return Product(process, f"http://127.0.0.1:{port}", data_dir, rasa_port, environment)


@contextmanager
def running_product(data_dir: Path, **settings: str) -> Iterator[Product]:
    product = start_product(data_dir, **settings)
    try:
        product.wait_until("ready")
        yield product
    finally:
        product.stop()


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """One product for all tests that only talk to it."""
    # Every test plays other customers from the same address, often with the same order: these limits have own tests.
    settings = {
        "TWINOFFICE_PROOF_TRIES_PER_HOUR_PER_ADDRESS": "10000",
        "TWINOFFICE_PROOF_TRIES_PER_HOUR_PER_ORDER": "10000",
        "TWINOFFICE_IDENTITY_KEYS": KEYS,
    }
    with running_product(tmp_path_factory.mktemp("product"), **settings) as it:
        yield it


@pytest.fixture(scope="session")
def product_url(request: pytest.FixtureRequest) -> str:
    """Where it is; whoever works on the dialogue may name one that runs already."""
    running = os.environ.get("TWINOFFICE_TEST_URL")
    if running:
        return running
    product: Product = request.getfixturevalue("product")
    return product.url


@pytest.fixture(scope="session")
def product_database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """Its database, for orders that a test needs; beside TWINOFFICE_TEST_URL stands TWINOFFICE_TEST_DATA_DIR."""
    folder = os.environ.get("TWINOFFICE_TEST_DATA_DIR")
    if folder is None:
        product: Product = request.getfixturevalue("product")
        folder = str(product.data_dir)
    database = Database(f"sqlite:///{folder}/twinoffice.sqlite")
    yield database
    database.close()
