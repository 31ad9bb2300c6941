"""A turn through our web API beside plain Rasa's REST channel: same model, same texts and actions, same machine.

The load generator, our web process and both Rasas share the machine's cores; the two sides take their turns one
after the other, never at once.
"""

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import requests

from bot.rasa.environment import RASA_PYTHON
from bot.rasa.launch import serve_arguments
from bot.rasa.model import current_model
from bot.rasa.process import RasaLaunch, RasaProcess, launch_from
from connectors.demo.seed import DEMO_ORDER_EMAIL, DEMO_ORDER_NUMBER
from connectors.settings import Settings
from tests.fixtures.customer import Customer
from tests.product import Product, free_port, running_product

LINES = ["hello", "where is my order", DEMO_ORDER_NUMBER, DEMO_ORDER_EMAIL, "what are your opening hours", "thanks"]
WARM_UP_ROUNDS = 3
ROUNDS_ALONE = 20
ROUNDS_AT_EIGHT = 8
CLIENTS = 8
TURNS_FOR_MEMORY = 1000

Round = Callable[[], list[float]]


def measure() -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        limits = {"TWINOFFICE_PROOF_TRIES_PER_HOUR_PER_ADDRESS": "100000"}
        with running_product(Path(folder) / "product", **limits) as product:
            memory_at_start = memory(product)
            with plain_rasa(product, Path(folder) / "plain") as rest_url:
                rows = {
                    f"{clients} client{'s' if clients > 1 else ''}": compare(product, rest_url, clients, rounds)
                    for clients, rounds in ((1, ROUNDS_ALONE), (CLIENTS, ROUNDS_AT_EIGHT))
                }
            for _ in range(TURNS_FOR_MEMORY // len(LINES)):
                ours(product.url)
            return {
                "turns": rows,
                "memory_mb_at_start": memory_at_start,
                f"memory_mb_after_{TURNS_FOR_MEMORY}_more_turns": memory(product),
            }


def compare(product: Product, rest_url: str, clients: int, rounds: int) -> dict[str, Any]:
    for _ in range(WARM_UP_ROUNDS):
        ours(product.url)
        plain(product.url, rest_url)
    our_figures = run(clients, rounds, lambda: ours(product.url))
    plain_figures = run(clients, rounds, lambda: plain(product.url, rest_url))
    return {
        "twinoffice": our_figures,
        "plain_rasa_rest": plain_figures,
        "latency_ratio_p50": round(our_figures["p50_ms"] / plain_figures["p50_ms"], 2),
        "throughput_ratio": round(our_figures["turns_per_second"] / plain_figures["turns_per_second"], 2),
    }


def run(clients: int, rounds: int, one_round: Round) -> dict[str, float]:
    """Latency and throughput of `clients` customers who each have `rounds` conversations."""
    started = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        waits = [pool.submit(lambda: [one_round() for _ in range(rounds)]) for _ in range(clients)]
        seconds = sorted(second for wait in waits for part in wait.result() for second in part)
    elapsed = time.perf_counter() - started
    return {
        "turns": len(seconds),
        "p50_ms": round(statistics.median(seconds) * 1000, 1),
        "p95_ms": round(seconds[int(len(seconds) * 0.95)] * 1000, 1),
        "turns_per_second": round(len(seconds) / elapsed, 1),
    }


def ours(url: str) -> list[float]:
    """One conversation through the chat API: message in until the answer can be read."""
    customer = Customer(url, "en")
    seconds = []
    for line in LINES:
        started = time.perf_counter()
        said = customer.say(line)
        seconds.append(time.perf_counter() - started)
        assert said.texts, f"no answer to {line!r}"
    return seconds


def plain(url: str, rest_url: str) -> list[float]:
    """The same conversation with plain Rasa; a session of ours gives it a conversation that the actions know."""
    sender = f"{Customer(url, 'en').session_id}.1"
    http = requests.Session()
    http.trust_env = False
    seconds = []
    for line in LINES:
        started = time.perf_counter()
        answer = http.post(rest_url, json={"sender": sender, "message": line}, timeout=60)
        seconds.append(time.perf_counter() - started)
        assert answer.json(), f"no answer to {line!r}"
    return seconds


class PlainLaunch(RasaLaunch):
    """Rasa with its own REST channel in place of ours."""

    def command(self) -> list[str]:
        credentials = self.log_file.parent / "credentials.yml"
        credentials.write_text("rest:\n")
        arguments = serve_arguments(self.environment())
        arguments[arguments.index("--credentials") + 1] = str(credentials)
        return [str(RASA_PYTHON), "-m", "rasa", *arguments]


@contextmanager
def plain_rasa(product: Product, folder: Path) -> Iterator[str]:
    folder.mkdir()
    environment = product.environment
    settings = Settings(
        data_dir=product.data_dir, rasa_port=free_port(), private_port=int(environment["TWINOFFICE_PRIVATE_PORT"])
    )
    tracker = f"sqlite:///{folder / 'tracker.sqlite'}"
    launch = replace(launch_from(settings, current_model()), tracker_url=tracker, log_file=folder / "rasa.log")
    process = RasaProcess(PlainLaunch(**{name: getattr(launch, name) for name in launch.__dataclass_fields__}))
    process.start()
    base = f"http://127.0.0.1:{settings.rasa_port}"
    try:
        wait_until_it_answers(base)
        yield f"{base}/webhooks/rest/webhook"
    finally:
        process.stop()


def wait_until_it_answers(base: str) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            if requests.get(f"{base}/webhooks/rest/", timeout=2).ok:
                return
        except requests.RequestException:
            time.sleep(0.2)
    raise AssertionError("plain Rasa did not start")


def memory(product: Product) -> dict[str, float]:
    """Resident memory of the web process and of Rasa, in MB."""
    web = psutil.Process(product.process.pid)
    rasa = next(child for child in web.children(recursive=True) if "bot.rasa.launch" in " ".join(child.cmdline()))
    return {name: round(process.memory_info().rss / 2**20, 1) for name, process in (("web", web), ("rasa", rasa))}
