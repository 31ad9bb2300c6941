"""The chat API that the widget uses: sessions, messages, long poll and server-sent events."""

import asyncio
import hashlib
import json
import re
import secrets
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, HTTPException, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sse_starlette import EventSourceResponse, ServerSentEvent

from bot.channels.chat_records import Accepted, Messages, NewIdentity, NewMessage, NewSession, Session
from bot.channels.rate_limit import RateLimit
from bot.conversations.live import STAFF
from bot.conversations.store import TooManyPendingError
from bot.front_desk import MAX_TEXT_LENGTH, BadTextError, FrontDesk, Transcript
from bot.services.identities import AnotherPersonError, Identities
from bot.services.signed_identity import SignedIdentities, SignedIdentityError, SignedPerson
from bot.texts import DEFAULT_LANGUAGE, Texts
from bot.web_errors import Refusal, problem
from connectors.settings import Settings

CHANNEL = "web"
MAX_WAIT_SECONDS = 30
KEEP_ALIVE_SECONDS = 15
CUSTOMER_TYPING_SECONDS = 6
MAX_SEQ = 2**31 - 1
_LAST_EVENT_ID = re.compile(r"[0-9]{1,10}")

REFUSALS: dict[str, tuple[int, str]] = {
    "text_empty": (422, "The text is empty."),
    "text_too_long": (413, f"The text is longer than {MAX_TEXT_LENGTH} characters; send it in parts."),
    "not_text": (422, "The text is not valid Unicode."),
}

_bearer = HTTPBearer(auto_error=False, description="the token of the chat session")

_REFUSED: dict[int | str, dict[str, Any]] = {
    400: {"model": Refusal, "description": "The body cannot be read."},
    401: {"model": Refusal, "description": "No session has this token, or the identity proves nothing."},
    403: {"model": Refusal, "description": "Only customers with a signed identity may chat here."},
    413: {"model": Refusal, "description": "The text or the body is too long."},
    422: {"model": Refusal, "description": "Something is missing or has the wrong type."},
    429: {"model": Refusal, "description": "Too much in a short time; Retry-After says how long to wait."},
    503: {"model": Refusal, "description": "The database is busy or away; nothing was stored."},
}

_EVENT_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Events until one side ends it.",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    }
}

router = APIRouter(prefix="/api/chat", tags=["chat"], responses=_REFUSED)


def _desk(request: Request) -> FrontDesk:
    desk: FrontDesk = request.app.state.desk
    return desk


Desk = Annotated[FrontDesk, Depends(_desk)]


