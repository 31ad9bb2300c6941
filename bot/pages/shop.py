"""The demonstration shop, and the files that all pages load."""

from typing import Annotated

from fastapi import APIRouter, FastAPI, Query, Request
from fastapi.responses import HTMLResponse

from bot.channels.web_api import choose_language
from bot.pages.rendering import CachedStatic, Pages
from connectors.demo.seed import DEMO_ORDER_EMAIL, DEMO_ORDER_NUMBER
from connectors.settings import PROJECT_ROOT, Settings

STATIC_FOLDER = PROJECT_ROOT / "bot" / "pages" / "static"
FRESH = {"Cache-Control": "no-cache"}

router = APIRouter(include_in_schema=False)


def mount_static_files(app: FastAPI) -> None:
    """The pages' style sheets and scripts."""
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
