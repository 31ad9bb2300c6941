"""Models of the assistant: which there are, training one, and which one serves."""

from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict
from sqlalchemy.orm import Session

from bot.learning import models
from bot.learning.retraining import TrainingRefusedError
from bot.office import Office
from bot.operations_api.fields import Name, Why
from bot.operations_api.guard import Admin, OfficeOf, Viewer
from bot.pages.catalogue import Catalogue, Translator
from bot.web_errors import problem
from connectors.database.base import utc_now
from connectors.database.models.understanding import AssistantModel
from connectors.settings import DATA_FOLDER

router = APIRouter(prefix="/models", tags=["models"])


class ModelFacts(BaseModel):
    """A model with its comparison with the one that served before."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    file: str | None
    state: str
    step: str
    progress: int
    examples: int
    started_by: str
    created_at: datetime
    activated_at: datetime | None
    finished_at: datetime | None
    failure: str | None
    report: dict[str, Any]


class Models(BaseModel):
    models: list[ModelFacts]


@router.get("")
def list_models(_caller: Viewer, office: OfficeOf) -> Models:
    """The newest models, a training under way among them."""
    with office.database.read() as session:
        return Models(models=[ModelFacts.model_validate(model) for model in models.list_models(session)])


@router.post("/train", status_code=202)
def train(caller: Admin, office: OfficeOf) -> ModelFacts:
    """Begin a training in the background; its model serves if it is not worse."""
    try:
        model_id = office.retraining.start(caller.actor)
    except TrainingRefusedError as refusal:
        raise _refused(refusal.code) from refusal
    with office.database.read() as session:
        return ModelFacts.model_validate(session.get_one(AssistantModel, model_id))


@router.post("/roll-back")
def roll_back(caller: Admin, office: OfficeOf, said: Why) -> ModelFacts:
    """Let the model serve that did so before."""
    return _change(office, lambda session: models.roll_back(session, office.shelf, caller.actor, said.reason))


@router.post("/{model_id}/promote")
def promote(caller: Admin, office: OfficeOf, model_id: Name, said: Why) -> ModelFacts:
    """Let a model serve in spite of its comparison, or without one."""
    return _change(
        office,
        lambda session: models.promote(session, office.shelf, model_id, caller.actor, utc_now(), said.reason),
    )


@router.post("/{model_id}/cancel", status_code=204)
def cancel(caller: Admin, office: OfficeOf, model_id: Name) -> None:
    """Stop a training; one that is over stays as it is."""
    office.retraining.cancel(model_id, caller.actor)


def _change(office: Office, change: Callable[[Session], AssistantModel]) -> ModelFacts:
    try:
        with office.database.write() as session:
            return ModelFacts.model_validate(change(session))
    except models.ModelError as error:
        raise _refused(error.code) from error


def _refused(code: str) -> Exception:
    """With the console's sentence."""
    return problem(409, code.rpartition(".")[2], _english()(code))


@cache
def _english() -> Translator:
    return Catalogue(DATA_FOLDER).translator("en")
