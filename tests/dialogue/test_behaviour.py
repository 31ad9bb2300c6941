"""How the assistant behaves when talk is not smooth, in every language, through the chat API."""

import time
from collections.abc import Callable

import pytest

from connectors.demo.seed import DEMO_ORDER_EMAIL, DEMO_ORDER_NUMBER
from tests.dialogue.behaviour_lines import BEHAVIOUR, BehaviourLines
from tests.dialogue.lines import LINES
from tests.dialogue.test_conversations import LANGUAGES, TEXTS, begins_like
from tests.fixtures.colleague import Colleague
from tests.fixtures.customer import Customer, Said

pytestmark = pytest.mark.dialogue

BURST_SECONDS = 30


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def lines(language: str) -> BehaviourLines:
    return BEHAVIOUR[language]


@pytest.fixture
def customer(product_url: str, language: str) -> Customer:
    return Customer(product_url, language)


def text_of(key: str, language: str) -> str:
    return TEXTS.render(key, language).text


def title_of(term: str, language: str) -> str:
    return str(TEXTS.languages[language].terms[term])


def first_answered_with(url: str, language: str, lines: tuple[str, ...], *keys: str) -> tuple[Customer, str, Said]:
    """A customer whose first message, one of these lines, was answered with one of these keys."""
    heard = []
    for line in lines:
        customer = Customer(url, language)
        said = customer.say(line)
        if said.text in {text_of(key, language) for key in keys}:
            return customer, line, said
        heard.append((line, said.text))
    raise AssertionError(f"none was answered with {keys}: {heard}")


def test_two_guesses_are_offered_and_the_picked_one_is_served(
    product_url: str, language: str, lines: BehaviourLines
) -> None:
    customer, _, asked = first_answered_with(product_url, language, lines["vague"], "did_you_mean")
    titles = [button["title"] for button in asked.buttons]
    assert titles[-1] == title_of("something_else", language)
    assert 2 <= len(titles) <= 3
    known = {str(word) for term, word in TEXTS.languages[language].terms.items() if term.startswith("intent.")}
    assert set(titles[:-1]) <= known
    served = customer.press(asked, titles[0])
    assert served.text
    assert served.text not in {text_of(key, language) for key in ("did_you_mean", "not_understood", "offer_person")}


def test_something_else_leads_to_a_ticket_or_a_person(product_url: str, language: str, lines: BehaviourLines) -> None:
    customer, _, asked = first_answered_with(product_url, language, lines["vague"], "did_you_mean")
    offered = customer.press(asked, title_of("something_else", language))
    assert offered.text == text_of("offer_person", language)
    form = customer.press(offered, offered.buttons[0]["title"])
    assert form.text == text_of("utter_ask_ticket_subject", language)


def test_three_messages_that_are_not_understood_bring_a_person(
    product_url: str, language: str, lines: BehaviourLines
) -> None:
    customer, line, _ = first_answered_with(product_url, language, lines["lost"], "did_you_mean", "not_understood")
    assert customer.say(line).text == text_of("offer_person", language)
    last = customer.say(line)
    assert last.owner == "queue"
    assert last.texts[0] == text_of("not_understood_again", language)
    assert last.texts[1].startswith(begins_like("handoff_not_understood", language))


def test_a_yes_to_the_offer_brings_a_person(product_url: str, language: str, lines: BehaviourLines) -> None:
    customer, line, _ = first_answered_with(product_url, language, lines["lost"], "did_you_mean", "not_understood")
    customer.say(line)
    assert customer.say(LINES[language]["yes"]).owner == "queue"


def test_an_angry_customer_is_brought_to_a_person_unasked(
    customer: Customer, language: str, lines: BehaviourLines
) -> None:
    said = customer.say(lines["angry"][0])
    for line in lines["angry"][1:]:
        if said.owner == "queue":
            break
        said = customer.say(line)
    assert said.owner == "queue"
    assert said.texts[-1].startswith(begins_like("handoff_anger", language))


def test_a_calm_customer_stays_with_the_assistant(customer: Customer, language: str) -> None:
    for line in ("hello", "hours", "delivery", "where", "thanks"):
        assert customer.say(LINES[language][line]).owner == "bot"


def test_two_requests_in_one_message_are_both_served(customer: Customer, language: str, lines: BehaviourLines) -> None:
    served = customer.say(lines["two"])
    assert title_of("saturday", language) in served.text
    assert served.texts[-1] == text_of("utter_ask_email", language)
    assert len(served.texts) == 2
    assert "GLS" in customer.say(DEMO_ORDER_EMAIL).text


