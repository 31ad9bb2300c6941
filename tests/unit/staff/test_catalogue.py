"""Page texts: complete in every language, with the same places to fill in, and every key that pages ask for."""

import re
from pathlib import Path
from string import Formatter

import pytest

from bot.pages.catalogue import Catalogue
from bot.pages.rendering import PAGES_FOLDER
from bot.services.verification import CODE, SIGNED
from bot.staff.inbox_log import KNOWN_REASONS
from bot.staff.labels import COLOURS
from bot.staff.place import VIEWS
from bot.texts import Texts
from connectors.contracts.names import ORDERS, RETURNS, SALES_INVOICES
from connectors.contracts.returns import ReturnState
from connectors.database.models.conversation import Author, Owner
from connectors.database.models.people import Role
from connectors.settings import PROJECT_ROOT

DATA_FOLDER = PROJECT_ROOT / "data"
CATALOGUE = Catalogue(DATA_FOLDER)
LANGUAGES = sorted(CATALOGUE.texts)
TEMPLATES = sorted((PAGES_FOLDER / "templates").rglob("*.html"))
# Whole keys, and the beginnings of keys whose last part is decided by what is shown.
ASKED_FOR = re.compile(r"""\bt\(\s*"([a-z0-9_.]+)"\s*(~?)""")
CODES_IN_PYTHON = re.compile(r"""["']((?:inbox|login)\.(?:error|done)\.[a-z_]+)["']""")


def test_every_language_of_the_data_folder_has_page_texts() -> None:
    assert sorted(Texts(DATA_FOLDER).languages) == LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_has_the_same_keys_as_all_others(language: str) -> None:
    everything = {key for texts in CATALOGUE.texts.values() for key in texts}
    assert everything - set(CATALOGUE.texts[language]) == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_fills_in_the_same_values_as_the_english_text(language: str) -> None:
    for key, text in CATALOGUE.texts[language].items():
        assert _places(text) == _places(CATALOGUE.texts["en"][key]), key


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(PAGES_FOLDER / "templates")))
def test_every_key_that_a_template_asks_for_exists(template: Path) -> None:
    for key, goes_on in ASKED_FOR.findall(template.read_text(encoding="utf-8")):
        known = CATALOGUE.texts["en"]
        assert any(one.startswith(key) for one in known) if goes_on else key in known, key


def test_every_notice_that_the_code_names_has_a_text() -> None:
    folders = [PROJECT_ROOT / "bot" / name for name in ("staff", "conversations")]
    named = {
        key for folder in folders for file in folder.glob("*.py") for key in CODES_IN_PYTHON.findall(file.read_text())
    }
    assert named
    assert named - set(CATALOGUE.texts["en"]) == set()


@pytest.mark.parametrize(
    ("prefix", "kinds"),
    [
        ("inbox.author.", [author.value for author in Author]),
        ("inbox.owner.", [owner.value for owner in Owner]),
        ("inbox.view.", [*VIEWS, *(f"{view}.empty" for view in VIEWS if view != "now")]),
        ("inbox.file.", sorted(KNOWN_REASONS)),
        ("inbox.colour.", list(COLOURS)),
        ("inbox.sending.", ["sent", "seen", "on_its_way", "delivered", "failed"]),
        ("inbox.snooze.", ["hour", "three_hours", "tomorrow", "monday"]),
        ("inbox.identity.", ["web", "telegram", "signed"]),
        ("inbox.joined.", ["link", CODE, SIGNED]),
        ("layout.role.", [role.value for role in Role]),
        ("inbox.error.", ["text_empty", "text_too_long", "not_text"]),
        ("inbox.channel.", ["web", "telegram"]),
        ("inbox.ticket.", ["open", "answered", "closed"]),
        ("inbox.return.", [state.value for state in ReturnState]),
        ("inbox.unavailable.", [ORDERS, RETURNS, SALES_INVOICES]),
        ("inbox.verified.", [CODE, SIGNED]),
    ],
)
def test_every_kind_that_pages_show_has_a_text(prefix: str, kinds: list[str]) -> None:
    assert {prefix + kind for kind in kinds} - set(CATALOGUE.texts["en"]) == set()


def test_a_missing_key_is_an_error_and_no_silent_gap() -> None:
    with pytest.raises(KeyError):
        CATALOGUE.translator("en")("inbox.no_such_text")


def _places(text: str) -> set[str]:
    return {name for _literal, name, _format, _conversion in Formatter().parse(text) if name}
