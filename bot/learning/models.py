"""The models of the assistant: which one serves, which could, and where their files are."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.rasa.model import SUFFIX, current_model
from connectors.database.audit import record_audit
from connectors.database.base import utc_now
from connectors.database.models.understanding import AssistantModel, ModelState
from connectors.database.session import Database, wait_in_line
from connectors.settings import Settings

CHECKOUT = "checkout"
# Files of models that may be wanted again, the active one not counted.
KEPT_FILES = 5
_IN_LINE = "assistant-models"
_PROMOTABLE = frozenset({ModelState.CANDIDATE, ModelState.REJECTED, ModelState.RETIRED})


class ModelError(Exception):
    """The model cannot do that now; `code` is a page text."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class ModelShelf:
    """Where models are kept: the checkout's own beside its data, those that learnt from customers in DATA_DIR.

    The name of a model that learnt begins with the name of the checkout's own: other data is another version, whose
    actions and forms may differ, so that its models are not served. `base` is None when Rasa runs elsewhere and
    nobody said with which model.
    """

    def __init__(self, settings: Settings) -> None:
        self.learned_folder = settings.data_dir / "models"
        self._settings = settings
        self._base: Path | None = None

    @property
    def base(self) -> Path | None:
        if self._base is None:
            given, is_elsewhere = self._settings.model_file, self._settings.rasa_url is not None
            self._base = given.absolute() if given else None if is_elsewhere else current_model()
        return self._base

    def path_of(self, file: str | None) -> Path | None:
        """Where the file is, if it still is."""
        folders = [self.learned_folder, *([self.base.parent] if self.base else [])]
        found = (folder / file for folder in folders if file and (folder / file).is_file())
        return next(found, None)

    def is_of_this_version(self, file: str | None) -> bool:
        if self.base is None or file is None:
            return False
        version = self.base.name.removesuffix(SUFFIX)
        return file == self.base.name or file.startswith(f"{version}-")

    def tidy(self, wanted: Sequence[str]) -> None:
        """Remove the files of models that learnt, except these and the newest others."""
        files = sorted(self.learned_folder.glob(f"*{SUFFIX}"), key=lambda file: file.stat().st_mtime, reverse=True)
        for file in [file for file in files if file.name not in wanted][KEPT_FILES:]:
            file.unlink(missing_ok=True)


def active_model(session: Session) -> AssistantModel | None:
    return session.scalar(select(AssistantModel).where(AssistantModel.state == ModelState.ACTIVE))


def model_before(session: Session, active: AssistantModel, shelf: ModelShelf) -> AssistantModel | None:
    """What was active before this one and can be again."""
    query = (
        select(AssistantModel)
        .where(AssistantModel.state == ModelState.RETIRED, AssistantModel.activated_at < active.activated_at)
        .order_by(AssistantModel.activated_at.desc())
    )
    return next((model for model in session.scalars(query) if can_serve(model, shelf)), None)


def can_serve(model: AssistantModel, shelf: ModelShelf) -> bool:
    return shelf.is_of_this_version(model.file) and shelf.path_of(model.file) is not None


def can_be_promoted(model: AssistantModel, shelf: ModelShelf) -> bool:
    return model.state in _PROMOTABLE and can_serve(model, shelf)


def list_models(session: Session, limit: int = 50) -> Sequence[AssistantModel]:
    """Newest first."""
    return session.scalars(select(AssistantModel).order_by(AssistantModel.created_at.desc()).limit(limit)).all()


def is_behind(session: Session) -> bool:
    """Whether the checkout's own model serves since a new version came, without what an older one had learnt."""
    active = active_model(session)
    if active is None or active.started_by != CHECKOUT:
        return False
    had_learnt = select(AssistantModel.id).where(
        AssistantModel.state == ModelState.RETIRED, AssistantModel.examples > 0
    )
    tried = select(AssistantModel.id).where(
        AssistantModel.created_at > active.created_at, AssistantModel.id != active.id
    )
    return session.scalar(had_learnt.limit(1)) is not None and session.scalar(tried.limit(1)) is None


def promote(
    session: Session, shelf: ModelShelf, model_id: str, actor: str, now: datetime, reason: str | None = None
) -> AssistantModel:
    """Make a model the active one; processes that look after a Rasa let it serve within seconds.

    Raises:
        ModelError: there is no such model, or it is active or not ready, or its file is gone.
    """
    wait_in_line(session, _IN_LINE)
    model = session.get(AssistantModel, model_id)
    if model is None or not can_be_promoted(model, shelf):
        raise ModelError("console.models.error.gone")
    before = active_model(session)
    _activate(model, before, now)
    _record(session, actor, "model.promote", model, before, reason)
    return model


def roll_back(session: Session, shelf: ModelShelf, actor: str, reason: str | None = None) -> AssistantModel:
    """Make the model active that was so before; the present one is rejected.

    Raises:
        ModelError: there is none before.
    """
    wait_in_line(session, _IN_LINE)
    active = active_model(session)
    before = model_before(session, active, shelf) if active else None
    if active is None or before is None:
        raise ModelError("console.models.error.none_before")
    active.state, before.state = ModelState.REJECTED, ModelState.ACTIVE
    _record(session, actor, "model.roll_back", before, active, reason)
    return before


def _activate(model: AssistantModel, before: AssistantModel | None, now: datetime) -> None:
    if before is not None:
        before.state = ModelState.RETIRED
    model.state, model.activated_at = ModelState.ACTIVE, now


def _record(
    session: Session,
    actor: str,
    action: str,
    model: AssistantModel,
    before: AssistantModel | None,
    reason: str | None,
) -> None:
    was = {"file": before.file} if before else None
    record_audit(session, actor, action, "model", model.id, before=was, after={"file": model.file}, reason=reason)


class ServedModel:
    """Which file Rasa has to serve, by the rows of the database."""

    def __init__(self, database: Database, shelf: ModelShelf) -> None:
        self._database = database
        self._shelf = shelf

    def at_start(self) -> Path | None:
        """The active model if it is of this version, else the checkout's own, which becomes active."""
        base = self._shelf.base
        if base is None:
            return self.wanted()
        with self._database.write() as session:
            wait_in_line(session, _IN_LINE)
            active = active_model(session)
            if active is None or not can_serve(active, self._shelf):
                _adopt(session, base, active)
        return self.wanted() or base

    def wanted(self) -> Path | None:
        """The active model's file; None where there is no active model, or none that this version can serve."""
        with self._database.read() as session:
            active = active_model(session)
        if active is None or not self._shelf.is_of_this_version(active.file):
            return None
        return self._shelf.path_of(active.file)


def _adopt(session: Session, base: Path, before: AssistantModel | None) -> None:
    now = utc_now()
    own = AssistantModel(file=base.name, state=ModelState.CANDIDATE, progress=100, started_by=CHECKOUT, finished_at=now)
    session.add(own)
    session.flush()
    _activate(own, before, now)
    _record(session, CHECKOUT, "model.adopt", own, before, None)
