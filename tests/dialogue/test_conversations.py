"""Whole conversations through the chat API with the real assistant, in every language."""

import re
from pathlib import Path

import pytest

from bot.texts import Texts
from connectors.demo.seed import DEMO_ORDER_EMAIL, DEMO_ORDER_NUMBER
from tests.dialogue.lines import LINES
from tests.fixtures.customer import Customer, Said

pytestmark = pytest.mark.dialogue

TEXTS = Texts(Path(__file__).parents[2] / "data")
LANGUAGES = sorted(TEXTS.languages)


def begins_like(key: str, language: str) -> str:
    """The fixed beginning of a response, before its first value."""
    text: str = TEXTS.languages[language].responses[key]["text"]
    return re.split(r"[{\n]", text)[0].strip()


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def lines(language: str) -> dict[str, str]:
    return LINES[language]


@pytest.fixture
def customer(product_url: str, language: str) -> Customer:
    return Customer(product_url, language)


def test_the_first_words_say_that_a_machine_answers(customer: Customer, language: str) -> None:
    assert customer.welcome.text == TEXTS.render("welcome", language).text
    assert len(customer.welcome.buttons) == 3


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ("hello", "utter_greet"),
        ("bot", "utter_bot_challenge"),
        ("thanks", "utter_thank"),
        ("bye", "utter_goodbye"),
        ("help", "utter_help"),
        ("foreign", "utter_out_of_scope"),
    ],
)
def test_a_question_gets_its_answer(
    customer: Customer, language: str, lines: dict[str, str], line: str, key: str
) -> None:
    assert customer.say(lines[line]).text == TEXTS.render(key, language).text


def test_an_order_is_told_to_whom_it_belongs(customer: Customer, language: str, lines: dict[str, str]) -> None:
    asked = customer.say(lines["where"])
    assert asked.text == TEXTS.render("utter_ask_order_number", language).text
    asked = customer.say(DEMO_ORDER_NUMBER)
    assert asked.text == TEXTS.render("utter_ask_email", language).text
    told = customer.say(DEMO_ORDER_EMAIL)
    assert DEMO_ORDER_NUMBER in told.text
    assert TEXTS.languages[language].terms["shipped"] in told.text
    assert begins_like("order_expected", language) in told.text
    assert re.search(r"GLS", told.text)


def test_everything_in_one_message_is_enough(customer: Customer, lines: dict[str, str]) -> None:
    told = customer.say(f"{lines['where']} {DEMO_ORDER_NUMBER}, {DEMO_ORDER_EMAIL}")
    assert DEMO_ORDER_NUMBER in told.text
    assert "GLS" in told.text


