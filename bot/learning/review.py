"""Turns that a person should look at: which there are, what they mean, and taking that back."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.understanding.data_files import read_yaml
from connectors.database.audit import record_audit
from connectors.database.models.conversation import Contact, Conversation
from connectors.database.models.understanding import ReviewState, UnderstoodTurn

# What is certain by its form, and what the assistant says of itself: nobody has to teach these.
UNTEACHABLE = frozenset({"inform", "nlu_fallback"})

_IS_OPEN = UnderstoodTurn.review_state == ReviewState.OPEN


@cache
def teachable_intents(data_folder: Path) -> Sequence[str]:
    """What a message can be labelled with: every intent of the domain that needs examples."""
    files = (read_yaml(path) for path in data_folder.glob("shared/domain/*.yml"))
    return sorted({intent for file in files for intent in file.get("intents", ())} - UNTEACHABLE)


class ReviewError(Exception):
    """The turn is not as the reviewer saw it, or the label is none; `code` is a page text."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class TurnFilter:
    """Which open turns; None takes all."""

    language: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class TurnPage:
    """Open turns, newest first; `older_than` leads to the next page."""

    turns: Sequence[UnderstoodTurn]
    older_than: int | None


@dataclass(frozen=True, slots=True)
class TurnCounts:
    """How many turns are open, by language and by reason."""

    languages: Mapping[str, int]
    reasons: Mapping[str, int]

    @property
    def total(self) -> int:
        return sum(self.languages.values())


def read_open_turns(session: Session, wanted: TurnFilter, older_than: int | None, limit: int) -> TurnPage:
    query = select(UnderstoodTurn).where(_IS_OPEN).order_by(UnderstoodTurn.id.desc()).limit(limit + 1)
    if wanted.language:
        query = query.where(UnderstoodTurn.language == wanted.language)
    if wanted.reason:
        query = query.where(UnderstoodTurn.review_reason == wanted.reason)
    if older_than is not None:
        query = query.where(UnderstoodTurn.id < older_than)
    found = session.scalars(query).all()
    return TurnPage(found[:limit], found[limit - 1].id if len(found) > limit else None)


def read_customer_names(session: Session, turns: Iterable[UnderstoodTurn]) -> Mapping[int, Sequence[str]]:
    """By turn, what its customer is called, where we know it."""
    query = (
        select(UnderstoodTurn.id, Contact.display_name)
        .join(Conversation, Conversation.id == UnderstoodTurn.conversation_id)
        .join(Contact, Contact.id == Conversation.contact_id)
        .where(UnderstoodTurn.id.in_([turn.id for turn in turns]), Contact.display_name.is_not(None))
    )
    return {turn_id: [name] for turn_id, name in session.execute(query) if name}


def count_turns(session: Session) -> TurnCounts:
    query = select(UnderstoodTurn.language, UnderstoodTurn.review_reason, func.count()).where(_IS_OPEN)
    rows = session.execute(query.group_by(UnderstoodTurn.language, UnderstoodTurn.review_reason)).all()
    languages: dict[str, int] = {}
    reasons: dict[str, int] = {}
    for language, reason, count in rows:
        languages[language] = languages.get(language, 0) + count
        reasons[str(reason)] = reasons.get(str(reason), 0) + count
    return TurnCounts(languages, reasons)


def count_labelled_since(session: Session, moment: datetime | None) -> int:
    """How many turns were labelled after a moment, or ever."""
    query = select(func.count()).where(UnderstoodTurn.review_state == ReviewState.LABELLED)
    if moment is not None:
        query = query.where(UnderstoodTurn.reviewed_at > moment)
    return session.scalar(query) or 0


def label_turn(session: Session, turn_id: int, intent: str, reviewer: str, now: datetime) -> UnderstoodTurn:
    """Say what the customer wanted. The caller makes sure that there is such an intent.

    Raises:
        ReviewError: somebody else has decided about this turn meanwhile.
    """
    return _decide(session, turn_id, ReviewState.LABELLED, intent, reviewer, now)


def dismiss_turn(session: Session, turn_id: int, reviewer: str, now: datetime) -> UnderstoodTurn:
    """Say that there is nothing to learn from this turn.

    Raises:
        ReviewError: somebody else has decided about this turn meanwhile.
    """
    return _decide(session, turn_id, ReviewState.DISMISSED, None, reviewer, now)


def reopen_turn(session: Session, turn_id: int, reviewer: str) -> UnderstoodTurn:
    """Take a decision back.

    Raises:
        ReviewError: there is none.
    """
    turn = _locked(session, turn_id)
    if turn.review_state not in {ReviewState.LABELLED, ReviewState.DISMISSED}:
        raise ReviewError("console.review.error.gone")
    before = turn.review_state, turn.label
    turn.review_state, turn.label, turn.reviewed_by, turn.reviewed_at = ReviewState.OPEN, None, None, None
    _record(session, reviewer, "turn.reopen", turn, before)
    return turn


def _decide(
    session: Session, turn_id: int, state: ReviewState, label: str | None, reviewer: str, now: datetime
) -> UnderstoodTurn:
    turn = _locked(session, turn_id)
    if turn.review_state != ReviewState.OPEN:
        raise ReviewError("console.review.error.gone")
    before = turn.review_state, turn.label
    turn.review_state, turn.label, turn.reviewed_by, turn.reviewed_at = state, label, reviewer, now
    _record(session, reviewer, "turn.label" if label else "turn.dismiss", turn, before)
    return turn


def _record(
    session: Session, actor: str, action: str, turn: UnderstoodTurn, before: tuple[str | None, str | None]
) -> None:
    record_audit(
        session,
        actor,
        action,
        "understood_turn",
        str(turn.id),
        before={"state": before[0], "label": before[1]},
        after={"state": turn.review_state, "label": turn.label},
        guess=turn.intent,
    )


def _locked(session: Session, turn_id: int) -> UnderstoodTurn:
    turn = session.scalar(select(UnderstoodTurn).where(UnderstoodTurn.id == turn_id).with_for_update())
    if turn is None:
        raise ReviewError("console.review.error.gone")
    return turn
