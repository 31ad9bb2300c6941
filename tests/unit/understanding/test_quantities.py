"""How many is read in six languages, and neither times, sizes nor order numbers are taken for it."""

import pytest

from bot.understanding.quantity_words import NUMBERS
from tests.unit.understanding.reading import values


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("just 3 please", "3"),
        ("2x lamp", "2"),
        ("lamp x2", "2"),
        ("I'd like two blue mugs", "2"),
        ("half a dozen", "6"),
        ("two dozen mugs", "24"),
        ("a dozen", "12"),
        ("change the quantity to 4", "4"),
        ("chci 3 ks", "3"),
        ("dvě lampy prosím", "2"),
        ("změňte množství na 5", "5"),
        ("tucet hrnků", "12"),
        ("2 db bögre", "2"),
        ("két lámpát kérek", "2"),
        ("tíz darabra", "10"),
        ("þrjú stykki", "3"),
        ("ætla að fá tvo bolla", "2"),
        ("fjóra lampa takk", "4"),
        ("سه تا ماگ", "3"),
        ("دو عدد چراغ", "2"),
        ("۱۲ تا", "12"),
        ("5 штук", "5"),
        ("хочу две кружки", "2"),
        ("полдюжины", "6"),
    ],
)
def test_a_quantity_is_a_decimal(typed: str, value: str) -> None:
    assert values(typed, "quantity") == [value]


@pytest.mark.parametrize(
    "typed",
    [
        "ten hrnek je rozbitý",  # Czech: that mug
        "نه",  # Persian: no
        "نه چراغ نمیخوام",
        "2 تا 5 روز",
        "10482 تا فردا",
        "before 2 weeks lamp",
        "30 cm lamp",
        "60 x 40 cm",
        "10482",
        "the one I ordered",
    ],
)
def test_other_numbers_are_no_quantity(typed: str) -> None:
    assert values(typed, "quantity") == []


def test_numbers_one_to_twelve_are_known_in_every_language() -> None:
    for language in ("en", "cs", "hu", "is", "fa", "ru"):
        counted = {word.value for word in NUMBERS.values() if language in word.languages}
        assert counted == set(range(1, 13))
