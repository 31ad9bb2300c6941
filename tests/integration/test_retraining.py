"""A model learns from what people approved, and serves only when it is worse in no language."""

from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest

from bot.learning.keeper import ModelKeeper
from bot.learning.models import ModelError, promote, roll_back
from bot.learning.retraining import Retraining, TrainingRefusedError
from bot.learning.review import reopen_turn
from connectors.database.base import utc_now
from connectors.database.models.understanding import AssistantModel, ModelState
from connectors.errors import Rejected, Unavailable
from tests.fixtures.trainer import understands_everything_as
from tests.integration.learning_house import RIGHT, LearningHouse, open_learning_house

pytestmark = pytest.mark.integration

WAIT_SECONDS = 30


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Iterator[LearningHouse]:
    with open_learning_house(database_url, tmp_path) as house:
        yield house


def train(house: LearningHouse, promotes: bool = True) -> AssistantModel:
    return house.retraining.run("ops@example.com", promotes)


def test_an_approved_turn_is_in_the_next_models_training_data(house: LearningHouse) -> None:
    house.approves("my box never came", "order_status")
    house.approves("jestli dnes máte", "opening_hours", "cs")
    train(house)
    (learned,) = house.trainer.learned
    assert "- intent: opening_hours\n  examples: |\n    - jestli dnes máte\n" in learned
    assert "- intent: order_status\n  examples: |\n    - my box never came\n" in learned


def test_a_turn_that_was_taken_back_is_not_learnt(house: LearningHouse) -> None:
    kept = house.approves("my box never came", "order_status")
    taken_back = house.approves("quack", "opening_hours")
    with house.database.write() as session:
        reopen_turn(session, taken_back, "jana@example.com")
    train(house)
    assert "quack" not in house.trainer.learned[0]
    assert house.turn(kept).label == "order_status"


def test_what_belongs_to_one_customer_is_not_learnt(house: LearningHouse) -> None:
    house.approves("Where is ORD-2025-0417? jana.novak@post.cz, +420 777 123 456", "order_status")
    train(house)
    (learned,) = house.trainer.learned
    assert "- Where is ORD-2026-0000? name@example.com, +000 000 000 000\n" in learned


def test_of_two_labels_of_the_same_words_the_later_one_counts(house: LearningHouse) -> None:
    house.approves("open?", "order_status")
    house.approves("open?", "opening_hours")
    assert train(house).examples == 1
    assert "intent: opening_hours" in house.trainer.learned[0]
    assert "intent: order_status" not in house.trainer.learned[0]


def test_a_model_that_is_worse_in_no_language_takes_over(house: LearningHouse) -> None:
    house.approves("my box never came", "order_status")
    house.trainer.next_model = understands_everything_as(RIGHT | {"my box never came": "order_status"})
    model = train(house)
    assert (model.state, model.step, model.progress) == (ModelState.ACTIVE, "done", 100)
    assert model.report["verdict"] == "not_worse"
    assert model.report["sets"]["validation"]["cs"]["before"]["accuracy"] == 1.0
    assert model.report["sets"]["approved"]["en"]["before"]["accuracy"] == 0.0
    assert model.report["sets"]["approved"]["en"]["after"]["accuracy"] == 1.0
    assert house.active() == model.file
    assert house.models() == [("checkout", "retired"), ("ops@example.com", "active")]
    (entry,) = house.audited("model.promote")
    assert (entry.before, entry.after) == ({"file": "base.tar.gz"}, {"file": model.file})
    assert entry.detail == {"reason": None}


@pytest.mark.parametrize(
    ("forgotten", "now_taken_for", "figure", "before", "after"),
    [
        # One of the two Czech messages of ours is not understood any more: 2/2 before, 1/2 after.
        ("kde je objednávka", "nlu_fallback", "accuracy", 1.0, 0.5),
        # The only foreign Czech message is acted on: 0/1 before, 1/1 after.
        ("řekni básničku", "opening_hours", "false_accepts", 0.0, 1.0),
    ],
)
def test_a_model_that_is_worse_in_one_language_does_not(
    house: LearningHouse, forgotten: str, now_taken_for: str, figure: str, before: float, after: float
) -> None:
    house.approves("my box never came", "order_status")
    house.trainer.next_model = understands_everything_as(RIGHT | {forgotten: now_taken_for})
    model = train(house)
    assert model.state == ModelState.REJECTED
    assert model.report["worse"] == [
        {"texts": "validation", "language": "cs", "figure": figure, "before": before, "after": after}
    ]
    assert house.active() == "base.tar.gz"


def test_a_model_that_unlearns_what_people_approved_does_not_take_over(house: LearningHouse) -> None:
    house.trainer.makes(house.base, understands_everything_as(RIGHT | {"open?": "opening_hours"}))
    house.approves("open?", "opening_hours")
    model = train(house)
    assert model.state == ModelState.REJECTED
    assert [one["texts"] for one in model.report["worse"]] == ["approved"]


