"""What agents do with conversations beside answering: assign, snooze, label, note, and take prepared answers."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Form
from fastapi.responses import RedirectResponse
from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import Response

from bot.conversations import ownership
from bot.conversations.live import STAFF
from bot.front_desk import BadTextError, check_text
from bot.staff.availability import set_taking
from bot.staff.canned_replies import open_places, replies_for
from bot.staff.inbox_answers import FORM_KEY
from bot.staff.inbox_desk import UNPROCESSABLE, AtInbox
from bot.staff.labels import set_labels
from bot.staff.notes import add_note
from bot.staff.snoozing import SnoozeError, read_moment, snooze
from connectors.database.base import utc_now
from connectors.database.models.conversation import Conversation
from connectors.database.models.people import User

MAX_LABELS_OF_ONE = 20

LabelId = Annotated[int, Field(ge=1, le=2**31 - 1)]

router = APIRouter()


@router.post("/conversations/{conversation_id}/assign")
def assign(desk: AtInbox, agent: Annotated[str, Form(pattern=r"^\w{0,32}$")] = "") -> Response:
    """Give a conversation to a colleague, or to oneself; to nobody, and the customer waits for another person."""

    def change(session: Session) -> str:
        if not agent:
            ownership.put_back(session, desk.conversation_id, desk.visitor.user)
            return "inbox.done.put_back"
        user = session.get(User, agent)
        if user is None:
            raise ownership.OwnershipError("inbox.error.nobody")
        ownership.assign(session, desk.conversation_id, user, desk.texts, desk.visitor.user.email)
        return "inbox.done.taken" if user.id == desk.visitor.user.id else "inbox.done.assigned"

    return desk.act(change, focus="heading")


@router.post("/conversations/{conversation_id}/snooze")
def snooze_until(desk: AtInbox, until: Annotated[str, Form(max_length=40)] = "") -> Response:
    """Put a conversation aside until a moment; with none it is taken up again."""
    try:
        moment = read_moment(until, utc_now(), desk.zone) if until else None
    except SnoozeError:
        return desk.answer("inbox.error.snooze", UNPROCESSABLE)

    def change(session: Session) -> str:
        snooze(session, desk.conversation_id, desk.visitor.user, moment)
        return "inbox.done.snoozed" if moment else "inbox.done.woken"

    return desk.act(change, focus="heading")


@router.post("/conversations/{conversation_id}/labels")
def label(
    desk: AtInbox, labels: Annotated[list[LabelId] | None, Form(max_length=MAX_LABELS_OF_ONE)] = None
) -> Response:
    """Exactly these labels."""

    def change(session: Session) -> str:
        set_labels(session, desk.conversation_id, labels or (), desk.visitor.user)
        return ""

    return desk.act(change)


@router.post("/conversations/{conversation_id}/notes")
def note(
    desk: AtInbox,
    form_key: Annotated[str, Form(pattern=FORM_KEY)],
    text: Annotated[str, Form()] = "",
) -> Response:
    """Keep a note for colleagues; the customer never sees it."""
    text = text.replace("\r\n", "\n").strip()
    try:
        check_text(text)
    except BadTextError as error:
        return desk.answer(f"inbox.error.{error.code}", UNPROCESSABLE)

    def change(session: Session) -> str:
        key = f"{desk.visitor.user.id[:12]}:{form_key}"
        add_note(session, desk.conversation_id, desk.visitor.user, text, key)
        return ""

    return desk.act(change)


@router.post("/availability")
def switch_availability(desk: AtInbox, is_taking: Annotated[bool, Form()] = False) -> Response:
    """Whether I am given waiting customers."""
    with desk.database.write() as session:
        set_taking(session, desk.visitor.user, is_taking=is_taking, actor=desk.visitor.user.email)
    desk.live.publish(STAFF)
    return RedirectResponse("/staff", status_code=303) if not _is_htmx(desk) else Response(status_code=204)


@router.get("/conversations/{conversation_id}/suggestions")
def suggest(desk: AtInbox) -> dict[str, Any]:
    """What the composer offers: prepared answers, filled in for this customer, and the colleagues' names."""
    with desk.database.read() as session:
        conversation = session.get(Conversation, desk.conversation_id)
        replies = replies_for(session, conversation, desk.visitor.user) if conversation else ()
        names = session.scalars(select(User.name).where(User.is_active.is_(True)).order_by(User.name)).all()
    return {
        "replies": [{**asdict(reply), "open": list(open_places(reply.text))} for reply in replies],
        "colleagues": [name for name in names if name != desk.visitor.user.name],
    }


def _is_htmx(desk: AtInbox) -> bool:
    return "HX-Request" in desk.request.headers
