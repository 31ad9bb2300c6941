"""Puts the mood of a message into Rasa's pipeline, as a graph component that config.yml names."""

# ruff: noqa: ARG003 - Rasa gives every component the same arguments

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import ENTITIES, INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.understanding import mood
from bot.understanding.data_files import DATA_FOLDER


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class MoodDetector(GraphComponent, EntityExtractorMixin):
    """Adds the entity {"entity": "mood", "value": "angry"} to a message of an angry customer."""

    @staticmethod
    def required_packages() -> list[str]:
        return ["sklearn"]

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Rasa does not know the files that are learnt from, nor that the classifier lives in a module beside."""
        inputs = [Path(mood.__file__), *mood.mood_files(DATA_FOLDER)]
        return hashlib.sha256(b"".join(file.read_bytes() for file in inputs)).hexdigest()

    def __init__(
        self, model_storage: ModelStorage, resource: Resource, classifier: mood.MoodClassifier | None = None
    ) -> None:
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
    ) -> MoodDetector:
        return cls(model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> MoodDetector:
        with model_storage.read_from(resource) as folder:
            return cls(model_storage, resource, mood.MoodClassifier.load(folder))

    def train(self, training_data: TrainingData) -> Resource:
        """The examples of moods stand in files of their own; those of intents show what ordinary messages are."""
        ordinary = [
            message.get(TEXT)
            for message in training_data.intent_examples
            if message.get(TEXT) and message.get(INTENT) not in mood.OFTEN_ANGRY
        ]
        self._classifier = mood.MoodClassifier.train(mood.read_examples(DATA_FOLDER), ordinary)
        with self._model_storage.write_to(self._resource) as folder:
            self._classifier.save(folder)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Raises RuntimeError when the component is not trained."""
        if self._classifier is None:
            raise RuntimeError("The mood classifier is not trained. Run: twinoffice train")
        for message in messages:
            text = message.get(TEXT) or ""
            if self._classifier.is_angry(text):
                whole = {"start": 0, "end": len(text)}
                found = [{"entity": "mood", "value": mood.ANGRY, "confidence_entity": 1.0, **whole}]
                entities = message.get(ENTITIES, []) + self.add_extractor_name(found)
                message.set(ENTITIES, entities, add_to_output=True)
        return messages
