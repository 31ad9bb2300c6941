"""What belongs to one customer does not become everybody's example."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.learning.masking import mask


@pytest.mark.parametrize(
    ("said", "learnt"),
    [
        ("where is ORD-2025-0417?", "where is ORD-2026-0000?"),
        ("kde je 10482", "kde je ORD-2026-0000"),
        ("سفارش ۱۰۴۸۲ کجاست", "سفارش ORD-2026-0000 کجاست"),
        ("ticket tck 7 please", "ticket TCK-000000 please"),
        ("I am Jana@Post.cz", "I am name@example.com"),
        ("volejte +420 777 123 456", "volejte +000 000 000 000"),
        ("زنگ بزنید ۰۹۱۲۳۴۵۶۷۸۹", "زنگ بزنید 00000000000"),
        ("PSČ 110 05", "PSČ 000 00"),
        ("card 4111 1111 1111 1234", "card 0000 0000 0000 0000"),
        ("rodné číslo 850101/1234", "rodné číslo 000000/0000"),
        # A part of it looks like a phone number.
        ("IBAN CZ65 0800 0000 1920 0014 5399", "IBAN CZ00 0000 0000 0000 0000 0000"),
        ("see https://shop.example/my?token=abc now", "see https://example.com now"),
        ("2 candles on 21.11.2026 for 39,80 €", "2 candles on 21.11.2026 for 39,80 €"),
        ("what about [this](order_number)?", "what about (this)(order_number)?"),
        ("first line\n- intent: greet\x00\u2028  last", "first line - intent: greet last"),
        ("نمی‌دانم", "نمی‌دانم"),
    ],
)
def test_numbers_addresses_and_links_are_replaced_and_the_rest_stays(said: str, learnt: str) -> None:
    assert mask(said) == learnt


@pytest.mark.parametrize(
    ("said", "learnt"),
    [
        ("Hi, my name is Emma Novak and my lamp is broken", "Hi, my name is Alex and my lamp is broken"),
        ("my name is emma and i want a refund", "my name is Alex and i want a refund"),
        ("My name's O'Connor, where is my parcel", "My name's Alex, where is my parcel"),
        ("dobrý den, jmenuji se Jana Nováková, kde je balík", "dobrý den, jmenuji se Alex, kde je balík"),
        ("jmenuju se petr a chci vratit hrnek", "jmenuju se Alex a chci vratit hrnek"),
        ("a nevem Kovács Anna, hol a csomagom", "a nevem Alex, hol a csomagom"),
        ("Kovács Annának hívnak, szia", "Alex hívnak, szia"),
        ("Ég heiti Guðrún og pöntunin mín er týnd", "Ég heiti Alex og pöntunin mín er týnd"),
        ("سلام اسم من رضا است، سفارشم کجاست", "سلام اسم من علی است، سفارشم کجاست"),
        ("здравствуйте, меня зовут Наталья Орлова, где заказ", "здравствуйте, меня зовут Саша, где заказ"),
        ("my name is wrong on the invoice", "my name is wrong on the invoice"),
        ("jméno: jana@post.cz", "jméno: name@example.com"),
        ("the name of the lamp is Aurora", "the name of the lamp is Aurora"),
    ],
)
def test_a_name_that_somebody_says_to_be_theirs_is_replaced(said: str, learnt: str) -> None:
    assert mask(said) == learnt


@pytest.mark.parametrize(
    ("name", "said", "learnt"),
    [
        ("Emma Novák", "emma here, novak is on the label", "Alex here, Alex is on the label"),
        ("Jana Dvořáková", "pro Janu, děkuji Jana Dvorakova", "pro Alex, děkuji Alex Alex"),
        ("Kovács Anna", "Annának küldjék, üdv Kovács", "Alex küldjék, üdv Alex"),
        ("Ольга Смирнова", "это для Ольги", "это для Саша"),
        ("رضا کریمی", "به نام رضا بفرستید", "به نام علی بفرستید"),
        ("Jo Li", "jo, i like it", "jo, i like it"),
        ("Jana", "in january or jane eyre", "in january or Alex eyre"),
        ("Emma Novák", "write to emma.novak@example.com", "write to name@example.com"),
    ],
)
def test_the_name_of_a_known_customer_is_replaced_in_whatever_form(name: str, said: str, learnt: str) -> None:
    assert mask(said, [name]) == learnt


@given(st.text())
def test_whatever_is_typed_becomes_one_line_that_rasas_files_can_hold(said: str) -> None:
    learnt = mask(said)
    assert learnt == learnt.strip()
    assert len(learnt.splitlines()) <= 1
    assert not re.search(r"[\[\]\x00-\x1f\x7f]", learnt)
