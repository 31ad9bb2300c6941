"""The real page texts for tests of the console's words."""

from collections.abc import Callable

from bot.console.words import Words
from bot.pages.rendering import create_pages
from bot.texts import Texts
from connectors.settings import PROJECT_ROOT

DATA_FOLDER = PROJECT_ROOT / "data"
PAGES = create_pages(DATA_FOLDER, Texts(DATA_FOLDER))

WordsOf = Callable[[str], Words]
