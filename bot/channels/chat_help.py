"""What customers find beside the conversation: their tickets, help articles, and the way to Telegram."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from bot.channels.chat_records import ArticleSection, ArticleText, FoundArticle, Link, LinkWanted, OwnTicketState
from bot.channels.setup import ChannelSetups
from bot.channels.web_api import (
    CHANNEL,
    REFUSED,
    ConversationId,
    Desk,
    Token,
    hash_token,
    refuse_flood,
    refuse_rush,
)
from bot.knowledge.articles import Library
from bot.services.channel_links import ChannelLinks
from bot.services.knowledge import ANSWERS_FROM, Knowledge, shorten
from bot.services.own_tickets import own_tickets
from bot.web_errors import Refusal, problem
from connectors.database.models.conversation import Conversation
from connectors.errors import NotFound

LONGEST_QUESTION = 300
FOUND = 5
# What is shown of an article in a list.
LONGEST_SNIPPET = 160
_NOT_FOUND: dict[int | str, dict[str, Any]] = {
    404: {"model": Refusal, "description": "There is no such thing here, or it is not offered."}
}

router = APIRouter(prefix="/api/chat", tags=["chat"], responses={**REFUSED, **_NOT_FOUND})


@router.get("/tickets")
def list_tickets(desk: Desk, conversation_id: ConversationId) -> Sequence[OwnTicketState]:
    """The customer's own tickets, newest first; those under their address only once it was proved to be theirs."""
    with desk.database.read() as session:
        found = own_tickets(session, session.get_one(Conversation, conversation_id))
    return [
        OwnTicketState(
            number=one.number,
            subject=one.subject,
            state=one.state,
            opened_at=one.opened_at,
            updated_at=one.changed_at,
        )
        for one in found
    ]


@router.get("/articles")
def find_articles(
    request: Request,
    desk: Desk,
    conversation_id: ConversationId,
    query: Annotated[str, Query(max_length=LONGEST_QUESTION)] = "",
) -> Sequence[FoundArticle]:
    """Help articles in the conversation's language that may answer a question; without one all of them."""
    _require_articles(request)
    language = _language(desk, conversation_id)
    if query.strip():
        refuse_rush(request.app.state.search_limit, conversation_id)
        return _search(request.app.state.knowledge, query, language)
    library: Library = request.app.state.library
    return [
        FoundArticle(slug=one.slug, title=one.title, heading="", text=shorten(first.text, LONGEST_SNIPPET))
        for one in library.articles(language)
        for first in one.passages[:1]
    ]


@router.get("/articles/{slug}")
def read_article(request: Request, desk: Desk, conversation_id: ConversationId, slug: str) -> ArticleText:
    """One article, in the conversation's language."""
    _require_articles(request)
    library: Library = request.app.state.library
    article = library.article(_language(desk, conversation_id), slug)
    if article is None:
        raise problem(404, "unknown_article", "There is no such article in this language.")
    sections = [ArticleSection(heading=one.heading, text=one.text) for one in article.passages]
    return ArticleText(title=article.title, sections=sections)


@router.post("/telegram-link")
def link_telegram(
    request: Request, conversation_id: ConversationId, token: Token, wanted: LinkWanted | None = None
) -> Link:
    """An address that opens the company's bot in Telegram, where it knows whose conversation this is; works once."""
    refuse_flood(request, conversation_id)
    links: ChannelLinks = request.app.state.links
    try:
        order_number = wanted.order_number if wanted else None
        url = links.telegram_url(conversation_id, order_number, (CHANNEL, hash_token(token)))
    except NotFound as error:
        raise problem(404, "unknown_order", error.reason) from error
    if url is None:
        raise problem(404, "not_offered", "This company has no bot in Telegram.")
    return Link(url=url)


def _search(knowledge: Knowledge, question: str, language: str) -> Sequence[FoundArticle]:
    """Each article once, by the passage of it that answers best."""
    found: dict[str, FoundArticle] = {}
    for one in knowledge.rank(question, language):
        if one.score >= ANSWERS_FROM and len(found) < FOUND:
            passage = one.passage
            text = shorten(passage.text, LONGEST_SNIPPET)
            hit = FoundArticle(slug=passage.slug, title=passage.title, heading=passage.heading, text=text)
            found.setdefault(passage.slug, hit)
    return list(found.values())


def _require_articles(request: Request) -> None:
    setups: ChannelSetups = request.app.state.setups
    if not setups.web().has_articles:
        raise problem(404, "not_offered", "This chat shows no articles.")


def _language(desk: Desk, conversation_id: str) -> str:
    with desk.database.read() as session:
        return session.get_one(Conversation, conversation_id).language
