"""Customers prove who they are by a code and see what is theirs, through the chat API, in every language."""

import email
import os
import re
import time
from email.policy import default
from pathlib import Path

import pytest

from bot.texts import Texts
from connectors.mailer import MAILBOX
from tests.dialogue.identity_lines import IDENTITY_LINES
from tests.dialogue.lines import LINES
from tests.fixtures.customer import Customer, Said
from tests.product import Product

pytestmark = pytest.mark.dialogue

TEXTS = Texts(Path(__file__).parents[2] / "data")
LANGUAGES = sorted(TEXTS.languages)
# An address gets five codes an hour, so every language has a customer of its own, with orders under way.
CUSTOMERS = {
    "cs": "jakub.vesely@example.com",
    "en": "liam.oconnor@example.com",
    "fa": "maryam.karimi@example.com",
    "hu": "emma.novak@example.com",
    "is": "gudrun.jonsdottir@example.com",
    "ru": "olga.sokolova@example.com",
}
MAIL_SECONDS = 10.0
PERSIAN_DIGITS = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def lines(language: str) -> dict[str, str]:
    return IDENTITY_LINES[language]


@pytest.fixture
def address(language: str) -> str:
    return CUSTOMERS[language]


@pytest.fixture
def customer(product_url: str, language: str) -> Customer:
    return Customer(product_url, language)


@pytest.fixture(scope="session")
def mailbox(request: pytest.FixtureRequest) -> Path:
    """Where the product's mail goes; whoever named a running product names its mailbox, too."""
    running = os.environ.get("TWINOFFICE_TEST_MAILBOX")
    if running:
        return Path(running)
    product: Product = request.getfixturevalue("product")
    return product.data_dir / MAILBOX


def codes_for(mailbox: Path, address: str) -> list[str]:
    """The codes that went to an address, oldest first."""
    mails = [email.message_from_bytes(path.read_bytes(), policy=default) for path in sorted(mailbox.glob("*.eml"))]
    texts = [mail.get_content() for mail in mails if mail["To"] == address and not mail.is_multipart()]
    return [code for text in texts for code in re.findall(r"\b\d{6}\b", text)]


def newest_code(mailbox: Path, address: str, known: int) -> str:
    """The next code after those that were known; the mail goes out behind the answer, so it may be on its way."""
    deadline = time.monotonic() + MAIL_SECONDS
    while time.monotonic() < deadline:
        codes = codes_for(mailbox, address)
        if len(codes) > known:
            return codes[-1]
        time.sleep(0.05)
    raise AssertionError(f"no new code came to {address}")


def text_of(key: str, language: str, **values: object) -> str:
    return TEXTS.render(key, language, values).text


def prove(customer: Customer, mailbox: Path, language: str, opening: str) -> Said:
    """Ask for something that needs a proof, give the address, and type the code of the mail."""
    address = CUSTOMERS[language]
    known = len(codes_for(mailbox, address))
    assert customer.say(opening).text == text_of("utter_ask_account_form_email", language)
    sent = customer.say(address)
    assert sent.texts == [
        text_of("code_sent", language, email=address, minutes=10),
        text_of("utter_ask_code", language),
    ]
    code = newest_code(mailbox, address, known)
    return customer.say(code.translate(PERSIAN_DIGITS) if language == "fa" else code)


def begins_like(key: str, language: str) -> str:
    """The fixed beginning of a response, before its first value."""
    text: str = TEXTS.languages[language].responses[key]["text"]
    return re.split(r"[{\n]", text)[0].strip()


def test_a_code_opens_the_customers_orders_without_any_further_proof(
    customer: Customer, language: str, lines: dict[str, str], mailbox: Path
) -> None:
    asked = customer.say(lines["account"])
    assert asked.text == text_of("utter_ask_account_topic", language)
    known = len(codes_for(mailbox, CUSTOMERS[language]))
    assert customer.press(asked, lines["overview"]).text == text_of("utter_ask_account_form_email", language)
    customer.say(CUSTOMERS[language])
    shown = customer.say(newest_code(mailbox, CUSTOMERS[language], known))
    assert shown.texts[0] == text_of("code_right", language)
    assert begins_like("account_overview", language) in shown.text
    order = next(button for button in shown.buttons if "ORD-" in button["title"])
    told = customer.press(shown, order["title"])
    assert begins_like("order_status", language) in told.text
    assert re.search(r"ORD-\d{4}-\d{4}", order["title"])[0] in told.text  # type: ignore[index]
    greeted = customer.say(lines["hello"])
    assert greeted.buttons[0]["title"] == shown.buttons[0]["title"]
    assert greeted.text != text_of("utter_greet", language)


