"""A small model is trained, asked and compared with Rasa's own programs, and a stopped training leaves no process."""

import time
from pathlib import Path

import psutil
import pytest

from bot.learning.models import ModelShelf, ServedModel
from bot.learning.retraining import Retraining
from bot.learning.trainer import RasaTrainer, UnreadableModelError
from bot.rasa.model import TrainingOrder, train
from connectors.database.migrate import migrate
from connectors.database.models.understanding import AssistantModel, ModelState
from connectors.database.session import Database
from connectors.settings import Settings
from tests.fixtures.small_checkout import write_small_checkout
from tests.integration.learning_house import LearningHouse

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

PATIENCE_SECONDS = 120


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small checkout with its trained base model."""
    root = write_small_checkout(tmp_path_factory.mktemp("checkout"))
    train(TrainingOrder(root / "models" / "small.tar.gz", root), root / "training.log")
    return root


@pytest.fixture
def house(checkout: Path, tmp_path: Path) -> LearningHouse:
    """The real trainer in the house of the scripted one."""
    database = Database(f"sqlite:///{tmp_path / 'twinoffice.sqlite'}")
    migrate(database)
    house = LearningHouse(database, tmp_path)
    house.root, house.base = checkout, checkout / "models" / "small.tar.gz"
    house.settings = Settings(data_dir=tmp_path / "var", model_file=house.base, demo=True, _env_file=None)
    house.shelf = ModelShelf(house.settings)
    house.served = ServedModel(database, house.shelf)
    house.retraining = Retraining(database, house.settings, house.shelf, RasaTrainer(tmp_path / "logs"), checkout)
    house.served.at_start()
    return house


def children() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if "bot.rasa" in " ".join(child.cmdline())]


def test_what_people_approved_is_understood_by_the_next_model(house: LearningHouse) -> None:
    strange = ["zorbl the frumious wug", "is the frumious wug zorbled", "zorbled wug please"]
    for text in strange:
        house.approves(text, "order_status")
    model = house.retraining.run("ops@example.com", promotes=True)
    assert model.failure is None
    approved = model.report["sets"]["approved"]["en"]
    assert approved["after"]["accuracy"] > approved["before"]["accuracy"]
    assert approved["after"]["accuracy"] == 1.0
    assert set(model.report["sets"]["validation"]) == {"cs", "en"}
    assert model.state == (ModelState.REJECTED if model.report["worse"] else ModelState.ACTIVE)
    assert children() == []


def test_a_cancelled_training_ends_its_process(house: LearningHouse) -> None:
    house.approves("zorbl", "order_status")
    started = house.retraining.start("ops@example.com")
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not children():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    house.retraining.cancel(started, "eva@example.com")
    house.retraining.wait()
    assert children() == []
    with house.database.read() as session:
        model = session.get_one(AssistantModel, started)
    assert (model.state, model.failure) == (ModelState.FAILED, "cancelled")
    assert list(house.shelf.learned_folder.iterdir()) == []


def test_a_file_that_is_no_model_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "broken.tar.gz"
    broken.write_bytes(b"no model")
    with pytest.raises(UnreadableModelError, match=r"broken\.tar\.gz cannot be asked"):
        RasaTrainer(tmp_path / "logs").guess(broken, ["hello"], lambda _share: None)
