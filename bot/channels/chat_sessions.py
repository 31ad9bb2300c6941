"""The beginning of a chat: a session with its token, the form before it, and who the customer is."""

import secrets
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, HTTPException, Request, Response
from fastapi.concurrency import run_in_threadpool

from bot.channels.chat_records import FormRefusal, NewIdentity, NewSession, Session
from bot.channels.pre_chat import PreChatInvalidError, check_answers, claimed_email, claimed_name
from bot.channels.rate_limit import RateLimit
from bot.channels.setup import ChannelSetups
from bot.channels.web_api import (
    CHANNEL,
    REFUSED,
    Desk,
    EarlierConversation,
    Token,
    TokenHolder,
    choose_language,
    hash_token,
    identity_required,
    refuse_flood,
)
from bot.conversations.access import lock_opened_by
from bot.conversations.live import STAFF
from bot.conversations.opening import Earlier, Opening
from bot.services.identities import AnotherPersonError, Identities
from bot.services.own_conversations import end_family
from bot.services.signed_identity import SignedIdentities, SignedIdentityError, SignedPerson
from bot.web_address import address_of
from bot.web_errors import Refusal, problem
from connectors.settings import Settings

router = APIRouter(prefix="/api/chat", tags=["chat"], responses=REFUSED)


async def _identities(request: Request) -> Identities:
    identities: Identities = request.app.state.identities
    return identities


SignedSessions = Annotated[Identities, Depends(_identities)]


@router.post("/sessions", status_code=201, responses={422: {"model": FormRefusal, "description": "See `fields`."}})
async def start_session(
    new: NewSession,
    request: Request,
    desk: Desk,
    identities: SignedSessions,
    earlier: EarlierConversation,
    accept_language: Annotated[str, Header()] = "",
) -> Session:
    """Start a conversation; its first message is the assistant's welcome.

    With the token of an earlier session the new conversation belongs to the same customer.
    """
    address = address_of(request)
    limit: RateLimit = request.app.state.session_limit
    if not limit.allows(address):
        raise problem(429, "too_many_sessions", "Too many new sessions from this address.", retry_after=60)
    settings: Settings = request.app.state.settings
    if new.identity is None and settings.identity_required:
        raise identity_required()
    token = secrets.token_urlsafe(32)
    identity = hash_token(token)
    if new.identity is None:
        language = choose_language(desk.texts, new.language, accept_language)
        opening = await run_in_threadpool(_read_form, request, new, earlier, language)
        session_id = await run_in_threadpool(desk.open, CHANNEL, identity, language, address, None, opening)
    else:
        person = _read_identity(request, new.identity)
        opening = Opening(earlier, new.path)
        language = choose_language(desk.texts, new.language or person.locale, accept_language)
        session_id = await run_in_threadpool(identities.open, CHANNEL, identity, language, address, person, opening)
        desk.live.publish(STAFF)
    return Session(session_id=session_id, token=token)


@router.post("/identity", responses={409: {"model": Refusal, "description": "Somebody else's."}})
async def sign_in(
    new: NewIdentity,
    request: Request,
    desk: Desk,
    identities: SignedSessions,
    conversation_id: TokenHolder,
    token: Token,
) -> Session:
    """Say who the customer of a conversation is; it stays the same conversation.

    Of a customer who was not known there before, the token in the answer replaces all of the browser.
    """
    refuse_flood(request, conversation_id)
    person = _read_identity(request, new.identity)
    other_token = secrets.token_urlsafe(32)
    try:
        is_new = await run_in_threadpool(
            identities.claim, conversation_id, person, hash_token(token), hash_token(other_token)
        )
    except AnotherPersonError as error:
        sentence = "This conversation is another customer's; start a new session."
        raise problem(409, "another_person", sentence) from error
    desk.live.publish(conversation_id, STAFF)
    return Session(session_id=conversation_id, token=other_token if is_new else token)


@router.post("/sign-out", status_code=204)
def sign_out(desk: Desk, conversation_id: TokenHolder, token: Token) -> Response:
    """This token and those that descend from the same first one end; conversations and other browsers stay."""
    with desk.database.write() as session:
        end_family(session, lock_opened_by(session, (CHANNEL, hash_token(token)), conversation_id).family)
    desk.live.publish(conversation_id)
    return Response(status_code=204)


def _read_form(request: Request, new: NewSession, earlier: Earlier | None, language: str) -> Opening:
    """Whoever the shop vouches for is not asked; everybody else is, each time."""
    setups: ChannelSetups = request.app.state.setups
    setup = setups.web()
    fields, welcome = setup.pre_chat, setup.texts.get(language, {}).get("welcome_text")
    try:
        answers = check_answers(fields, new.pre_chat)
    except PreChatInvalidError as error:
        raise _form_refused(error.fields) from error
    return Opening(earlier, new.path, answers, claimed_name(answers), claimed_email(fields, answers), welcome)


def _form_refused(fields: Mapping[str, str]) -> HTTPException:
    message = "Some answers of the form are missing or wrong; `fields` says which."
    detail: dict[str, Any] = {"code": "pre_chat_invalid", "message": message, "fields": dict(fields)}
    return HTTPException(422, detail)


def _read_identity(request: Request, token: str) -> SignedPerson:
    keys: SignedIdentities = request.app.state.signed_identities
    try:
        return keys.read(token)
    except SignedIdentityError as error:
        raise problem(401, error.code, str(error)) from error
