"""Review: messages of customers that a person should look at, and saying what they meant."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field, StringConstraints
from sqlalchemy.orm import Session

from bot.learning.review import (
    ReviewError,
    TurnFilter,
    dismiss_turn,
    label_turn,
    read_open_turns,
    reopen_turn,
    teachable_intents,
)
from bot.office import Office
from bot.operations_api.fields import LARGEST_ID, Body, Limit, OlderThanId, Text
from bot.operations_api.guard import OfficeOf, Operator, Viewer
from bot.web_errors import problem
from connectors.database.base import utc_now
from connectors.database.models.understanding import UnderstoodTurn
from connectors.settings import DATA_FOLDER

router = APIRouter(prefix="/review", tags=["review"])

TurnId = Annotated[int, Path(ge=0, le=LARGEST_ID)]


class TurnFacts(BaseModel):
    """A message as the assistant understood it."""

    id: int
    language: str
    text: str = Field(description="what the customer wrote")
    intent: str = Field(description="what the assistant took it for")
    confidence: float
    ranking: list[dict[str, Any]] = Field(description="the likeliest intents with their confidence")
    reason: str | None = Field(description="why it is to be looked at")
    state: str | None = Field(description="open, labelled or dismissed")
    label: str | None = Field(description="what a person said that it means")
    reviewed_by: str | None
    reviewed_at: datetime | None


class Turns(BaseModel):
    turns: list[TurnFacts]
    older_than: int | None = Field(description="asks for the next page; null on the last one")


class Intents(BaseModel):
    intents: list[str]


class Label(Body):
    intent: Annotated[str, StringConstraints(max_length=100)] = Field(description="one of `GET /review/intents`")


@router.get("/turns")
def list_turns(
    _caller: Operator,
    office: OfficeOf,
    language: Text = "",
    reason: Text = "",
    older_than: OlderThanId = None,
    limit: Limit = 50,
) -> Turns:
    """Open messages, newest first; they hold what customers wrote."""
    with office.database.read() as session:
        page = read_open_turns(session, TurnFilter(language or None, reason or None), older_than, limit)
    return Turns(turns=[TurnFacts(**describe_turn(turn)) for turn in page.turns], older_than=page.older_than)


@router.get("/intents")
def list_intents(_caller: Viewer) -> Intents:
    """What a message can be labelled with."""
    return Intents(intents=list(teachable_intents(DATA_FOLDER)))


@router.post("/turns/{turn_id}/label")
def label(caller: Operator, office: OfficeOf, turn_id: TurnId, said: Label) -> TurnFacts:
    """Say what the customer wanted; the next training learns it."""
    if said.intent not in teachable_intents(DATA_FOLDER):
        raise problem(422, "unknown_intent", "There is no such intent; GET /api/v1/review/intents lists them.")
    return _decide(office, lambda session: label_turn(session, turn_id, said.intent, caller.actor, utc_now()))


@router.post("/turns/{turn_id}/dismiss")
def dismiss(caller: Operator, office: OfficeOf, turn_id: TurnId) -> TurnFacts:
    """Say that there is nothing to learn from this message."""
    return _decide(office, lambda session: dismiss_turn(session, turn_id, caller.actor, utc_now()))


@router.post("/turns/{turn_id}/reopen")
def reopen(caller: Operator, office: OfficeOf, turn_id: TurnId) -> TurnFacts:
    """Take a decision back."""
    return _decide(office, lambda session: reopen_turn(session, turn_id, caller.actor))


def _decide(office: Office, decide: Callable[[Session], UnderstoodTurn]) -> TurnFacts:
    try:
        with office.database.write() as session:
            return TurnFacts(**describe_turn(decide(session)))
    except ReviewError as error:
        sentence = "There is no such message, or somebody has decided about it meanwhile; read the list again."
        raise problem(409, "gone", sentence) from error


def describe_turn(turn: UnderstoodTurn) -> dict[str, Any]:
    """A message as programs read it; the command line writes the same."""
    same = ("id", "language", "text", "intent", "confidence", "ranking", "label", "reviewed_by", "reviewed_at")
    facts = {name: getattr(turn, name) for name in same}
    return facts | {"reason": turn.review_reason, "state": turn.review_state}
