"""The pages of how the widget looks and what it says: its theme with a live preview, and own texts by language."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from bot.channels.completeness import completeness_of
from bot.channels.product_texts import product_texts, widget_texts
from bot.channels.setup_model import OWN_TEXTS, Theme
from bot.console.channel_parts import part_page, save_web, saved
from bot.console.frame import ConsoleFrame, Frame, PostedForm
from bot.widget.delivery import assets

# What the widget has without a colour of the company's own.
PRODUCT_COLOURS = {"accent": "#1f5a4a", "on_accent": "#ffffff"}
APPEARANCES, POSITIONS = ("auto", "light", "dark"), ("end", "start")

router = APIRouter(prefix="/channels/web")


@router.get("/theme")
def show_theme(frame: ConsoleFrame) -> Response:
    setup, version = frame.office.setups.read_web()
    return _theme_page(frame, setup.theme.model_dump(), str(version))


@router.post("/theme")
def change_theme(frame: ConsoleFrame, form: PostedForm) -> Response:
    """A colour counts only where "own" is ticked: the browser's field of colours is never empty."""
    theme: dict[str, Any] = {
        name: form.get(name, "").lower() if form.get(f"own.{name}") == "true" else None for name in PRODUCT_COLOURS
    }
    theme |= {name: form.get(name, "") for name in ("appearance", "position", "radius")}
    problems = save_web(frame, form, {"theme": theme})
    if problems:
        return _theme_page(frame, theme, form.get("version", ""), problems)
    return saved("/web/theme")


@router.get("/texts")
def show_texts(frame: ConsoleFrame, language: str = "") -> Response:
    setup, version = frame.office.setups.read_web()
    chosen = _language_of(frame, language)
    return _texts_page(frame, chosen, dict(setup.texts.get(chosen, {})), str(version))


@router.post("/texts")
def change_texts(frame: ConsoleFrame, form: PostedForm) -> Response:
    """The own texts of one language; an empty one is the product's again."""
    language = _language_of(frame, form.get("language", ""))
    own = {key: form.get(f"text.{key}", "").strip() for key in OWN_TEXTS}
    setup, _version = frame.office.setups.read_web()
    texts = {code: dict(one) for code, one in setup.texts.items()} | {language: {k: v for k, v in own.items() if v}}
    problems = save_web(frame, form, {"texts": {code: one for code, one in texts.items() if one}})
    if problems:
        return _texts_page(frame, language, own, form.get("version", ""), problems)
    return saved(f"/web/texts?language={language}")


def _theme_page(
    frame: Frame, theme: Mapping[str, Any], version: str, problems: Mapping[str, str] | None = None
) -> Response:
    shown = Theme().model_dump() | dict(theme)
    found = {field.removeprefix("theme").removeprefix("."): code for field, code in (problems or {}).items()}
    if found.get("") in ("contrast_too_low", "on_accent_alone"):
        found = {"on_accent": found[""]}
    language = frame.pages.language_of(frame.request)
    own = frame.office.setups.web().texts.get(language, {})
    return part_page(
        frame,
        "theme",
        found,
        theme=shown,
        version=version,
        product=PRODUCT_COLOURS,
        appearances=APPEARANCES,
        positions=POSITIONS,
        style=f"/widget/{assets().version}/chat.css",
        samples={**widget_texts(language), **own},
    )


def _texts_page(
    frame: Frame, language: str, own: Mapping[str, str], version: str, problems: Mapping[str, str] | None = None
) -> Response:
    setup, _version = frame.office.setups.read_web()
    return part_page(
        frame,
        "texts",
        {field.removeprefix(f"texts.{language}."): code for field, code in (problems or {}).items()},
        chosen=language,
        own=own,
        english=setup.texts.get("en", {}) if language != "en" else {},
        usual=product_texts(frame.office.texts, language),
        keys=OWN_TEXTS,
        version=version,
        about=frame.pages.languages,
        completeness=completeness_of(setup, list(frame.pages.languages)),
    )


def _language_of(frame: Frame, wanted: str) -> str:
    return wanted if wanted in frame.pages.languages else frame.pages.language_of(frame.request)
