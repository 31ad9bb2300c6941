"""The staff inbox: its pages, its live stream, and who has a conversation."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Header, Query
from sqlalchemy.orm import Session
from sse_starlette import EventSourceResponse
from starlette.responses import Response

from bot.conversations import ownership
from bot.conversations.live import ASSISTANT, STAFF, Live, Watch
from bot.services.customers import Customers
from bot.staff import inbox_answers, inbox_files, inbox_work
from bot.staff.accounts import find_session
from bot.staff.availability import SEEN_EVERY, note_seen
from bot.staff.guard import COOKIE, Visitor, keep_pace
from bot.staff.inbox_desk import NOT_FOUND, UNPROCESSABLE, AtInbox, Desk
from bot.staff.inbox_live import has_composer, inbox_news, read_event_id
from bot.staff.inbox_parts import Part
from bot.staff.place import Place
from connectors.database.base import utc_now
from connectors.database.models.conversation import Author, Conversation

AGENT_TYPING_SECONDS = 6
KEEP_ALIVE_SECONDS = 15
MAX_REASON_LENGTH = 500

router = APIRouter(prefix="/staff", include_in_schema=False, dependencies=[Depends(keep_pace)])


@router.get("")
def show_inbox(desk: AtInbox) -> Response:
    return desk.page()


@router.get("/conversations/{conversation_id}")
def show_conversation(desk: AtInbox) -> Response:
    return desk.page()


@router.get("/conversations/{conversation_id}/orders")
def show_orders(desk: AtInbox) -> Response:
    """Orders with returns and invoices, apart from the page: a slow sales system must not keep an agent waiting."""
    customers: Customers = desk.request.app.state.customers
    with desk.database.read() as session:
        is_there = session.get(Conversation, desk.conversation_id) is not None
    if not is_there:
        return desk.pages.page(desk.request, "inbox/orders.html", NOT_FOUND, customer=None)
    customer = customers.overview(desk.conversation_id)
    return desk.pages.page(desk.request, "inbox/orders.html", customer=customer)


@router.get("/events")
async def stream_news(
    desk: AtInbox,
    open: Annotated[str | None, Query(max_length=32)] = None,
    mode: Annotated[str, Query(max_length=10)] = "",
    last_event_id: Annotated[str, Header()] = "",
) -> EventSourceResponse:
    """Server-sent events with the parts of the page that changed.

    `mode` is the composer that the page has; a page that comes back says with Last-Event-ID what else it has.
    """
    shown = Place(desk.place.view, open, desk.place.is_complete, desk.place.search, desk.place.label)
    seen = read_event_id(last_event_id) or has_composer(mode)
    news = inbox_news(_watch(desk.live, desk.visitor, shown), _Rendering(desk, shown), seen)
    return EventSourceResponse(news, ping=KEEP_ALIVE_SECONDS, send_timeout=30)


@contextmanager
def _watch(live: Live, visitor: Visitor, place: Place) -> Iterator[Watch]:
    """Wait for news; colleagues see meanwhile that this agent is there."""
    user, topics = visitor.user, (STAFF, ASSISTANT) if place.lists_talks else (STAFF,)
    looking = live.look_at(place.conversation_id, user.id, user.name) if place.conversation_id else nullcontext()
    with live.watch(*topics) as watch, looking:
        yield watch


class _Rendering:
    """Renders one agent's page again and again, as long as they are logged in."""

    def __init__(self, desk: Desk, place: Place) -> None:
        self._desk = desk
        self._place = place
        self._language = desk.language
        self._seen_at = utc_now() - SEEN_EVERY

    def __call__(self) -> dict[str, Part] | None:
        desk, now = self._desk, utc_now()
        with desk.database.read() as session:
            if find_session(session, desk.request.cookies.get(COOKIE, "")) is None:
                return None
        if now >= self._seen_at + SEEN_EVERY:
            self._seen_at = now
            with desk.database.write() as session:
                note_seen(session, desk.visitor.user.id, now)
        return dict(desk.parts.render(desk.visitor, self._place, self._language))


@router.post("/conversations/{conversation_id}/take-over")
def take_over(desk: AtInbox) -> Response:
    def change(session: Session) -> str:
        ownership.take_over(session, desk.conversation_id, desk.visitor.user, desk.texts)
        return "inbox.done.taken"

    return desk.act(change, focus="answer")


@router.post("/conversations/{conversation_id}/give-back")
def give_back(desk: AtInbox) -> Response:
    def change(session: Session) -> str:
        ownership.give_back(session, desk.conversation_id, desk.visitor.user, desk.texts)
        return "inbox.done.given_back"

    return desk.act(change, focus="heading")


@router.post("/conversations/{conversation_id}/close")
def close(desk: AtInbox, reason: Annotated[str, Form()] = "") -> Response:
    """Close with a reason for the record; it is not shown to the customer."""
    reason = " ".join(reason.split())
    if not reason or len(reason) > MAX_REASON_LENGTH or "\0" in reason:
        return desk.answer("inbox.error.reason", UNPROCESSABLE)

    def change(session: Session) -> str:
        ownership.close(session, desk.conversation_id, desk.visitor.user, reason, desk.texts)
        return "inbox.done.closed"

    return desk.act(change, focus="heading")


@router.post("/conversations/{conversation_id}/typing", status_code=204)
def agent_types(desk: AtInbox, conversation_id: str) -> Response:
    """Show the customer that the agent who has the conversation is writing."""
    with desk.database.read() as session:
        conversation = session.get(Conversation, conversation_id)
    if conversation is not None and conversation.agent_id == desk.visitor.user.id and conversation.owner == "human":
        desk.live.set_typing(conversation_id, Author.AGENT, AGENT_TYPING_SECONDS)
    return Response(status_code=204)


for part in (inbox_answers, inbox_work, inbox_files):
    router.include_router(part.router)
