"""Pages of the assistant's models: train and compare, see the figures, promote by hand, roll back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Query
from sqlalchemy.orm import Session
from starlette.responses import Response

from bot.console.frame import ConsoleFrame, Frame, PostedForm, see_other
from bot.learning.models import (
    ModelError,
    active_model,
    can_be_promoted,
    list_models,
    model_before,
    promote,
    roll_back,
)
from bot.learning.retraining import TrainingRefusedError
from bot.learning.review import count_labelled_since
from connectors.database.base import utc_now
from connectors.database.models.understanding import AssistantModel, ModelState

MAX_REASON = 500
NEWEST = 5
PATH = "/console/models"
PROBLEMS = {
    code.rpartition(".")[2]: code
    for code in (
        "console.models.error.no_environment",
        "console.models.error.no_model_file",
        "console.models.error.files_changed",
        "console.models.error.under_way",
        "console.models.error.nothing_new",
        "console.models.error.gone",
        "console.models.error.none_before",
        "console.models.error.no_reason",
    )
}

router = APIRouter(prefix="/models")


@dataclass(frozen=True, slots=True)
class Learning:
    """Where learning stands: what serves, what was approved, and what goes on."""

    active: AssistantModel | None
    newest: AssistantModel | None
    """The newest model that was trained here, finished or not."""
    approved: int
    not_learned: int
    served: str | None
    """The file that Rasa was last seen to serve."""
    refusal: str | None
    """Why nothing can be trained here, as a page text."""

    @property
    def under_way(self) -> AssistantModel | None:
        return self.newest if _is_training(self.newest) else None

    @property
    def is_swapping(self) -> bool:
        """Whether the active model is on its way into service."""
        return self.active is not None and self.served is not None and self.active.file != self.served


def read_learning(frame: Frame, session: Session) -> Learning:
    active = active_model(session)
    newest = next((model for model in list_models(session, NEWEST) if model.step), None)
    serving = frame.office.keeper.serving
    return Learning(
        active=active,
        newest=newest,
        approved=count_labelled_since(session, None),
        not_learned=count_labelled_since(session, active.created_at if active and active.examples else None),
        served=serving.name if serving else None,
        refusal=None if _is_training(newest) else frame.office.retraining.refusal(),
    )


def _is_training(model: AssistantModel | None) -> bool:
    return model is not None and model.state == ModelState.TRAINING


@router.get("")
def show_models(frame: ConsoleFrame, problem: Annotated[str, Query(max_length=40)] = "") -> Response:
    return _models_page(frame, "models.html", problem)


@router.get("/live")
def show_progress(frame: ConsoleFrame) -> Response:
    """The part of the page that changes while a training is under way; it asks for itself again until the end."""
    return _models_page(frame, "models_live.html")


@router.post("/train")
def train(frame: ConsoleFrame, _form: PostedForm) -> Response:
    try:
        frame.office.retraining.start(frame.visitor.user.email)
    except TrainingRefusedError as refusal:
        return _back(refusal.code)
    return see_other(PATH)


@router.post("/roll-back")
def roll_back_model(frame: ConsoleFrame, form: PostedForm) -> Response:
    def act(session: Session, reason: str) -> None:
        roll_back(session, frame.office.shelf, frame.visitor.user.email, reason)

    return _with_reason(frame, form, act)


@router.post("/{model_id}/promote")
def promote_model(frame: ConsoleFrame, model_id: str, form: PostedForm) -> Response:
    def act(session: Session, reason: str) -> None:
        promote(session, frame.office.shelf, model_id, frame.visitor.user.email, utc_now(), reason)

    return _with_reason(frame, form, act)


@router.post("/{model_id}/cancel")
def cancel(frame: ConsoleFrame, model_id: str, _form: PostedForm) -> Response:
    frame.office.retraining.cancel(model_id, frame.visitor.user.email)
    return see_other(PATH)


def _with_reason(frame: Frame, form: Mapping[str, str], act: Callable[[Session, str], None]) -> Response:
    """What goes past the comparison needs a reason, which stands in the audit log."""
    reason = form.get("reason", "").strip()[:MAX_REASON]
    if not reason:
        return _back("console.models.error.no_reason")
    try:
        with frame.office.database.write() as session:
            act(session, reason)
    except ModelError as error:
        return _back(error.code)
    return see_other(PATH)


def _back(code: str) -> Response:
    return see_other(f"{PATH}?problem={code.rpartition('.')[2]}")


def _models_page(frame: Frame, template: str, problem: str = "") -> Response:
    shelf = frame.office.shelf
    with frame.office.database.read() as session:
        models = list_models(session)
        learning = read_learning(frame, session)
        before = model_before(session, learning.active, shelf) if learning.active else None
    values: Mapping[str, Any] = {
        "models": models,
        "promotable": {model.id for model in models if can_be_promoted(model, shelf)},
        "learning": learning,
        "before": before,
        "problem": PROBLEMS.get(problem),
    }
    return frame.page(template, tab="models", **values)
