"""The product takes another model into service while customers write: nothing is lost, doubled or out of order."""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from bot.learning.models import ModelShelf, promote, roll_back
from bot.rasa.client import RasaClient
from bot.rasa.model import current_model
from bot.rasa.secret import rasa_secret
from connectors.database.base import utc_now
from connectors.database.models.understanding import AssistantModel, ModelState
from connectors.database.session import Database
from connectors.errors import Unavailable
from connectors.settings import Settings
from tests.fixtures.customer import Customer
from tests.product import Product, running_product

pytestmark = pytest.mark.integration

MODEL = Path(os.environ.get("TWINOFFICE_MODEL_FILE") or current_model())
QUESTIONS = ("what are your opening hours", "how can I pay")
CUSTOMERS = 5
MESSAGES = 60
EVERY_SECONDS = 0.1
PATIENCE_SECONDS = 60


class Installation:
    """The data of a product that serves `base.tar.gz`, and a second model that people may promote."""

    def __init__(self, folder: Path) -> None:
        assert MODEL.exists(), "There is no model. Do: make train"
        self.data_dir = folder / "data"
        self.base = folder / "base.tar.gz"
        self.base.symlink_to(MODEL)
        (self.data_dir / "models").mkdir(parents=True)
        # The same knowledge under another name: what counts here is the swap.
        shutil.copy(MODEL, self.data_dir / "models" / "base-learned.tar.gz")
        self.settings = Settings(_env_file=None, data_dir=self.data_dir, model_file=self.base, demo=True)
        self.shelf = ModelShelf(self.settings)

    def database(self) -> Database:
        return Database(self.settings.database)

    def promotes(self) -> None:
        database = self.database()
        with database.write() as session:
            model = AssistantModel(file="base-learned.tar.gz", state=ModelState.CANDIDATE, started_by="ops@example.com")
            session.add(model)
            session.flush()
            promote(session, self.shelf, model.id, "ops@example.com", utc_now(), "to see what happens")
        database.close()

    def rolls_back(self) -> None:
        database = self.database()
        with database.write() as session:
            roll_back(session, self.shelf, "ops@example.com", "seen enough")
        database.close()

    def serves(self, product: Product) -> str:
        """The file that the product's Rasa serves."""
        rasa = RasaClient(f"http://127.0.0.1:{product.rasa_port}", rasa_secret(self.settings.secret))
        try:
            return rasa.served_model()
        except Unavailable:
            return "none"


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    return Installation(tmp_path)


@pytest.fixture
def product(installation: Installation) -> Iterator[Product]:
    with running_product(installation.data_dir, TWINOFFICE_MODEL_FILE=str(installation.base)) as product:
        yield product


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < deadline, "it did not become so"
        time.sleep(0.1)


def test_every_message_during_a_swap_is_answered_once_and_in_order(
    installation: Installation, product: Product
) -> None:
    customers = [Customer(product.url, "en") for _ in range(CUSTOMERS)]
    answers = [customers[0].say(question).texts for question in QUESTIONS]
    assert answers[0] != answers[1]
    first = [customer.send(QUESTIONS[0]) for customer in customers]
    for number in range(MESSAGES):
        if number == MESSAGES // 4:
            installation.promotes()
        customers[number % CUSTOMERS].send(_question(number))
        time.sleep(EVERY_SECONDS)
    wait_until(lambda: installation.serves(product) == "base-learned.tar.gz")
    for place, customer in enumerate(customers):
        asked = [QUESTIONS[0], *(_question(number) for number in range(place, MESSAGES, CUSTOMERS))]
        expected = [text for question in asked for text in answers[QUESTIONS.index(question)]]
        wait_until(lambda: len(customer.listen(first[place], wait=0).texts) >= len(expected))  # noqa: B023
        assert customer.listen(first[place], wait=1).texts == expected
        assert customer.say(QUESTIONS[0]).texts == answers[0]


def _question(number: int) -> str:
    """What the customer asks whose turn it is: each asks the two questions alternately."""
    return QUESTIONS[(number // CUSTOMERS + 1) % 2]


def test_the_active_model_survives_restarts_of_rasa_and_of_the_product(
    installation: Installation, product: Product
) -> None:
    installation.promotes()
    wait_until(lambda: installation.serves(product) == "base-learned.tar.gz")
    children = psutil.Process(product.process.pid).children(recursive=True)
    next(child for child in children if "bot.rasa.launch" in " ".join(child.cmdline())).kill()
    wait_until(lambda: installation.serves(product) == "none")
    wait_until(lambda: installation.serves(product) == "base-learned.tar.gz")
    product.stop()
    with running_product(installation.data_dir, TWINOFFICE_MODEL_FILE=str(installation.base)) as again:
        assert installation.serves(again) == "base-learned.tar.gz"
        installation.rolls_back()
        wait_until(lambda: installation.serves(again) == "base.tar.gz")
