"""The chat API that the widget uses: who may call it; messages, long poll and server-sent events."""

import hashlib
import re
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, nullcontext
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, HTTPException, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.exception_handlers import http_exception_handler
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sse_starlette import EventSourceResponse

from bot.channels.chat_news import KEEP_ALIVE_SECONDS, follow, wait_for_news
from bot.channels.chat_records import Accepted, Messages, NewMessage
from bot.channels.rate_limit import RateLimit
from bot.channels.waiting_places import WaitingPlaces
from bot.conversations.opening import Earlier
from bot.conversations.store import TooManyPendingError
from bot.front_desk import MAX_TEXT_LENGTH, BadTextError, FrontDesk
from bot.texts import DEFAULT_LANGUAGE, Texts
from bot.web_address import address_of
from bot.web_errors import Refusal, problem
from connectors.errors import NotFound
from connectors.settings import Settings

CHANNEL = "web"
MAX_WAIT_SECONDS = 30
# Of one conversation, whatever is asked: far more than a page with the widget needs.
CALLS_PER_MINUTE = 1200
# What writes into a conversation may come in a burst, and then as fast as the setting says.
MESSAGE_BURST = 60
CUSTOMER_TYPING_SECONDS = 6
# Of one conversation at once, on all pages; also those whose page is gone and that nobody has noticed yet.
MAX_WAITING = 30
MAX_SEQ = 2**31 - 1
# Tokens from one network address that no conversation here was opened with lately.
GUESSES_PER_MINUTE = 3000
_LAST_EVENT_ID = re.compile(r"[0-9]{1,10}")

REFUSALS: dict[str, tuple[int, str]] = {
    "text_empty": (422, "The text is empty."),
    "text_too_long": (413, f"The text is longer than {MAX_TEXT_LENGTH} characters; send it in parts."),
    "not_text": (422, "The text is not valid Unicode."),
}

_bearer = HTTPBearer(auto_error=False, description="the token of the chat session")

