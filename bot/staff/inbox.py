"""The staff inbox: its pages and what an agent does in a conversation."""

import hashlib
import secrets
from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlalchemy import select
from sqlalchemy.orm import Session
from sse_starlette import EventSourceResponse
from starlette.responses import Response

from bot.conversations import ownership
from bot.conversations.live import STAFF, Live
from bot.conversations.store import add_message, lock_conversation
from bot.front_desk import MAX_TEXT_LENGTH, BadTextError, check_text
from bot.pages.rendering import Pages
from bot.services.customers import Customers
from bot.staff.accounts import find_session
from bot.staff.guard import COOKIE, StaffVisitor, Visitor
from bot.staff.inbox_live import inbox_news
from bot.staff.inbox_parts import InboxParts, Part, Place, as_partials
from bot.staff.inbox_view import TABS
from bot.texts import Rendered, Texts
from connectors.database.models.conversation import Author, Conversation, Message
from connectors.database.models.people import User
from connectors.database.session import Database

AGENT_TYPING_SECONDS = 6
KEEP_ALIVE_SECONDS = 15
MAX_REASON_LENGTH = 500
NOT_FOUND, CONFLICT, UNPROCESSABLE = 404, 409, 422

router = APIRouter(prefix="/staff", include_in_schema=False)


def _place(
    conversation_id: str | None = None,
    tab: Annotated[str, Query(max_length=20)] = TABS[0],
    complete: bool = False,
) -> Place:
    return Place(tab if tab in TABS else TABS[0], conversation_id, complete)


def _parts(request: Request) -> InboxParts:
    state = request.app.state
    return InboxParts(state.database, state.pages, state.live)


At = Annotated[Place, Depends(_place)]
Parts = Annotated[InboxParts, Depends(_parts)]
Change = Callable[[Session], str]


@router.get("")
def show_inbox(request: Request, visitor: StaffVisitor, place: At, parts: Parts) -> Response:
    return _page(request, visitor, place, parts)


@router.get("/conversations/{conversation_id}")
def show_conversation(request: Request, visitor: StaffVisitor, place: At, parts: Parts) -> Response:
    return _page(request, visitor, place, parts)


@router.get("/conversations/{conversation_id}/orders")
def show_orders(request: Request, _visitor: StaffVisitor, conversation_id: str) -> Response:
    """Orders with returns and invoices, apart from the page: a slow sales system must not keep an agent waiting."""
    customers: Customers = request.app.state.customers
    database: Database = request.app.state.database
    with database.read() as session:
        if session.get(Conversation, conversation_id) is None:
            return _page_of(request).page(request, "inbox/orders.html", NOT_FOUND, customer=None)
    customer = customers.overview(conversation_id)
    return _page_of(request).page(request, "inbox/orders.html", customer=customer)


@router.get("/events")
async def stream_news(
    request: Request,
    visitor: StaffVisitor,
    place: At,
    parts: Parts,
    open: Annotated[str | None, Query(max_length=32)] = None,
    mode: Annotated[str, Query(max_length=10)] = "",
) -> EventSourceResponse:
    """Server-sent events with the parts of the page that changed; `mode` is the composer that the page has."""
    live: Live = request.app.state.live
    database: Database = request.app.state.database
    language = _page_of(request).language_of(request)
    shown = Place(place.tab, open, place.is_complete)

    def render() -> dict[str, Part] | None:
        with database.read() as session:
            if find_session(session, request.cookies.get(COOKIE, "")) is None:
                return None
        return dict(parts.render(visitor, shown, language))

    news = inbox_news(live.watch(STAFF), render, mode)
    return EventSourceResponse(news, ping=KEEP_ALIVE_SECONDS, send_timeout=30)


@router.post("/conversations/{conversation_id}/take-over")
def take_over(request: Request, visitor: StaffVisitor, place: At) -> Response:
    def change(session: Session) -> str:
        ownership.take_over(session, _id_of(place), visitor.user, _texts(request))
        return "inbox.done.taken"

    return _act(request, visitor, place, change, focus="answer")


@router.post("/conversations/{conversation_id}/give-back")
def give_back(request: Request, visitor: StaffVisitor, place: At) -> Response:
    def change(session: Session) -> str:
        ownership.give_back(session, _id_of(place), visitor.user, _texts(request))
        return "inbox.done.given_back"

    return _act(request, visitor, place, change, focus="heading")


@router.post("/conversations/{conversation_id}/close")
def close(request: Request, visitor: StaffVisitor, place: At, reason: Annotated[str, Form()] = "") -> Response:
    """Close with a reason for the record; it is not shown to the customer."""
    reason = " ".join(reason.split())
    if not reason or len(reason) > MAX_REASON_LENGTH or "\0" in reason:
        return _answer(request, visitor, place, "inbox.error.reason", UNPROCESSABLE)

    def change(session: Session) -> str:
        ownership.close(session, _id_of(place), visitor.user, reason, _texts(request))
        return "inbox.done.closed"

    return _act(request, visitor, place, change, focus="heading")


