"""The product as its user starts and stops it: nothing is left behind, nothing a customer said is lost."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.fixtures.colleague import Colleague
from tests.fixtures.customer import Customer
from tests.product import ROOT, Product, free_port, running_product, start_product


def wait_until(is_true: Callable[[], bool], seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.05)


def children_of(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    return psutil.Process(process.pid).children(recursive=True)


def is_gone(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def rasa_of(product: Product) -> psutil.Process:
    return next(child for child in children_of(product.process) if "bot.rasa.launch" in " ".join(child.cmdline()))


@pytest.fixture
def product(tmp_path: Path) -> Iterator[Product]:
    with running_product(tmp_path / "data") as product:
        yield product


def test_ctrl_c_leaves_no_process_behind(product: Product) -> None:
    children = children_of(product.process)
    product.process.send_signal(signal.SIGINT)
    assert product.process.wait(20) == 0
    assert children
    wait_until(lambda: all(is_gone(child) for child in children), 10, "children are gone")


def test_a_killed_product_leaves_no_process_behind(product: Product) -> None:
    children = children_of(product.process)
    product.process.kill()
    product.process.wait()
    assert children
    wait_until(lambda: all(is_gone(child) for child in children), 10, "children are gone")


def test_the_death_of_whoever_started_it_stops_it(tmp_path: Path) -> None:
    """`make run` and `uv run` are such parents: killed, they cannot tell their child."""
    code = "import subprocess, sys; subprocess.Popen([sys.executable, '-m', 'bot.cli', 'run']).wait()"
    ports = {name: str(free_port()) for name in ("PORT", "PRIVATE_PORT", "RASA_PORT")}
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "TWINOFFICE_DATA_DIR": str(tmp_path / "data"),
        **{f"TWINOFFICE_{name}": port for name, port in ports.items()},
    }
    parent = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)
    wait_until(lambda: len(children_of(parent)) >= 2, 60, "the product and its Rasa run")
    family = children_of(parent)
    parent.kill()
    parent.wait()
    wait_until(lambda: all(is_gone(process) for process in family), 20, "product and Rasa are gone")


def test_the_second_start_installs_and_trains_nothing(tmp_path: Path) -> None:
    with running_product(tmp_path / "data"):
        pass
    (tmp_path / "data" / "output.txt").unlink()
    with running_product(tmp_path / "data") as product:
        said = product.output()
    assert "✓ Database" in said
    assert "Installing" not in said
    assert "Training" not in said


def test_a_crashed_assistant_is_restarted_and_answers_what_was_said_meanwhile(product: Product) -> None:
    customer = Customer(product.url, "en")
    rasa = rasa_of(product)
    rasa.send_signal(signal.SIGKILL)
    wait_until(lambda: is_gone(rasa), 10, "Rasa is dead")
    first = customer.send("hello")
    customer.send("what are your opening hours")
    away = "I can't answer you right now."
    wait_until(lambda: len(customer.listen(first, wait=0).texts) >= 1, 20, "the customer is told")
    assert customer.listen(first, wait=0).texts[0].startswith(away)
    assert "Assistant is away" in Colleague(product.url).read(customer)
    wait_until(lambda: len(customer.listen(first, wait=0).texts) == 3, 60, "both messages are answered")
    _, *answers = customer.listen(first, wait=0).texts
    assert answers[0].startswith("Hello!")
    assert "18:00" in answers[1]
    assert "Assistant is away" not in Colleague(product.url).read(customer)
    product.wait_until("ready")


def test_a_crashed_product_answers_after_its_restart_what_was_said_before(tmp_path: Path) -> None:
    with running_product(tmp_path / "data") as product:
        customer = Customer(product.url, "en")
        rasa = rasa_of(product)
        rasa.suspend()
        asked = customer.send("what are your opening hours")
        product.process.kill()
        product.process.wait()
        wait_until(lambda: is_gone(rasa), 10, "even a frozen Rasa is gone")
    # The same address and data again: the customer's page goes on as if nothing had happened.
    port = product.url.rpartition(":")[2]
    again = start_product(tmp_path / "data", TWINOFFICE_PORT=port)
    try:
        again.wait_until("ready")
        # That the assistant is away may be said first.
        wait_until(lambda: "9:00–18:00" in customer.listen(asked, wait=1).text, 30, "the answer is there")
    finally:
        again.stop()


def test_a_wrong_setting_is_named_before_anything_starts(tmp_path: Path) -> None:
    product = start_product(tmp_path / "data", TWINOFFICE_PORT="seventy", TWINOFFICE_PROOF_TRIES_PER_HOUR="0")
    assert product.process.wait(30) == 2
    assert "TWINOFFICE_PORT" in product.output()
    assert "TWINOFFICE_PROOF_TRIES_PER_HOUR" in product.output()


def test_outside_the_demo_a_missing_secret_is_named(tmp_path: Path) -> None:
    product = start_product(tmp_path / "data", TWINOFFICE_DEMO="false")
    assert product.process.wait(30) == 2
    assert "TWINOFFICE_SECRET_KEY" in product.output()
    assert "openssl rand -hex 32" in product.output()