def test_a_wish_to_be_deleted_is_proved_confirmed_and_given_to_people(
    customer: Customer, language: str, lines: dict[str, str], mailbox: Path
) -> None:
    proved = prove(customer, mailbox, language, lines["delete"])
    assert proved.texts[0] == text_of("code_right", language)
    assert text_of("account_subject_deletion", language) in proved.texts[1]
    asked_for = customer.say(lines["yes"])
    assert re.search(r"TCK-\d{6}", asked_for.text)
    assert asked_for.text.startswith(begins_like("account_requested", language))


def test_a_wrong_code_is_answered_and_the_right_one_still_works(
    customer: Customer, language: str, lines: dict[str, str], mailbox: Path
) -> None:
    address = CUSTOMERS[language]
    known = len(codes_for(mailbox, address))
    customer.say(lines["delete"])
    customer.say(address)
    code = newest_code(mailbox, address, known)
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    assert customer.say(wrong).texts == [text_of("code_wrong", language), text_of("utter_ask_code", language)]
    assert customer.say(f"{code[:3]} {code[3:]}").texts[0] == text_of("code_right", language)


def test_an_unknown_address_is_answered_like_a_known_one_and_never_verified(
    customer: Customer, language: str, lines: dict[str, str], mailbox: Path
) -> None:
    address = f"nobody-{language}@example.com"
    customer.say(lines["delete"])
    sent = customer.say(address)
    assert sent.texts == [
        text_of("code_sent", language, email=address, minutes=10),
        text_of("utter_ask_code", language),
    ]
    answers = [customer.say(f"{number:06d}").texts[0] for number in range(6)]
    assert answers == [text_of("code_wrong", language)] * 4 + [text_of("code_over", language)] * 2
    assert codes_for(mailbox, address) == []


def test_a_code_can_be_given_up(customer: Customer, language: str, lines: dict[str, str]) -> None:
    customer.say(lines["delete"])
    customer.say(f"nobody-{language}@example.com")
    assert customer.say(lines["cancel"]).text == text_of("utter_cancelled", language)
    assert customer.say(lines["hello"]).text == text_of("utter_greet", language)


def test_whoever_cannot_sign_in_is_told_how_and_asked_for_nothing(
    customer: Customer, language: str, lines: dict[str, str]
) -> None:
    assert customer.say(lines["password"]).text == text_of("account_sign_in", language)


def test_nobody_is_greeted_by_a_name_or_shown_anything_without_a_proof(
    customer: Customer, language: str, lines: dict[str, str]
) -> None:
    assert customer.say(lines["hello"]).text == text_of("utter_greet", language)
    customer.say(lines["delete"])
    customer.say(CUSTOMERS["hu"])
    customer.say(lines["cancel"])
    assert customer.say(lines["hello"]).text == text_of("utter_greet", language)


def test_a_ticket_is_told_to_whom_it_belongs_and_to_nobody_else(
    product_url: str, customer: Customer, language: str, lines: dict[str, str]
) -> None:
    number = open_ticket(customer, lines, language)
    stranger = Customer(product_url, language)
    assert stranger.say(lines["ticket"]).text == text_of("utter_ask_ticket_number", language)
    assert stranger.say(number).text == text_of("utter_ask_ticket_status_form_email", language)
    assert stranger.say("stranger@example.com").text == text_of("ticket_refused", language)
    owner = Customer(product_url, language)
    owner.say(lines["ticket"])
    owner.say(number)
    told = owner.say(f"lucie-{language}@example.com")
    assert number in told.text
    assert TEXTS.languages[language].terms["ticket_open"] in told.text


def test_without_its_number_a_ticket_is_found_by_a_code(
    product_url: str, customer: Customer, language: str, lines: dict[str, str], mailbox: Path
) -> None:
    number = open_ticket(customer, lines, language)
    address = f"lucie-{language}@example.com"
    known = len(codes_for(mailbox, address))
    owner = Customer(product_url, language)
    asked = owner.say(lines["ticket"])
    assert owner.press(asked, asked.buttons[0]["title"]).text == text_of("utter_ask_account_form_email", language)
    owner.say(address)
    told = owner.say(newest_code(mailbox, address, known))
    assert told.texts[0] == text_of("code_right", language)
    assert number in told.text


def open_ticket(customer: Customer, lines: dict[str, str], language: str) -> str:
    """A ticket of lucie-<language>@example.com; its number."""
    customer.say(LINES[language]["problem"])
    customer.say(LINES[language]["subject"])
    customer.say(LINES[language]["description"])
    customer.say(f"lucie-{language}@example.com")
    found = re.search(r"TCK-\d{6}", customer.say(lines["yes"]).text)
    assert found
    return found[0]
