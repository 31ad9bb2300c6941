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


@given(st.text())
def test_whatever_is_typed_becomes_one_line_that_rasas_files_can_hold(said: str) -> None:
    learnt = mask(said)
    assert learnt == learnt.strip()
    assert len(learnt.splitlines()) <= 1
    assert not re.search(r"[\[\]\x00-\x1f\x7f]", learnt)
