"""What a worker counts can be read while it works, because jobs ask connected systems there."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from tests.product import ROOT, free_port

pytestmark = pytest.mark.integration


def test_a_worker_tells_how_its_connections_fare(tmp_path: Path) -> None:
    port = free_port()
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "TWINOFFICE_DATA_DIR": str(tmp_path / "var")}
    words = [sys.executable, "-m", "bot.cli", "worker", "--metrics-port", str(port)]
    with (tmp_path / "output.txt").open("wb") as output:
        worker = subprocess.Popen(words, cwd=ROOT, env=environment, stdout=output, stderr=output)
    try:
        told = _read(f"http://127.0.0.1:{port}/metrics", worker)
        assert "twinoffice_connector_requests" in told
        assert "twinoffice_connector_circuit_open" in told
    finally:
        worker.terminate()
        assert worker.wait(60) == 0, (tmp_path / "output.txt").read_text()


def _read(address: str, worker: "subprocess.Popen[bytes]") -> str:
    deadline = time.monotonic() + 90
    while True:
        try:
            return requests.get(address, timeout=5).text
        except requests.ConnectionError:
            assert worker.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.2)
