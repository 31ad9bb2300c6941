"""Pages on which people say what customers meant: for agents and admins."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Path, Query
from starlette.responses import Response

from bot.console.frame import LARGEST_ITEM_ID, PostedForm, StaffFrame, see_other
from bot.console.models import read_learning
from bot.learning.masking import mask
from bot.learning.review import (
    ReviewError,
    TurnFilter,
    count_turns,
    dismiss_turn,
    label_turn,
    read_customer_names,
    read_open_turns,
    reopen_turn,
    teachable_intents,
)
from connectors.database.base import utc_now
from connectors.database.models.understanding import UnderstoodTurn
from connectors.settings import DATA_FOLDER

PAGE_SIZE = 20
OFFERED_GUESSES = 3

router = APIRouter(prefix="/review")


@dataclass(frozen=True, slots=True)
class ShownTurn:
    """A turn on the page: its likeliest intents, and what of it would become an example."""

    turn: UnderstoodTurn
    guesses: list[tuple[str, float]]
    example: str

    @classmethod
    def of(cls, turn: UnderstoodTurn, intents: frozenset[str], names: Sequence[str]) -> "ShownTurn":
        ranked = [(str(one["intent"]), float(one["confidence"])) for one in turn.ranking]
        return cls(turn, [guess for guess in ranked if guess[0] in intents][:OFFERED_GUESSES], mask(turn.text, names))


class ReviewFilter:
    """Which turns to show, as the address says; it travels with every form, so that the reviewer stays where she is."""

    def __init__(
        self,
        language: Annotated[str, Query(max_length=8)] = "",
        reason: Annotated[str, Query(max_length=20)] = "",
        older_than: Annotated[int | None, Query(ge=0, le=LARGEST_ITEM_ID)] = None,
    ) -> None:
        self.language = language
        self.reason = reason
        self.older_than = older_than

    @property
    def is_on(self) -> bool:
        return bool(self.language or self.reason)

    def query(self, **more: object) -> str:
        values = {"language": self.language, "reason": self.reason, "older_than": self.older_than, **more}
        return urlencode({name: value for name, value in values.items() if value})


Wanted = Annotated[ReviewFilter, Depends()]
Done = Annotated[int | None, Query(ge=0, le=LARGEST_ITEM_ID)]
TurnId = Annotated[int, Path(ge=0, le=LARGEST_ITEM_ID)]


@router.get("")
def show_review(
    frame: StaffFrame, wanted: Wanted, done: Done = None, problem: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    intents = teachable_intents(DATA_FOLDER)
    with frame.office.database.read() as session:
        found = TurnFilter(wanted.language or None, wanted.reason or None)
        page = read_open_turns(session, found, wanted.older_than, PAGE_SIZE)
        names = read_customer_names(session, page.turns)
        counts = count_turns(session)
        decided = session.get(UnderstoodTurn, done) if done is not None else None
        learning = read_learning(frame, session)
    return frame.page(
        "review.html",
        tab="review",
        turns=[ShownTurn.of(turn, frozenset(intents), names.get(turn.id, ())) for turn in page.turns],
        older_than=page.older_than,
        counts=counts,
        wanted=wanted,
        intents=sorted(((intent, frame.words.intent(intent)) for intent in intents), key=lambda one: one[1]),
        decided=decided,
        is_gone=problem == "gone",
        learning=learning,
    )


@router.post("/turns/{turn_id}/label")
def label(frame: StaffFrame, turn_id: TurnId, wanted: Wanted, form: PostedForm) -> Response:
    """A pressed guess is named `guess`, a choice from the list `label`."""
    intent = form.get("guess") or form.get("label", "")
    if intent not in teachable_intents(DATA_FOLDER):
        return _back(wanted, turn_id, "gone")
    try:
        with frame.office.database.write() as session:
            label_turn(session, turn_id, intent, frame.visitor.user.email, utc_now())
    except ReviewError:
        return _back(wanted, turn_id, "gone")
    return _back(wanted, turn_id)


@router.post("/turns/{turn_id}/dismiss")
def dismiss(frame: StaffFrame, turn_id: TurnId, wanted: Wanted, _form: PostedForm) -> Response:
    try:
        with frame.office.database.write() as session:
            dismiss_turn(session, turn_id, frame.visitor.user.email, utc_now())
    except ReviewError:
        return _back(wanted, turn_id, "gone")
    return _back(wanted, turn_id)


@router.post("/turns/{turn_id}/reopen")
def reopen(frame: StaffFrame, turn_id: TurnId, wanted: Wanted, _form: PostedForm) -> Response:
    try:
        with frame.office.database.write() as session:
            reopen_turn(session, turn_id, frame.visitor.user.email)
    except ReviewError:
        return _back(wanted, turn_id, "gone")
    return see_other(f"/console/review?{wanted.query()}#turns")


def _back(wanted: ReviewFilter, turn_id: int, problem: str = "") -> Response:
    more: Mapping[str, object] = {"problem": problem} if problem else {"done": turn_id}
    return see_other(f"/console/review?{wanted.query(**more)}")