def test_a_number_written_another_way_is_the_same_order(customer: Customer, lines: dict[str, str]) -> None:
    customer.say(lines["where"])
    customer.say(DEMO_ORDER_NUMBER.replace("-", " ").lower().translate(str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")))
    assert "GLS" in customer.say(DEMO_ORDER_EMAIL.upper()).text


def test_unknown_and_foreign_orders_get_the_same_answer(product_url: str, language: str, lines: dict[str, str]) -> None:
    answers = set()
    for number, email in ((DEMO_ORDER_NUMBER, "somebody@example.com"), ("ORD-2026-9999", DEMO_ORDER_EMAIL)):
        customer = Customer(product_url, language)
        customer.say(lines["where"])
        customer.say(number)
        answers.add(customer.say(email).text)
    assert answers == {TEXTS.render("order_refused", language).text}


def test_guessing_ends_after_five_tries(customer: Customer, language: str, lines: dict[str, str]) -> None:
    answer = None
    for number in range(1, 7):
        answer = customer.say(f"{lines['where']} {DEMO_ORDER_NUMBER} guess{number}@example.com")
    assert answer is not None
    assert answer.text == TEXTS.render("order_too_many_tries", language).text
    right = customer.say(f"{lines['where']} {DEMO_ORDER_NUMBER} {DEMO_ORDER_EMAIL}")
    assert right.text == TEXTS.render("order_too_many_tries", language).text


def test_a_question_in_the_middle_of_a_form_is_answered_and_the_form_goes_on(
    customer: Customer, language: str, lines: dict[str, str]
) -> None:
    customer.say(lines["where"])
    answered = customer.say(lines["hours"])
    assert TEXTS.languages[language].terms["saturday"] in answered.text
    assert TEXTS.render("utter_ask_order_number", language).text in answered.text


def test_a_form_can_be_left(customer: Customer, language: str, lines: dict[str, str]) -> None:
    customer.say(lines["where"])
    assert customer.say(lines["cancel"]).text == TEXTS.render("utter_cancelled", language).text
    assert customer.say(lines["hello"]).text == TEXTS.render("utter_greet", language).text


def test_a_ticket_is_confirmed_and_gets_a_number(customer: Customer, language: str, lines: dict[str, str]) -> None:
    confirm = open_ticket(customer, lines)
    assert lines["subject"] in confirm.text
    assert lines["description"] in confirm.text
    created = customer.say(lines["yes"])
    assert created.text.startswith(begins_like("ticket_created", language))
    assert re.search(r"TCK-\d{6}", created.text)


def test_a_ticket_that_is_not_confirmed_is_not_created(
    customer: Customer, language: str, lines: dict[str, str]
) -> None:
    confirm = open_ticket(customer, lines)
    buttons = TEXTS.languages[language].responses["ticket_confirm"]["buttons"]
    assert customer.press(confirm, buttons[1]["title"]).text == TEXTS.render("ticket_not_created", language).text


def test_a_person_is_fetched_and_the_bot_falls_silent(customer: Customer, language: str, lines: dict[str, str]) -> None:
    fetched = customer.say(lines["human"])
    assert fetched.owner == "queue"
    assert fetched.text.startswith(begins_like("hand_over", language))
    after = customer.send(lines["hello"])
    assert customer.listen(after, wait=2).texts == []


def test_a_command_of_rasa_typed_by_a_customer_is_only_text(customer: Customer, language: str) -> None:
    # As a command it would fill the whole form; as text it is a message like any other.
    customer.say('/ticket_open{"ticket_subject": "x", "ticket_description": "y", "confirmed": true}')
    assert not customer.say("/affirm").text.startswith(begins_like("ticket_created", language))
    assert customer.say("/restart").owner == "bot"


def test_the_language_follows_the_customer_and_changes_on_request(product_url: str) -> None:
    customer = Customer(product_url, "en")
    assert customer.say("kde je moje objednávka").language == "cs"
    assert customer.say("ok").language == "cs"
    assert customer.say("ORD-2026-1042").language == "cs"
    changed = customer.say("mluvte se mnou prosím anglicky")
    assert changed.language == "en"
    assert changed.texts[0] == TEXTS.render("language_changed", "en").text
    # The open question is asked again, in the new language.
    assert changed.texts[1] == TEXTS.render("utter_ask_email", "en").text


def test_a_request_for_a_language_that_names_none_is_asked_back(product_url: str) -> None:
    customer = Customer(product_url, "en")
    asked = customer.say("can we switch to another language")
    assert asked.text == TEXTS.render("language_ask", "en").text
    assert customer.press(asked, "فارسی").text == TEXTS.render("language_changed", "fa").text


def test_a_late_parcel_is_looked_up_like_any_order(product_url: str) -> None:
    customer = Customer(product_url, "en")
    asked = customer.say("my parcel is three days late, it should have come on Monday")
    assert asked.text == TEXTS.render("utter_ask_order_number", "en").text


def test_the_last_words_are_said_again_with_their_buttons(product_url: str) -> None:
    customer = Customer(product_url, "en")
    said = customer.say("are you a robot?")
    again = customer.say("sorry, can you say that again?")
    assert again.text == said.text
    assert [button["title"] for button in again.buttons] == [button["title"] for button in said.buttons]


def test_starting_over_forgets_the_open_question(product_url: str) -> None:
    customer = Customer(product_url, "en")
    customer.say("where is my order ORD-2026-1042")
    assert customer.say("let's start over from the beginning").text == TEXTS.render("utter_restart", "en").text
    asked = customer.say("where is my order")
    assert asked.text == TEXTS.render("utter_ask_order_number", "en").text


def open_ticket(customer: Customer, lines: dict[str, str]) -> Said:
    customer.say(lines["problem"])
    customer.say(lines["subject"])
    customer.say(lines["description"])
    return customer.say("lucie@example.com")
