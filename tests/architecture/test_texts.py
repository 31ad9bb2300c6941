"""Every text exists in every language, with the same values to fill in and the same buttons."""

import json
import re
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
import yaml
from babel import Locale

from bot.channels.telegram_commands import COMMANDS
from bot.pages.catalogue import Catalogue
from bot.texts import Texts

ROOT = Path(__file__).parents[2]
DATA = ROOT / "data"
TEXTS = Texts(DATA)
PAGES = Catalogue(DATA)
LANGUAGES = {"cs", "en", "fa", "hu", "is", "ru"}
REFERENCE = TEXTS.languages["en"]
OTHERS = sorted(set(TEXTS.languages) - {"en"})
# Keys that stand in Python as arguments of these calls.
USED_KEY = re.compile(r"(?:utter\(\s*dispatcher,|texts\.render\(|response=)\s*\"([a-z_]+)\"")


def fields(text: str) -> set[tuple[str, str]]:
    return {(name, spec or "") for _, name, spec, _ in Formatter().parse(text) if name}


def domain() -> dict[str, Any]:
    parts = [yaml.safe_load(path.read_text()) for path in (DATA / "shared" / "domain").glob("*.yml")]
    return {key: [one for part in parts for one in part.get(key, ())] for key in ("intents", "actions")}


def widget_texts(language: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((DATA / language / "widget.json").read_text())
    return loaded


def test_the_assistant_the_pages_and_the_widget_speak_exactly_the_six_languages() -> None:
    assert set(TEXTS.languages) == LANGUAGES
    assert set(PAGES.texts) == LANGUAGES
    assert {path.parent.name for path in DATA.glob("*/widget.json")} == LANGUAGES


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_of_the_widget_exists_in_every_language(language: str) -> None:
    assert set(widget_texts(language)) == set(widget_texts("en"))
    assert [key for key, text in widget_texts(language).items() if not text] == []


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_of_the_pages_exists_in_every_language(language: str) -> None:
    assert set(PAGES.texts[language]) == set(PAGES.texts["en"])


@pytest.mark.parametrize("language", OTHERS)
def test_every_response_exists_in_every_language(language: str) -> None:
    assert set(TEXTS.languages[language].responses) == set(REFERENCE.responses)


@pytest.mark.parametrize("language", OTHERS)
def test_every_response_fills_in_the_same_values(language: str) -> None:
    responses = TEXTS.languages[language].responses
    different = {key for key in responses if fields(responses[key]["text"]) != fields(REFERENCE.responses[key]["text"])}
    assert different == set()


@pytest.mark.parametrize("language", OTHERS)
def test_every_response_offers_the_same_buttons(language: str) -> None:
    def payloads(response: Any) -> list[str]:
        return [button["payload"] for button in response.get("buttons", ())]

    responses = TEXTS.languages[language].responses
    assert {key: payloads(r) for key, r in responses.items()} == {
        key: payloads(r) for key, r in REFERENCE.responses.items()
    }


@pytest.mark.parametrize("language", OTHERS)
def test_every_term_exists_in_every_language(language: str) -> None:
    assert set(TEXTS.languages[language].terms) == set(REFERENCE.terms)


@pytest.mark.parametrize("language", sorted(TEXTS.languages))
def test_every_counted_word_has_all_plural_forms_of_its_language(language: str) -> None:
    spoken = TEXTS.languages[language]
    categories = {*Locale.parse(spoken.locale).plural_form.tags, "other"}
    missing = {key: categories - forms.keys() for key, forms in spoken.terms.items() if isinstance(forms, dict)}
    assert {key: left for key, left in missing.items() if left} == {}


def test_every_text_that_the_domain_speaks_exists() -> None:
    spoken = {action for action in domain()["actions"] if action.startswith("utter_")}
    assert spoken - set(REFERENCE.responses) == set()


def test_every_text_that_code_speaks_exists_and_every_text_is_spoken() -> None:
    layers = (ROOT / "bot", ROOT / "automations")
    code = "\n".join(path.read_text() for layer in layers for path in layer.rglob("*.py"))
    spoken = set(USED_KEY.findall(code)) | {key for key in REFERENCE.responses if f'"{key}"' in code}
    handoffs = yaml.safe_load((DATA / "shared" / "handoff.yml").read_text())["handoffs"]
    spoken |= {f"telegram_command_{name}" for name in COMMANDS}
    spoken |= {f"handoff_{rule['reason']}" for rule in handoffs}
    assert spoken - set(REFERENCE.responses) == set()
    assert set(REFERENCE.responses) - spoken - set(domain()["actions"]) == set()


@pytest.mark.parametrize("language", sorted(TEXTS.languages))
def test_every_button_means_an_intent_of_the_domain(language: str) -> None:
    intents = set(domain()["intents"])
    payloads = {
        button["payload"].lstrip("/").partition("{")[0]
        for response in TEXTS.languages[language].responses.values()
        for button in response.get("buttons", ())
    }
    assert payloads - intents == set()


@pytest.mark.parametrize("language", sorted(TEXTS.languages))
def test_every_intent_has_at_least_thirty_varied_examples(language: str) -> None:
    examples: dict[str, list[str]] = {}
    for path in (DATA / language / "nlu").glob("*.yml"):
        for block in yaml.safe_load(path.read_text())["nlu"]:
            lines = [line.removeprefix("- ").strip() for line in block["examples"].splitlines() if line.strip()]
            examples.setdefault(block["intent"], []).extend(lines)
    technical = {"inform", "nlu_fallback", "notices_off", "notices_on"}
    wanted = {intent: 100 if intent == "out_of_scope" else 30 for intent in set(domain()["intents"]) - technical}
    too_few = {i: len(set(examples.get(i, ()))) for i, n in wanted.items() if len(set(examples.get(i, ()))) < n}
    assert too_few == {}
