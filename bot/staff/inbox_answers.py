"""Answering a customer: said once, by whoever has the conversation, and never past what a colleague has just said."""

import hashlib
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form
from pydantic import StringConstraints
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import Response

from bot.conversations import ownership
from bot.conversations.live import STAFF
from bot.conversations.read_marks import mark_read_by_staff
from bot.conversations.store import add_message, lock_conversation
from bot.front_desk import BadTextError, check_text
from bot.staff.canned_replies import open_places
from bot.staff.inbox_desk import CONFLICT, NOT_FOUND, UNPROCESSABLE, AtInbox
from bot.staff.notes import see_mentions
from bot.texts import Rendered
from connectors.database.base import utc_now
from connectors.database.models.conversation import Author, Conversation, Message, Owner
from connectors.database.models.people import User
from connectors.errors import NotFound

MAX_FILES = 10
MAX_SEQ = 2**31 - 1
FORM_KEY = r"^[\w-]{1,40}$"

FileId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Collision:
    """Somebody answered while an agent typed. `seq` is the newest answer, at least 1; sending it back says: was read.

    `owner_name` is who has the conversation, None when it is the agent's own.
    """

    seq: int
    said: tuple[tuple[str, str], ...]
    owner_name: str | None


class CollisionError(Exception):
    """Nothing was sent; the agent is to read first."""

    def __init__(self, collision: Collision) -> None:
        super().__init__(collision.seq)
        self.collision = collision


@dataclass(frozen=True, slots=True)
class Answer:
    """`seen_seq` is the last answer of ours that the agent had seen when they began to type, `read_seq` one they were
    warned of and read."""

    text: str
    client_message_id: str
    seen_seq: int
    read_seq: int
    files: tuple[str, ...]

    @property
    def key(self) -> str:
        """An edited text is another message, even if the answer to the first try was lost on its way."""
        digest = hashlib.sha256("\0".join((self.text, *self.files)).encode()).hexdigest()[:16]
        return f"agent:{self.client_message_id}:{digest}"


@router.post("/conversations/{conversation_id}/messages")
def send_answer(
    desk: AtInbox,
    client_message_id: Annotated[str, Form(pattern=FORM_KEY)],
    text: Annotated[str, Form()] = "",
    seen_seq: Annotated[int, Form(ge=0, le=MAX_SEQ)] = MAX_SEQ,
    read_seq: Annotated[int, Form(ge=0, le=MAX_SEQ)] = 0,
    attachments: Annotated[list[FileId] | None, Form(max_length=MAX_FILES)] = None,
) -> Response:
    """Say something to the customer; the same form sent twice says it once."""
    # Browsers send line ends of forms as CR LF.
    files = tuple(dict.fromkeys(attachments or ()))
    answer = Answer(text.replace("\r\n", "\n").strip(), client_message_id, seen_seq, read_seq, files)
    try:
        check_text(answer.text, may_be_empty=bool(files))
    except BadTextError as error:
        return desk.answer(f"inbox.error.{error.code}", UNPROCESSABLE)
    if places := open_places(answer.text):
        return desk.answer("inbox.error.open_place", UNPROCESSABLE, place=places[0])

    def change(session: Session) -> str:
        _say(session, desk.conversation_id, desk.visitor.user, answer, desk)
        return ""

    try:
        return desk.act(change)
    except CollisionError as error:
        return desk.answer("", CONFLICT, collision=error.collision, wanted=answer)
    except NotFound:
        return desk.answer("inbox.error.file_gone", CONFLICT)


@router.post("/conversations/{conversation_id}/read", status_code=204)
def read_until(desk: AtInbox, seq: Annotated[int, Form(ge=0, le=MAX_SEQ)]) -> Response:
    """The log was on an agent's screen up to this message."""
    with desk.database.write() as session:
        if session.get(Conversation, desk.conversation_id) is None:
            return Response(status_code=NOT_FOUND)
        is_further = mark_read_by_staff(session, desk.conversation_id, seq)
        is_named = see_mentions(session, desk.conversation_id, desk.visitor.user.id, utc_now())
    if is_further or is_named:
        desk.live.publish(desk.conversation_id, STAFF)
    return Response(status_code=204)


def _say(session: Session, conversation_id: str, agent: User, answer: Answer, desk: AtInbox) -> None:
    conversation = lock_conversation(session, conversation_id)
    is_said = select(Message.id).where(
        Message.conversation_id == conversation_id, Message.client_message_id == answer.key
    )
    if session.scalar(is_said) is not None:
        return
    _refuse_collision(session, conversation, agent, answer)
    if conversation.agent_id != agent.id and answer.read_seq:
        ownership.assign(session, conversation_id, agent, desk.texts, agent.email)
    ownership.require_owner(conversation, agent)
    conversation.snoozed_until = None
    add_message(
        session, conversation, Author.AGENT, Rendered(answer.text), agent.id, answer.key, attachments=answer.files
    )


def _refuse_collision(session: Session, conversation: Conversation, agent: User, answer: Answer) -> None:
    """Raises CollisionError when somebody else answered, or took the conversation, and the agent has not read it."""
    if conversation.owner != Owner.HUMAN:
        return
    query = (
        select(Message, User.name)
        .join(User, User.id == Message.agent_id)
        .where(
            Message.conversation_id == conversation.id,
            Message.author == Author.AGENT,
            Message.agent_id != agent.id,
            Message.seq > answer.seen_seq,
        )
        .order_by(Message.seq)
    )
    newer = session.execute(query).all()
    is_theirs = conversation.agent_id != agent.id
    newest = newer[-1][0].seq if newer else 1
    if (newer or is_theirs) and answer.read_seq < newest:
        said = tuple((name, message.text) for message, name in newer)
        owner = session.get_one(User, conversation.agent_id).name if is_theirs else None
        raise CollisionError(Collision(newest, said, owner))
