"""Two requests in one message are told from one request in two clauses; in doubt the message stays whole."""

from collections.abc import Mapping

import pytest

from bot.understanding.requests import Reading, Requests, partitions_of
from connectors.settings import DATA_FOLDER

REQUESTS = Requests.read(DATA_FOLDER / "shared" / "requests.yml")
ORDER, HOURS = Reading("order_status", 0.9), Reading("opening_hours", 0.9)


def cut(readings: Mapping[str, Reading], text: str, open_question: str | None = None) -> tuple[str, ...]:
    """What comes out when every part that is not named is not understood."""
    partitions = partitions_of(text)
    unknown = Reading("nlu_fallback", 0.3)
    known = {part: readings.get(part, unknown) for parts in partitions for part in parts}
    return REQUESTS.choose(partitions, known, open_question)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("where is my order and when are you open?", ("where is my order", "when are you open?")),
        ("Where is my order? When are you open?", ("Where is my order?", "When are you open?")),
        ("where is my order. and also when are you open", ("where is my order.", "when are you open")),
        ("where is my order\nwhen are you open", ("where is my order", "when are you open")),
        ("kde je moje objednávka a kdy máte otevřeno", ("kde je moje objednávka", "kdy máte otevřeno")),
        ("hol a csomagom, és mikor vannak nyitva?", ("hol a csomagom", "mikor vannak nyitva?")),
        ("hvar er pakkinn minn og hvenær er opið?", ("hvar er pakkinn minn", "hvenær er opið?")),
        ("سفارشم کجاست و ساعت کاری شما چنده؟", ("سفارشم کجاست", "ساعت کاری شما چنده؟")),
        ("سفارشم کجاست؟ ساعت کاری شما چنده؟", ("سفارشم کجاست؟", "ساعت کاری شما چنده؟")),
        ("где мой заказ и когда вы открыты?", ("где мой заказ", "когда вы открыты?")),
    ],
)
def test_two_requests_are_cut_where_one_ends(text: str, parts: tuple[str, str]) -> None:
    assert cut(dict(zip(parts, (ORDER, HOURS), strict=True)), text) == parts


def test_three_requests_are_three_parts() -> None:
    parts = ("where is my order?", "when are you open?", "can I pay by card?")
    readings = dict(zip(parts, (ORDER, HOURS, Reading("payment_methods", 0.9)), strict=True))
    assert cut(readings, " ".join(parts)) == parts


def test_a_greeting_stays_with_the_request_behind_it() -> None:
    readings = {
        "Hello.": Reading("greet", 0.99),
        "Hello. Where is my order?": ORDER,
        "Where is my order?": ORDER,
        "When are you open?": HOURS,
        "Where is my order? When are you open?": ORDER,
    }
    text = "Hello. Where is my order? When are you open?"
    assert cut(readings, text) == ("Hello. Where is my order?", "When are you open?")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (Reading("order_status", 0.9), Reading("opening_hours", 0.6)),
        (Reading("order_status", 0.9), Reading("order_status", 0.9)),
        (Reading("order_status", 0.9), Reading("late_or_missing_parcel", 0.9)),
        (Reading("refund_request", 0.9), Reading("refund_status", 0.9)),
        (Reading("order_status", 0.9), Reading("thank", 0.99)),
        (Reading("inform", 1.0), Reading("order_status", 0.9)),
        (Reading("order_status", 0.9), Reading("out_of_scope", 0.9)),
        (Reading("cancel", 0.9), Reading("opening_hours", 0.9)),
    ],
)
def test_what_is_unsure_or_one_matter_or_no_request_stays_whole(first: Reading, second: Reading) -> None:
    assert cut({"one thing here.": first, "another thing there": second}, "one thing here. another thing there") == ()


def test_a_single_word_asks_for_nothing_by_itself() -> None:
    readings = {"can I return it without": Reading("refund_policy", 0.96), "receipt": Reading("invoice_copy", 0.97)}
    assert cut(readings, "can I return it without and receipt") == ()


def test_an_article_is_no_conjunction() -> None:
    assert partitions_of("can I use a voucher") == []
    assert partitions_of("késik a csomagom") == []
    assert partitions_of("chci lampu a deku") == []


@pytest.mark.parametrize("question", ["confirmed", "order_number", "email"])
def test_an_answer_and_a_request_are_both_served_while_a_question_is_open(question: str) -> None:
    readings = {"cancel it.": Reading("cancel", 0.9), "can I pay by card?": Reading("payment_methods", 0.9)}
    assert cut(readings, "cancel it. and can I pay by card?", question) == ("cancel it.", "can I pay by card?")
    assert cut(readings, "cancel it. and can I pay by card?") == ()


def test_a_single_word_may_be_an_answer() -> None:
    readings = {"yes.": Reading("affirm", 0.9), "when are you open?": HOURS}
    assert cut(readings, "yes. when are you open?", "confirmed") == ("yes.", "when are you open?")


def test_what_is_told_in_own_words_is_never_cut() -> None:
    readings = {"the lamp is broken.": Reading("ticket_open", 0.9), "when are you open?": HOURS}
    text = "the lamp is broken. when are you open?"
    assert cut(readings, text, "ticket_description") == ()
    assert cut(readings, text) == ("the lamp is broken.", "when are you open?")


@pytest.mark.parametrize("text", ["", "???", "and", "where is my order", "10482. 10483", "a and " * 6, "word. " * 60])
def test_where_nothing_can_be_cut_there_is_nothing_to_try(text: str) -> None:
    assert partitions_of(text) == []


@pytest.mark.parametrize(
    "command", ["/affirm", "\u200b/affirm", "! /affirm", '/order_status{"order_number":"x"}', "//deny"]
)
def test_no_part_is_a_command_to_rasa(command: str) -> None:
    for text in (f"hello there. {command}", f"hello there and {command}", f"hello there\n{command}"):
        assert partitions_of(text) == []


def test_no_letter_of_a_message_is_lost_but_the_conjunction() -> None:
    for parts in partitions_of("Hi, where is ORD-2026-1042? And when are you open; also do you ship to Brno?"):
        assert "".join(parts).count("ORD-2026-1042") == 1
        assert sum(part.count("you") for part in parts) == 2
