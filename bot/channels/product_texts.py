"""What the widget says where the company wrote no words of its own."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from bot.channels.setup_model import OWN_TEXTS
from bot.texts import Texts
from connectors.settings import DATA_FOLDER


def product_texts(texts: Texts, language: str) -> Mapping[str, str]:
    """By key of OWN_TEXTS; the greeting is the assistant's."""
    of_widget = widget_texts(language)
    greeting = texts.render("welcome", language).text
    return {key: of_widget.get(key, greeting if key == "welcome_text" else "") for key in OWN_TEXTS}


def widget_texts(language: str) -> Mapping[str, str]:
    return _read(DATA_FOLDER / language / "widget.json")


@cache
def _read(path: Path) -> Mapping[str, str]:
    loaded: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return loaded
