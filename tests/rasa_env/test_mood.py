"""The mood of a message: angry customers are noticed seldom wrongly, and others hardly ever."""

import csv
from pathlib import Path

import pytest
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.understanding.data_files import DATA_FOLDER
from bot.understanding.mood import MoodClassifier, MoodExample, read_examples
from bot.understanding.mood_detector import MoodDetector
from tests.rasa_env.shop_messages import INTENTS, TEXTS

CONTEXT = ExecutionContext(GraphSchema({}))
LANGUAGES = ("cs", "en", "fa", "hu", "is", "ru")
FIXTURES = Path(__file__).parents[1] / "fixtures" / "mood"


@pytest.fixture(scope="module")
def detector(tmp_path_factory: pytest.TempPathFactory) -> MoodDetector:
    storage = LocalModelStorage.create(tmp_path_factory.mktemp("model"))
    examples = [Message.build(text=text, intent=intent) for text, intent in zip(TEXTS, INTENTS, strict=True)]
    MoodDetector.create({}, storage, Resource("mood"), CONTEXT).train(TrainingData(examples))
    return MoodDetector.load({}, storage, Resource("mood"), CONTEXT)


def moods_of(detector: MoodDetector, text: str) -> list[tuple[str, int, int]]:
    (message,) = detector.process([Message.build(text=text)])
    return [
        (entity["value"], entity["start"], entity["end"])
        for entity in message.get("entities", [])
        if entity["entity"] == "mood"
    ]


@pytest.mark.parametrize(
    "text",
    ["GIVE ME MY MONEY BACK YOU THIEVES!!!", "vraťte mi peníze, zloději!!!", "верните деньги, мошенники!!!"],
)
def test_an_angry_message_carries_its_mood_and_is_angry_as_a_whole(detector: MoodDetector, text: str) -> None:
    assert moods_of(detector, text) == [("angry", 0, len(text))]


@pytest.mark.parametrize(
    "text", ["", "?!", "10482", "ORD-2026-1042", "thank you so much!!!", "where is my order", "سفارشم کجاست؟"]
)
def test_who_is_not_angry_is_left_in_peace(detector: MoodDetector, text: str) -> None:
    assert moods_of(detector, text) == []


def test_a_classifier_reads_back_what_it_wrote(tmp_path: Path) -> None:
    trained = MoodClassifier.train(read_examples(DATA_FOLDER))
    trained.save(tmp_path)
    again = MoodClassifier.load(tmp_path)
    texts = ["where is my order", "THIEVES!!!", "kde je můj balík?!"]
    assert list(again.anger_of(texts)) == pytest.approx(list(trained.anger_of(texts)))
    assert again.threshold == trained.threshold


def test_ordinary_messages_look_calmer_to_whom_has_seen_them() -> None:
    examples = read_examples(DATA_FOLDER)
    ordinary = [text for text in TEXTS for _ in range(5)]
    before, after = MoodClassifier.train(examples), MoodClassifier.train(examples, ordinary)
    assert after.anger_of(TEXTS).mean() < before.anger_of(TEXTS).mean()


def test_too_few_examples_are_refused() -> None:
    with pytest.raises(ValueError, match="n_splits"):
        MoodClassifier.train([MoodExample("hello", "en", False), MoodExample("thieves", "en", True)])


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_examples_and_a_test_of_its_own(language: str) -> None:
    own = [example for example in read_examples(DATA_FOLDER) if example.language == language]
    assert min(sum(example.is_angry for example in own), sum(not example.is_angry for example in own)) >= 100
    with (FIXTURES / f"{language}.csv").open(encoding="utf-8", newline="") as lines:
        held_back = {row["text"] for row in csv.DictReader(lines)}
    assert not held_back & {example.text for example in own}


def test_a_change_of_the_examples_makes_rasa_train_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = MoodDetector.fingerprint_addon({})
    (tmp_path / "xx").mkdir()
    (tmp_path / "xx" / "mood.yml").write_text("angry: [boo]\ncalm: [hello]\n")
    monkeypatch.setattr("bot.understanding.mood_detector.DATA_FOLDER", tmp_path)
    assert MoodDetector.fingerprint_addon({}) != before
