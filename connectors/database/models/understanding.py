"""Tables of what the assistant understood, what people said about it, and the models that it learnt."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from connectors.database.base import Base, new_id, utc_now


class ReviewReason(StrEnum):
    """Why a turn should be looked at by a person."""

    LOW_CONFIDENCE = "low_confidence"
    HANDED_OVER = "handed_over"
    UNANSWERED = "unanswered"


class ReviewState(StrEnum):
    """`labelled` has the right intent in `label`; `dismissed` is nothing for us and teaches nothing."""

    OPEN = "open"
    LABELLED = "labelled"
    DISMISSED = "dismissed"


class UnderstoodTurn(Base):
    """What the assistant made of one message of a customer.

    `text` is the part of the message that was understood by itself: a message may hold several requests, counted by
    `part` from 0. `ranking` is [{"intent", "confidence"}], best first; `responses` the keys of what the assistant said
    to it.
    """

    __tablename__ = "understood_turns"
    __table_args__ = (
        UniqueConstraint("conversation_id", "seq", "part"),
        Index("ix_understood_turns_review", "review_state", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"))
    seq: Mapped[int]
    part: Mapped[int] = mapped_column(default=0)
    language: Mapped[str] = mapped_column(String(8))
    text: Mapped[str] = mapped_column(Text)
    intent: Mapped[str] = mapped_column(String(60))
    confidence: Mapped[float]
    ranking: Mapped[list[Any]] = mapped_column(default=list)
    is_angry: Mapped[bool] = mapped_column(default=False)
    responses: Mapped[list[Any]] = mapped_column(default=list)
    at: Mapped[datetime] = mapped_column(default=utc_now)
    review_reason: Mapped[str | None] = mapped_column(String(20))
    review_state: Mapped[str | None] = mapped_column(String(20))
    label: Mapped[str | None] = mapped_column(String(60))
    reviewed_by: Mapped[str | None] = mapped_column(String(320))
    reviewed_at: Mapped[datetime | None]


class ModelState(StrEnum):
    """`candidate` is trained and compared and waits; `rejected` was not better; exactly one is `active`."""

    TRAINING = "training"
    CANDIDATE = "candidate"
    ACTIVE = "active"
    RETIRED = "retired"
    REJECTED = "rejected"
    FAILED = "failed"


class AssistantModel(Base):
    """A trained model of the assistant; `file` is its name in the models folder.

    `step` is what a training under way does now and `progress` how far it is, 0 to 100; `report` compares it with the
    model that was active then.
    """

    __tablename__ = "assistant_models"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    file: Mapped[str | None] = mapped_column(String(100))
    state: Mapped[str] = mapped_column(String(20), index=True)
    step: Mapped[str] = mapped_column(String(40), default="")
    progress: Mapped[int] = mapped_column(default=0)
    examples: Mapped[int] = mapped_column(default=0)
    started_by: Mapped[str] = mapped_column(String(320))
    report: Mapped[dict[str, Any]] = mapped_column(default=dict)
    failure: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    finished_at: Mapped[datetime | None]
    activated_at: Mapped[datetime | None]