def test_without_the_validation_set_a_person_decides(house: LearningHouse) -> None:
    (house.root / "tests" / "fixtures" / "nlu" / "validation.csv").unlink()
    house.approves("my box never came", "order_status")
    model = train(house)
    assert (model.state, model.report["verdict"]) == (ModelState.CANDIDATE, "unmeasured")
    assert house.active() == "base.tar.gz"


def test_a_serving_model_that_cannot_be_read_is_left_to_a_person(house: LearningHouse) -> None:
    del house.trainer.scripts["base.tar.gz"]
    house.approves("my box never came", "order_status")
    model = train(house)
    assert (model.state, model.report["verdict"]) == (ModelState.CANDIDATE, "unreadable")
    assert "base.tar.gz" in model.report["detail"]


def test_a_comparison_alone_promotes_nothing(house: LearningHouse) -> None:
    house.approves("my box never came", "order_status")
    assert train(house, promotes=False).state == ModelState.CANDIDATE
    assert house.active() == "base.tar.gz"


def test_nothing_new_is_not_trained_again(house: LearningHouse) -> None:
    with pytest.raises(TrainingRefusedError, match="nothing_new"):
        train(house)
    house.approves("my box never came", "order_status")
    train(house)
    with pytest.raises(TrainingRefusedError, match="nothing_new"):
        train(house)


def test_one_model_is_trained_at_a_time(house: LearningHouse) -> None:
    house.approves("my box never came", "order_status")
    refused: list[str] = []

    def somebody_else_trains() -> None:
        other = Retraining(house.database, house.settings, house.shelf, house.trainer, house.root)
        with pytest.raises(TrainingRefusedError) as refusal:
            other.run("eva@example.com", promotes=True)
        refused.append(refusal.value.code)

    house.trainer.while_training = somebody_else_trains
    assert train(house).state == ModelState.ACTIVE
    assert refused == ["console.models.error.under_way"]


def test_a_training_tells_its_step_while_it_goes_on(house: LearningHouse) -> None:
    house.approves("my box never came", "order_status")
    seen: list[tuple[str, int]] = []

    def look() -> None:
        with house.database.read() as session:
            row = session.get_one(AssistantModel, started)
            seen.append((row.step, row.progress))
        looked.set()

    looked, may_look = Event(), Event()

    def wait_and_look() -> None:
        assert may_look.wait(WAIT_SECONDS)
        look()

    house.trainer.while_training = wait_and_look
    started = house.retraining.start("ops@example.com")
    may_look.set()
    assert looked.wait(WAIT_SECONDS)
    assert seen == [("training", 2)]


