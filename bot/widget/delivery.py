"""What a shop's page loads of the chat: bundled, minified and compressed once, kept by browsers until it changes."""

import hashlib
import json
import mimetypes
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import ascii_lowercase
from typing import Annotated

import rcssmin
import rjsmin
import zopfli.gzip
from babel import Locale
from fastapi import APIRouter, Header, HTTPException, Query, Request
from fastapi.responses import HTMLResponse, Response

from bot.channels.origins import origin_of
from bot.channels.setup import ChannelSetups
from bot.channels.web_api import choose_language
from bot.pages.rendering import Pages
from connectors.settings import DATA_FOLDER, PROJECT_ROOT, Settings

WIDGET_FOLDER = PROJECT_ROOT / "bot" / "widget" / "static"
ENTRY = "element"
# Languages in which Chromium writes no dates, so that the widget does.
UNKNOWN_TO_CHROMIUM = frozenset({"is"})
A_YEAR_SECONDS = 31_536_000
# Pages of other hosts load these; there is nothing in them that only some may see.
PUBLIC = {
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Vary": "Accept-Encoding",
}

_IMPORT = re.compile(r'^import \{[^}]*\} from "\./([a-z_]+)\.js";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?:async )?(?:function\*?|class|const) (\w+)", re.MULTILINE)
_PRIVATE = re.compile(r"\.#(\w+)")
_CONSTANT = re.compile(r"^const ([A-Z][A-Z_]+) =", re.MULTILINE)
_CAMEL_CASE = re.compile(r"[A-Za-z][a-z]+[A-Z]\w+|[A-Z][a-z]\w+")
_DECLARED = re.compile(r"^(?:export )?(?:async )?(?:function\*?|class|const|let) (\w+)", re.MULTILINE)

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is sent."""

    content: bytes
    compressed: bytes
    media_type: str
    etag: str


@dataclass(frozen=True, slots=True)
class Assets:
    """All files by name; `version` is the same as long as they are, and stands in their addresses."""

    loader: Asset
    files: Mapping[str, Asset]
    version: str


@cache
def assets() -> Assets:
    """Everything a browser may ask for: the script, its style, and the texts of each language."""
    files = {
        "chat.js": _script(_bundle(ENTRY)),
        "chat.css": _asset("chat.css", rcssmin.cssmin((WIDGET_FOLDER / "chat.css").read_text(encoding="utf-8"))),
        **{f"texts/{path.parent.name}.json": _texts(path) for path in sorted(DATA_FOLDER.glob("*/widget.json"))},
    }
    version = hashlib.sha256("".join(file.etag for file in files.values()).encode()).hexdigest()[:12]
    loader = (WIDGET_FOLDER / "widget.js").read_text(encoding="utf-8")
    return Assets(_script(loader.replace("modules/element.js", f"{version}/chat.js")), files, version)


@router.get("/widget.js")
def send_loader(
    if_none_match: Annotated[str, Header()] = "", accept_encoding: Annotated[str, Header()] = ""
) -> Response:
    return _answer(assets().loader, False, if_none_match, accept_encoding)


@router.get("/widget/{version}/{name:path}")
def send_file(
    version: str,
    name: str,
    if_none_match: Annotated[str, Header()] = "",
    accept_encoding: Annotated[str, Header()] = "",
) -> Response:
    """A page that was opened before an update asks for an older version: it gets what there is."""
    file = assets().files.get(name)
    if file is None:
        raise HTTPException(404, {"code": "unknown_file", "message": "The widget has no such file."})
    return _answer(file, version == assets().version, if_none_match, accept_encoding)


@router.get("/chat")
def show_chat(request: Request, lang: Annotated[str | None, Query(max_length=35)] = None) -> HTMLResponse:
    """The chat in a window of its own."""
    pages: Pages = request.app.state.pages
    language = choose_language(request.app.state.texts, lang, request.headers.get("Accept-Language", ""))
    headers = {"Cache-Control": "no-cache", "Vary": "Accept-Language, Referer", "Referrer-Policy": "no-referrer"}
    is_handed = _comes_from_a_known_site(request)
    return HTMLResponse(pages.text(language, "chat.html", is_handed=is_handed), headers=headers)


def _comes_from_a_known_site(request: Request) -> bool:
    """Whether a site that may embed the chat opened the window: then it may hand its visitor's conversation over."""
    settings: Settings = request.app.state.settings
    setups: ChannelSetups = request.app.state.setups
    known = {one.strip() for one in settings.allowed_origins.split(",")} | {*setups.web().allowed_origins}
    referrer = request.headers.get("Referer", "")
    return bool(referrer) and origin_of(referrer) in known


def _answer(file: Asset, is_lasting: bool, if_none_match: str, accept_encoding: str) -> Response:
    kept = f"public, max-age={A_YEAR_SECONDS}, immutable" if is_lasting else "no-cache"
    headers = PUBLIC | {"ETag": file.etag, "Cache-Control": kept}
    if file.etag in if_none_match:
        return Response(status_code=304, headers=headers)
    if "gzip" in accept_encoding:
        return Response(file.compressed, headers=headers | {"Content-Encoding": "gzip"}, media_type=file.media_type)
    return Response(file.content, headers=headers, media_type=file.media_type)


def _bundle(entry: str) -> str:
    """The module behind all that it imports, as one module that exports what the entry does.

    Raises:
        ValueError: two modules use one name at their top, where they would meet.
    """
    sources: dict[str, str] = {}
    _collect(entry, sources)
    code = "".join(_IMPORT.sub("", source) for source in sources.values())
    declared = _DECLARED.findall(code)
    if twice := {name for name in declared if declared.count(name) > 1}:
        raise ValueError(f"modules of the widget share the names {sorted(twice)}")
    exported = ", ".join(_EXPORT.findall(sources[entry]))
    return f"{re.sub('^export ', '', code, flags=re.MULTILINE)}export {{ {exported} }};\n"


def _collect(name: str, sources: dict[str, str]) -> None:
    """Fills `sources` with the module behind all that it imports."""
    source = (WIDGET_FOLDER / "modules" / f"{name}.js").read_text(encoding="utf-8")
    for imported in _IMPORT.findall(source):
        if imported not in sources:
            _collect(imported, sources)
    sources[name] = source


def _script(source: str) -> Asset:
    code = rjsmin.jsmin(source)
    return _asset("script.js", _shorten(code, _CONSTANT.findall(source) + _inner_names(code, source)))


def _inner_names(code: str, source: str) -> list[str]:
    """Functions and classes whose names stand for them only: nowhere a member, a key, or at an edge of a text."""
    declared = [name for name in _DECLARED.findall(source) if _CAMEL_CASE.fullmatch(name)]
    elsewhere = r"""(?:[.#"'`]{0}\b|\b{0}[:"'`]|[{{,]{0}[,}}])"""
    return [name for name in declared if not re.search(elsewhere.format(name), code)]


def _shorten(code: str, names: Sequence[str]) -> str:
    """Private members and what stands at a module's top get short names: nothing outside can know them."""
    private = sorted(set(_PRIVATE.findall(code)), key=lambda name: (-code.count(f"#{name}"), name))
    short = {f"#{name}": f"#{_count_in_letters(number)}" for number, name in enumerate(private)}
    short |= {name: f"${_count_in_letters(number)}" for number, name in enumerate(names)}
    # "async#name" is a private member; neither kind stands at the beginning of a string.
    # A point before a name makes it a member, three of them do not.
    any_name = r"""(?<!["'`])(?:#\w+|(?<![\w$])(?<!(?<!\.\.)\.)[A-Za-z]\w+)\b"""
    return re.sub(any_name, lambda found: short.get(found[0], found[0]), code)


def _count_in_letters(number: int) -> str:
    """0 is a, 25 is z, 26 is ba."""
    higher, digit = divmod(number, len(ascii_lowercase))
    return (_count_in_letters(higher) if higher else "") + ascii_lowercase[digit]


def _texts(path: Path) -> Asset:
    texts = json.loads(path.read_text(encoding="utf-8"))
    if path.parent.name in UNKNOWN_TO_CHROMIUM:
        texts["calendar"] = _calendar(path.parent.name)
    return _asset("texts.json", json.dumps(texts, ensure_ascii=False, separators=(",", ":")))


def _calendar(language: str) -> dict[str, list[str]]:
    """The names of months and, from Sunday on, of weekdays."""
    known = Locale(language)
    months, days = known.months["format"]["wide"], known.days["format"]["wide"]
    return {"months": [months[number] for number in range(1, 13)], "weekdays": [days[n % 7] for n in range(6, 13)]}


def _asset(name: str, text: str) -> Asset:
    content = text.encode()
    digest = hashlib.sha256(content).hexdigest()[:20]
    media_type = mimetypes.guess_type(name)[0] or "text/plain"
    return Asset(content, zopfli.gzip.compress(content), f"{media_type}; charset=utf-8", f'"{digest}"')
