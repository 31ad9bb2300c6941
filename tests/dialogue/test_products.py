"""Conversations about goods through the chat API with the real assistant, in every language."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from bot.texts import Texts
from connectors.settings import PROJECT_ROOT
from tests.dialogue.lines import LINES as COMMON_LINES
from tests.dialogue.product_lines import LINES
from tests.fixtures.customer import Customer, Said

pytestmark = pytest.mark.dialogue

TEXTS = Texts(Path(__file__).parents[2] / "data")
CATALOGUE: dict[str, Any] = {
    record["sku"]: record for record in json.loads((PROJECT_ROOT / "connectors/demo/catalogue.json").read_text())
}
EMAIL = "ann@example.com"


@pytest.fixture(params=sorted(TEXTS.languages))
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def lines(language: str) -> dict[str, str]:
    return COMMON_LINES[language] | LINES[language]


@pytest.fixture
def customer(product_url: str, language: str) -> Customer:
    return Customer(product_url, language)


def text(key: str, language: str) -> str:
    return TEXTS.render(key, language).text


def begins_like(key: str, language: str) -> str:
    """The fixed beginning of a response, before its first value."""
    response: str = TEXTS.languages[language].responses[key]["text"]
    return re.split(r"[{\n]", response)[0].strip()


def name(sku: str, language: str) -> str:
    return str(CATALOGUE[sku]["names"][language])


def term(key: str, language: str) -> str:
    return str(TEXTS.languages[language].terms[key])


def pieces(number: int, language: str) -> str:
    total = {"amount": "1", "currency": "EUR"}
    counted = TEXTS.render("product_total", language, {"quantity": str(number), "total": total})
    return counted.text.split(":")[0]


def titles(said: Said) -> list[str]:
    return [button["title"] for button in said.buttons]


def test_what_is_in_stock_is_told(customer: Customer, language: str, lines: dict[str, str]) -> None:
    told = customer.say(lines["available"])
    assert told.text.startswith(name("VASE-ROUND", language))
    assert text("stock_in", language) in told.text


def test_a_price_is_told_with_its_currency(customer: Customer, language: str, lines: dict[str, str]) -> None:
    told = customer.say(lines["price"])
    price = TEXTS.render("product_price", language, {"price": {"amount": "129.00", "currency": "EUR"}}).text
    assert told.text.split("\n")[:2] == [name("LAMP-AURORA", language), price]


def test_it_is_what_was_talked_about(customer: Customer, language: str, lines: dict[str, str]) -> None:
    customer.say(lines["available"])
    assert customer.say(lines["it"]).text.startswith(name("VASE-ROUND", language))


def test_what_is_sold_out_has_a_date_and_alternatives_and_can_be_watched(
    customer: Customer, language: str, lines: dict[str, str]
) -> None:
    told = customer.say(lines["sold_out"])
    assert told.text.startswith(name("CANDLE-SOY", language))
    assert begins_like("stock_expected", language) in told.text
    assert text("stock_alternatives", language) in told.text
    assert titles(told)[:2] == [term("button_watch", language), name("CANDLE-PILLAR", language)]
    watching = customer.press(told, term("button_watch", language))
    assert watching.text.startswith(begins_like("stock_watch_set", language))
    assert name("CANDLE-SOY", language) in watching.text
    stopped = customer.press(watching, term("button_stop_watching", language))
    assert stopped.text.startswith(begins_like("stock_watch_ended", language))


def test_a_watch_can_be_asked_for_and_ended_in_words(customer: Customer, language: str, lines: dict[str, str]) -> None:
    watching = customer.say(lines["watch"])
    assert watching.text.startswith(begins_like("stock_watch_set", language))
    assert name("VASE-TALL", language) in watching.text
    stopped = customer.say(lines["stop"])
    assert stopped.text.startswith(begins_like("stock_watch_ended", language))
    assert name("VASE-TALL", language) in stopped.text


def test_an_alternative_is_one_press_away(customer: Customer, language: str, lines: dict[str, str]) -> None:
    told = customer.press(customer.say(lines["sold_out"]), name("CANDLE-PILLAR", language))
    assert told.text.startswith(name("CANDLE-PILLAR", language))
    assert text("stock_in", language) in told.text


def test_several_products_are_shown_as_buttons(customer: Customer, language: str, lines: dict[str, str]) -> None:
    asked = customer.say(lines["several"])
    assert asked.text == text("product_which", language)
    assert name("CANDLE-BEES", language) in titles(asked)
    assert len(asked.buttons) <= 5
    assert customer.press(asked, name("CANDLE-BEES", language)).text.startswith(name("CANDLE-BEES", language))


def test_an_unknown_product_is_said_and_a_person_offered(
    customer: Customer, language: str, lines: dict[str, str]
) -> None:
    told = customer.say(lines["unknown"])
    assert told.text == text("product_unknown", language)
    assert len(told.buttons) == 2


def test_a_near_name_is_asked_back(customer: Customer, language: str, lines: dict[str, str]) -> None:
    asked = customer.say(lines["near"])
    assert asked.text in {text("product_near", language), text("product_which", language)}
    assert {name("MUG-BLUE", language), name("BOWL-WHITE", language)} & set(titles(asked))


def test_a_question_without_a_product_asks_which_and_is_answered(
    customer: Customer, language: str, lines: dict[str, str]
) -> None:
    assert customer.say(lines["nothing_named"]).text == text("utter_ask_asked_product", language)
    told = customer.say(lines["named"])
    assert told.text.startswith(name("OAK-TRAY", language))
    assert text("stock_in", language) in told.text


def test_the_open_question_for_a_product_can_be_left(customer: Customer, language: str, lines: dict[str, str]) -> None:
    customer.say(lines["nothing_named"])
    assert customer.say(lines["cancel"]).text == text("utter_cancelled", language)
    assert customer.say(lines["hello"]).texts


def test_a_question_is_answered_with_the_description(customer: Customer, language: str, lines: dict[str, str]) -> None:
    told = customer.say(lines["question"])
    assert CATALOGUE["CANDLE-SOY"]["descriptions"][language] in told.text


def test_who_wants_to_order_gets_the_page(customer: Customer, language: str, lines: dict[str, str]) -> None:
    told = customer.say(lines["order"])
    assert text("utter_place_order", language) in told.text
    assert "/#OAK-TRAY" in told.text


def test_an_offer_is_asked_for_with_interruption_and_correction(
    customer: Customer, language: str, lines: dict[str, str]
) -> None:
    asked = customer.say(lines["offer"])
    assert asked.text == text("utter_ask_quote_company", language)
    assert customer.say(lines["company"]).text == text("utter_ask_quote_form_email", language)
    answered = customer.say(lines["hours"])
    assert answered.texts[-1] == text("utter_ask_quote_form_email", language)
    assert len(answered.texts) > 1
    confirm = customer.say(EMAIL)
    assert name("OAK-TRAY", language) in confirm.text
    assert lines["company"] in confirm.text
    assert pieces(40, language) in confirm.text
    corrected = customer.say(lines["correction"])
    assert pieces(50, language) in corrected.text
    done = customer.say(lines["yes"])
    assert re.search(r"LEAD-\d{6}", done.text)
    assert EMAIL in done.text


def test_an_offer_for_something_described_is_asked_step_by_step_and_dropped(
    customer: Customer, language: str, lines: dict[str, str]
) -> None:
    assert customer.say(lines["bare_offer"]).text == text("utter_ask_quote_product", language)
    assert customer.say(lines["described"]).text == text("utter_ask_quote_quantity", language)
    asked = customer.say(lines["pieces"])
    assert asked.text == text("utter_ask_quote_company", language)
    assert customer.press(asked, asked.buttons[0]["title"]).text == text("utter_ask_quote_form_email", language)
    confirm = customer.say(EMAIL)
    assert lines["described"] in confirm.text
    assert begins_like("quote_company_line", language) not in confirm.text
    assert customer.press(confirm, confirm.buttons[1]["title"]).text == text("quote_not_requested", language)
