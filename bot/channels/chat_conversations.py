"""What customers do with their conversations beside talking: find them again, read, choose a language, rate."""

import secrets
from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Request, Response

from bot.channels.chat_records import ChosenLanguage, NewRating, OwnConversation, ReadUpTo, Session
from bot.channels.setup import ChannelSetups
from bot.channels.web_api import CHANNEL, REFUSED, ConversationId, Desk, Token, hash_token, refuse_flood
from bot.conversations.access import lock_opened_by
from bot.conversations.live import STAFF
from bot.conversations.read_marks import mark_read_by_customer
from bot.conversations.store import lock_conversation, touch
from bot.services.own_conversations import add_token, is_own, own_conversations
from bot.services.ratings import Ratings
from bot.web_errors import Refusal, problem
from connectors.database.models.conversation import Conversation

_NOT_FOUND: dict[int | str, dict[str, Any]] = {
    404: {"model": Refusal, "description": "There is no such thing here, or it is not offered."}
}

router = APIRouter(prefix="/api/chat", tags=["chat"], responses=REFUSED)


@router.get("/conversations")
def list_conversations(desk: Desk, conversation_id: ConversationId) -> Sequence[OwnConversation]:
    """All conversations of this customer on the web, the newest first."""
    with desk.database.read() as session:
        found = own_conversations(session, conversation_id)
    return [OwnConversation.model_validate(one, from_attributes=True) for one in found]


@router.post("/conversations/{other_id}/token", responses=_NOT_FOUND)
def switch_conversation(
    desk: Desk, request: Request, conversation_id: ConversationId, token: Token, other_id: str
) -> Session:
    """A token for another conversation of the same customer."""
    refuse_flood(request, conversation_id)
    other_token = secrets.token_urlsafe(32)
    with desk.database.write() as session:
        opened = lock_opened_by(session, (CHANNEL, hash_token(token)), conversation_id)
        if not is_own(session, conversation_id, other_id):
            raise problem(404, "unknown_conversation", "This customer has no such conversation.")
        add_token(session, other_id, hash_token(other_token), opened.family)
    return Session(session_id=other_id, token=other_token)


@router.post("/read", status_code=204)
def mark_read(desk: Desk, conversation_id: ConversationId, mark: ReadUpTo) -> Response:
    """The customer has seen everything up to this message."""
    with desk.database.write() as session:
        is_news = mark_read_by_customer(session, conversation_id, mark.seq)
    if is_news:
        desk.live.publish(STAFF)
    return Response(status_code=204)


@router.post("/language", status_code=204)
def choose(desk: Desk, request: Request, conversation_id: ConversationId, chosen: ChosenLanguage) -> Response:
    """Speak this language from now on, whatever language the customer's messages are in."""
    refuse_flood(request, conversation_id)
    language = chosen.language.lower().partition("-")[0]
    if not desk.texts.supports(language):
        raise problem(422, "unknown_language", f"Choose one of: {', '.join(desk.texts.languages)}.")
    with desk.database.write() as session:
        conversation = lock_conversation(session, conversation_id)
        conversation.language, conversation.is_language_chosen = language, True
        touch(conversation)
    desk.live.publish(conversation_id, STAFF)
    return Response(status_code=204)


@router.post("/rating", status_code=204, responses=_NOT_FOUND)
def rate(desk: Desk, request: Request, conversation_id: ConversationId, rating: NewRating) -> Response:
    """How the customer liked this stretch of the conversation; a second rating replaces the first."""
    refuse_flood(request, conversation_id)
    setups: ChannelSetups = request.app.state.setups
    if not setups.web().has_rating:
        raise problem(404, "not_offered", "This chat takes no ratings.")
    with desk.database.read() as session:
        stretch = session.get_one(Conversation, conversation_id).bot_session
    comment = rating.comment.strip() or None
    Ratings(desk.database).rate(conversation_id, stretch, rating.score, comment)
    desk.live.publish(STAFF)
    return Response(status_code=204)
