"""A training from beginning to verdict: collect what was learnt, train, compare, promote what is not worse."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread

import structlog
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from automations.engine.leases import AdvisoryLeases, FileLeases, Leases
from bot.evaluation import LabelledText
from bot.learning.comparison import APPROVED, VALIDATION, Comparison, Verdict, compare, read_validation
from bot.learning.examples import LearnedExample, read_examples, write_examples
from bot.learning.models import ModelShelf, active_model, is_behind, promote
from bot.learning.trainer import Progress, Trainer, UnreadableModelError
from bot.rasa.environment import SetupError
from bot.rasa.model import SUFFIX, TrainingOrder, data_hash, learned_hash
from connectors.database.audit import record_audit
from connectors.database.base import new_id, utc_now
from connectors.database.models.understanding import AssistantModel, ModelState
from connectors.database.session import Database, wait_in_line
from connectors.settings import PROJECT_ROOT, Settings

LOCKS_FOLDER = "trainings"
# Who starts the training that gives a new version what the old one had learnt.
NEW_VERSION = "version"
REPORT_SECONDS = 1.0
_IN_LINE = "assistant-training"
# Per cent of the progress bar at which each step begins.
_BEGINS = {"collecting": 0, "training": 2, "evaluating": 60, "deciding": 99}

log = structlog.get_logger()


class TrainingRefusedError(Exception):
    """No training begins; `code` is a page text that says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class TrainingStoppedError(Exception):
    """The training under way ends; `code` is kept as the row's failure."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class _Work:
    """A training that was recorded and goes on in this process as long as it holds the lease."""

    model_id: str
    order: TrainingOrder
    serving: Path | None
    approved: Sequence[LearnedExample]
    lease: Leases
    promotes: bool


class Retraining:
    """Trains one model at a time, over all processes; whoever looks sees step and progress in the database."""

    def __init__(
        self, database: Database, settings: Settings, shelf: ModelShelf, trainer: Trainer, root: Path = PROJECT_ROOT
    ) -> None:
        self._database = database
        self._settings = settings
        self._shelf = shelf
        self._trainer = trainer
        self._root = root
        self._stopped = Event()
        self._thread: Thread | None = None

    def refusal(self) -> str | None:
        """Why this installation cannot train, as a page text; None where it can."""
        if not self._trainer.is_available():
            return "console.models.error.no_environment"
        if self._shelf.base is None:
            return "console.models.error.no_model_file"
        if self._settings.model_file is None and self._shelf.base.name != f"{data_hash(self._root)}{SUFFIX}":
            return "console.models.error.files_changed"
        return None

    def start(self, started_by: str) -> str:
        """Begin a training in the background, which promotes what is not worse; returns the id of its model.

        Raises:
            TrainingRefusedError: one is under way, or nothing is new, or this installation cannot train.
        """
        work = self._begin(started_by, promotes=True)
        self._thread = Thread(target=self._carry_out, args=(work,), name="retraining", daemon=True)
        self._thread.start()
        return work.model_id

    def run(self, started_by: str, promotes: bool) -> AssistantModel:
        """Train and compare until the end is reached.

        Raises:
            TrainingRefusedError: as `start`.
        """
        work = self._begin(started_by, promotes)
        self._carry_out(work)
        with self._database.read() as session:
            return session.get_one(AssistantModel, work.model_id)

    def cancel(self, model_id: str, actor: str) -> None:
        """Stop a training, wherever it goes on; its process notices within a second or two."""
        with self._database.write() as session:
            model = session.get(AssistantModel, model_id)
            if model is not None and model.state == ModelState.TRAINING:
                before = {"state": model.state}
                _fail(model, "cancelled")
                after = {"state": model.state}
                record_audit(session, actor, "model.cancel", "model", model.id, before=before, after=after)

    def wait(self) -> None:
        """Until the training of this process is over, if there is one."""
        if self._thread is not None:
            self._thread.join()

    def stop(self) -> None:
        """End the training of this process, if there is one."""
        self._stopped.set()
        self.wait()

    def fail_abandoned(self) -> None:
        """Trainings whose process died are over: say so in their rows."""
        with self._database.read() as session:
            training = session.scalars(_select_training()).all()
        dead = [model.id for model in training if self._is_dead(model.id)]
        if dead:
            with self._database.write() as session:
                for model in session.scalars(_select_training().where(AssistantModel.id.in_(dead))):
                    _fail(model, "interrupted")

    def catch_up(self) -> None:
        """Give a new version of the checkout what an older one had learnt, once."""
        with self._database.read() as session:
            if not is_behind(session):
                return
        try:
            self.start(NEW_VERSION)
        except TrainingRefusedError as refusal:
            log.warning("the new version does not learn what the old one had learnt", reason=refusal.code)

    def _begin(self, started_by: str, promotes: bool) -> _Work:
        if refusal := self.refusal():
            raise TrainingRefusedError(refusal)
        self.fail_abandoned()
        with self._database.write() as session:
            wait_in_line(session, _IN_LINE)
            if session.scalar(_select_training()):
                raise TrainingRefusedError("console.models.error.under_way")
            examples = read_examples(session)
            order = self._order(examples)
            serving = self._serving(session)
            if serving == order.model:
                raise TrainingRefusedError("console.models.error.nothing_new")
            model = _record_training(session, order, len(examples), started_by)
            lease = self._leases()
            lease.hold(_lease_of(model.id))
        return _Work(model.id, order, serving, examples, lease, promotes)

    def _order(self, examples: Sequence[LearnedExample]) -> TrainingOrder:
        folder = self._settings.data_dir / "learned"
        write_examples(folder, examples)
        base = self._shelf.base or Path()
        if not examples:
            return TrainingOrder(base, self._root, is_gentle=True)
        name = f"{base.name.removesuffix(SUFFIX)}-{learned_hash(folder)}{SUFFIX}"
        return TrainingOrder(self._shelf.learned_folder / name, self._root, folder, is_gentle=True)

    def _serving(self, session: Session) -> Path | None:
        """What the new model is compared with: the active one, also of an older version, else the checkout's own."""
        active = active_model(session)
        base = self._shelf.base
        return self._shelf.path_of(active.file if active else base.name if base else None)

    def _carry_out(self, work: _Work) -> None:
        try:
            self._train_and_compare(work)
        except TrainingStoppedError as stop:
            self._end_in_failure(work, stop.code)
        except (SetupError, UnreadableModelError, ValueError, OSError) as error:
            log.error("the assistant was not trained", reason=str(error))
            self._end_in_failure(work, str(error))
        finally:
            work.lease.release()

    def _train_and_compare(self, work: _Work) -> None:
        texts = {
            VALIDATION: read_validation(self._root),
            APPROVED: [LabelledText(one.text, one.language, one.intent) for one in work.approved],
        }
        started = time.monotonic()
        if not work.order.model.exists():
            self._trainer.train(work.order, self._progress(work, "training"))
        trained = time.monotonic()
        compared = compare(self._trainer, work.serving, work.order.model, texts, self._progress(work, "evaluating"))
        seconds = {"training": round(trained - started), "evaluating": round(time.monotonic() - trained)}
        self._progress(work, "deciding")(0.0)
        self._decide(work, compared, seconds)

    def _decide(self, work: _Work, compared: Comparison, seconds: dict[str, int]) -> None:
        is_worse = compared.verdict == Verdict.WORSE
        against = work.serving.name if work.serving else None
        with self._database.write() as session:
            model = session.get_one(AssistantModel, work.model_id)
            if model.state != ModelState.TRAINING:
                return  # cancelled at the last moment
            model.state = ModelState.REJECTED if is_worse else ModelState.CANDIDATE
            model.step, model.progress, model.finished_at = "done", 100, utc_now()
            model.report = compared.as_report() | {"against": against, "seconds": seconds}
            if work.promotes and compared.verdict == Verdict.NOT_WORSE:
                session.flush()
                promote(session, self._shelf, model.id, model.started_by, utc_now())
            active = active_model(session)
            self._shelf.tidy([name for name in (model.file, active.file if active else None) if name])

    def _progress(self, work: _Work, step: str) -> Progress:
        begin = _BEGINS[step]
        end = min((other for other in _BEGINS.values() if other > begin), default=100)
        reported = float("-inf")

        def tell(share: float) -> None:
            nonlocal reported
            if self._stopped.is_set():
                raise TrainingStoppedError("stopped")
            if time.monotonic() - reported >= REPORT_SECONDS:
                self._tell(work.model_id, step, int(begin + (end - begin) * share))
                reported = time.monotonic()

        tell(0.0)
        return tell

    def _tell(self, model_id: str, step: str, progress: int) -> None:
        with self._database.write() as session:
            model = session.get_one(AssistantModel, model_id)
            if model.state != ModelState.TRAINING:
                raise TrainingStoppedError("cancelled")
            model.step, model.progress = step, progress

    def _end_in_failure(self, work: _Work, reason: str) -> None:
        with self._database.write() as session:
            model = session.get_one(AssistantModel, work.model_id)
            if model.state == ModelState.TRAINING:
                _fail(model, reason)

    def _leases(self) -> Leases:
        if self._database.is_sqlite:
            return FileLeases(self._settings.data_dir / LOCKS_FOLDER)
        return AdvisoryLeases(self._database.engine)

    def _is_dead(self, model_id: str) -> bool:
        observer = self._leases()
        observer.hold(f"observer-{new_id()}")
        try:
            return observer.is_dead(_lease_of(model_id))
        finally:
            observer.release()


def _lease_of(model_id: str) -> str:
    return f"training-{model_id}"


def _select_training() -> Select[AssistantModel]:
    return select(AssistantModel).where(AssistantModel.state == ModelState.TRAINING)


def _record_training(session: Session, order: TrainingOrder, examples: int, started_by: str) -> AssistantModel:
    model = AssistantModel(
        file=order.model.name,
        state=ModelState.TRAINING,
        step="collecting",
        examples=examples,
        started_by=started_by,
    )
    session.add(model)
    session.flush()
    record_audit(session, started_by, "model.train", "model", model.id, after={"file": model.file}, examples=examples)
    return model


def _fail(model: AssistantModel, reason: str) -> None:
    model.state, model.failure, model.finished_at = ModelState.FAILED, reason, utc_now()