def test_a_cancelled_training_stops_and_changes_nothing(house: LearningHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.learning.retraining.REPORT_SECONDS", 0)
    house.approves("my box never came", "order_status")

    def cancel() -> None:
        with house.database.read() as session:
            (row,) = session.query(AssistantModel).filter_by(state=ModelState.TRAINING)
        house.retraining.cancel(row.id, "eva@example.com")

    house.trainer.while_training = cancel
    model = train(house)
    assert (model.state, model.failure) == (ModelState.FAILED, "cancelled")
    assert [entry.actor for entry in house.audited("model.cancel")] == ["eva@example.com"]
    assert house.active() == "base.tar.gz"


def test_a_training_ends_with_the_product(house: LearningHouse) -> None:
    house.approves("my box never came", "order_status")
    under_way = Event()

    def train_for_long() -> None:
        under_way.set()
        assert house.retraining._stopped.wait(WAIT_SECONDS)

    house.trainer.while_training = train_for_long
    started = house.retraining.start("ops@example.com")
    assert under_way.wait(WAIT_SECONDS)
    house.retraining.stop()
    assert (house.model(started).state, house.model(started).failure) == (ModelState.FAILED, "stopped")


def test_a_training_whose_process_died_is_told_so_and_another_one_begins(house: LearningHouse) -> None:
    with house.database.write() as session:
        dead = AssistantModel(file="x.tar.gz", state=ModelState.TRAINING, step="training", started_by="ops@example.com")
        session.add(dead)
    house.approves("my box never came", "order_status")
    assert train(house).state == ModelState.ACTIVE
    assert (house.model(dead.id).state, house.model(dead.id).failure) == (ModelState.FAILED, "interrupted")


def test_a_training_under_way_is_not_taken_for_dead(house: LearningHouse) -> None:
    house.approves("my box never came", "order_status")
    house.trainer.while_training = Retraining(
        house.database, house.settings, house.shelf, house.trainer, house.root
    ).fail_abandoned
    assert train(house).state == ModelState.ACTIVE


def test_a_training_that_breaks_says_why(house: LearningHouse) -> None:
    house.approves("my box never came", "order_status")
    house.trainer.breaks = True
    model = train(house)
    assert model.state == ModelState.FAILED
    assert model.failure == "Training failed; the whole log is in training.log"
    house.trainer.breaks = False
    assert train(house).state == ModelState.ACTIVE


def test_an_installation_that_cannot_train_says_so(house: LearningHouse) -> None:
    house.trainer.is_there = False
    with pytest.raises(TrainingRefusedError, match="no_environment"):
        train(house)


def test_a_rejected_model_is_promoted_by_hand_with_a_reason(house: LearningHouse) -> None:
    house.approves("my box never came", "order_status")
    house.trainer.next_model = understands_everything_as({})
    model = train(house)
    with house.database.write() as session:
        promote(session, house.shelf, model.id, "ops@example.com", utc_now(), "the test messages are outdated")
    assert house.active() == model.file
    assert house.audited("model.promote")[-1].detail["reason"] == "the test messages are outdated"


def test_a_roll_back_leads_from_model_to_model_back_to_the_first(house: LearningHouse) -> None:
    files = ["base.tar.gz"]
    for text in ("my box never came", "open?"):
        house.approves(text, "order_status")
        files.append(str(train(house).file))
    assert house.active() == files[2]
    for expected in (files[1], files[0]):
        with house.database.write() as session:
            roll_back(session, house.shelf, "ops@example.com", "customers complain")
        assert house.active() == expected
    with house.database.write() as session, pytest.raises(ModelError, match="none_before"):
        roll_back(session, house.shelf, "ops@example.com", "once more")
    assert [entry.detail["reason"] for entry in house.audited("model.roll_back")] == ["customers complain"] * 2


def test_a_model_whose_file_is_gone_is_not_promoted(house: LearningHouse) -> None:
    house.approves("my box never came", "order_status")
    model = train(house, promotes=False)
    (house.shelf.learned_folder / str(model.file)).unlink()
    with house.database.write() as session, pytest.raises(ModelError, match="gone"):
        promote(session, house.shelf, model.id, "ops@example.com", utc_now(), "why not")


def test_the_active_model_serves_after_a_restart(house: LearningHouse) -> None:
    house.approves("my box never came", "order_status")
    model = train(house)
    house.start_again()
    assert house.served.wanted() == house.shelf.learned_folder / str(model.file)


def test_a_new_version_serves_its_own_model_and_learns_what_the_old_one_had_learnt(house: LearningHouse) -> None:
    house.approves("my box never came", "order_status")
    train(house)
    house.settings.model_file = house.trainer.makes(house.root / "models" / "new.tar.gz", house.trainer.next_model)
    house.start_again()
    assert house.active() == "new.tar.gz"
    house.retraining.catch_up()
    house.retraining.wait()
    assert str(house.active()).startswith("new-")
    assert house.models() == [
        ("checkout", "retired"),
        ("ops@example.com", "retired"),
        ("checkout", "retired"),
        ("version", "active"),
    ]


def test_a_first_start_has_nothing_to_catch_up_with(house: LearningHouse) -> None:
    house.approves("my box never came", "order_status")
    house.retraining.catch_up()
    assert house.models() == [("checkout", "active")]


def test_old_model_files_are_removed_but_not_those_that_may_be_wanted(house: LearningHouse) -> None:
    for number in range(9):
        house.approves(f"message {'x' * number}", "order_status")
        train(house)
    files = {file.name for file in house.shelf.learned_folder.iterdir()}
    assert len(files) == 1 + 5
    assert house.active() in files


class ModelServerStandIn:
    """A Rasa that serves what it is told, unless it is away or dislikes the file."""

    def __init__(self, serves: str) -> None:
        self.serves = serves
        self.is_away = False
        self.dislikes: set[str] = set()
        self.loads: list[str] = []

    def served_model(self) -> str:
        if self.is_away:
            raise Unavailable("Rasa does not answer")
        return self.serves

    def load_model(self, model: Path) -> None:
        self.loads.append(model.name)
        if model.name in self.dislikes:
            raise Rejected("it cannot be loaded")
        self.serves = model.name


def test_the_keeper_lets_the_active_model_serve_and_leaves_it_alone_then(house: LearningHouse) -> None:
    server = ModelServerStandIn("base.tar.gz")
    keeper = ModelKeeper(house.served, server, house.retraining)
    keeper.look()
    assert (server.loads, keeper.serving) == ([], house.base)
    house.approves("my box never came", "order_status")
    model = train(house)
    for _ in range(3):
        keeper.look()
    assert server.loads == [model.file]
    with house.database.write() as session:
        roll_back(session, house.shelf, "ops@example.com", "customers complain")
    keeper.look()
    assert server.serves == "base.tar.gz"


def test_the_keeper_waits_for_a_rasa_that_is_away(house: LearningHouse) -> None:
    server = ModelServerStandIn("something else")
    keeper = ModelKeeper(house.served, server, house.retraining)
    server.is_away = True
    keeper.look()
    assert server.loads == []
    server.is_away = False
    keeper.look()
    assert server.serves == "base.tar.gz"


def test_the_keeper_does_not_try_a_disliked_file_all_the_time(house: LearningHouse) -> None:
    server = ModelServerStandIn("something else")
    server.dislikes.add("base.tar.gz")
    keeper = ModelKeeper(house.served, server, house.retraining)
    for _ in range(3):
        keeper.look()
    assert server.loads == ["base.tar.gz"]
    assert keeper.serving is None
