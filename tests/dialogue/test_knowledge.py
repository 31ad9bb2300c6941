"""Questions about the shop, opening hours and stars, with the real assistant, in every language."""

from pathlib import Path

import pytest
import requests

from bot.texts import Texts
from tests.dialogue.knowledge_lines import KNOWLEDGE_LINES
from tests.fixtures.customer import Customer, Said

pytestmark = pytest.mark.dialogue

TEXTS = Texts(Path(__file__).parents[2] / "data")


@pytest.fixture(params=sorted(TEXTS.languages))
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def lines(language: str) -> dict[str, str]:
    return KNOWLEDGE_LINES[language]


@pytest.fixture
def customer(product_url: str, language: str) -> Customer:
    return Customer(product_url, language)


def text_of(key: str, language: str) -> str:
    return TEXTS.render(key, language).text


def titles_of(key: str, language: str) -> list[str]:
    return [button.title for button in TEXTS.render(key, language).buttons]


def stars(said: Said, number: int) -> str:
    return next(button["title"] for button in said.buttons if button["title"].count("★") == number)


def test_a_question_is_answered_with_a_passage_and_a_link_to_its_article(
    customer: Customer, language: str, lines: dict[str, str]
) -> None:
    answer = customer.say(lines["problem"])
    address = next(word for word in answer.text.split() if f"/help/{language}/{lines['article']}#" in word)
    page = requests.get(address, timeout=10)
    assert page.status_code == 200
    sentence = answer.texts[0].split(".")[0].split("?")[0]
    assert sentence in page.text
    assert text_of("knowledge_offer", language) in answer.texts


def test_where_no_article_answers_none_is_quoted_and_a_way_on_is_offered(
    customer: Customer, lines: dict[str, str]
) -> None:
    answer = customer.say(lines["nobody_knows"])
    assert "/help/" not in answer.text
    assert answer.buttons


def test_the_hours_say_whether_people_answer_now_and_in_the_week(
    customer: Customer, language: str, lines: dict[str, str]
) -> None:
    answer = customer.say(lines["hours"])
    terms = TEXTS.languages[language].terms
    assert terms["monday"] in answer.text
    assert terms["saturday"] in answer.text
    until = TEXTS.languages[language].responses["hours_open_now"]["text"].split("{")[0].strip()
    assert until in answer.text or text_of("hours_closed_now", language) in answer.text


def test_a_customer_rates_with_stars_and_adds_a_comment(
    customer: Customer, language: str, lines: dict[str, str]
) -> None:
    asked = customer.say(lines["feedback"])
    assert asked.text == text_of("rating_ask", language)
    commented = customer.press(asked, stars(asked, 5))
    assert commented.text == text_of("utter_ask_rating_comment", language)
    assert customer.say(lines["comment"]).text == text_of("rating_thanks", language)


def test_a_low_rating_without_a_comment_is_offered_a_person(
    customer: Customer, language: str, lines: dict[str, str]
) -> None:
    asked = customer.say(lines["feedback"])
    commented = customer.press(asked, stars(asked, 1))
    (skip,) = titles_of("utter_ask_rating_comment", language)
    answer = customer.press(commented, skip)
    assert answer.text == text_of("rating_low", language)
    assert [button["title"] for button in answer.buttons] == titles_of("rating_low", language)


def test_a_customer_may_go_without_rating(customer: Customer, language: str, lines: dict[str, str]) -> None:
    customer.say(lines["hours"])
    parted = customer.say(lines["bye"])
    assert parted.texts == [text_of("utter_goodbye", language), text_of("rating_ask", language)]
    assert customer.say(lines["bye"]).texts == [text_of("utter_goodbye", language)]


def test_after_small_talk_nobody_is_asked_for_stars(customer: Customer, language: str, lines: dict[str, str]) -> None:
    assert customer.say(lines["bye"]).texts == [text_of("utter_goodbye", language)]
