"""What customers' browsers load: the demonstration shop, the widget and its texts."""

from typing import Annotated, Any

from fastapi import APIRouter, FastAPI, HTTPException, Query, Request
from fastapi.responses import FileResponse, HTMLResponse, Response

from bot.channels.web_api import choose_language
from bot.pages.rendering import CachedStatic, Pages
from bot.texts import Texts
from connectors.demo.seed import DEMO_ORDER_EMAIL, DEMO_ORDER_NUMBER
from connectors.settings import DATA_FOLDER, PROJECT_ROOT, Settings

WIDGET_FOLDER = PROJECT_ROOT / "bot" / "widget" / "static"
STATIC_FOLDER = PROJECT_ROOT / "bot" / "pages" / "static"
FRESH = {"Cache-Control": "no-cache"}

router = APIRouter(include_in_schema=False)


def mount_static_files(app: FastAPI) -> None:
    """The widget's modules and the pages' style sheets and scripts."""
    app.mount("/widget", CachedStatic(directory=WIDGET_FOLDER), name="widget")
    app.mount("/static", CachedStatic(directory=STATIC_FOLDER), name="static")


@router.get("/")
def show_shop(request: Request, lang: Annotated[str | None, Query(max_length=35)] = None) -> HTMLResponse:
    """The demonstration shop with the widget on it."""
    pages: Pages = request.app.state.pages
    settings: Settings = request.app.state.settings
    language = choose_language(request.app.state.texts, lang, request.headers.get("Accept-Language", ""))
    hint = {"order_number": DEMO_ORDER_NUMBER, "email": DEMO_ORDER_EMAIL} if settings.is_demo else None
    addresses = {code: f"/?lang={code}" for code in pages.languages}
    html = pages.text(language, "shop.html", demo_hint=hint, home="", addresses=addresses)
    return HTMLResponse(html, headers=FRESH | {"Vary": "Accept-Language"})


@router.get("/widget.js")
def send_widget() -> FileResponse:
    return FileResponse(WIDGET_FOLDER / "widget.js", media_type="text/javascript", headers=FRESH)


@router.get("/widget/texts/index.json")
def list_widget_languages(request: Request) -> dict[str, Any]:
    texts: Texts = request.app.state.texts
    return {"languages": sorted(texts.languages)}


@router.get("/widget/texts/{language}.json")
def send_widget_texts(request: Request, language: str) -> Response:
    texts: Texts = request.app.state.texts
    if not texts.supports(language):
        raise HTTPException(404, {"code": "unknown_language", "message": "There are no texts in this language."})
    return FileResponse(DATA_FOLDER / language / "widget.json", media_type="application/json", headers=FRESH)