# What any call may be answered.
REFUSED: dict[int | str, dict[str, Any]] = {
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

router = APIRouter(prefix="/api/chat", tags=["chat"], responses=REFUSED)


async def _desk(request: Request) -> FrontDesk:
    desk: FrontDesk = request.app.state.desk
    return desk


Desk = Annotated[FrontDesk, Depends(_desk)]


async def _token(credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> str:
    return credentials.credentials if credentials else ""


Token = Annotated[str, Depends(_token)]


async def _conversation_of_token(request: Request, desk: Desk, token: Token) -> str:
    """Looked up at each call: a token may have ended a moment ago, in another process, too."""
    identity = hash_token(token)
    if not desk.was_found(CHANNEL, identity):
        refuse_rush(request.app.state.guess_limit, address_of(request))
    conversation = await run_in_threadpool(desk.find, CHANNEL, identity)
    if conversation is None:
        raise unknown_session()
    refuse_rush(request.app.state.chat_limit, conversation.id)
    return conversation.id


async def _earlier_conversation(request: Request, desk: Desk, token: Token) -> Earlier | None:
    """Of whoever was here before; None for somebody who shows no token."""
    return Earlier((CHANNEL, hash_token(token)), await _conversation_of_token(request, desk, token)) if token else None


async def _conversation_of_customer(
    request: Request, desk: Desk, conversation_id: Annotated[str, Depends(_conversation_of_token)]
) -> str:
    """As the token says; where an identity is required, a conversation without one is closed to everybody."""
    settings: Settings = request.app.state.settings
    if settings.identity_required and not await run_in_threadpool(desk.is_signed, conversation_id):
        raise identity_required()
    return conversation_id


def _take_place(request: Request) -> AbstractContextManager[None]:
    places: WaitingPlaces = request.app.state.waiting_places
    return places.take(address_of(request))


async def _place_of_stream(request: Request) -> AsyncIterator[None]:
    """Kept until the stream has ended, whoever ended it."""
    with _take_place(request):
        yield


TokenHolder = Annotated[str, Depends(_conversation_of_token)]
ConversationId = Annotated[str, Depends(_conversation_of_customer)]
EarlierConversation = Annotated[Earlier | None, Depends(_earlier_conversation)]
PlaceOfStream = Annotated[None, Depends(_place_of_stream)]


@router.post("/messages", status_code=202)
async def send_message(new: NewMessage, request: Request, desk: Desk, conversation_id: ConversationId) -> Accepted:
    """Say something; the answer arrives among the messages."""
    refuse_flood(request, conversation_id)
    try:
        seq = await run_in_threadpool(
            desk.say, conversation_id, new.text, new.client_message_id, new.button_id, new.attachments
        )
    except BadTextError as error:
        status, sentence = REFUSALS[error.code]
        raise problem(status, error.code, sentence) from error
    except NotFound as error:
        raise problem(422, "unknown_attachment", error.reason) from error
    except TooManyPendingError as error:
        sentence = "Earlier messages are still waiting for an answer."
        raise problem(429, "too_many_pending", sentence, retry_after=5) from error
    return Accepted(seq=seq)


@router.get("/messages", response_model_exclude_none=True)
async def read_messages(
    request: Request,
    desk: Desk,
    conversation_id: ConversationId,
    token: Token,
    after: Annotated[int, Query(ge=0, le=MAX_SEQ)] = 0,
    wait: Annotated[float, Query(ge=0, description="seconds to wait for news, at most 30")] = 0,
) -> Messages:
    """The messages after `after`; with `wait` it holds the answer until there is one."""
    if wait:
        _refuse_crowd(desk, conversation_id)
    identity = CHANNEL, hash_token(token)
    with _take_place(request) if wait else nullcontext():
        transcript = await wait_for_news(desk, conversation_id, identity, after, min(wait, MAX_WAIT_SECONDS))
    return Messages.model_validate(transcript, from_attributes=True)


@router.get("/events", response_class=EventSourceResponse, responses=_EVENT_STREAM)
async def stream_events(
    desk: Desk,
    conversation_id: ConversationId,
    token: Token,
    _place: PlaceOfStream,
    after: Annotated[int, Query(ge=0, le=MAX_SEQ)] = 0,
    last_event_id: Annotated[str, Header()] = "",
) -> EventSourceResponse:
    """Server-sent events `message` (id = seq), `owner`, `read` and `typing`; resume with Last-Event-ID."""
    _refuse_crowd(desk, conversation_id)
    start = int(last_event_id) if _LAST_EVENT_ID.fullmatch(last_event_id) else after
    events = follow(desk, conversation_id, (CHANNEL, hash_token(token)), min(start, MAX_SEQ))
    return EventSourceResponse(events, ping=KEEP_ALIVE_SECONDS, send_timeout=30)


@router.post("/typing", status_code=204)
async def customer_types(desk: Desk, conversation_id: ConversationId) -> Response:
    """Tell the agent that the customer is writing; it is forgotten after some seconds."""
    desk.live.set_customer_typing(conversation_id, CUSTOMER_TYPING_SECONDS)
    return Response(status_code=204)


def hash_token(token: str) -> str:
    """What is stored of a session token."""
    return hashlib.sha256(token.encode()).hexdigest()


def refuse_flood(request: Request, conversation_id: str) -> None:
    """Everything that writes into a conversation counts."""
    limit: RateLimit = request.app.state.message_limit
    if not limit.allows(conversation_id):
        sentence = "Too many messages in this conversation; wait a moment."
        raise problem(429, "too_many_messages", sentence, retry_after=limit.retry_after_seconds)


def refuse_rush(limit: RateLimit, subject: str) -> None:
    """What only reads is limited, too."""
    if not limit.allows(subject):
        sentence = "Too many requests in a short time; wait a moment."
        raise problem(429, "too_many_requests", sentence, retry_after=limit.retry_after_seconds)


def _refuse_crowd(desk: FrontDesk, conversation_id: str) -> None:
    """Each of those who wait reads the database at every news."""
    if desk.live.count_watches(conversation_id) >= MAX_WAITING:
        sentence = "Too many pages wait for news of this conversation; close some of them."
        raise problem(429, "too_many_waiting", sentence, retry_after=15)


def unknown_session() -> HTTPException:
    return problem(401, "unknown_session", "Start a session with POST /api/chat/sessions first.")


async def refuse_ended(request: Request, _error: Exception) -> Response:
    """Answer an IdentityEndedError: the token was good when the call came, and ended before its work was done."""
    return await http_exception_handler(request, unknown_session())


def identity_required() -> HTTPException:
    return problem(403, "identity_required", "Send the identity that the shop signs for customers who are signed in.")


def choose_language(texts: Texts, wanted: str | None, accept_language: str) -> str:
    """The first supported language of the page's wish and the browser's list, else the default."""
    for entry in [wanted or "", *accept_language.split(",")]:
        code = entry.partition(";")[0].strip().lower().partition("-")[0]
        if texts.supports(code):
            return code
    return DEFAULT_LANGUAGE
