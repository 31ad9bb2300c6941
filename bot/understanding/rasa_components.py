"""Puts extractor and classifier into Rasa's pipeline, as graph components that config.yml names."""

# ruff: noqa: ARG003 - Rasa gives every component the same arguments

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier as RasaIntentClassifier
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.constants import DEFAULT_NLU_FALLBACK_INTENT_NAME
from rasa.shared.nlu.constants import ENTITIES, INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.understanding.classifier import OUT_OF_SCOPE, Guess, IntentClassifier
from bot.understanding.data_files import DATA_FOLDER
from bot.understanding.extractor import (
    REFERENCE_KINDS,
    extract,
    extract_entities,
    is_only_references,
    without_references,
)
from bot.understanding.products import ProductNames, read_product_names

INFORM = "inform"


def local_date() -> date:
    """Today, where this machine stands."""
    return datetime.now().astimezone().date()


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class OrderReferenceExtractor(GraphComponent, EntityExtractorMixin):
    """All entities that `extract_entities` finds, each with its normalised value."""

    def __init__(self, products: ProductNames, today: Callable[[], date] = local_date) -> None:
        self._products = products
        self._today = today

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> OrderReferenceExtractor:
        return cls(read_product_names())

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            found = [
                {
                    "entity": entity.kind,
                    "start": entity.start,
                    "end": entity.end,
                    "value": entity.value,
                    "confidence_entity": 1.0,
                }
                for entity in extract_entities(message.get(TEXT) or "", self._today(), self._products)
            ]
            entities = message.get(ENTITIES, []) + self.add_extractor_name(found)
            message.set(ENTITIES, entities, add_to_output=True)
        return messages


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class LinearIntentClassifier(GraphComponent, RasaIntentClassifier):
    """Intent and ranking from `IntentClassifier`; nothing but a number or an address is always `inform`."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"ranking_length": 10}

    @staticmethod
    def required_packages() -> list[str]:
        return ["sklearn"]

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Rasa reuses a trained component unless its class changes; ours changes with its whole folder and lexicon."""
        sources = [*sorted(Path(__file__).parent.glob("*.py")), *sorted(DATA_FOLDER.glob("*/concepts.yml"))]
        return hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        classifier: IntentClassifier | None = None,
    ) -> None:
        self._ranking_length = int(config["ranking_length"])
        self._model_storage = model_storage
        self._resource = resource
        self._classifier = classifier

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> LinearIntentClassifier:
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> LinearIntentClassifier:
        with model_storage.read_from(resource) as folder:
            return cls(config, model_storage, resource, IntentClassifier.load(folder))

    def train(self, training_data: TrainingData) -> Resource:
        """Raises ValueError when the examples are of fewer than two intents."""
        examples = [
            (message.get(TEXT), message.get(INTENT))
            for message in training_data.intent_examples
            if message.get(TEXT) and not _is_only_references(message.get(TEXT))
        ]
        self._classifier = IntentClassifier.train([text for text, _ in examples], [intent for _, intent in examples])
        with self._model_storage.write_to(self._resource) as folder:
            self._classifier.save(folder)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            _set_ranking(message, self._rank(message.get(TEXT) or ""))
        return messages

    def _rank(self, text: str) -> list[Guess]:
        references = extract(text)
        if is_only_references(text, references):
            return [Guess(INFORM, 1.0)]
        if self._classifier is None:
            raise RuntimeError("The intent classifier is not trained. Run: twinoffice train")
        return self._classifier.rank(text, references)[: self._ranking_length]


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class ReferenceAnswers(GraphComponent, RasaIntentClassifier):
    """Takes "no, 10483" and "sorry, jana@post.cz" for `inform`: the number or address is what was meant to be said."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"intents": ["affirm", "deny", "repeat"], "most_other_words": 6}

    @classmethod
    def required_components(cls) -> list[type]:
        return [LinearIntentClassifier]

    def __init__(self, config: dict[str, Any]) -> None:
        self._intents = frozenset(config["intents"])
        self._most_other_words = int(config["most_other_words"])

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> ReferenceAnswers:
        return cls(config)

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            if message.get(INTENT)["name"] in self._intents and self._is_answer(message.get(TEXT) or ""):
                ranking = [Guess(each["name"], each["confidence"]) for each in message.get(INTENT_RANKING_KEY, [])]
                _set_ranking(message, [Guess(INFORM, 1.0), *ranking])
        return messages

    def _is_answer(self, text: str) -> bool:
        references = extract(text)
        other_words = re.findall(r"[^\W_]+", without_references(text, references, dict.fromkeys(REFERENCE_KINDS, " ")))
        return bool(references) and len(other_words) <= self._most_other_words


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class LowConfidenceFallback(GraphComponent, RasaIntentClassifier):
    """Takes an order number or address for `inform` before a message is refused for low confidence.

    Below `threshold` the intent becomes nlu_fallback, with the guesses still in the ranking behind it.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"threshold": 0.5}

    @classmethod
    def required_components(cls) -> list[type]:
        return [LinearIntentClassifier]

    def __init__(self, threshold: float) -> None:
        self._threshold = threshold

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> LowConfidenceFallback:
        return cls(float(config["threshold"]))

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            guess = message.get(INTENT)
            is_unsure = guess["confidence"] < self._threshold
            if not is_unsure and guess["name"] != OUT_OF_SCOPE:
                continue
            ranking = [Guess(each["name"], each["confidence"]) for each in message.get(INTENT_RANKING_KEY, [])]
            if extract(message.get(TEXT) or ""):
                _set_ranking(message, [Guess(INFORM, 1.0), *ranking])
            elif is_unsure:
                _set_ranking(message, [Guess(DEFAULT_NLU_FALLBACK_INTENT_NAME, self._threshold), *ranking])
        return messages


def _set_ranking(message: Message, ranking: list[Guess]) -> None:
    as_rasa = [{"name": guess.intent, "confidence": guess.confidence} for guess in ranking]
    message.set(INTENT, as_rasa[0], add_to_output=True)
    message.set(INTENT_RANKING_KEY, as_rasa, add_to_output=True)


def _is_only_references(text: str) -> bool:
    return is_only_references(text, extract(text))
