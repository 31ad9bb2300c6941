"""However customers type a sentence, training and parsing see one spelling of it."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.understanding.normaliser import normalise


@pytest.mark.parametrize(
    ("typed", "seen"),
    [
        ("Kde je moje OBJEDNÁVKA?", "kde je moje objednavka?"),
        ("kde je moje objednavka ?", "kde je moje objednavka ?"),
        ("Hvar er pöntunin mín", "hvar er pontunin min"),
        ("Það er æði", "thad er aedi"),
        ("Straße", "strasse"),
        ("Łódź", "lodz"),
        ("Ещё не пришёл", "еще не пришел"),
        ("мой заказ", "мой заказ"),
        ("where's my order", "wheres my order"),
        ("where’s my order", "wheres my order"),
    ],
)
def test_case_and_missing_accents_make_no_difference(typed: str, seen: str) -> None:
    assert normalise(typed) == seen


def test_russian_short_i_is_still_a_letter_of_its_own() -> None:
    assert normalise("мой") != normalise("мои")


@pytest.mark.parametrize(
    ("arabic_keyboard", "persian_keyboard"),
    [
        ("كتاب", "کتاب"),
        ("سفارشي", "سفارشی"),
        ("مي\u200cرسد", "می‌رسد"),
        ("نمي رسد", "نمی‌رسد"),
        ("کتاب ها", "کتاب‌ها"),
        ("ســـلام", "سلام"),
        ("هُنوز", "هنوز"),
        ("آدرس", "ادرس"),
        ("خانۀ", "خانه"),
        ("سفارش؟", "سفارش?"),
    ],
)
def test_persian_is_the_same_from_every_keyboard(arabic_keyboard: str, persian_keyboard: str) -> None:
    assert normalise(arabic_keyboard) == normalise(persian_keyboard)


@pytest.mark.parametrize("digits", ["10482", "۱۰۴۸۲", "١٠٤٨٢", "１０４８２"])
def test_digits_of_every_script_are_read(digits: str) -> None:
    assert normalise(digits) == "10482"


@pytest.mark.parametrize("invisible", ["\u200b", "\u200c", "\u200d", "\ufeff", "\u2060", "\u00ad", "\u200f", "\u202b"])
def test_invisible_characters_do_not_split_a_word(invisible: str) -> None:
    assert normalise(f"or{invisible}der") == "order"


def test_long_drawn_letters_and_shouted_marks_are_shortened() -> None:
    assert normalise("pleeeease heeelp!!!! ???") == "please help! ?"


def test_a_repeated_digit_is_not_shortened() -> None:
    assert normalise("100008") == "100008"


def test_emoji_are_tokens_of_their_own_whatever_their_skin() -> None:
    assert normalise("ok👍🏽thanks😡😡😡") == "ok 👍 thanks 😡"


def test_space_of_every_kind_is_one_space() -> None:
    assert normalise("  where\u00a0is \t my\n\norder ") == "where is my order"


def test_scripts_we_do_not_know_keep_their_vowel_signs() -> None:
    assert normalise("मेरा ऑर्डर") == unicodedata.normalize("NFC", "मेरा ऑर्डर")


@given(st.text(max_size=200))
def test_any_text_is_normalised_once_and_for_all(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once
    assert once == once.strip()


@given(st.text(alphabet="می نهاترلكيئآ\u200c\u0640\u064b'’!?. aAáðİß\ufe0f👍🏽😡ё\u0308–\u00ad1۱", max_size=40))
def test_marks_joiners_and_look_alikes_in_any_order_are_normalised_once_and_for_all(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)
