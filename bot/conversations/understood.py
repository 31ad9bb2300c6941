"""Keeping what the assistant understood: for the review that teaches it, and for the person who takes over."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.rasa.client import Understood
from connectors.database.models.conversation import Conversation, Message
from connectors.database.models.understanding import ReviewReason, ReviewState, UnderstoodTurn

# A guess below this is worth a look, though the assistant may have acted on it.
SURE = 0.5
# Said where the help articles have no answer.
UNANSWERED_RESPONSE = "knowledge_none"
# Asked where a message may have meant one of several things.
DOUBT_RESPONSE = "did_you_mean"
# What is certain by its form or by a pressed button.
NOT_TO_REVIEW = frozenset({"inform"})
RIGHTLY_HANDED_OVER = NOT_TO_REVIEW | {"talk_to_human"}


def record_understanding(
    session: Session, conversation: Conversation, message: Message, understood: Sequence[Understood]
) -> None:
    """Store what was understood of one message. A pressed button needs no review; it may settle an earlier doubt."""
    if message.payload is not None:
        _settle_doubt(session, message)
    for part, one in enumerate(understood):
        reason = _reason_to_review(one) if message.payload is None else None
        session.add(
            UnderstoodTurn(
                conversation_id=conversation.id,
                seq=message.seq,
                part=part,
                language=conversation.language,
                text=one.text if message.payload is None else message.text,
                intent=one.intent,
                confidence=one.confidence,
                ranking=[{"intent": intent, "confidence": confidence} for intent, confidence in one.ranking],
                is_angry=one.is_angry,
                responses=list(one.responses),
                review_reason=reason,
                review_state=ReviewState.OPEN if reason else None,
            )
        )


def mark_handed_over(session: Session, conversation_id: str) -> None:
    """What was understood last may have been misunderstood: a person had to take over after it."""
    query = (
        select(UnderstoodTurn)
        .where(UnderstoodTurn.conversation_id == conversation_id)
        .order_by(UnderstoodTurn.seq.desc(), UnderstoodTurn.part.desc())
        .limit(1)
    )
    turn = session.scalar(query)
    if turn is not None and turn.review_state is None and turn.intent not in RIGHTLY_HANDED_OVER:
        turn.review_reason, turn.review_state = ReviewReason.HANDED_OVER, ReviewState.OPEN


def _settle_doubt(session: Session, message: Message) -> None:
    """What the customer picked of "did you mean …?" is evidence for the review: `is_picked` in the ranking."""
    query = (
        select(UnderstoodTurn)
        .where(UnderstoodTurn.conversation_id == message.conversation_id, UnderstoodTurn.seq < message.seq)
        .order_by(UnderstoodTurn.seq.desc(), UnderstoodTurn.part.desc())
        .limit(1)
    )
    doubted = session.scalar(query)
    if doubted is not None and DOUBT_RESPONSE in doubted.responses:
        picked = (message.payload or "").removeprefix("/")
        doubted.ranking = [{**guess, "is_picked": guess["intent"] == picked} for guess in doubted.ranking]


def _reason_to_review(one: Understood) -> ReviewReason | None:
    if UNANSWERED_RESPONSE in one.responses:
        return ReviewReason.UNANSWERED
    is_unsure = _certainty(one) < SURE and one.intent not in NOT_TO_REVIEW
    return ReviewReason.LOW_CONFIDENCE if is_unsure else None


def _certainty(one: Understood) -> float:
    """The confidence of the best guess; a refusal is a decision against all of them."""
    return 0.0 if one.intent == "nlu_fallback" else one.confidence
