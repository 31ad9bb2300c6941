"""What a page with the widget has to know before anybody chats: how the company set up its chat, in one language."""

import gzip
import hashlib
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from bot.channels.chat_records import ChatConfig, ConfigFiles, ConfigLanguage, ConfigOffice, FormField, Proactive
from bot.channels.setup import ChannelSetups
from bot.channels.setup_model import PreChatField, WebSetup
from bot.channels.web_api import choose_language, refuse_rush
from bot.services.business_hours import BusinessHours
from bot.services.channel_links import ChannelLinks
from bot.texts import DEFAULT_LANGUAGE, Texts
from bot.web_address import address_of
from bot.web_errors import Refusal
from connectors.settings import Settings

LOADS_PER_MINUTE = 3000
# What browsers offer to choose from; what a file really is, is found when it arrives.
ACCEPTED = {
    "image": "image/png,image/jpeg,image/gif,image/webp",
    "pdf": ".pdf",
    "text": ".txt,.csv,.log,.md",
    "office": ".docx,.xlsx,.pptx,.odt,.ods,.odp",
    "audio": "audio/*",
    "video": "video/*",
    "archive": ".zip",
}
_ANSWERS: dict[int | str, dict[str, Any]] = {
    304: {"description": "Nothing changed since If-None-Match."},
    429: {"model": Refusal, "description": "Too much in a short time; Retry-After says how long to wait."},
    503: {"model": Refusal, "description": "The database is busy or away."},
}

router = APIRouter(prefix="/api/chat", tags=["chat"], responses=_ANSWERS)


@router.get("/config", response_model=ChatConfig)
async def read_config(
    request: Request,
    language: Annotated[str, Query(max_length=35, description="the page's language")] = "",
    path: Annotated[str, Query(max_length=2000, description="the page's path, for messages said unasked")] = "/",
    accept_language: Annotated[str, Header()] = "",
    accept_encoding: Annotated[str, Header()] = "",
    if_none_match: Annotated[str, Header()] = "",
) -> Response:
    """Everybody may read it; browsers may keep it and ask whether it is still so."""
    refuse_rush(request.app.state.config_limit, address_of(request))
    texts: Texts = request.app.state.texts
    spoken = choose_language(texts, language, accept_language)
    config = await run_in_threadpool(_config, request, spoken, path)
    content = config.model_dump_json().encode()
    etag = f'"{hashlib.sha256(content).hexdigest()[:20]}"'
    headers = {"ETag": etag, "Cache-Control": "no-cache", "Vary": "Accept-Language, Accept-Encoding, Origin"}
    if etag in if_none_match:
        return Response(status_code=304, headers=headers)
    if "gzip" in accept_encoding:
        content, headers = gzip.compress(content), headers | {"Content-Encoding": "gzip"}
    return Response(content, headers=headers, media_type="application/json")


def _config(request: Request, language: str, path: str) -> ChatConfig:
    state = request.app.state
    setups: ChannelSetups = state.setups
    texts: Texts = state.texts
    settings: Settings = state.settings
    web = setups.web()
    links: ChannelLinks = state.links
    return ChatConfig(
        languages=[
            ConfigLanguage(code=code, name=one.name, direction=one.direction) for code, one in texts.languages.items()
        ],
        language=language,
        theme=web.theme,
        texts=web.texts.get(language, {}),
        pre_chat=[_field(field, language) for field in web.pre_chat],
        files=_files(web),
        office=_office(state.hours, language),
        proactive=_proactive(web, language, path),
        telegram=links.bot_name(),
        has_articles=web.has_articles,
        has_transcript=web.has_transcript,
        has_rating=web.has_rating,
        identity_required=settings.identity_required,
    )


def _field(field: PreChatField, language: str) -> FormField:
    return FormField(
        name=field.name,
        kind=field.kind,
        required=field.is_required,
        label=field.labels.get(language) or field.labels[DEFAULT_LANGUAGE],
        choices=list(field.choices.get(language) or field.choices.get(DEFAULT_LANGUAGE, ())),
    )


def _files(web: WebSetup) -> ConfigFiles:
    kinds = sorted(web.file_kinds)
    return ConfigFiles(kinds=kinds, accept=",".join(ACCEPTED[kind] for kind in kinds), largest=web.largest_file)


def _office(hours: BusinessHours, language: str) -> ConfigOffice:
    """Without hours somebody is always there."""
    calendar, now = hours.calendar(), hours.now()
    closes_at = calendar.closes_at(now)
    if not calendar.week or closes_at is not None:
        return ConfigOffice(is_open=True, closes_at=closes_at)
    today = now.astimezone(calendar.zone).date()
    name = calendar.closed_days.get(today)
    reason = None if name is None else hours.name_of(today, name, language)
    return ConfigOffice(is_open=False, back_at=calendar.next_opening(now), reason=reason)


def _proactive(web: WebSetup, language: str, path: str) -> Sequence[Proactive]:
    """Those of this page that have words in this language: none stands in, so that one may be said in some only."""
    return [
        Proactive(name=one.name, seconds=one.seconds, text=one.texts[language], times=one.times, days=one.days)
        for one in web.proactive
        if one.is_on and language in one.texts and path.startswith(one.path)
    ]
