"""Which language a customer writes in; doubt is no language."""

import pytest

from bot.conversations.language import detect_language, is_only_names


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("where is my order please", "en"),
        ("kde je moje objednávka", "cs"),
        ("kde je moje objednavka prosim", "cs"),
        ("سفارش من کجاست", "fa"),
        ("سلام", "fa"),
        ("где мой заказ", "ru"),
        ("hol van a rendelésem", "hu"),
        ("hvar er pöntunin mín", "is"),
        ("where is my order ORD-2026-1042, emma@example.com", "en"),
    ],
)
def test_a_sentence_tells_its_language(text: str, language: str) -> None:
    assert detect_language(text) == language


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ok",
        "hello",
        "ORD-2026-1042",
        "emma.novakova@obchod.example",
        "https://example.com/kde/je/moje/objednavka",
        "Jan Novák",
        "?!",
        "👍 🎉",
        "123 456",
        "a b c",
    ],
)
def test_a_number_a_name_or_a_word_says_too_little(text: str) -> None:
    assert detect_language(text) is None


def test_a_text_that_may_be_in_the_language_spoken_so_far_changes_nothing() -> None:
    assert detect_language("bless bless") == "en"
    assert detect_language("bless bless", spoken="is") is None
    assert detect_language("where is my parcel", spoken="is") == "en"


@pytest.mark.parametrize(
    ("text", "is_so"),
    [
        ("Krátká 5, 602 00 Brno, Czech Republic", True),
        ("ORD-2026-1042", True),
        ("Kde je ORD-2026-1042", False),
        ("Dobrý den", False),
        ("11000", False),
        ("خیابان دلوها ۱۲", False),
    ],
)
def test_an_address_says_nothing_about_the_language_of_its_writer(text: str, is_so: bool) -> None:
    assert is_only_names(text) is is_so
