"""Turning templates into pages: languages, direction, locale-aware filters, and static files with a content hash."""

import hashlib
from collections.abc import Callable, Mapping
from datetime import tzinfo
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from bot.channels.web_api import choose_language
from bot.pages.catalogue import Catalogue
from bot.pages.formats import Formats
from bot.texts import Texts

LANGUAGE_COOKIE = "twinoffice_language"
PAGES_FOLDER = Path(__file__).parent
STATIC_FOLDER = PAGES_FOLDER / "static"
FILTERS = ("day", "short_day", "clock", "clock_seconds", "moment", "brief", "duration", "number", "money")
A_YEAR_SECONDS = 31_536_000


class Pages:
    """Renders `templates/`. Every template knows t, language, direction, languages, static and the FILTERS."""

    def __init__(self, catalogue: Catalogue, texts: Texts, time_zone: tzinfo | None = None) -> None:
        self.catalogue = catalogue
        self._texts = texts
        self.languages = {code: texts.languages[code] for code in catalogue.texts if texts.supports(code)}
        self.formats = {code: Formats(language, time_zone) for code, language in self.languages.items()}
        self._environment = _create_environment(self.formats)

    def language_of(self, request: Request) -> str:
        """The language a member of staff chose, else the first of the browser's that we have."""
        chosen = request.cookies.get(LANGUAGE_COOKIE)
        return choose_language(self._texts, chosen, request.headers.get("Accept-Language", ""))

    def text(self, language: str, template: str, /, **values: Any) -> str:
        """A rendered template, for fragments and streams."""
        about = self.languages[language]
        return self._environment.get_template(template).render(
            t=self.catalogue.translator(language),
            language=language,
            direction=about.direction,
            terms=about.terms,
            languages=[(code, other.name) for code, other in self.languages.items()],
            **values,
        )

    def page(self, request: Request, template: str, /, status_code: int = 200, **values: Any) -> HTMLResponse:
        """A rendered template as the answer to a request; nothing keeps a copy of what staff see."""
        html = self.text(self.language_of(request), template, **values)
        return HTMLResponse(html, status_code, headers={"Cache-Control": "no-store", "Vary": "Cookie, Accept-Language"})


class CachedStatic(StaticFiles):
    """Static files; one that is asked for with its content hash never changes and may be kept."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        kept = f"public, max-age={A_YEAR_SECONDS}, immutable" if b"v=" in scope.get("query_string", b"") else "no-cache"
        response.headers.setdefault("Cache-Control", kept)
        return response


def create_pages(data_folder: Path, texts: Texts, time_zone: tzinfo | None = None) -> Pages:
    """The pages of this installation; without a time zone they show the machine's own time."""
    return Pages(Catalogue(data_folder), texts, time_zone)


@cache
def static_url(name: str) -> str:
    """The address of a file in `static/`, with a hash that changes when the file does."""
    digest = hashlib.sha256((STATIC_FOLDER / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"


def _create_environment(formats: Mapping[str, Formats]) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(PAGES_FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["static"] = static_url
    for name in FILTERS:
        environment.filters[name] = _filter_by_language(formats, name)
    return environment


def _filter_by_language(formats: Mapping[str, Formats], name: str) -> Callable[..., str]:
    @pass_context
    def apply(context: Context, value: Any, *arguments: Any) -> str:
        formatted: str = getattr(formats[context["language"]], name)(value, *arguments)
        return formatted

    return apply