async def _conversation_of_token(
    desk: Desk, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> str:
    identity = hash_token(credentials.credentials if credentials else "")
    if known := desk.known(CHANNEL, identity):
        return known
    conversation = await run_in_threadpool(desk.find, CHANNEL, identity)
    if conversation is None:
        raise problem(401, "unknown_session", "Start a session with POST /api/chat/sessions first.")
    return conversation.id


async def _conversation_of_customer(
    request: Request, desk: Desk, conversation_id: Annotated[str, Depends(_conversation_of_token)]
) -> str:
    """As the token says; where an identity is required, a conversation without one is closed to everybody."""
    settings: Settings = request.app.state.settings
    if settings.identity_required and not await run_in_threadpool(desk.is_signed, conversation_id):
        raise _identity_required()
    return conversation_id


TokenHolder = Annotated[str, Depends(_conversation_of_token)]
ConversationId = Annotated[str, Depends(_conversation_of_customer)]


def _identities(request: Request) -> Identities:
    identities: Identities = request.app.state.identities
    return identities


SignedSessions = Annotated[Identities, Depends(_identities)]


@router.post("/sessions", status_code=201)
async def start_session(
    new: NewSession,
    request: Request,
    desk: Desk,
    identities: SignedSessions,
    accept_language: Annotated[str, Header()] = "",
) -> Session:
    """Start a conversation; its first message is the assistant's welcome."""
    address = request.client.host if request.client else ""
    limit: RateLimit = request.app.state.session_limit
    if not limit.allows(address):
        raise problem(429, "too_many_sessions", "Too many new sessions from this address.", retry_after=60)
    settings: Settings = request.app.state.settings
    if new.identity is None and settings.identity_required:
        raise _identity_required()
    token = secrets.token_urlsafe(32)
    if new.identity is None:
        language = choose_language(desk.texts, new.language, accept_language)
        session_id = await run_in_threadpool(desk.open, CHANNEL, hash_token(token), language, address)
    else:
        person = _read_identity(request, new.identity)
        language = choose_language(desk.texts, new.language or person.locale, accept_language)
        session_id = await run_in_threadpool(identities.open, CHANNEL, hash_token(token), language, address, person)
        desk.live.publish(STAFF)
    return Session(session_id=session_id, token=token)


@router.post("/identity", status_code=204, responses={409: {"model": Refusal, "description": "Somebody else's."}})
async def sign_in(
    new: NewIdentity, request: Request, desk: Desk, identities: SignedSessions, conversation_id: TokenHolder
) -> Response:
    """Say who the customer of a conversation is; it stays the same conversation."""
    _refuse_flood(request, conversation_id)
    person = _read_identity(request, new.identity)
    try:
        await run_in_threadpool(identities.claim, conversation_id, person)
    except AnotherPersonError as error:
        sentence = "This conversation is another customer's; start a new session."
        raise problem(409, "another_person", sentence) from error
    desk.live.publish(conversation_id, STAFF)
    return Response(status_code=204)


@router.post("/messages", status_code=202)
async def send_message(new: NewMessage, request: Request, desk: Desk, conversation_id: ConversationId) -> Accepted:
    """Say something; the answer arrives among the messages."""
    _refuse_flood(request, conversation_id)
    try:
        seq = await run_in_threadpool(desk.say, conversation_id, new.text, new.client_message_id, new.button_id)
    except BadTextError as error:
        status, sentence = REFUSALS[error.code]
        raise problem(status, error.code, sentence) from error
    except TooManyPendingError as error:
        sentence = "Earlier messages are still waiting for an answer."
        raise problem(429, "too_many_pending", sentence, retry_after=5) from error
    return Accepted(seq=seq)


@router.get("/messages", response_model_exclude_none=True)
async def read_messages(
    desk: Desk,
    conversation_id: ConversationId,
    after: Annotated[int, Query(ge=0, le=MAX_SEQ)] = 0,
    wait: Annotated[float, Query(ge=0, description="seconds to wait for news, at most 30")] = 0,
) -> Messages:
    """The messages after `after`; with `wait` it holds the answer until there is one."""
    transcript = await _wait_for_news(desk, conversation_id, after, min(wait, MAX_WAIT_SECONDS))
    return Messages.model_validate(transcript, from_attributes=True)


@router.get("/events", response_class=EventSourceResponse, responses=_EVENT_STREAM)
async def stream_events(
    desk: Desk,
    conversation_id: ConversationId,
    after: Annotated[int, Query(ge=0, le=MAX_SEQ)] = 0,
    last_event_id: Annotated[str, Header()] = "",
) -> EventSourceResponse:
    """Server-sent events `message` (id = seq), `owner` and `typing`; resume with Last-Event-ID."""
    start = int(last_event_id) if _LAST_EVENT_ID.fullmatch(last_event_id) else after
    events = _events(desk, conversation_id, min(start, MAX_SEQ))
    return EventSourceResponse(events, ping=KEEP_ALIVE_SECONDS, send_timeout=30)


@router.post("/typing", status_code=204)
async def customer_types(desk: Desk, conversation_id: ConversationId) -> Response:
    """Tell the agent that the customer is writing; it is forgotten after some seconds."""
    desk.live.set_customer_typing(conversation_id, CUSTOMER_TYPING_SECONDS)
    return Response(status_code=204)


def hash_token(token: str) -> str:
    """What is stored of a session token."""
    return hashlib.sha256(token.encode()).hexdigest()


def _refuse_flood(request: Request, conversation_id: str) -> None:
    """Everything that writes into a conversation counts."""
    limit: RateLimit = request.app.state.message_limit
    if not limit.allows(conversation_id):
        sentence = "Too many messages in this conversation; wait a moment."
        raise problem(429, "too_many_messages", sentence, retry_after=limit.retry_after_seconds)


def _read_identity(request: Request, token: str) -> SignedPerson:
    keys: SignedIdentities = request.app.state.signed_identities
    try:
        return keys.read(token)
    except SignedIdentityError as error:
        raise problem(401, error.code, str(error)) from error


def _identity_required() -> HTTPException:
    return problem(403, "identity_required", "Send the identity that the shop signs for customers who are signed in.")


def choose_language(texts: Texts, wanted: str | None, accept_language: str) -> str:
    """The first supported language of the page's wish and the browser's list, else the default."""
    for entry in [wanted or "", *accept_language.split(",")]:
        code = entry.partition(";")[0].strip().lower().partition("-")[0]
        if texts.supports(code):
            return code
    return DEFAULT_LANGUAGE


async def _wait_for_news(desk: FrontDesk, conversation_id: str, after: int, wait_seconds: float) -> Transcript:
    deadline = asyncio.get_running_loop().time() + wait_seconds
    with desk.live.watch(conversation_id) as watch:
        while True:
            transcript = await run_in_threadpool(desk.read, conversation_id, after)
            remaining = deadline - asyncio.get_running_loop().time()
            if transcript.messages or remaining <= 0:
                return transcript
            await watch.rung(remaining)


async def _events(desk: FrontDesk, conversation_id: str, after: int) -> AsyncIterator[ServerSentEvent]:
    owner, typing = "", None
    with desk.live.watch(conversation_id) as watch:
        while True:
            transcript = await run_in_threadpool(desk.read, conversation_id, after)
            for message in transcript.messages:
                after = message["seq"]
                yield _event("message", message, event_id=after)
            if (transcript.owner + transcript.language) != owner:
                owner = transcript.owner + transcript.language
                yield _event("owner", {"owner": transcript.owner, "language": transcript.language})
            if (now_typing := desk.live.typing(conversation_id)) != typing:
                author, typing = now_typing or typing, now_typing
                yield _event("typing", {"author": author, "typing": now_typing is not None})
            await watch.rung(CUSTOMER_TYPING_SECONDS if typing else KEEP_ALIVE_SECONDS)


def _event(name: str, data: Any, event_id: int | None = None) -> ServerSentEvent:
    return ServerSentEvent(
        json.dumps(data, ensure_ascii=False), event=name, id=None if event_id is None else str(event_id)
    )
