"""An installation that learns: a database, a small checkout, a trainer by script, and turns to review."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from sqlalchemy import select

from bot.conversations import store
from bot.learning.models import ModelShelf, ServedModel, active_model
from bot.learning.retraining import Retraining
from bot.learning.review import label_turn
from connectors.database.models.people import AuditEntry
from connectors.database.models.understanding import AssistantModel, ReviewReason, ReviewState, UnderstoodTurn
from connectors.database.session import Database
from connectors.settings import Settings
from tests.fixtures.fresh_databases import give_tables
from tests.fixtures.small_checkout import VALIDATION, write_small_checkout
from tests.fixtures.trainer import ScriptedTrainer, understands_everything_as

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
RIGHT = {text: intent for text, _language, intent in VALIDATION}


class LearningHouse:
    """The parts that learning works with; the base model understands the whole validation set."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        self.root = write_small_checkout(folder / "checkout")
        self.trainer = ScriptedTrainer(understands_everything_as(RIGHT))
        self.base = self.trainer.makes(self.root / "models" / "base.tar.gz", understands_everything_as(RIGHT))
        self.settings = Settings(data_dir=folder / "var", model_file=self.base, demo=True, _env_file=None)
        self.start_again()
        with self.database.write() as session:
            self.conversation_id = store.open_conversation(session, "web", "someone", "en", None).id
        self._seq = count(1)

    def start_again(self) -> None:
        """The product's parts as after a restart."""
        self.shelf = ModelShelf(self.settings)
        self.served = ServedModel(self.database, self.shelf)
        self.retraining = Retraining(self.database, self.settings, self.shelf, self.trainer, self.root)
        self.served.at_start()

    def understood(
        self,
        text: str,
        language: str = "en",
        intent: str = "nlu_fallback",
        reason: ReviewReason | None = ReviewReason.LOW_CONFIDENCE,
    ) -> int:
        """A customer's message as the assistant understood it; returns the id of the turn."""
        turn = UnderstoodTurn(
            conversation_id=self.conversation_id,
            seq=next(self._seq),
            language=language,
            text=text,
            intent=intent,
            confidence=0.31,
            ranking=[{"intent": "order_status", "confidence": 0.31}, {"intent": "greet", "confidence": 0.12}],
            review_reason=reason,
            review_state=ReviewState.OPEN if reason else None,
        )
        with self.database.write() as session:
            session.add(turn)
            session.flush()
            return turn.id

    def approves(self, text: str, intent: str, language: str = "en") -> int:
        turn_id = self.understood(text, language)
        with self.database.write() as session:
            label_turn(session, turn_id, intent, "jana@example.com", NOW + timedelta(seconds=turn_id))
        return turn_id

    def turn(self, turn_id: int) -> UnderstoodTurn:
        with self.database.read() as session:
            return session.get_one(UnderstoodTurn, turn_id)

    def model(self, model_id: str) -> AssistantModel:
        with self.database.read() as session:
            return session.get_one(AssistantModel, model_id)

    def active(self) -> str | None:
        """The file of the active model."""
        with self.database.read() as session:
            active = active_model(session)
        return active.file if active else None

    def models(self) -> list[tuple[str, str]]:
        """Started by whom, and in which state, in the order of their beginning."""
        with self.database.read() as session:
            rows = session.scalars(select(AssistantModel).order_by(AssistantModel.created_at)).all()
        return [(row.started_by, row.state) for row in rows]

    def audited(self, action: str) -> list[AuditEntry]:
        with self.database.read() as session:
            return list(session.scalars(select(AuditEntry).where(AuditEntry.action == action).order_by(AuditEntry.id)))


@contextmanager
def open_learning_house(database_url: str, folder: Path) -> Iterator[LearningHouse]:
    database = Database(database_url)
    give_tables(database)
    house = LearningHouse(database, folder)
    yield house
    house.retraining.stop()
    database.close()
