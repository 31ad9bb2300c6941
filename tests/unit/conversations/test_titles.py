"""What conversations are called: the customer's first words, on one line, without what is theirs alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.conversations.titles import TITLE_LENGTH, title_of


@pytest.mark.parametrize(
    ("said", "title"),
    [
        ("Where is my order?", "Where is my order?"),
        ("  My lamp\n\narrived\tbroken ", "My lamp arrived broken"),
        ("Order ORD-2026-0001, please", "Order ORD-2026-0001, please"),
        ("I am emma.novak@example.com, hello", "I am e•••k@example.com, hello"),
        ("card 4111 1111 1111 1111 was charged", "card ••• was charged"),
        ("call +420 777 123 456", "call •••"),
        ("<b>bold</b>", "<b>bold</b>"),
        ("my \u202epmal\u2069 is broken", "my pmal is broken"),
        ("\u202e", None),
        ("", None),
        (" \n ", None),
    ],
)
def test_a_title_is_what_was_said_first_without_addresses_and_long_numbers(said: str, title: str | None) -> None:
    assert title_of(said) == title


def test_a_long_one_ends_with_three_dots() -> None:
    title = title_of("lamp " * 100)
    assert title is not None
    assert (len(title), title[-1]) == (TITLE_LENGTH, "…")


@given(st.text(max_size=500))
def test_a_title_fits_its_place_and_has_one_line(said: str) -> None:
    title = title_of(said)
    if title is not None:
        assert 0 < len(title) <= TITLE_LENGTH
        assert title == " ".join(title.split())