@router.post("/conversations/{conversation_id}/messages")
def send_answer(
    request: Request,
    visitor: StaffVisitor,
    place: At,
    client_message_id: Annotated[str, Form(min_length=1, max_length=40)],
    text: Annotated[str, Form()] = "",
) -> Response:
    """Say something to the customer; the same form sent twice says it once."""
    # Browsers send line ends of forms as CR LF.
    text = text.replace("\r\n", "\n").strip()
    try:
        check_text(text)
    except BadTextError as error:
        return _answer(request, visitor, place, f"inbox.error.{error.code}", UNPROCESSABLE)

    def change(session: Session) -> str:
        conversation = lock_conversation(session, _id_of(place))
        ownership.require_owner(conversation, visitor.user)
        # An edited text is another message, even if the answer to the first try was lost on its way.
        key = f"agent:{client_message_id}:{hashlib.sha256(text.encode()).hexdigest()[:16]}"
        if not _is_said(session, conversation.id, key):
            add_message(session, conversation, Author.AGENT, Rendered(text), visitor.user.id, key)
        return ""

    return _act(request, visitor, place, change)


@router.post("/conversations/{conversation_id}/typing", status_code=204)
def agent_types(request: Request, visitor: StaffVisitor, conversation_id: str) -> Response:
    """Show the customer that the agent who has the conversation is writing."""
    database: Database = request.app.state.database
    live: Live = request.app.state.live
    with database.read() as session:
        conversation = session.get(Conversation, conversation_id)
    if conversation is not None and conversation.agent_id == visitor.user.id and conversation.owner == "human":
        live.set_typing(conversation_id, Author.AGENT, AGENT_TYPING_SECONDS)
    return Response(status_code=204)


def _act(request: Request, visitor: Visitor, place: Place, change: Change, focus: str = "") -> Response:
    """Make a change in one transaction, tell everybody who watches, and answer with the page's new parts."""
    database: Database = request.app.state.database
    live: Live = request.app.state.live
    conversation_id = _id_of(place)
    try:
        with database.write() as session:
            if session.get(Conversation, conversation_id) is None:
                return _page(request, visitor, place, _parts(request))
            done = change(session)
    except ownership.OwnershipError as error:
        return _answer(request, visitor, place, error.code, CONFLICT, "heading")
    live.set_typing(conversation_id, None)
    live.publish(conversation_id, STAFF)
    return _answer(request, visitor, place, done, focus=focus)


def _answer(
    request: Request, visitor: Visitor, place: Place, notice: str, status_code: int = 200, focus: str = ""
) -> Response:
    """For htmx the parts of the page with a notice; a browser without it is sent back to the page."""
    if "HX-Request" not in request.headers:
        return RedirectResponse(f"/staff/conversations/{_id_of(place)}{place.query}", status_code=303)
    pages = _page_of(request)
    language = pages.language_of(request)
    parts = dict(_parts(request).render(visitor, place, language, focus))
    if not focus:
        # The agent may be writing the next answer already.
        del parts["composer"]
    name = _agent_of(request, _id_of(place))
    notices = pages.text(
        language,
        "inbox/notice.html",
        code=notice,
        is_error=status_code >= 400,
        name=name,
        limit=MAX_TEXT_LENGTH,
        client_message_id="" if status_code >= 400 else secrets.token_hex(12),
    )
    return HTMLResponse(as_partials(parts) + notices, status_code, headers={"Cache-Control": "no-store"})


def _page(request: Request, visitor: Visitor, place: Place, parts: InboxParts) -> Response:
    state = parts.read(visitor, place)
    is_missing = place.conversation_id is not None and state.open is None
    return _page_of(request).page(
        request,
        "inbox/page.html",
        NOT_FOUND if is_missing else 200,
        **parts.values(visitor, place, state),
        section="inbox",
        is_missing=is_missing,
    )


def _is_said(session: Session, conversation_id: str, key: str) -> bool:
    query = select(Message.id).where(Message.conversation_id == conversation_id, Message.client_message_id == key)
    return session.scalar(query) is not None


def _agent_of(request: Request, conversation_id: str) -> str:
    database: Database = request.app.state.database
    query = select(User.name).join(Conversation, Conversation.agent_id == User.id)
    with database.read() as session:
        return session.scalar(query.where(Conversation.id == conversation_id)) or ""


def _page_of(request: Request) -> Pages:
    pages: Pages = request.app.state.pages
    return pages


def _texts(request: Request) -> Texts:
    texts: Texts = request.app.state.texts
    return texts


def _id_of(place: Place) -> str:
    assert place.conversation_id is not None  # noqa: S101 - the routes that ask have it in their path
    return place.conversation_id
