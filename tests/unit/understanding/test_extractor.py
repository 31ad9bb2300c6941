"""Order numbers, ticket numbers and addresses are found as customers type them, and nothing else is taken for one."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.understanding.extractor import Reference, extract, is_only_references, without_references


def values(text: str, kind: str) -> list[str]:
    return [reference.value for reference in extract(text) if reference.kind == kind]


@pytest.mark.parametrize(
    "typed",
    [
        "ORD-2024-0117",
        "ord 2024 0117",
        "ORD20240117",
        "Ord_2024/0117",
        "ORD–2024–0117",
        "ORD−2024−0117",
        "ORD - 2024 - 0117",
        "0RD-2024-0117",
        "ORD-۲۰۲۴-۰۱۱۷",
        "ORD-2024-\u200c0117",
        "order number ORD-2024-0117",
        "2024-0117",
    ],
)
def test_an_order_number_of_ours_has_one_form(typed: str) -> None:
    assert values(f"kde je {typed}, prosím?", "order_number") == ["ORD-2024-0117"]


@pytest.mark.parametrize(
    "typed",
    [
        "10482",
        "#10482",
        "# 10 482",
        "№10482",
        "№ 10482",
        "no. 10482",
        "order 10482",
        "order=10482",
        "číslo objednávky: 10482",
        "objednavka c. 10482",
        "شماره سفارش ۱۰۴۸۲",
        "سفارش۱۰۴۸۲",
        "заказ № 10482",
        "rendelésszám: 10482",
        "pöntun nr. 10482",
        "1 0 4 8 2",
        "(10482)",
        "10482!!",
    ],
)
def test_a_plain_order_number_is_its_digits(typed: str) -> None:
    assert values(typed, "order_number") == ["10482"]


@pytest.mark.parametrize(
    "typed",
    [
        "777 123 456",
        "+420777123456",
        "+420 777 123456",
        "06 30 1234567",
        "777-123-456",
        "tel. 5551234",
        "my phone number is 5551234",
        "110 00 Praha",
        "PSČ 11000",
        "postcode: 90210",
        "17.1.2024",
        "2024-01-17",
        "20240117",
        "17012024",
        "۱۴۰۳/۰۵/۱۲",
        "14030512",
        "12500 Kč",
        "12 500 Kč",
        "€10482",
        "10,482.50",
        "250000 تومان",
        "15000 kr.",
        "invoice no 10482",
        "2023-2024",
        "10:30",
        "CZ12345678",
        "https://shop.example/o/10482",
        "1234",
        "I want to order 1000 bottles",
    ],
)
def test_other_numbers_are_no_order_numbers(typed: str) -> None:
    assert values(typed, "order_number") == []


@pytest.mark.parametrize("typed", ["TCK-000123", "tck 123", "TCK–000123", "Tck #000 123", "tck-۰۰۰۱۲۳", "TCK000123"])
def test_a_ticket_number_is_not_an_order_number(typed: str) -> None:
    assert [(found.kind, found.value) for found in extract(f"co je s {typed}?")] == [("ticket_number", "TCK-000123")]


@pytest.mark.parametrize(
    "typed",
    [
        "Jana.Novak@Seznam.CZ",
        "jana.novak@seznam.cz.",
        "<jana.novak@seznam.cz>,",
        "ایمیل من jana.novak@seznam.czهست",
        "jana.novak (at) seznam.cz",
        "jana.novak[at]seznam[dot]cz",
        "jana.novak @ seznam.cz",
        "mailto:jana.novak@seznam.cz!",
        "jana.novak＠seznam.cz",
    ],
)
def test_an_address_is_read_as_people_write_it(typed: str) -> None:
    assert values(typed, "email") == ["jana.novak@seznam.cz"]


@pytest.mark.parametrize("typed", ["look at shop.cz", "jana@seznam", "@jana", "meet me @ five", "a@b@", "jana at work"])
def test_other_text_is_no_address(typed: str) -> None:
    assert values(typed, "email") == []


def test_digits_inside_an_address_are_no_order() -> None:
    assert [found.kind for found in extract("jana10482@post.cz")] == ["email"]


def test_everything_in_one_message_is_found_in_its_order() -> None:
    found = extract("ORD-2024-0117 and #10482, ticket TCK-7, mail a@b.cz")
    assert [reference.value for reference in found] == ["ORD-2024-0117", "10482", "TCK-000007", "a@b.cz"]


def test_two_numbers_side_by_side_are_two_orders() -> None:
    assert values("10482 10483", "order_number") == ["10482", "10483"]
    assert values("10482,10483", "order_number") == ["10482", "10483"]


def test_what_follows_a_number_does_not_grow_it() -> None:
    assert values("order 10482 2 days ago", "order_number") == ["10482"]


def test_a_correction_gives_the_new_number() -> None:
    assert values("no, 10483", "order_number") == ["10483"]


def test_eight_digits_that_begin_with_a_year_are_our_form_unless_they_are_a_date() -> None:
    assert values("ordr number 20250042 where is it", "order_number") == ["ORD-2025-0042"]


@pytest.mark.parametrize(
    "typed",
    ["10482", "#10482!", "číslo objednávky: 10482", "my order number is 10482", "jana@post.cz", "شماره سفارش ۱۰۴۸۲"],
)
def test_a_message_that_only_gives_the_number_is_recognised(typed: str) -> None:
    assert is_only_references(typed, extract(typed))


@pytest.mark.parametrize("typed", ["zrušit 10482", "where is 10482", "10482 کجاست", "hello", ""])
def test_a_message_that_asks_for_something_is_more_than_its_number(typed: str) -> None:
    assert not is_only_references(typed, extract(typed))


def test_a_reference_can_be_replaced_in_the_text() -> None:
    text = "where is #10482?"
    assert without_references(text, extract(text), {"order_number": "X"}) == "where is X?"


@given(st.text(max_size=300))
def test_no_text_breaks_it_and_every_span_lies_in_the_text(text: str) -> None:
    end = 0
    for reference in extract(text):
        assert end <= reference.start < reference.end <= len(text)
        end = reference.end


_SPACES = st.sampled_from(["", " ", "\u00a0", "  "])
_DASHES = st.sampled_from(["-", "–", "—", "−", " ", "", " - ", "/", "\u200c-"])
_DIGITS = st.sampled_from(["0123456789", "۰۱۲۳۴۵۶۷۸۹", "٠١٢٣٤٥٦٧٨٩", "０１２３４５６７８９"])
_WORDS = st.sampled_from(["", "kde je", "where is", "سفارش من", "mín", "где", "😡"])


@given(
    year=st.integers(2000, 2099),
    serial=st.integers(0, 9999),
    prefix=st.sampled_from(["ORD", "ord", "Ord"]),
    dash=_DASHES,
    digits=_DIGITS,
    before=_WORDS,
    after=_WORDS,
)
def test_a_number_survives_its_decoration(
    year: int, serial: int, prefix: str, dash: str, digits: str, before: str, after: str
) -> None:
    local = str.maketrans("0123456789", digits)
    typed = f"{prefix}{dash}{year}{dash}{serial:04d}".translate(local)
    text = f"{before} {typed} {after}"
    start = len(before) + 1
    assert extract(text) == [Reference("order_number", start, start + len(typed), f"ORD-{year}-{serial:04d}")]


@given(
    number=st.integers(10_000, 999_999),
    mark=st.sampled_from(["#", "№", "no. ", "č. ", "شماره ", "номер ", ""]),
    space=_SPACES,
    digits=_DIGITS,
    end=st.sampled_from(["", "!", "?", ".", ")", " کجاست", " 😡"]),
)
def test_a_plain_number_survives_its_decoration(number: int, mark: str, space: str, digits: str, end: str) -> None:
    typed = str(number).translate(str.maketrans("0123456789", digits))
    text = f"hej {mark}{space}{typed}{end}"
    (reference,) = extract(text)
    assert reference.value == str(number)
    assert text[reference.start : reference.end].endswith(typed)


@pytest.mark.parametrize("piece", ["a", "1", "1 ", "a@", "a.a", "a@b.", "#", "order ", "https://", "( at ", "10482 "])
def test_a_hundred_thousand_characters_do_not_hold_the_customer_up(piece: str) -> None:
    started = time.perf_counter()
    extract((piece * 100_000)[:100_000])
    assert time.perf_counter() - started < 5


def test_a_word_that_only_begins_like_the_word_for_an_invoice_hides_no_order_number() -> None:
    assert [found.value for found in extract("számlaigény a #10482-höz")] == ["10482"]
    assert extract("számla 10482") == []
