"""The help articles as public pages: all of a language with a search box, and each article."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from markdown_it import MarkdownIt
from markupsafe import Markup

from bot.channels.rate_limit import RateLimit
from bot.channels.web_api import choose_language
from bot.knowledge.articles import Article, Library
from bot.pages.rendering import Pages
from bot.services.knowledge import ANSWERS_FROM, Knowledge, anchor, article_path, shorten
from bot.web_address import address_of
from bot.web_errors import problem

FRESH = {"Cache-Control": "no-cache"}
LONGEST_QUESTION = 300
FOUND = 5
# A search costs the database far more than a page does.
SEARCHES_PER_MINUTE = 60

router = APIRouter(include_in_schema=False)
# Articles are ours; even so no raw HTML and nothing from elsewhere gets into a page.
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).disable(["image", "html_inline", "html_block"])


@dataclass(frozen=True, slots=True)
class Section:
    anchor: str
    heading: str
    html: Markup


@dataclass(frozen=True, slots=True)
class Found:
    address: str
    title: str
    heading: str
    text: str


@router.get("/help")
def choose_help(request: Request) -> Response:
    language = choose_language(request.app.state.texts, None, request.headers.get("Accept-Language", ""))
    return RedirectResponse(f"/help/{language}", headers={"Vary": "Accept-Language"})


@router.get("/help/{language}")
def show_help(request: Request, language: str, q: Annotated[str, Query(max_length=LONGEST_QUESTION)] = "") -> Response:
    """All articles, and with a question the passages that may answer it."""
    pages: Pages = request.app.state.pages
    if language not in pages.languages:
        return RedirectResponse("/help")
    library: Library = request.app.state.library
    found = _search(request, q, language) if q.strip() else []
    return _page(pages, language, "help.html", "", articles=library.articles(language), query=q.strip(), found=found)


@router.get("/help/{language}/{slug}")
def show_article(request: Request, language: str, slug: str) -> Response:
    pages: Pages = request.app.state.pages
    library: Library = request.app.state.library
    article = library.article(language, slug) if language in pages.languages else None
    if article is None:
        return RedirectResponse(f"/help/{language}" if language in pages.languages else "/help")
    sections = render_sections(article)
    return _page(pages, language, "help_article.html", f"/{slug}", title=article.title, sections=sections)


def render_sections(article: Article) -> list[Section]:
    """The passages of an article as safe HTML."""
    return [
        Section(anchor(passage.heading), passage.heading, Markup(_MARKDOWN.render(passage.text)))  # noqa: S704
        for passage in article.passages
    ]


def _search(request: Request, question: str, language: str) -> list[Found]:
    limit: RateLimit = request.app.state.search_limit
    if not limit.allows(address_of(request)):
        sentence = "Too many searches from this address; wait a moment."
        raise problem(429, "too_many_searches", sentence, retry_after=limit.retry_after_seconds)
    knowledge: Knowledge = request.app.state.knowledge
    ranked = [one for one in knowledge.rank(question, language)[:FOUND] if one.score >= ANSWERS_FROM]
    return [
        Found(article_path(language, p.slug, p.heading), p.title, p.heading, shorten(p.text))
        for p in (one.passage for one in ranked)
    ]


def _page(pages: Pages, language: str, template: str, path: str, /, **values: Any) -> HTMLResponse:
    addresses: Mapping[str, str] = {code: f"/help/{code}{path}" for code in pages.languages}
    html = pages.text(language, template, home=f"/?lang={language}", addresses=addresses, **values)
    return HTMLResponse(html, headers=FRESH)