def test_a_wish_to_stop_and_a_question_are_both_served(
    customer: Customer, language: str, lines: BehaviourLines
) -> None:
    customer.say(lines["fragment"])
    served = customer.say(lines["cancel_and_card"])
    assert served.texts[0] == text_of("utter_cancelled", language)
    assert len(served.texts) == 2
    assert customer.say(LINES[language]["hello"]).text == text_of("utter_greet", language)


def test_fragments_that_arrive_together_end_in_the_one_question_that_is_left(
    customer: Customer, language: str, lines: BehaviourLines
) -> None:
    first = customer.send(LINES[language]["hello"])
    customer.send(lines["fragment"])
    last = customer.send(DEMO_ORDER_NUMBER)
    started = time.monotonic()
    heard = wait_for(lambda: customer.listen(first, wait=1), text_of("utter_ask_email", language))
    assert time.monotonic() - started < BURST_SECONDS
    assert heard.texts[0] == text_of("utter_greet", language)
    assert heard.texts[-1] == text_of("utter_ask_email", language)
    assert last > first
    assert "GLS" in customer.say(DEMO_ORDER_EMAIL).text


def wait_for(listen: Callable[[], Said], text: str) -> Said:
    """What was said when the text was among it."""
    deadline = time.monotonic() + BURST_SECONDS
    while time.monotonic() < deadline:
        heard = listen()
        if text in heard.texts:
            return heard
    raise AssertionError(f"never said: {text}")


def test_the_last_words_are_said_again(customer: Customer, language: str, lines: BehaviourLines) -> None:
    said = customer.say(LINES[language]["bot"])
    again = customer.say(lines["repeat"])
    assert again.text == said.text
    assert [button["title"] for button in again.buttons] == [button["title"] for button in said.buttons]


def test_an_open_question_is_said_again_once(customer: Customer, language: str, lines: BehaviourLines) -> None:
    asked = customer.say(lines["fragment"])
    assert customer.say(lines["repeat"]).texts == asked.texts
    assert customer.say(DEMO_ORDER_NUMBER).text == text_of("utter_ask_email", language)


def test_starting_over_forgets_the_open_question(customer: Customer, language: str, lines: BehaviourLines) -> None:
    customer.say(f"{lines['fragment']} {DEMO_ORDER_NUMBER}")
    assert customer.say(lines["restart"]).text == text_of("utter_restart", language)
    asked = customer.say(lines["fragment"])
    assert asked.text == text_of("utter_ask_order_number", language)


def test_the_language_follows_the_customer_and_stays_through_numbers(
    product_url: str, language: str, lines: BehaviourLines
) -> None:
    customer = Customer(product_url, "cs" if language == "en" else "en")
    asked = customer.say(LINES[language]["where"])
    assert asked.language == language
    assert asked.texts[-1] == text_of("utter_ask_order_number", language)
    assert customer.say(lines["ok"]).language == language
    assert customer.say(DEMO_ORDER_NUMBER).language == language
    assert customer.say(DEMO_ORDER_EMAIL).language == language


def test_the_language_changes_on_request(product_url: str, language: str, lines: BehaviourLines) -> None:
    customer = Customer(product_url, language)
    changed = customer.say(lines["english"])
    assert changed.language == "en"
    assert changed.texts[0] == text_of("language_changed", "en")
    # Whoever chose a language keeps it, whatever they write in.
    assert customer.say(LINES[language]["hours"]).language == "en"


def test_that_a_machine_answers_is_said_once(customer: Customer, language: str) -> None:
    welcome = text_of("welcome", language)
    assert customer.welcome.texts == [welcome]
    said = [customer.say(LINES[language][line]).text for line in ("hello", "hours", "hello", "thanks")]
    assert [text for text in said if welcome in text] == []


def test_a_person_gives_back_and_the_assistant_begins_anew(
    product_url: str, customer: Customer, language: str, lines: BehaviourLines
) -> None:
    customer.say(lines["fragment"])
    fetched = customer.say(LINES[language]["human"])
    assert fetched.owner == "queue"
    colleague = Colleague(product_url)
    colleague.take_over(customer)
    colleague.give_back(customer)
    returned = customer.say(LINES[language]["hello"])
    assert returned.owner == "bot"
    # The question that was open before the person came is forgotten.
    assert returned.texts[-1] == text_of("utter_greet", language)
