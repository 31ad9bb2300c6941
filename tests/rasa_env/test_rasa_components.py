"""Inside Rasa: entities are set, bare numbers inform, and low confidence becomes a fallback, not a guess."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.understanding.products import read_product_names
from bot.understanding.rasa_components import (
    LinearIntentClassifier,
    LowConfidenceFallback,
    OrderReferenceExtractor,
    ReferenceAnswers,
)
from tests.rasa_env.shop_messages import INTENTS, TEXTS

CONTEXT = ExecutionContext(GraphSchema({}))
RESOURCE = Resource("classifier")
CONFIG = LinearIntentClassifier.get_default_config()
TODAY = date(2026, 11, 21)


@pytest.fixture(scope="module")
def storage(tmp_path_factory: pytest.TempPathFactory) -> LocalModelStorage:
    return LocalModelStorage.create(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def classifier(storage: LocalModelStorage) -> LinearIntentClassifier:
    examples = [Message.build(text=text, intent=intent) for text, intent in zip(TEXTS, INTENTS, strict=True)]
    # Bare references may stand in the data (Rasa wants examples for each intent) and are not learnt from.
    examples += [Message.build(text="10482", intent="inform"), Message.build(text="a@b.cz", intent="inform")]
    LinearIntentClassifier.create(CONFIG, storage, RESOURCE, CONTEXT).train(TrainingData(examples))
    return LinearIntentClassifier.load(CONFIG, storage, RESOURCE, CONTEXT)


def parse(classifier: LinearIntentClassifier, text: str, threshold: float = 0.3) -> dict[str, Any]:
    messages = [Message.build(text=text)]
    extractor = OrderReferenceExtractor(read_product_names(), lambda: TODAY)
    answers = ReferenceAnswers(ReferenceAnswers.get_default_config())
    for component in (extractor, classifier, answers, LowConfidenceFallback(threshold)):
        messages = component.process(messages)
    parsed: dict[str, Any] = messages[0].as_dict(only_output_properties=True)
    return parsed


def test_entities_carry_value_span_and_extractor(classifier: LinearIntentClassifier) -> None:
    parsed = parse(classifier, "where is №۱۰۴۸۲, I am Jana@Post.cz, ticket tck 7")
    found = [(entity["entity"], entity["value"], entity["start"], entity["end"]) for entity in parsed["entities"]]
    assert found == [
        ("order_number", "10482", 9, 15),
        ("email", "jana@post.cz", 22, 34),
        ("ticket_number", "TCK-000007", 43, 48),
    ]
    assert {entity["extractor"] for entity in parsed["entities"]} == {"OrderReferenceExtractor"}


def test_what_else_a_message_says_is_an_entity_too(classifier: LinearIntentClassifier) -> None:
    parsed = parse(classifier, "chci vrátit 2 sójové svíčky, tel. 777 123 456, přišly včera")
    found = {entity["entity"]: entity["value"] for entity in parsed["entities"]}
    assert found == {"quantity": "2", "product": "CANDLE-SOY", "phone": "777123456", "date": "2026-11-20"}


@pytest.mark.parametrize(
    ("intent", "text", "expected"),
    [
        ("deny", "no, 10483", "inform"),
        ("deny", "ne, myslela jsem objednávku číslo 10483", "inform"),
        ("affirm", "بله، ۱۰۴۸۲", "inform"),
        ("repeat", "sorry, jana@post.cz", "inform"),
        ("deny", "no", "deny"),
        ("deny", "no, it is not what you say it is and never was, see 10483", "deny"),
        ("cancel_order", "no, cancel 10483", "cancel_order"),
    ],
)
def test_a_correction_informs(intent: str, text: str, expected: str) -> None:
    guess = {"name": intent, "confidence": 0.9}
    message = Message.build(text=text)
    message.set("intent", guess)
    message.set("intent_ranking", [guess])
    ReferenceAnswers(ReferenceAnswers.get_default_config()).process([message])
    assert message.get("intent")["name"] == expected
    assert message.get("intent_ranking")[-1] == guess


def test_an_asked_question_keeps_its_intent_beside_the_number(classifier: LinearIntentClassifier) -> None:
    parsed = parse(classifier, "kde je objednavka 10482")
    assert parsed["intent"]["name"] == "order_status"
    assert parsed["intent_ranking"][0] == parsed["intent"]


@pytest.mark.parametrize("text", ["10482", "ORD-2024-0117", "۱۰۴۸۲", "jana@post.cz", "TCK-000123", "číslo 10482"])
def test_a_bare_reference_informs_with_certainty(classifier: LinearIntentClassifier, text: str) -> None:
    assert parse(classifier, text)["intent"] == {"name": "inform", "confidence": 1.0}


def test_inform_is_never_learnt_from_bare_references(classifier: LinearIntentClassifier) -> None:
    names = {guess["name"] for guess in parse(classifier, "where is my order")["intent_ranking"]}
    assert "inform" not in names


def test_below_the_threshold_the_guess_stays_behind_the_fallback(classifier: LinearIntentClassifier) -> None:
    parsed = parse(classifier, "where is my order", threshold=1.1)
    assert parsed["intent"]["name"] == "nlu_fallback"
    assert [guess["name"] for guess in parsed["intent_ranking"][:2]] == ["nlu_fallback", "order_status"]


def test_a_number_in_a_message_that_is_not_understood_still_informs(classifier: LinearIntentClassifier) -> None:
    parsed = parse(classifier, "qwrtz 10482 bgfd", threshold=1.1)
    assert parsed["intent"] == {"name": "inform", "confidence": 1.0}


def test_a_foreign_message_stays_out_of_scope(classifier: LinearIntentClassifier) -> None:
    assert parse(classifier, "tell me a joke")["intent"]["name"] == "out_of_scope"


@pytest.mark.parametrize("text", ["", "???"])
def test_an_empty_message_is_a_fallback(classifier: LinearIntentClassifier, text: str) -> None:
    assert parse(classifier, text)["intent"]["name"] == "nlu_fallback"


def test_an_untrained_classifier_says_what_to_do(storage: LocalModelStorage) -> None:
    untrained = LinearIntentClassifier.create(CONFIG, storage, Resource("none"), CONTEXT)
    with pytest.raises(RuntimeError, match="twinoffice train"):
        untrained.process([Message.build(text="hello")])


def test_a_change_of_our_code_makes_rasa_train_again() -> None:
    assert LinearIntentClassifier.fingerprint_addon(CONFIG)


def test_the_shipped_configuration_builds_a_graph_of_our_components() -> None:
    config = yaml.safe_load((Path(__file__).parents[2] / "config.yml").read_text(encoding="utf-8"))
    graph = DefaultV1Recipe().graph_config_for_recipe(config, {}).predict_schema
    used = {node.uses for node in graph.nodes.values()}
    assert {OrderReferenceExtractor, LinearIntentClassifier, ReferenceAnswers, LowConfidenceFallback} <= used
